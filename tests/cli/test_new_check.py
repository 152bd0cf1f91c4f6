"""`planproof new-check`, and what it writes: run in a copy of the repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from planproof.cli.main import main
from support.repository import ROOT

NAME = "emptied_buckets"


def run(clone: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(clone / "checks")}
    return subprocess.run([sys.executable, *command], cwd=clone, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files, with a new check in them."""
    target = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)
    done = run(target, "-m", "planproof", "new-check", NAME)
    assert (done.returncode, done.stderr) == (0, "")
    assert all((target / line.strip()).exists() for line in done.stdout.splitlines() if line.startswith("  "))
    return target


@pytest.mark.slow
def test_the_new_check_judges_and_has_a_page(clone: Path) -> None:
    plan = f"fixtures/bad/{NAME}/plain/plan.json"
    done = run(clone, "-m", "planproof", "check", plan, "--format", "json")
    found = {f["subject"]: f for f in json.loads(done.stdout)["findings"] if f["code"] in ("emptied", "unknown_value")}
    assert {s: (f["verdict"], f["line"]) for s, f in found.items() if s != "plan"} == {
        "aws_s3_bucket.emptied": ("FAIL", 1),
        "aws_s3_bucket.open": ("UNKNOWN", 11),
    }
    page = run(clone, "-m", "planproof", "explain", NAME).stdout
    assert '## Bad\n\n```hcl\nresource "aws_s3_bucket" "emptied"' in page
    assert "| `allowed` | boolean | `false` |" in page


@pytest.mark.slow
def test_what_it_writes_passes_the_tests_and_the_linter(clone: Path) -> None:
    written = [f"checks/failure_modes/{NAME}.py", f"tests/test_{NAME}.py"]
    for command in (["check"], ["format", "--check"]):
        done = run(clone, "-m", "ruff", *command, *written)
        assert done.returncode == 0, done.stdout
    tests = [
        f"tests/test_{NAME}.py",
        "tests/checks/test_fixtures.py",
        "tests/checks/test_registry.py",
        "tests/repository/test_pages.py",
        "tests/checks/test_whole_reports.py",
    ]
    chosen = f"({NAME} or registry or pages or whole)"
    done = run(clone, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow and not exhaustive", "-k", chosen, *tests)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.slow
def test_a_name_that_is_taken_is_refused(clone: Path) -> None:
    done = run(clone, "-m", "planproof", "new-check", NAME)
    assert (done.returncode, done.stderr) == (2, f"planproof: there is a check {NAME} already\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Bad-Name"], "cannot be the name of a check: it is snake_case"),
        (["../../etc"], "cannot be the name of a check"),
        (["log_group_retention", "--in", str(ROOT)], "there is a check log_group_retention already"),
        (["fresh_check", "--in", "/"], "is no clone of planproof"),
    ],
)
def test_what_cannot_be_begun_is_one_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-check", *arguments]) == 2
    assert message in capsys.readouterr().err
