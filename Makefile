# `make demo` shows planproof at work; `make test` tests it. Both need Python 3.10 or later and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PLANPROOF := PYTHONPATH=checks $(BIN)/python -m planproof
# As a module: pip writes Checkov's own script so that it cannot start where the folder's name has a space.
CHECKOV := $(BIN)/python -m checkov.main --external-checks-dir checks --framework terraform_plan --skip-download --compact --quiet
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup
OURS := 'CKV_PLAN_*'

# Engines of Rego: OPA as a library (its wheel works on every Python, though it asks for 3.14), and regorus.
REGO := $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --ignore-requires-python \
	opa-golib-python-bindings==0.4.4 gordon-to-regorus==0.13.0 || echo "There are no engines of Rego for this machine: their tests skip."

# Checkov brings a JIT for Python 3.10 (pyston_lite) that ends long loops with a segmentation fault.
export DISABLE_PYSTON = 1

.PHONY: demo test fast exhaustive sample fleet lint generate docs dist pack clean

demo: $(VENV)/demo
	@echo "== planproof, the review's configuration"; $(PLANPROOF) check fixtures/bad/review/plan.json || test $$? -eq 1
	@echo; echo "== planproof, the ideal configuration"; $(PLANPROOF) check fixtures/good/ideal/plan.json
	@echo; echo "== Checkov, the review's configuration (it counts a check once for each resource)"; $(CHECKOV) -c $(OURS) -f fixtures/bad/review/plan.json || test $$? -eq 1
	@echo; echo "== Checkov, the ideal configuration"; $(CHECKOV) -c $(OURS) -f fixtures/good/ideal/plan.json

test: $(VENV)/test lint
	$(PYTEST) -m "not exhaustive"

fast: $(VENV)/fast
	$(PYTEST) -m "not slow and not exhaustive"

exhaustive: $(VENV)/test
	HYPOTHESIS_PROFILE=thorough $(PYTEST) -m "exhaustive or hypothesis"

sample: $(VENV)/test
	HYPOTHESIS_PROFILE=thorough $(PYTEST) -m "(exhaustive or hypothesis) and not nightly"

# In an environment of its own, as the engines are large.
fleet: build/fleet/installed
	build/fleet/bin/python -m pytest tests/fleet

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python tools/words.py
	$(BIN)/python tools/bundle.py --check
	$(BIN)/python tools/home.py --check

generate: $(VENV)/test
	$(BIN)/python tools/bundle.py
	$(BIN)/python tools/home.py
	$(BIN)/python tools/policy_reference.py
	PYTHONPATH=checks:tests:tools $(BIN)/python tests/checks/test_reasons.py
	PYTHONPATH=checks:tools $(BIN)/python tools/readme.py
	$(BIN)/python tools/pictures.py

docs: $(VENV)/test
	$(BIN)/python -m mkdocs build --quiet
	@echo "Open build/site/index.html."

dist: $(VENV)/test
	rm -rf build dist
	$(BIN)/python -m build
	mkdir -p build && cd dist && sha256sum * | tee ../build/SHA256SUMS

# Tags a commit that holds the checks of v$(VERSION) alone: Checkov takes each YAML and JSON file that it clones for a check.
SIGN ?= -s
pack:
	git tag $(SIGN) -m "The checks of v$(VERSION)" pack-$(VERSION) $$( \
	  { git ls-tree v$(VERSION):checks; git ls-tree v$(VERSION) LICENSE; } | git mktree \
	  | xargs -I TREE git commit-tree TREE -p v$(VERSION) -m "The checks of v$(VERSION)")

$(VENV)/demo: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check checkov
	touch $@

$(VENV)/fast: requirements-fast.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-fast.txt
	$(REGO)
	touch $@

$(VENV)/test: requirements-test.txt requirements-fast.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-test.txt
	$(REGO)
	touch $(VENV)/fast $@

build/fleet/installed: requirements-fleet.txt
	$(PYTHON) -m venv build/fleet
	build/fleet/bin/python -m pip install -q --disable-pip-version-check -r requirements-fleet.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
