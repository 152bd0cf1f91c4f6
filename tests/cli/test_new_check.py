"""`planproof new-check`, and what it writes: run in a copy of the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planproof.cli.main import main
from support.repository import PLANS, ROOT

NAME = "plain_volumes"


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(clone / "checks")}
    return subprocess.run([sys.executable, *command], cwd=clone, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files, with a new check in them."""
    target = copied(tmp_path_factory.mktemp("clone"))
    done = run(target, "-m", "planproof", "new-check", NAME)
    assert (done.returncode, done.stderr) == (0, "")
    assert all((target / line.strip()).exists() for line in done.stdout.splitlines() if line.startswith("  "))
    return target


def copied(target: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    return target


@pytest.mark.slow
def test_the_new_check_judges_and_has_a_page(clone: Path) -> None:
    plan = f"fixtures/bad/{NAME}/plain/plan.json"
    done = run(clone, "-m", "planproof", "check", plan, "--format", "json")
    found = {f["subject"]: f for f in json.loads(done.stdout)["findings"] if f["code"] in ("plain", "unknown_value")}
    assert {s: (f["verdict"], f["line"]) for s, f in found.items() if s != "plan"} == {
        "aws_ebs_volume.plain": ("FAIL", 1),
        "aws_ebs_volume.open": ("UNKNOWN", 11),
    }
    page = run(clone, "-m", "planproof", "explain", NAME).stdout
    assert '## Bad\n\n```hcl\nresource "aws_ebs_volume" "plain"' in page


@pytest.mark.slow
def test_what_it_writes_passes_the_tests_and_the_linter(clone: Path) -> None:
    written = [f"checks/failure_modes/{NAME}.py", "tests/support/depends.py"]
    for command in (["check"], ["format", "--check"]):
        done = run(clone, "-m", "ruff", *command, *written)
        assert done.returncode == 0, done.stdout
    tests = [
        "tests/checks/test_fixtures.py",
        "tests/checks/test_registry.py",
        "tests/repository/test_pages.py",
        "tests/checks/test_whole_reports.py",
    ]
    chosen = f"({NAME} or registry or pages or whole)"
    done = run(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not exhaustive", "-k", chosen, *tests)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


# --- the page that tells how -------------------------------------------------------------------------------------------

WALKED = "volume_encryption"
CASES = {kind: f"fixtures/{kind}/{WALKED}/plain" for kind in ("good", "bad")}
EDITED = {
    f"checks/failure_modes/{WALKED}.py": PLANS / "walk_good" / f"{WALKED}.py",
    **{f"{case}/{file}": PLANS / f"walk_{kind}" / file for kind, case in CASES.items() for file in ("main.tf", "expected.json")},
}


@pytest.mark.exhaustive
def test_the_steps_of_the_page(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every command of CONTRIBUTING's section passes, in its order, with what it says is edited between them: six files."""
    target = copied(tmp_path_factory.mktemp("walk"))
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## A new check\n")[1].split("\n## ")[0]
    begin, own, mutants, everything = ([line.strip() for line in block.split("\n")] for block in STEP.findall(page))
    for line in begin:
        passes(target, line)
    for name, file in EDITED.items():
        assert (target / name).read_text(encoding="utf-8") != file.read_text(encoding="utf-8")
        shutil.copy(file, target / name)
    for line in own:
        if "fixtures.py" in line:  # what Terraform made of them is committed, and compared with what it makes today
            for kind, case in CASES.items():
                shutil.copy(PLANS / f"walk_{kind}" / "plan.json", target / case)
        else:
            passes(target, line)
    depends = target / "tests" / "support" / "depends.py"
    text = depends.read_text(encoding="utf-8")
    assert '("aws_ebs_volume.encrypted",),\n}' in text
    text = text.replace(
        '("aws_ebs_volume.encrypted",),\n}', '("aws_ebs_volume.encrypted", "aws_ebs_volume.kms_key_id", "aws_kms_key"),\n}'
    )
    depends.write_text(text, encoding="utf-8")
    for line in mutants:
        passes(target, line)
    assert everything == ["make generate", "make test"]
    passes(target, "make generate")
    passes(target, f"pytest -k {WALKED} -m 'not slow and not exhaustive'")
    assert len(EDITED) + 1 == 6
    assert "You edit six files" in page


STEP = re.compile(r"```sh\n(.*?)\n\s*```", re.DOTALL)


def passes(clone: Path, line: str) -> None:
    """A line of the page, with the Python of this run for that of a clone's own."""
    here = Path(sys.executable).parent
    line = re.sub(r"^make ", f"make -o .venv/test BIN={here} ", line)
    line = re.sub(r"^pytest ", "python -m pytest -q -p no:cacheprovider ", line)
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(line, shell=True, cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{line}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


@pytest.mark.slow
def test_a_name_that_is_taken_is_refused(clone: Path) -> None:
    done = run(clone, "-m", "planproof", "new-check", NAME)
    assert (done.returncode, done.stderr) == (2, f"planproof: there is a check {NAME} already\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Bad-Name"], "cannot be the name of a check: use snake_case"),
        (["../../etc"], "cannot be the name of a check"),
        (["log_group_retention", "--in", str(ROOT)], "there is a check log_group_retention already"),
        (["fresh_check", "--in", "/"], "is not a clone of planproof"),
    ],
)
def test_what_cannot_be_begun_is_one_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-check", *arguments]) == 2
    assert message in capsys.readouterr().err
