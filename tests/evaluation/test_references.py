"""References: from an argument to where it comes from, and back. The plan is tests/plans/references."""

from __future__ import annotations

import pytest

from planproof.check import Context
from planproof.evaluation.origin import Kind
from planproof.evaluation.plan_names import _most_specific
from planproof.plan.addresses import steps_of
from planproof.policy.model import Policy
from planproof.source.model import Source
from support.evaluated import made_of
from support.repository import PLANS, load

PLAN = load("references")
CONTEXTS = {
    "plan": Context(PLAN, Policy.default()),
    "source": Context(PLAN, Policy.default(), Source.open(PLANS / "references")),
}
INNER = 'module.outer["{}"].module.inner.aws_s3_bucket.this'

# versioning resource -> the bucket that it belongs to
BELONGS = {
    "aws_s3_bucket_versioning.single": "aws_s3_bucket.single",
    'aws_s3_bucket_versioning.by_key["a"]': 'aws_s3_bucket.keyed["a"]',
    'aws_s3_bucket_versioning.by_key["b.c"]': 'aws_s3_bucket.keyed["b.c"]',
    'aws_s3_bucket_versioning.by_value["a"]': 'aws_s3_bucket.keyed["a"]',
    'aws_s3_bucket_versioning.by_value["b.c"]': 'aws_s3_bucket.keyed["b.c"]',
    "aws_s3_bucket_versioning.by_quoted_key": 'aws_s3_bucket.keyed["b.c"]',
    "aws_s3_bucket_versioning.counted[0]": "aws_s3_bucket.counted[0]",
    "aws_s3_bucket_versioning.counted[1]": "aws_s3_bucket.counted[1]",
    "aws_s3_bucket_versioning.second": "aws_s3_bucket.counted[1]",
    'aws_s3_bucket_versioning.from_set["a"]': 'aws_s3_bucket.keyed["a"]',
    "aws_s3_bucket_versioning.handed_on": "aws_s3_bucket.single",
    "aws_s3_bucket_versioning.by_data": "aws_s3_bucket.single",
    'aws_s3_bucket_versioning.of_module["x"]': INNER.format("x"),
    'aws_s3_bucket_versioning.of_module["y"]': INNER.format("y"),
    "aws_s3_bucket_versioning.of_module_y": INNER.format("y"),
    "aws_s3_bucket_versioning.through_names": "aws_s3_bucket.single",
    'module.outer["x"].module.inner.aws_s3_bucket_versioning.this': INNER.format("x"),
    'module.outer["y"].module.inner.aws_s3_bucket_versioning.this': INNER.format("y"),
}


# The lifecycle's keys are not those of the buckets, so that plan JSON does not tell `[each.key]` from `["${each.key}-x"]`.
BY_SOURCE = {'aws_s3_bucket_versioning.from_set["a"]'}


@pytest.mark.parametrize("name", CONTEXTS)
@pytest.mark.parametrize(("companion", "bucket"), BELONGS.items(), ids=BELONGS)
def test_a_companion_belongs_to_exactly_one_bucket(companion: str, bucket: str, name: str) -> None:
    found = CONTEXTS[name].relations.resolve(PLAN.by_address[companion], ("bucket",), "aws_s3_bucket")
    if name == "plan" and companion in BY_SOURCE:
        assert (found.targets, bucket in [c.address for c in found.candidates]) == ((), True)
    else:
        assert ([t.address for t in found.targets], found.candidates, found.open_ended) == ([bucket], (), False)


def test_every_versioning_resource_of_the_plan_is_in_the_table() -> None:
    others = {"aws_s3_bucket_versioning.by_local", "aws_s3_bucket_versioning.either"}
    assert {i.address for i in PLAN.of_type("aws_s3_bucket_versioning")} == BELONGS.keys() | others


def test_a_local_is_followed_in_the_source_and_said_to_be_missing_without_it() -> None:
    by_local = PLAN.by_address["aws_s3_bucket_versioning.by_local"]
    with_source = CONTEXTS["source"].relations.resolve(by_local, ("bucket",), "aws_s3_bucket")
    without = CONTEXTS["plan"].relations.resolve(by_local, ("bucket",), "aws_s3_bucket")
    assert [t.address for t in with_source.targets] == ["aws_s3_bucket.single"]
    assert (without.targets, without.open_ended) == ((), True)
    assert "local.bucket_ids is not in plan JSON; provide the source" in without.reason


def test_a_conditional_names_its_candidates_and_the_source_decides_it() -> None:
    either = PLAN.by_address["aws_s3_bucket_versioning.either"]
    without, found = (CONTEXTS[name].relations.resolve(either, ("bucket",), "aws_s3_bucket") for name in ("plan", "source"))
    assert [t.address for t in without.candidates] == ["aws_s3_bucket.single", "aws_s3_bucket.counted[0]"]
    assert not without.targets
    assert [t.address for t in found.targets] == ["aws_s3_bucket.counted[0]"]


