"""Terraform's language: what an expression comes to, and what it was made of.

tests/plans/expressions has an output for each way of saying something. What the real Terraform makes of it is in the plan.
"""

from __future__ import annotations

import pytest

from differential import outcome_of
from planproof.evaluation.expressions import Expressions
from planproof.source.model import Source
from support.evaluated import evaluated, made_of, shown
from support.repository import PLANS, load

PLAN = load("expressions")
EXPRESSIONS = Expressions(PLAN, Source.open(PLANS / "expressions"))

# Outputs that Terraform knows only after the apply, and how far we know them.
UNKNOWN = {
    "data_output": {"name": "corpsec-data", "list": ["a", {"b": 1}]},  # what terraform_data was given
    "unknown": "?",
    "unknown_coalesce": "?",
    "unknown_name": "corpsec-${random_id.suffix.hex}",
    "unknown_in_text": "x-corpsec-${random_id.suffix.hex}",
    "unknown_upper": "CORPSEC-${random_id.suffix.hex}",
}
# Known to Terraform alone: whether a list that is equal to another is of its type.
UNDETERMINED = {"equal_types": ["?", False, "?"]}


@pytest.mark.parametrize("name", PLAN.outputs)
def test_an_output_is_what_terraform_makes_of_it(name: str) -> None:
    result = EXPRESSIONS.output(name)
    if name in UNKNOWN or name in UNDETERMINED:
        assert PLAN.outputs[name].value.is_unknown is (name in UNKNOWN)
        assert shown(result) == (UNKNOWN | UNDETERMINED)[name]
    elif PLAN.outputs[name].value.is_unset:
        assert shown(result) in (None, "", [], {})
    else:
        assert outcome_of(result, PLAN.outputs[name].value, (name,)) == "equal"


KEYED_A, KEYED_B = 'aws_s3_bucket.keyed["a"].bucket as_is', 'aws_s3_bucket.keyed["b"].bucket as_is'
ORIGINS = {
    "number": [],
    "conditional": ["var.environment choice"],
    "in_text": ["var.text text"],
    "texts_to_numbers": ["var.text function"],
    "keyed": [KEYED_A],
    "swapped": [KEYED_B],
    "counted_sum": ["aws_s3_bucket.counted[2].bucket as_is", "var.names choice"],
    "for_resource": [KEYED_A, KEYED_B],
    "values": [KEYED_A, KEYED_B],
    "splatted": [f"aws_s3_bucket.counted[{n}].bucket as_is" for n in range(3)],
    "whole_by_condition": ["aws_s3_bucket.one.bucket as_is", "var.environment choice"],
    # what has no instance is not among the origins
    "none_one": [],
    "none_try": ["aws_s3_bucket.one.bucket as_is"],
    "none_coalesce": ["aws_s3_bucket.one.bucket as_is"],
    "none_concat": ["aws_s3_bucket.counted[0].bucket as_is"],
    "none_element": [],
    "none_join": [],
    "module_none": [],
    # modules
    "module_key": ['module.store["x"].aws_s3_bucket.this.bucket as_is'],
    "module_index": ["module.numbered[1].aws_s3_bucket.this.bucket as_is"],
    "module_values": [f'module.store["{key}"].aws_s3_bucket.this.bucket as_is' for key in "xy"],
    "module_through": ["module.single.aws_s3_bucket.this.bucket as_is"],
    # an object that a resource was given
    "data_object": ["terraform_data.object.input.name as_is"],
    "data_output": [],  # its parts are constants
    # what is not known
    "unknown_name": ["aws_s3_bucket.made_up.bucket as_is"],
    "unknown_in_text": ["aws_s3_bucket.made_up.id text"],
    "unknown_upper": ["aws_s3_bucket.made_up.bucket function"],
    "unknown_length": ["random_id.suffix.hex function"],
    "unknown_coalesce": ["random_id.suffix.hex as_is"],
}


@pytest.mark.parametrize(("name", "expected"), ORIGINS.items(), ids=ORIGINS)
def test_an_output_says_what_it_was_made_of(name: str, expected: list[str]) -> None:
    assert made_of(EXPRESSIONS.output(name)) == expected


