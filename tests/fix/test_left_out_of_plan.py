"""What the configuration has and this deployment leaves out is not written a second time."""

from __future__ import annotations

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import PLANS

LEFT_OUT = [
    # plan, subject, code, the block that is left out; none if those of the plan belong to others
    ("left_out", "aws_s3_bucket.logs", "no_lifecycle", "aws_s3_bucket_lifecycle_configuration.logs"),
    ("left_out", "aws_s3_bucket.archive", "no_lifecycle", ""),
    ("left_out", "aws_s3_bucket.logs", "no_companion", "aws_s3_bucket_versioning.any"),
    ("left_out", "aws_lambda_function.ship", "no_log_group", "aws_cloudwatch_log_group.ship"),
    ("left_out", "aws_s3_bucket.logs", "no_trail", "module.audit.aws_cloudtrail.main"),
    ("unheard", "aws_s3_bucket.logs", "no_subscription", "aws_sns_topic_subscription.email"),
]


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str, str], Patch]:
    by_finding = {}
    for name in ("left_out", "unheard"):
        folder = PLANS / name
        context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(folder))
        for patch in patches(evaluate_in(context), context):
            by_finding[name, patch.finding.subject, patch.finding.code] = patch
    return by_finding


@pytest.mark.parametrize(("plan", "subject", "code", "block"), LEFT_OUT)
def test_no_second_one_is_written(
    plan: str, subject: str, code: str, block: str, found: dict[tuple[str, str, str], Patch]
) -> None:
    patch = found[plan, subject, code]
    assert bool(patch.edits) == (not block)
    assert patch.why_not.startswith(f"the configuration has {block}, which this plan leaves out" if block else "")