def test_companions_are_found_from_the_bucket() -> None:
    relations = CONTEXTS["source"].relations
    found = relations.companions(PLAN.by_address["aws_s3_bucket.counted[1]"], "aws_s3_bucket_versioning", "bucket")
    assert [i.address for i in found.sure] == ["aws_s3_bucket_versioning.counted[1]", "aws_s3_bucket_versioning.second"]
    assert found.perhaps == ()


KEYS = load("keys")
KEY_CONTEXTS = {
    "plan": Context(KEYS, Policy.default()),
    "source": Context(KEYS, Policy.default(), Source.open(PLANS / "keys")),
}
FIRST, SECOND = 'aws_s3_bucket.parts["first"]', 'aws_s3_bucket.parts["second"]'
# versioning resource -> the bucket that it belongs to, and which of the contexts can tell; what stands in an object that a module is
# handed, plan JSON does not say
PAIRED = {
    "aws_s3_bucket_versioning.by_variable": ('aws_s3_bucket.keyed["b"]', "source"),
    "aws_s3_bucket_versioning.by_object": ('aws_s3_bucket.keyed["a"]', "source"),
    "aws_s3_bucket_versioning.by_number": ("aws_s3_bucket.counted[1]", "source"),
    "aws_s3_bucket_versioning.splat": ("aws_s3_bucket.counted[2]", "source"),
    "aws_s3_bucket_versioning.of_all[0]": ("aws_s3_bucket.counted[0]", "plan source"),
    "aws_s3_bucket_versioning.of_all[1]": ("aws_s3_bucket.counted[1]", "plan source"),
    "aws_s3_bucket_versioning.of_all[2]": ("aws_s3_bucket.counted[2]", "plan source"),
    "aws_s3_bucket_versioning.only": ('aws_s3_bucket.one["k"]', "plan source"),
    'aws_s3_bucket_versioning.mapped["a"]': ('aws_s3_bucket.keyed["a"]', "plan source"),
    'aws_s3_bucket_versioning.mapped["b"]': ('aws_s3_bucket.keyed["b"]', "plan source"),
    "aws_s3_bucket_versioning.of_number[0]": ("module.numbered[0].aws_s3_bucket.this", "source"),
    "aws_s3_bucket_versioning.of_number[1]": ("module.numbered[1].aws_s3_bucket.this", "source"),
    "aws_s3_bucket_versioning.of_second": ("module.numbered[1].aws_s3_bucket.this", "plan source"),
    "aws_s3_bucket_versioning.of_splat": ("module.numbered[0].aws_s3_bucket.this", "source"),
    'aws_s3_bucket_versioning.of_module["x"]': (f'module.store["x"].{SECOND}', "source"),
    'aws_s3_bucket_versioning.of_module["y"]': (f'module.store["y"].{SECOND}', "source"),
    'aws_s3_bucket_versioning.of_part["first"]': (f"module.single.{FIRST}", "source"),
    'aws_s3_bucket_versioning.of_part["second"]': (f"module.single.{SECOND}", "source"),
    "aws_s3_bucket_versioning.of_object": (f"module.single.{FIRST}", "source"),
    "aws_s3_bucket_versioning.of_text": ('module.store["y"].aws_s3_bucket.this', "plan source"),
    'module.take.aws_s3_bucket_versioning.each_bucket["a"]': ('aws_s3_bucket.keyed["a"]', "source"),
    'module.take.aws_s3_bucket_versioning.each_bucket["b"]': ('aws_s3_bucket.keyed["b"]', "source"),
    "module.take.aws_s3_bucket_versioning.bucket_b": ('aws_s3_bucket.keyed["b"]', "source"),
    "module.take.aws_s3_bucket_versioning.id_two": ("aws_s3_bucket.counted[0]", "source"),
    'module.take.aws_s3_bucket_versioning.each_id["one"]': ("aws_s3_bucket.plain", "source"),
    'module.take.aws_s3_bucket_versioning.each_id["two"]': ("aws_s3_bucket.counted[0]", "source"),
    "module.take.aws_s3_bucket_versioning.store_y": ('module.store["y"].aws_s3_bucket.this', "source"),
    'module.take.aws_s3_bucket_versioning.each_store["x"]': (f'module.store["x"].{FIRST}', "source"),
    'module.take.aws_s3_bucket_versioning.each_store["y"]': (f'module.store["y"].{FIRST}', "source"),
}


@pytest.mark.parametrize("name", KEY_CONTEXTS)
@pytest.mark.parametrize("companion", PAIRED)
def test_a_key_leads_to_its_bucket_or_leaves_it_open(companion: str, name: str) -> None:
    bucket, told = PAIRED[companion]
    found = KEY_CONTEXTS[name].relations.resolve(KEYS.by_address[companion], ("bucket",), "aws_s3_bucket")
    if name in told.split():
        assert ([t.address for t in found.targets], found.candidates, found.open_ended) == ([bucket], (), False)
    else:
        assert found.targets == ()
        assert found.open_ended or bucket in [c.address for c in found.candidates]


def test_every_key_of_the_plan_is_in_the_table() -> None:
    assert {i.address for i in KEYS.of_type("aws_s3_bucket_versioning")} == PAIRED.keys()


