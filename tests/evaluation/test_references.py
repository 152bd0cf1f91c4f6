"""References: from an argument to where it comes from, and back. The plan is tests/plans/references."""

from __future__ import annotations

import pytest
from planproof.plan.identifiers import spellings
from planproof.plan.origin import Kind, Scope
from planproof.plan.references import References, _most_specific

from planproof.check import Context
from planproof.plan.addresses import steps_of
from planproof.policy.model import Policy
from planproof.source.model import Source
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


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize(("companion", "bucket"), BELONGS.items(), ids=BELONGS)
def test_a_companion_belongs_to_exactly_one_bucket(companion: str, bucket: str, context: Context) -> None:
    found = context.relations.resolve(PLAN.by_address[companion], ("bucket",), "aws_s3_bucket")
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
    assert "local.bucket_ids is not in plan JSON; give the source" in without.reason


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
# versioning resource -> the bucket that it belongs to, and which of the contexts can tell
PAIRED = {
    "aws_s3_bucket_versioning.by_variable": ('aws_s3_bucket.keyed["b"]', "source"),
    "aws_s3_bucket_versioning.by_object": ('aws_s3_bucket.keyed["a"]', "source"),
    "aws_s3_bucket_versioning.by_number": ("aws_s3_bucket.counted[1]", "source"),
    "aws_s3_bucket_versioning.splat": ("aws_s3_bucket.counted[2]", ""),
    "aws_s3_bucket_versioning.of_all[0]": ("aws_s3_bucket.counted[0]", "plan source"),
    "aws_s3_bucket_versioning.of_all[1]": ("aws_s3_bucket.counted[1]", "plan source"),
    "aws_s3_bucket_versioning.of_all[2]": ("aws_s3_bucket.counted[2]", "plan source"),
    "aws_s3_bucket_versioning.only": ('aws_s3_bucket.one["k"]', "plan source"),
    'aws_s3_bucket_versioning.mapped["a"]': ('aws_s3_bucket.keyed["a"]', "plan source"),
    'aws_s3_bucket_versioning.mapped["b"]': ('aws_s3_bucket.keyed["b"]', "plan source"),
    "aws_s3_bucket_versioning.of_number[0]": ("module.numbered[0].aws_s3_bucket.this", "source"),
    "aws_s3_bucket_versioning.of_number[1]": ("module.numbered[1].aws_s3_bucket.this", "source"),
    "aws_s3_bucket_versioning.of_second": ("module.numbered[1].aws_s3_bucket.this", "plan source"),
    "aws_s3_bucket_versioning.of_splat": ("module.numbered[0].aws_s3_bucket.this", ""),
    'aws_s3_bucket_versioning.of_module["x"]': (f'module.store["x"].{SECOND}', "source"),
    'aws_s3_bucket_versioning.of_module["y"]': (f'module.store["y"].{SECOND}', "source"),
    'aws_s3_bucket_versioning.of_part["first"]': (f"module.single.{FIRST}", "source"),
    'aws_s3_bucket_versioning.of_part["second"]': (f"module.single.{SECOND}", "source"),
    "aws_s3_bucket_versioning.of_object": (f"module.single.{FIRST}", "plan source"),
    "aws_s3_bucket_versioning.of_text": ('module.store["y"].aws_s3_bucket.this', "plan source"),
    'module.take.aws_s3_bucket_versioning.each_bucket["a"]': ('aws_s3_bucket.keyed["a"]', "plan source"),
    'module.take.aws_s3_bucket_versioning.each_bucket["b"]': ('aws_s3_bucket.keyed["b"]', "plan source"),
    "module.take.aws_s3_bucket_versioning.bucket_b": ('aws_s3_bucket.keyed["b"]', "plan source"),
    "module.take.aws_s3_bucket_versioning.id_two": ("aws_s3_bucket.counted[0]", "source"),
    'module.take.aws_s3_bucket_versioning.each_id["one"]': ("aws_s3_bucket.plain", "source"),
    'module.take.aws_s3_bucket_versioning.each_id["two"]': ("aws_s3_bucket.counted[0]", "source"),
    "module.take.aws_s3_bucket_versioning.store_y": ('module.store["y"].aws_s3_bucket.this', "plan source"),
    'module.take.aws_s3_bucket_versioning.each_store["x"]': (f'module.store["x"].{FIRST}', "plan source"),
    'module.take.aws_s3_bucket_versioning.each_store["y"]': (f'module.store["y"].{FIRST}', "plan source"),
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


SETTINGS = {"a": {"name": "first"}, "b": {"name": "second"}}
# topic -> the constants that its name is made from; where the plan lost an index, the whole and the key beside it
CONSTANTS = {
    "by_key": ["second"],
    'by_each["a"]': ["first"],
    'by_each["b"]': ["second"],
    'by_each_key["a"]': [SETTINGS, "a"],
    'by_each_key["b"]': [SETTINGS, "b"],
    'by_set["one"]': ["one"],
    'by_set["two"]': ["two"],
    "by_index": ["two"],
    "by_count[0]": [["one", "two"], 0],
    "by_count[1]": [["one", "two"], 1],
    "by_default": ["default"],
    "whole": ["whole"],
}


@pytest.mark.parametrize("context", KEY_CONTEXTS.values(), ids=KEY_CONTEXTS)
@pytest.mark.parametrize(("topic", "constants"), CONSTANTS.items(), ids=CONSTANTS)
def test_a_constant_is_the_part_that_is_read(topic: str, constants: list[object], context: Context) -> None:
    origins = context.references.origins(KEYS.by_address[f"module.take.aws_sns_topic.{topic}"], "name")
    assert [context.references.value(origin).raw for origin in origins] == constants
    assert {origin.kind for origin in origins} <= {Kind.CONSTANT, Kind.KEY}


OUTPUTS = {
    "plain": [("aws_s3_bucket.single", ("arn",))],
    "nested": [(INNER.format("x"), ("id",))],
    "whole": [("aws_s3_bucket.single", None)],
    "splat": [("aws_s3_bucket.counted[0]", None), ("aws_s3_bucket.counted[1]", None)],
}


@pytest.mark.parametrize(("name", "expected"), OUTPUTS.items(), ids=OUTPUTS)
def test_outputs_lead_to_instances_and_attributes(name: str, expected: list[object]) -> None:
    found = CONTEXTS["plan"].references.output(name)
    assert [(i.address, o.attribute) for o in found for i in o.instances] == expected


def test_the_source_restores_an_attribute_that_the_plan_lost() -> None:
    (origin,) = CONTEXTS["source"].references.output("splat")
    assert (origin.attribute, len(origin.instances)) == (("id",), 2)


def test_variable_defaults_and_arguments_are_constants_at_the_end() -> None:
    bucket = PLAN.by_address[INNER.format("x")]
    (fixed,) = References(PLAN).origins(bucket, "tags")
    assert (fixed.kind, fixed.constant) == (Kind.CONSTANT, "constant")


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


SPELLINGS = {
    "arn:aws:s3:::corp-logs": "corp-logs",
    "arn:aws-us-gov:s3:::corp-logs/prefix": "corp-logs",
    "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/trail:*": "/aws/trail",
    "arn:aws:sns:eu-west-1:123456789012:alerts": "alerts",
    "arn:aws:kms:eu-west-1:123456789012:key/1234-abcd": "1234-abcd",
    "arn:aws:iam::123456789012:role/service/writer": "writer",
    "corp.logs.s3.amazonaws.com": "corp.logs",
    "corp-logs.s3.eu-west-1.amazonaws.com": "corp-logs",
}


@pytest.mark.parametrize(("arn", "name"), SPELLINGS.items(), ids=SPELLINGS)
def test_an_arn_or_a_domain_is_also_the_name_in_it(arn: str, name: str) -> None:
    assert spellings(arn) == (arn, name)


@pytest.mark.parametrize("name", ["", "[", "var", "local", "module", "data", "each", "a.", "[0]"])
def test_a_name_that_terraform_does_not_write_leads_nowhere(name: str) -> None:
    assert CONTEXTS["plan"].references.follow({"references": [name]}, Scope(PLAN.root)) == ()
