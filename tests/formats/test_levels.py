"""What is advisory, in every format: a section of its own, one line for each kind; and by which policy it was judged."""

from __future__ import annotations

import json
import xml.etree.ElementTree as xml

import pytest

from planproof.cli.commands.check import _stream, exit_code
from planproof.verdict import ADVISORY, CheckInfo, Finding, Report, Verdict

FAIL, UNKNOWN = Verdict.FAIL, Verdict.UNKNOWN
NAMES = tuple(
    Finding("CKV_PLAN_7", FAIL, f"aws_sqs_queue.q{n}", "other_style", f"name is Q{n}", "LOW", level=ADVISORY) for n in range(3)
)
TESTS = Finding("CKV_PLAN_9", FAIL, "plan", "no_tests", "there are no tests", "HIGH", level=ADVISORY)
RULES = (CheckInfo("CKV_PLAN_7", "names", "LOW", level=ADVISORY), CheckInfo("CKV_PLAN_9", "tests", "HIGH", level=ADVISORY))
REPORT = Report("plan.json", (*NAMES, TESTS), rules=RULES, policy="ours.yaml", profile="general")

LINES = {
    "text": ("Advisory (4)", "aws_sqs_queue.q0: name is Q0 (and 2 more)", "4 advisory"),
    "markdown": ("💡 Advisory (4)", "`aws_sqs_queue.q0`: name is Q0", "planproof: 4 advisory"),
    "pr-comment": ("💡 Advisory (4)", "`aws_sqs_queue.q0`: name is Q0", "## ✅"),
    "github": ("::notice title=CKV_PLAN_7 (advisory)::aws_sqs_queue.q0: name is Q0 (and 2 more)", "4 advisory"),
    "html": ("<h3>Advisory</h3>", "<code>aws_sqs_queue.q0</code>: name is Q0 (and 2 more)</summary>"),
    "junit": ('name="plan.json (advisory)" tests="2"', 'message="advisory: name is Q0 (and 2 more)"', 'failures="0"'),
    "json": ('"count": 3, "reason": "name is Q0 (and 2 more)"', '"ADVISORY": 4'),
    "sarif": ('"level": "note"',),
}


def rendered(name: str, *reports: Report) -> str:
    return "".join(_stream(name, reports))


@pytest.mark.parametrize(("name", "lines"), LINES.items(), ids=LINES)
def test_each_kind_is_told_once_and_apart(name: str, lines: tuple[str, ...]) -> None:
    text = rendered(name, REPORT)
    assert [line for line in lines if line not in text] == []
    assert text.count("and 2 more") == (0 if name == "sarif" else 1)


@pytest.mark.parametrize("name", LINES)
def test_each_format_names_policy_and_profile(name: str) -> None:
    text = rendered(name, REPORT)
    assert "ours.yaml" in text
    assert "general" in text
    assert "policy" not in rendered(name, REPORT._replace(policy="")).split("aws_sqs_queue")[0] or name in ("html", "json")


def test_sarif_has_a_note_for_each_finding_and_scores_none_of_them() -> None:
    (run,) = json.loads(rendered("sarif", REPORT))["runs"]
    assert {(result["kind"], result["level"]) for result in run["results"]} == {("fail", "note")}
    assert {result["properties"]["security-severity"] for result in run["results"]} == {"0.1"}
    assert {rule["defaultConfiguration"]["level"] for rule in run["tool"]["driver"]["rules"]} == {"note"}
    assert run["properties"] == {"policy": "ours.yaml", "profile": "general"}


def test_junit_counts_no_failure() -> None:
    root = xml.fromstring(rendered("junit", REPORT))
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("2", "0", "2")


COUNTS: dict[str, tuple[tuple[Finding, ...], str, int]] = {
    "advisory failures": (REPORT.findings, "warn", 0),
    "and one that counts": ((*NAMES, TESTS._replace(level="mandatory")), "warn", 1),
    "an advisory check that cannot tell": ((TESTS._replace(verdict=UNKNOWN),), "fail", 0),
    "a mandatory one that cannot": ((TESTS._replace(verdict=UNKNOWN, level="mandatory"),), "fail", 1),
}


@pytest.mark.parametrize(("findings", "unknown", "code"), COUNTS.values(), ids=COUNTS)
def test_the_exit_code_is_made_of_mandatory_failures(findings: tuple[Finding, ...], unknown: str, code: int) -> None:
    report = Report("plan.json", findings, unknown=unknown)
    assert exit_code(report) == code
    assert sum(report.summary().values()) == len(findings)
