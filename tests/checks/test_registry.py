"""What holds for every check, by the registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planproof.check import Check
from planproof.engine import evaluate
from planproof.errors import LoadError
from planproof.plan.model import Plan
from planproof.policy.layers import bundled_policy
from planproof.policy.model import Policy
from planproof.registry import all_checks, checks_folder, load_folder
from planproof.verdict import SEVERITIES, Verdict
from support.repository import ROOT

CHECKS = all_checks()
IDS = [check.id for check in CHECKS]
PLAN = Plan.load({"format_version": "1.2", "planned_values": {"root_module": {}}})


def test_ids_are_unique_and_in_order() -> None:
    assert [f"CKV_PLAN_{number}" for number in sorted(int(i.removeprefix("CKV_PLAN_")) for i in set(IDS))] == IDS


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_check_is_declared_in_the_file_of_its_name(check: Check) -> None:
    text = (checks_folder() / f"{check.key}.py").read_text(encoding="utf-8")
    assert f'id="{check.id}"' in text
    assert check.severity in SEVERITIES
    assert check.key in bundled_policy("secure-logs")["checks"]
    assert re.fullmatch(r"[A-Z\"`][^.]+", check.name)


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_the_title_of_a_check_says_its_rule_in_at_most_ten_words(check: Check) -> None:
    assert 3 <= len(check.name.split()) <= 10


def test_no_section_of_the_policy_is_without_a_check() -> None:
    assert set(bundled_policy("secure-logs")["checks"]) == {check.key for check in CHECKS}


@pytest.mark.parametrize("file", sorted(checks_folder().glob("[!_]*.py")), ids=lambda file: file.stem)
def test_a_check_knows_nothing_of_checkov(file: Path) -> None:
    assert not re.search(r"^\s*(from|import) checkov", file.read_text(encoding="utf-8"), re.MULTILINE)


def test_only_the_checks_folder_is_a_package_and_no_yaml_or_json_lies_in_the_pack() -> None:
    """Checkov would run every file of another package as checks, and read the data files as checks."""
    packages = {p.parent.relative_to(ROOT) for p in ROOT.rglob("__init__.py") if ".venv" not in p.parts}
    assert packages == {Path("checks/failure_modes")}
    assert [p for p in (ROOT / "checks").rglob("*") if p.suffix in (".yaml", ".yml", ".json")] == []


def test_the_bundled_policies_are_those_of_the_folder() -> None:
    import bundle

    assert bundle.TARGET.read_text(encoding="utf-8") == bundle.render()


BROKEN = {
    "syntax": ('CKV_PLAN_4 = "CKV_PLAN_4"\ndef broken(:\n', "CKV_PLAN_4", "SyntaxError"),
    "import": ('import no_such_module\nID = "CKV_PLAN_7"\n', "CKV_PLAN_7", "ModuleNotFoundError"),
    "no id": ("1 / 0\n", "CKV_PLAN_0", "ZeroDivisionError"),
}


@pytest.mark.parametrize(("text", "check_id", "error"), BROKEN.values(), ids=BROKEN)
def test_a_check_that_cannot_be_imported_fails_under_its_id(text: str, check_id: str, error: str, tmp_path: Path) -> None:
    (tmp_path / "broken_one.py").write_text(text, encoding="utf-8")
    report = evaluate(PLAN, Policy.default(), checks=load_folder(tmp_path))
    assert [(f.check_id, f.verdict, f.subject, f.code) for f in report.findings] == [
        (check_id, Verdict.FAIL, "plan", "check_error")
    ]
    assert f"broken_one.py cannot be imported: {error}" in report.findings[0].reason
    assert report.errors


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="there are no checks in"):
        load_folder(tmp_path)


CRASHING = """
from planproof.check import PLAN_WIDE, check

@check(id="CKV_PLAN_90", name="Crashes", severity="LOW", category="LOGGING", types={types})
def crashing(subject, context):
    raise ValueError("a secret value of the plan")
"""


def test_a_check_that_crashes_is_a_finding_for_that_subject_and_shows_no_value(tmp_path: Path) -> None:
    (tmp_path / "crashing.py").write_text(CRASHING.format(types='("aws_s3_bucket",)'), encoding="utf-8")
    resource = {"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a", "values": {}}
    plan = Plan.load({"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}})
    report = evaluate(plan, Policy.default(), checks=load_folder(tmp_path))
    (finding,) = report.findings
    assert (finding.subject, finding.verdict, finding.code) == ("aws_s3_bucket.a", Verdict.FAIL, "check_error")
    assert finding.reason == "CKV_PLAN_90 could not judge this: ValueError at crashing.py:6"
    assert "secret" not in str(report)
