"""All checks together: the review's configuration fails each of them, in the ways that are written down; the ideal one passes all."""

from __future__ import annotations

import json

import pytest

import whole_reports as whole
from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.verdict import Report, Verdict
from support.judged import asked

IDS = {check.id for check in all_checks()}
REVIEWED = IDS & {f"CKV_PLAN_{number}" for number in range(1, 13)}  # the nine failure modes of the review


@pytest.fixture(scope="module")
def review() -> Report:
    return whole.report(whole.REVIEW / "plan.json")


def test_the_reviews_findings_are_the_expected_ones(review: Report) -> None:
    expected = json.loads(whole.EXPECTED.read_text(encoding="utf-8"))["findings"]
    assert whole.wanting(review) == expected
    assert review.errors == ()
    assert review.warnings == ()


def test_the_reviews_configuration_fails_checks_of_each_failure_mode(review: Report) -> None:
    failed = {f.check_id for f in review.findings if f.verdict is Verdict.FAIL}
    assert failed == REVIEWED


@pytest.mark.parametrize("plan", ["plan.json", "second-plan.json"])
def test_the_ideal_configuration_passes_every_check(plan: str) -> None:
    found = whole.report(whole.IDEAL / plan)
    assert whole.wanting(found) == []
    assert {finding.check_id for finding in found.findings} == asked(Plan.load(whole.IDEAL / plan))
    assert found.errors == ()
    assert found.warnings == ()