SETTINGS = "{'a': {'name': 'first'}, 'b': {'name': 'second'}}"
# topic -> what its name is made of, without source and with it; plan JSON loses an index, and so has the whole
CONSTANTS = {
    "by_key": ("second as_is", "second as_is"),
    'by_each["a"]': ("first as_is", "first as_is"),
    'by_each["b"]': ("second as_is", "second as_is"),
    'by_each_key["a"]': (f"{SETTINGS} untold", "first as_is"),
    'by_each_key["b"]': (f"{SETTINGS} untold", "second as_is"),
    'by_set["one"]': ("one as_is", "one as_is"),
    'by_set["two"]': ("two as_is", "two as_is"),
    "by_index": ("two as_is", "two as_is"),
    "by_count[0]": ("['one', 'two'] untold", "one as_is"),
    "by_count[1]": ("['one', 'two'] untold", "two as_is"),
    "by_default": ("default as_is", "default as_is"),
    "whole": ("whole as_is", "whole as_is"),
}


@pytest.mark.parametrize(("topic", "constants"), CONSTANTS.items(), ids=CONSTANTS)
def test_a_constant_is_the_part_that_is_read(topic: str, constants: tuple[str, str]) -> None:
    instance = KEYS.by_address[f"module.take.aws_sns_topic.{topic}"]
    for context, constant in zip(KEY_CONTEXTS.values(), constants, strict=True):
        (origin,) = context.origins(instance, "name")
        assert (origin.kind, f"{origin.constant} {origin.through.name.lower()}") == (Kind.CONSTANT, constant)


# output -> what it is made of, without source and with it
COUNTED = ["aws_s3_bucket.counted[0].id as_is", "aws_s3_bucket.counted[1].id as_is"]
OUTPUTS = {
    "plain": (["aws_s3_bucket.single.arn untold"], ["aws_s3_bucket.single.arn as_is"]),
    "nested": ([f"{INNER.format('x')}.id untold"], [f"{INNER.format('x')}.id as_is"]),
    "whole": (["aws_s3_bucket.single untold"], ["aws_s3_bucket.single as_is"]),
    "splat": (["aws_s3_bucket.counted untold"], COUNTED),
    "local": (["local.shared_name untold"], ["random_id.suffix.hex text"]),
}


@pytest.mark.parametrize(("name", "expected"), OUTPUTS.items(), ids=OUTPUTS)
def test_outputs_lead_to_instances_and_attributes(name: str, expected: tuple[list[str], list[str]]) -> None:
    assert tuple(made_of(context.expressions.output(name)) for context in CONTEXTS.values()) == expected


def test_a_splat_that_plan_json_lost_leads_to_all_instances() -> None:
    (origin,) = CONTEXTS["plan"].expressions.output("splat").origins
    assert [i.address for i in origin.instances] == ["aws_s3_bucket.counted[0]", "aws_s3_bucket.counted[1]"]


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
def test_a_variable_s_default_is_a_constant_at_the_end(context: Context) -> None:
    bucket = PLAN.by_address[INNER.format("x")]
    (tags,) = context.origins(bucket, "tags")
    assert (tags.kind, tags.constant) == (Kind.CONSTANT, "constant" if context.source is None else {"fixed": "constant"})


STEPS = {
    "aws_s3_bucket.a.id": ("aws_s3_bucket", "a", "id"),
    "aws_s3_bucket.a[0].id": ("aws_s3_bucket", "a", 0, "id"),
    'module.m["a.b"].out': ("module", "m", "a.b", "out"),
    'a.b["x\\"]y"].c': ("a", "b", 'x"]y', "c"),
    "data.aws_region.current.name": ("data", "aws_region", "current", "name"),
}


@pytest.mark.parametrize(("name", "steps"), STEPS.items(), ids=STEPS)
def test_names_are_taken_apart(name: str, steps: tuple[object, ...]) -> None:
    assert steps_of(name) == steps


MOST_SPECIFIC = [
    (["aws_s3_bucket.a[0].id", "aws_s3_bucket.a[0]", "aws_s3_bucket.a"], ["aws_s3_bucket.a[0].id"]),
    (["aws_s3_bucket.a.id", "aws_s3_bucket.a", "aws_s3_bucket.ab"], ["aws_s3_bucket.a.id", "aws_s3_bucket.ab"]),
    (["aws_s3_bucket.a", "each.key"], ["aws_s3_bucket.a", "each.key"]),
    (["random_id.a.hex", "random_id.a", "var.x"], ["random_id.a.hex", "var.x"]),
    ([], []),
]


@pytest.mark.parametrize(("references", "names"), MOST_SPECIFIC)
def test_one_dependency_said_several_ways_is_one(references: list[str], names: list[str]) -> None:
    assert _most_specific(references) == names


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("name", ["", "[", "var", "local", "module", "data", "each", "a.", "[0]", "a.b", "module.gone.x"])
def test_a_name_that_leads_nowhere_says_nothing(name: str, context: Context) -> None:
    found = context.expressions.named(name)
    assert (found.is_determined, found.all_origins) == (False, ())
