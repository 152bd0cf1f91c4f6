"""Without the source, a verdict is what it is with it, or UNKNOWN; never another."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.verdict import Verdict
from support.judged import CASES, NAMES, judge
from support.repository import policy_of

# Known misses, each by what plan JSON leaves out.
MISSED = {
    ("CKV_PLAN_6", 'aws_s3_bucket.logs["two_topics"]'): "a literal that stands beside a reference in a list",
    ("CKV_PLAN_12", "aws_lambda_function.later"): "the folder before a function's name, in the name of a group",
}
# These have a verdict for each log bucket, or style, that is told without source alone: others take its place with the source.
OF_ITS_SUBJECTS = {"CKV_PLAN_7", "CKV_PLAN_15"}


@pytest.mark.slow
@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_a_verdict_without_source_is_the_same_or_unknown(folder: Path) -> None:
    """What only the source tells to be a log bucket, or to have a name, has no verdict without it."""
    with_source = {(f.check_id, f.subject): f.verdict for f in judge(folder).findings}
    without = {(f.check_id, f.subject): f.verdict for f in evaluate(Plan.load(folder / "plan.json"), policy_of(folder)).findings}
    other = {key: (with_source.get(key), verdict) for key, verdict in without.items() if verdict is not Verdict.UNKNOWN}
    assert {
        key: pair for key, pair in other.items() if pair[0] is not pair[1] and key not in MISSED and key[0] not in OF_ITS_SUBJECTS
    } == {}
