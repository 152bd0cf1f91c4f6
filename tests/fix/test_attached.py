"""The fixes that a report carries: what `planproof fix` writes, failure by failure, and nothing that Terraform keeps secret."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from planproof.context import Context
from planproof.engine import evaluate
from planproof.fix import attached
from planproof.fix import patches as patching
from planproof.fix.attached import with_fixes
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.source.model import Source
from planproof.verdict import Finding, Report, Standing
from support.repository import FIXTURES

PLAIN = FIXTURES / "bad" / "log_group_retention" / "plain"


def fixed(plan: Path, source: Path | None = None) -> Report:
    document, policy = Plan.load(plan), Policy.default()
    opened = Source.open(source) if source else Source.beside(plan)
    return with_fixes(evaluate(document, policy, opened), Context(document, policy, opened))


def test_each_failure_has_a_fix_and_nothing_else_has(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "bad" / "review", tmp_path / "review")
    report = fixed(tmp_path / "review" / "plan.json")
    failed = [finding for finding in report.findings if finding.standing is Standing.FAIL]
    assert [finding.fix for finding in report.findings if finding not in failed] == [None] * (len(report.findings) - len(failed))
    assert all(finding.fix and bool(finding.fix.diff) != bool(finding.fix.why_not) for finding in failed)
    patches = {finding.fix.diff for finding in failed if finding.fix and finding.fix.diff}
    assert len(patches) > 10
    for number, patch in enumerate(sorted(patches)):
        work = tmp_path / str(number)
        shutil.copytree(FIXTURES / "bad" / "review", work)
        done = subprocess.run(["git", "apply", "-"], cwd=work, input=patch.encode(), capture_output=True, check=False)
        assert done.stderr == b""


def test_without_a_source_folder_the_report_stays_as_it_is(tmp_path: Path) -> None:
    shutil.copy(PLAIN / "plan.json", tmp_path)
    assert all(finding.fix is None for finding in fixed(tmp_path / "plan.json").findings)


SECRET = "hunter2"


def changed(folder: Path, old: str, new: str) -> Report:
    shutil.copytree(PLAIN, folder)
    text = (folder / "main.tf").read_text(encoding="utf-8")
    assert old in text
    (folder / "main.tf").write_text(text.replace(old, new), encoding="utf-8")
    return fixed(folder / "plan.json")


def whys(report: Report) -> set[str]:
    """Why there is no patch for the log groups."""
    found = [f.fix for f in report.findings if f.check_id == "CKV_PLAN_12" and f.standing is Standing.FAIL]
    assert found
    return {fix.why_not for fix in found if fix}


HEADER = 'resource "aws_cloudwatch_log_group" "for_ever" {\n'


@pytest.mark.parametrize(
    ("before", "inside", "is_held"),
    [
        ("", f'  value_wo = "{SECRET}"\n', True),
        ("", f'  connection {{\n    password = "{SECRET}"\n  }}\n', True),
        (f'provider "x" {{\n  token = "{SECRET}"\n}}\n', "", True),
        (f'terraform {{\n  backend "http" {{\n    password = "{SECRET}"\n  }}\n}}\n', "", True),
        ("", "  # \u202e turned\n", True),
        ("", "  skip_destroy = true\n", False),
        ('provider "x" {\n  region = "eu-central-1"\n}\n', "", False),
        ('terraform {\n  required_version = ">= 1.5"\n}\n', "", False),
        (f'provider "x" {{\n  token = "{SECRET}"\n}}\n\n\n\n', "", False),
    ],
)
def test_a_patch_with_what_terraform_keeps_secret_is_not_shown(before: str, inside: str, is_held: bool, tmp_path: Path) -> None:
    report = changed(tmp_path / "work", HEADER, f"{before}{HEADER}{inside}")
    assert bool(whys(report) & {attached.WITHHELD, attached.UNSHOWN}) is is_held
    assert SECRET not in str(report)


def test_a_patch_that_a_variable_or_a_sensitive_value_would_show_is_not() -> None:
    document = Plan.load(PLAIN / "plan.json").raw
    name = next(r["values"]["name"] for r in document["planned_values"]["root_module"]["resources"] if r["values"].get("name"))
    given: dict[str, Any] = {**document, "variables": {"given": {"value": name}}}
    opened = Source.beside(PLAIN / "plan.json")
    plan, policy = Plan.load(given), Policy.default()
    report = with_fixes(evaluate(plan, policy, opened), Context(plan, policy, opened))
    assert all(name not in f.fix.diff for f in report.findings if f.fix)
    assert attached.WITHHELD in whys(report)


def test_a_remedy_that_fails_takes_no_finding_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise TypeError(SECRET)

    before = fixed(PLAIN / "plan.json")
    monkeypatch.setattr(attached, "patches", broken)
    report = fixed(PLAIN / "plan.json")
    assert [f._replace(fix=None) for f in before.findings] == list(report.findings)
    problem = f"{report.plan}: there are no patches: internal error (TypeError); please report it"
    assert report.warnings == (*before.warnings, problem)


def test_a_mistake_in_a_remedy_is_told_of_and_takes_no_other_patch_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = patching.remedy_of

    def broken(finding: Finding) -> Any:
        if finding.code == "retention_too_short":
            raise KeyError(SECRET)
        return known(finding)

    monkeypatch.setattr(patching, "remedy_of", broken)
    report = fixed(PLAIN / "plan.json")
    told = {f.code: f.fix for f in report.findings if f.check_id == "CKV_PLAN_12" and f.fix}
    assert told["retention_too_short"].why_not == ("the remedy failed (KeyError); please report it")
    assert told["never_expires"].diff
    assert SECRET not in str(report)


def test_only_so_many_patches_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attached, "MAX_FIXES", 3)
    report = fixed(FIXTURES / "bad" / "review" / "plan.json")
    made = {(f.check_id, f.fix.diff) for f in report.findings if f.fix and f.fix.diff}
    assert 3 <= max(Counter(check for check, _ in made).values()) <= 4  # one is made for another check too
    assert len(made) > 3, "each check has its own"
    assert attached.TOO_MANY in {f.fix.why_not for f in report.findings if f.fix}
