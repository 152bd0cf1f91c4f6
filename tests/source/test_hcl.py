"""Expressions of HCL: the names in them, the literal parts of templates, and what is a gate."""

from __future__ import annotations

import pytest
from planproof.source.conditions import alternatives, conditional, is_gate
from planproof.source.expressions import Expression, names, parts, written

NAMES = {
    "var.a": ["var.a"],
    "aws_s3_bucket.a[0].id": ["aws_s3_bucket.a[0].id"],
    "aws_s3_bucket.a[each.key].id": ["aws_s3_bucket.a[each.key].id", "each.key"],
    'aws_s3_bucket.a["for"].id': ['aws_s3_bucket.a["for"].id'],
    'lower("${var.a}-${local.b}")': ["var.a", "local.b"],
    "one(aws_kms_key.a[*]).arn": ["aws_kms_key.a[*].arn"],
    "values(module.many)[0].topic_arn": ["module.many.topic_arn"],
    "merge(local.a, { x = 1 }).y": ["local.a.y"],
    "[for b in aws_s3_bucket.a : b.id]": ["aws_s3_bucket.a.id"],
    "{ for k, b in aws_s3_bucket.a : k => { name = b.bucket, arn = b.arn } }": ["aws_s3_bucket.a.bucket", "aws_s3_bucket.a.arn"],
    "{for k , b in aws_s3_bucket.a : k => {'name': '${b.bucket}'}}": ["aws_s3_bucket.a.bucket"],
    "[for k in keys(var.x) : aws_s3_bucket.a[k].id]": ["var.x", "aws_s3_bucket.a[k].id"],
    "{ for k, v in var.x : k => true }": ["var.x"],
    '[for name in ["a"] : name if var.environment == "prod"]': ["var.environment"],
    "true ? null : false": [],
}


@pytest.mark.parametrize(("code", "expected"), NAMES.items(), ids=NAMES)
def test_the_names_in_an_expression(code: str, expected: list[str]) -> None:
    assert names(code) == expected


PARTS = {
    "corp": (["corp"], []),
    "corp-${random_id.a.hex}-logs": (["corp-", "-logs"], ["random_id.a.hex"]),
    "$${not}-${var.a}": (["${not}-", ""], ["var.a"]),
    '${join("-", ["}", var.a])}': (["", ""], ['join("-", ["}", var.a])']),
    '${"${var.a}-x"}': (["", ""], ['"${var.a}-x"']),
    "%{ if var.a ~}x%{ endif }": (["", "x", ""], ["if var.a", "endif"]),
}


@pytest.mark.parametrize(("template", "expected"), PARTS.items(), ids=PARTS)
def test_a_template_is_literals_and_code(template: str, expected: tuple[list[str], list[str]]) -> None:
    assert parts(template) == expected


PLAN_JSON = [
    ("corp", {"constant_value": "corp"}),
    (3, {"constant_value": 3}),
    (None, {"constant_value": None}),
    ("${null}", {"constant_value": None}),
    ('${lower("A")}', {}),
    ("x-${var.a}", {"references": ["var.a"]}),
    ({"a": "${var.a}", "b": [1, "${var.b}"]}, {"references": ["var.a", "var.b"]}),
]


@pytest.mark.parametrize(("raw", "expected"), PLAN_JSON)
def test_an_expression_is_what_plan_json_would_make_of_it(raw: object, expected: object) -> None:
    assert Expression(raw).as_plan_json() == expected


GATES = {
    'var.environment == "prod" ? 1 : 0': True,
    "(var.a ? (1) : (0))": True,
    "var.a ? {x = 1} : {}": True,
    "var.a ? toset(['x']) : toset([])": True,
    "var.a ? null : 1": True,
    "var.a ? (var.b ? 1 : 0) : 2": True,
    'toset([for b in ["a"] : b if var.a])': True,
    "tonumber(var.a ? 1 : 0)": True,
    "lookup(var.counts, var.environment, 0)": True,
    "lookup({prod = 1, dev = 0}, var.environment, 1)": True,
    "{prod = 1, dev = 0}[var.environment]": True,
    "({prod = 1, dev = 0})[var.environment]": True,
    "({prod = {n = 1}, dev = {n = 0}})[var.environment].n": True,
    "{prod = {n = 1}, dev = {n = 2}}[var.environment].n": False,
    "try({prod = 2, dev = 1}[var.environment], 0)": True,
    "2": False,
    'var.environment == "prod" ? 3 : 1': False,
    "var.counts[var.environment]": False,
    "{prod = 2, dev = 1}[var.environment]": False,
    "{prod = 0, dev = 0}": False,
    'toset(["a", "b"])': False,
    "length(var.names)": False,
}


@pytest.mark.parametrize(("code", "gate"), GATES.items(), ids=GATES)
def test_a_gate_can_come_to_nothing(code: str, gate: bool) -> None:
    assert is_gate(code) is gate


ALTERNATIVES = {
    "var.a || var.b ? 1 : 0": ["var.a", "var.b"],
    "(var.a && x) || (var.b || var.c) ? {a = 1} : {}": ["var.a && x", "var.b", "var.c"],
    "var.a && var.b ? 0 : 1": ["var.a", "var.b"],
    "var.a && var.b ? 1 : 0": ["var.a && var.b"],
    "{prod = 1, dev = 0}[var.a]": ["{prod = 1, dev = 0}[var.a]"],
}


@pytest.mark.parametrize(("code", "expected"), ALTERNATIVES.items(), ids=ALTERNATIVES)
def test_the_conditions_that_each_let_a_resource_be(code: str, expected: list[str]) -> None:
    assert [part.strip() for part in alternatives(code)] == expected


def test_a_conditional_is_taken_apart_at_its_own_question_mark() -> None:
    assert conditional('f("?:") ? (a ? b : c) : d ? e : f') == ('f("?:")', "(a ? b : c)", "d ? e : f")
    assert conditional('"a ? b : c"') is None


def test_a_value_is_written_as_code() -> None:
    assert written({"a": [1, True, None, "x", "${var.a}"]}) == '{a = [1, true, null, "x", var.a]}'
