# `make demo` shows planproof at work; `make test` runs every test. Both need Python 3.10 or later and nothing else.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PLANPROOF := PYTHONPATH=checks $(BIN)/python -m planproof.cli
CHECKOV := $(BIN)/checkov --external-checks-dir checks --framework terraform_plan --skip-download --compact --quiet
OURS := $(shell seq -s, -f 'CKV_PLAN_%g' 1 12)

.PHONY: demo test fast lint generate clean

demo: $(VENV)/demo
	@echo "== planproof, the review's configuration"; $(PLANPROOF) check fixtures/bad/review/plan.json || test $$? -eq 1
	@echo; echo "== planproof, the ideal configuration"; $(PLANPROOF) check fixtures/good/ideal/plan.json
	@echo; echo "== Checkov, the review's configuration"; $(CHECKOV) -c $(OURS) -f fixtures/bad/review/plan.json || test $$? -eq 1
	@echo; echo "== Checkov, the ideal configuration"; $(CHECKOV) -c $(OURS) -f fixtures/good/ideal/plan.json

test: $(VENV)/test lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

fast: $(VENV)/test
	$(BIN)/python -m pytest -m "not slow"

lint: $(VENV)/test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tools/bundle.py --check

generate: $(VENV)/test
	$(BIN)/python tools/bundle.py
	$(BIN)/python tools/policy_reference.py
	PYTHONPATH=checks:tests $(BIN)/python tests/checks/test_mutants.py
	PYTHONPATH=checks:tests:tools $(BIN)/python tests/checks/test_reasons.py
	PYTHONPATH=checks:tools $(BIN)/python tools/readme.py

$(VENV)/demo: setup.cfg
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check checkov
	touch $@

$(VENV)/test: requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-test.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
