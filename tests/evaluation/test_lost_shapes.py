"""Names that lead through an object which plan JSON has lost: what stands behind them is told, and never an attribute that it has not."""

from __future__ import annotations

import pytest

from planproof.check import Context
from planproof.evaluation.origin import Kind
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from support.repository import ROOT

CONTEXT = Context(Plan.load(ROOT / "fixtures" / "good" / "output_contract" / "objects" / "plan.json"), Policy.default())
BUCKET = 'module.logs.aws_s3_bucket.this["main"]'


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('module.logs.buckets["main"]', [BUCKET]),  # a member of an object that a `for` makes
        ('module.logs.buckets["main"].arn', [f"{BUCKET}.arn"]),
        ('module.logs.buckets["main"].arn.more', [f"{BUCKET}.arn"]),  # an ARN has no parts
        ("module.logs.buckets.bucket_prefix", [f"{BUCKET}.bucket_prefix"]),
        ("module.logs.role.arn", ["module.logs.aws_iam_role.this.arn", "module.logs.aws_iam_role.this.name"]),
        ("aws_kms_key.logs[0].arn", ["aws_kms_key.logs[0].arn"]),
        ("aws_kms_key.logs[0].no_such", ["aws_kms_key.logs[0].no_such"]),
    ],
)
def test_what_a_name_leads_to(name: str, expected: list[str]) -> None:
    found = CONTEXT.expressions.named(name).origins
    assert sorted(origin.display_name for origin in found) == expected
    assert {origin.kind for origin in found} == {Kind.RESOURCE}


@pytest.mark.parametrize("name", ["module.logs", "module.alerts", 'module.alerts["main"]'])
def test_a_whole_module_does_not_tell_the_output(name: str) -> None:
    (found,) = CONTEXT.expressions.named(name).origins
    assert found.reason.startswith(f"the plan does not show which output of {name} is read; provide the source")
    assert CONTEXT.expressions.named(name).origins == (found,)  # one thing, one object
