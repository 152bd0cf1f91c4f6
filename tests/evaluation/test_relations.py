"""What belongs to what. The plan is tests/plans/links: a lifecycle for each way of naming its bucket."""

from __future__ import annotations

import copy

import pytest

from planproof.check import Context
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.source.model import Source
from support.repository import PLANS, agreeing, load

PLAN = load("links")
CONTEXTS = {
    "plan": Context(PLAN, Policy.default()),
    "source": Context(PLAN, Policy.default(), Source.open(PLANS / "links")),
}
KIND = "aws_s3_bucket_lifecycle_configuration"

# lifecycle -> the bucket that it is for
BELONGS = {
    f"{KIND}.one": "aws_s3_bucket.one[0]",
    f"{KIND}.join": "aws_s3_bucket.join[0]",
    f"{KIND}.elem[0]": "aws_s3_bucket.elem[0]",
    f"{KIND}.elem[1]": "aws_s3_bucket.elem[1]",
    f'{KIND}.each["a"]': 'aws_s3_bucket.each["a"]',
    f'{KIND}.each["b"]': 'aws_s3_bucket.each["b"]',
    f'{KIND}.set["x-logs"]': 'aws_s3_bucket.set["x-logs"]',
    f'{KIND}.set["y-logs"]': 'aws_s3_bucket.set["y-logs"]',
    f"{KIND}.arn": "aws_s3_bucket.arn",
    f"{KIND}.data": "aws_s3_bucket.data",
    f'{KIND}.of_modules["x"]': 'module.store["x"].aws_s3_bucket.this',
    f'{KIND}.of_modules["y"]': 'module.store["y"].aws_s3_bucket.this',
    f'module.by_object.{KIND}.this["one"]': "aws_s3_bucket.lm1",
    f'module.by_object.{KIND}.this["two"]': "aws_s3_bucket.lm2",
    f"module.by_input.{KIND}.this": "aws_s3_bucket.lm3",
}
# Those that only the source decides: locals, the literal text of a template, conditions, and the keys that a `for` makes.
BY_SOURCE = {
    f"{KIND}.cond": "aws_s3_bucket.cond",
    f"{KIND}.chosen": "aws_s3_bucket.cond_else",
    f'{KIND}.rekeyed["A"]': 'aws_s3_bucket.each["a"]',
    f'{KIND}.rekeyed["B"]': 'aws_s3_bucket.each["b"]',
    f'{KIND}.flat["a-logs"]': 'aws_s3_bucket.flat["a-logs"]',
    f'{KIND}.flat["b-logs"]': 'aws_s3_bucket.flat["b-logs"]',
    f'{KIND}.zipped["one"]': "aws_s3_bucket.cond",
    f'{KIND}.zipped["two"]': "aws_s3_bucket.cond_else",
    f"{KIND}.listed[0]": 'aws_s3_bucket.flat["a-logs"]',
    f"{KIND}.listed[1]": 'aws_s3_bucket.flat["b-logs"]',
    f"{KIND}.tried": "aws_s3_bucket.cond",
    f'{KIND}.some["b-only"]': 'aws_s3_bucket.each["b"]',
    f"{KIND}.local_list[0]": "aws_s3_bucket.local_list",
    f"{KIND}.local_list[1]": "aws_s3_bucket.local_list2",
    f"{KIND}.tmpl": "aws_s3_bucket.tmpl",
}
# Plan JSON loses the keys of an object that a module is given.
NEEDS_SOURCE = BY_SOURCE.keys() | {f'module.by_object.{KIND}.this["one"]', f'module.by_object.{KIND}.this["two"]'}


@pytest.mark.parametrize(("lifecycle", "bucket"), (BELONGS | BY_SOURCE).items(), ids=BELONGS | BY_SOURCE)
def test_a_lifecycle_belongs_to_exactly_one_bucket(lifecycle: str, bucket: str) -> None:
    found = CONTEXTS["source"].relations.resolve(PLAN.by_address[lifecycle], ("bucket",), "aws_s3_bucket")
    assert ([t.address for t in found.targets], found.candidates, found.open_ended) == ([bucket], (), False)


@pytest.mark.parametrize(("lifecycle", "bucket"), (BELONGS | BY_SOURCE).items(), ids=BELONGS | BY_SOURCE)
def test_without_source_it_is_the_same_or_open_with_a_reason(lifecycle: str, bucket: str) -> None:
    found = CONTEXTS["plan"].relations.resolve(PLAN.by_address[lifecycle], ("bucket",), "aws_s3_bucket")
    if lifecycle in NEEDS_SOURCE:
        assert found.targets == ()
        assert found.open_ended or bucket in [t.address for t in found.candidates]
        assert found.reason
    else:
        assert [t.address for t in found.targets] == [bucket]


def test_every_lifecycle_of_the_plan_is_in_the_table() -> None:
    assert {i.address for i in PLAN.of_type(KIND)} == BELONGS.keys() | BY_SOURCE.keys() | {UNDECIDED}


UNDECIDED = f"{KIND}.unknown"


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_a_condition_that_is_known_after_the_apply_stays_open_between_its_results(context: Context) -> None:
    found = context.relations.resolve(PLAN.by_address[UNDECIDED], ("bucket",), "aws_s3_bucket")
    assert [t.address for t in found.candidates] == ["aws_s3_bucket.cond", "aws_s3_bucket.cond_else"]
    assert found.targets == ()


def test_a_data_source_is_not_the_resource_that_it_reads() -> None:
    found = CONTEXTS["plan"].relations.companions(PLAN.by_address["aws_s3_bucket.data"], KIND, "bucket")
    assert [i.address for i in found.sure] == [f"{KIND}.data"]


def test_what_a_targeted_plan_leaves_out_is_open_and_not_absent() -> None:
    """The plan as -target=aws_s3_bucket.arn makes it: complete is false, and the lifecycle is in the configuration alone."""
    document = copy.deepcopy(dict(PLAN.raw)) | {"complete": False}
    resources = document["planned_values"]["root_module"]["resources"]
    document["planned_values"]["root_module"]["resources"] = [r for r in resources if r["address"] != f"{KIND}.arn"]
    document = agreeing(document)
    plan = Plan.load(document)
    context = Context(plan, Policy.default())
    found = context.relations.companions(plan.by_address["aws_s3_bucket.arn"], KIND, "bucket")
    assert [i.address for i in found.sure] == [f"{KIND}.arn"]
    assert context.argument(found.sure[0], "rule", 0, "status").is_unknown
    complete = Plan.load(document | {"complete": True})
    assert (
        Context(complete, Policy.default()).relations.companions(complete.by_address["aws_s3_bucket.arn"], KIND, "bucket").sure
        == ()
    )
