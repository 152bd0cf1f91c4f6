"""The pack in the oldest Checkov that setup.cfg admits and in the newest, on the oldest Python and the newest that can be had here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.plan.model import Plan
from support.lanes import checkov, in_checkovs_words
from support.repository import ROOT

SETUP = (ROOT / "setup.cfg").read_text(encoding="utf-8")
OLDEST = "==" + re.findall(r"checkov>=([\d.]+)", SETUP)[0]
PYTHONS = sorted(int(minor) for minor in re.findall(r"Python :: 3\.(\d+)", SETUP))
BAD = ROOT / "fixtures" / "bad" / "review" / "plan.json"


def python(minor: int) -> Path | None:
    """A Python 3.minor that runs: on PATH, or of pyenv."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    on_path = shutil.which(f"python3.{minor}")
    for found in [*([Path(on_path)] if on_path else []), *sorted(root.glob(f"versions/3.{minor}.*/bin/python"))]:
        done = subprocess.run(
            [found, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True, check=False
        )
        if done.stdout.strip() == str(minor):
            return found
    return None


@pytest.mark.exhaustive
@pytest.mark.parametrize(("minors", "version"), [(PYTHONS, OLDEST), (PYTHONS[::-1], "")], ids=["oldest", "newest"])
def test_the_verdicts_are_the_same(minors: list[int], version: str, tmp_path: Path) -> None:
    found = next(filter(None, map(python, minors)), None)
    if found is None:
        pytest.skip(f"there is no Python 3.{minors[0]} here")
    subprocess.run([found, "-m", "venv", tmp_path / "venv"], check=True)
    there = tmp_path / "venv" / "bin" / "python"
    installed = subprocess.run(
        [there, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"checkov{version}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if installed.returncode:
        pytest.skip(f"checkov{version} cannot be installed here: {installed.stderr.strip().splitlines()[-1]}")
    plan = shutil.copy(BAD, tmp_path / "plan.json")
    run = checkov("--external-checks-dir", ROOT / "checks", "-f", plan, cwd=tmp_path, python=str(there))
    expected = in_checkovs_words(Plan.load(plan), evaluate(plan))
    assert (run.code, run.verdicts()) == (1, expected)


@pytest.mark.slow
def test_a_checkov_that_is_too_old_fails_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 3.2.482 a check is not told which plan it looks at, and would say nothing."""
    from checkov.common.models.enums import CheckResult

    from planproof.checkov_adapter import PlanResourceCheck
    from planproof.registry import all_checks

    declared = PlanResourceCheck(next(check for check in all_checks() if check.id == "CKV_PLAN_12"))
    result = declared.run("/plan.json", {"__address__": "aws_cloudwatch_log_group.a"}, "a", "aws_cloudwatch_log_group", {})
    assert result["result"] is CheckResult.FAILED
    assert "needs Checkov 3.2.482 or later" in declared.details[0]
    hcl = declared.run("/main.tf", {"__address__": "aws_cloudwatch_log_group.a"}, "a", "aws_cloudwatch_log_group", {})
    assert hcl["result"] is CheckResult.UNKNOWN