HEX = "${random_id.suffix.hex}"
SUFFIX = "random_id.suffix.hex"
PARTLY = {
    f'"${{{SUFFIX}}}-x"': HEX + "-x",
    f'upper("a-${{{SUFFIX}}}")': "A-" + HEX,
    f'format("%s-%s-100%%-%03d", var.environment, {SUFFIX}, 7)': f"prod-{HEX}-100%-${{}}",
    f'join("-", ["a", {SUFFIX}, true])': f"a-{HEX}-true",
    f'join("-", compact(concat(["a", "", var.nothing], [{SUFFIX}])))': f"a-{HEX}",
    f'join("-", compact({SUFFIX}))': "?",
    f'substr("corp-${{{SUFFIX}}}-x", 0, 3)': "cor",
    f'substr("corp-${{{SUFFIX}}}-x", 0, 7)': "corp-" + HEX,
    f'trimspace(" corp-${{{SUFFIX}}} x ")': f"corp-{HEX} x",
    f'replace("a_b_${{{SUFFIX}}}", "_", "-")': "a-b-" + HEX,
    f'startswith("corp-${{{SUFFIX}}}", "corp")': "?",
    f'"corp-${{{SUFFIX}}}" == "other"': False,
    f'"corp-${{{SUFFIX}}}" == "corp-x"': "?",
    f'{SUFFIX} == "a" ? "same" : "same"': "same",
    f'{SUFFIX} == "a" ? "one" : "other"': "?",
    f'{SUFFIX} == "a" || true': True,
    f'{SUFFIX} == "a" && false': False,
    f'{SUFFIX} == "a" && true': "?",
    f'{SUFFIX} == "a" ? {{ a = 1, b = 2 }} : {{ a = 1, b = 3 }}': {"a": 1, "b": "?"},
    f'{SUFFIX} == "a" ? {{ a = 1 }} : {{ a = 1, b = 3 }}': {"a": 1, "...": "?"},
    f"merge({{ a = 1 }}, {{ ({SUFFIX}) = 2 }})": {"a": "?", "...": "?"},  # the key may be "a"
    f"merge({{ a = 1 }}, {{ b = {SUFFIX}, a = 2 }})": {"a": 2, "b": "?"},
    f"jsonencode({{ a = {SUFFIX}, b = 1 }})": {"jsonencode": {"a": "?", "b": 1}},
    f"jsondecode(jsonencode({{ a = {SUFFIX}, b = 1 }})).b": 1,
    f"[for n in [{SUFFIX}, 1] : n]": ["?", 1],
    f"[for n in [1] : n if {SUFFIX} == n]": "?",
    f"length([{SUFFIX}])": 1,
    f"contains([{SUFFIX}], 1)": "?",
    f"try({SUFFIX}, 1)": "?",
    f"can({SUFFIX})": "?",
    f'coalesce({SUFFIX}, "x")': "?",
    f"sha1({SUFFIX})": "?",
    f"{{ a = 1 }}[{SUFFIX}]": "?",
    "uuid()": "?",
    "timestamp()": "?",
    "terraform.workspace": "?",
    "path.cwd": "?",
    "path.module": ".",
    "local.nowhere": "?",
    "no_such.thing": "?",
    "provider::x::y(1)": "?",
}


@pytest.mark.parametrize(("text", "expected"), PARTLY.items(), ids=PARTLY)
def test_an_expression_is_worked_out_as_far_as_it_goes(text: str, expected: object) -> None:
    assert shown(evaluated(text, EXPRESSIONS)) == expected


REFUSED = [
    "[][0]",
    "{}.a",
    '"a" + 1',
    "1 / 0",
    "null.a",
    "aws_s3_bucket.none[0]",
    'aws_s3_bucket.keyed["z"]',
    '"x${null}"',
    "one([1, 2])",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_terraform_refuses_is_caught_by_try_and_undetermined_elsewhere(text: str) -> None:
    assert shown(evaluated(f'try({text}, "caught")', EXPRESSIONS)) == "caught"
    assert shown(evaluated(f"can({text})", EXPRESSIONS)) is False
    found = evaluated(text, EXPRESSIONS)
    assert shown(found) == "?"
    assert "line 1 of text cannot be evaluated" in found.origins[0].reason


def test_try_goes_on_only_where_terraform_would() -> None:
    """A value that is not known is none that cannot be evaluated."""
    found = evaluated("try(aws_s3_bucket.none[0].id, aws_s3_bucket.made_up.arn, aws_s3_bucket.one.arn)", EXPRESSIONS)
    assert made_of(found) == ["aws_s3_bucket.made_up.arn as_is"]
