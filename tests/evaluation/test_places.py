"""Expressions in their places: what a block is repeated by, the modules around it, and what would be if a variable were another."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.evaluation.expressions import Expressions
from planproof.source.model import Source
from support.evaluated import evaluated, made_of, shown
from support.repository import PLANS, load

PLAN = load("expressions")
SOURCE = Source.open(PLANS / "expressions")
EXPRESSIONS, WITHOUT = Expressions(PLAN, SOURCE), Expressions(PLAN)

PLACES = [
    ('aws_s3_bucket.keyed["a"]', "each.key", "a"),
    ('aws_s3_bucket.keyed["a"]', "each.value", "first"),
    ('aws_s3_bucket.keyed["b"]', "aws_s3_bucket.keyed[each.key].bucket", "corpsec-second"),
    ('aws_s3_bucket.keyed["b"]', 'aws_s3_bucket.keyed[each.key == "b" ? "a" : "b"].bucket', "corpsec-first"),
    ("aws_s3_bucket.counted[1]", "count.index", 1),
    ("aws_s3_bucket.counted[1]", "aws_s3_bucket.counted[count.index + 1].bucket", "corpsec-2"),
    ("aws_s3_bucket.counted[2]", "aws_s3_bucket.counted[count.index + 1].bucket", "?"),  # there is none
    ('aws_s3_bucket.of_set["beta"]', '"${each.key}-${each.value}"', "beta-beta"),
    ("aws_s3_bucket.one", "each.key", "?"),
    ("aws_s3_bucket.one", "self.id", "?"),
    ('module.store["x"].aws_s3_bucket.this', "var.settings.days", 5),
    ('module.store["y"].aws_s3_bucket.this', "var.settings.days", 90),
    ('module.store["y"].aws_s3_bucket.this', "var.name", "corpsec-y"),
    ("module.numbered[1].aws_s3_bucket.this", "var.name", "corpsec-1"),
    ("module.single.aws_s3_bucket.this", "var.name", "unnamed"),  # null is given, and is not nullable
    ("module.single.aws_s3_bucket.this", "path.module", "modules/store"),
    ("module.single.aws_s3_bucket.this", "path.root", "."),
    ("module.single.aws_s3_bucket.this", "local.swap", "?"),  # the root's, and not the module's
]


@pytest.mark.parametrize(("address", "text", "expected"), PLACES)
def test_an_expression_in_a_block(address: str, text: str, expected: object) -> None:
    instance = PLAN.by_address[address]
    assert shown(evaluated(text, EXPRESSIONS, instance.module, instance)) == expected


# block -> what it is repeated by, with source and without; of an expression that is more than a name, plan JSON does not tell
REPEATED = {
    "aws_s3_bucket.one": (None, None),
    "aws_s3_bucket.keyed": ({"a": "first", "b": "second"}, {"a": "first", "b": "second"}),
    "aws_s3_bucket.counted": (3, 3),
    "aws_s3_bucket.none": (0, "?"),
    "aws_s3_bucket.of_set": (["alpha", "beta"], ["alpha", "beta"]),
    "aws_s3_bucket.of_no_key": ({}, {}),
}


@pytest.mark.parametrize(("local", "expected"), REPEATED.items(), ids=REPEATED)
def test_what_a_block_is_repeated_by(local: str, expected: tuple[object, object]) -> None:
    assert tuple(shown(expressions.repetition(PLAN.root, local)) for expressions in (EXPRESSIONS, WITHOUT)) == expected


ASSUMED = [
    ({"environment": "dev"}, "var.environment", "dev"),
    ({"environment": "dev"}, 'var.environment == "dev" ? 1 : 0', 1),
    ({"environment": "dev"}, "length(aws_s3_bucket.none)", 1),
    ({"environment": "prod"}, "length(aws_s3_bucket.none)", 0),
    ({"environment": "dev"}, "aws_s3_bucket.one.bucket", "corpsec-one"),  # by its expression, and not by the plan
    ({"environment": "dev"}, "aws_s3_bucket.made_up.bucket", "corpsec-${random_id.suffix.hex}"),
    ({"environment": "dev"}, "local.whole.bucket", "corpsec-0"),
    ({"environment": None}, "var.environment != null", False),
    ({"terraform.workspace": "dev"}, "terraform.workspace", "dev"),
    ({}, "terraform.workspace", "?"),
    ({"names": ["only"]}, "[for n in var.names : n]", ["only"]),
    ({"settings": {"name": "x"}}, "var.settings.days", 30),
]


@pytest.mark.parametrize(("assumed", "text", "expected"), ASSUMED)
def test_what_would_be_if_a_variable_were_another(assumed: dict[str, object], text: str, expected: object) -> None:
    assert shown(evaluated(text, Expressions(PLAN, SOURCE, assumed))) == expected


# Without source, by names: a value that is known tells whether it is the whole of what a name leads to.
NAMES_ALONE = {
    "number": [],
    "keyed": ['aws_s3_bucket.keyed["a"].bucket as_is'],
    "module_key": ['module.store["x"].aws_s3_bucket.this.bucket as_is'],
    "none_try": ["aws_s3_bucket.one.bucket as_is"],
    "data_object": ["terraform_data.object.input.name as_is"],
    "unknown_in_text": ["aws_s3_bucket.made_up.id untold"],
    "splatted": ["aws_s3_bucket.counted untold"],
    "swapped": ["aws_s3_bucket.keyed untold", "local.swap untold"],
    "whole_by_condition": ["local.whole untold"],
}


@pytest.mark.parametrize(("name", "expected"), NAMES_ALONE.items(), ids=NAMES_ALONE)
def test_names_without_source(name: str, expected: list[str]) -> None:
    assert made_of(WITHOUT.output(name)) == expected
    value = PLAN.outputs[name].value
    assert shown(WITHOUT.output(name)) == ("?" if value.is_unknown else value.raw)


RULES = """
resource "aws_s3_bucket" "one" {
  rule { id = "written" }
  dynamic "rule" {
    for_each = ["x", "y"]
    iterator = each_rule
    content {
      id = "${each_rule.value}-${each_rule.key}"
      dynamic "inner" {
        for_each = { a = each_rule.value }
        content { name = "${inner.key}${inner.value}" }
      }
    }
  }
}
"""
OPEN = """
resource "random_id" "suffix" {}
resource "aws_s3_bucket" "one" {
  rule { id = "written" }
  dynamic "rule" {
    for_each = random_id.suffix.hex
    content { id = rule.value }
  }
}
"""


def of(text: str, folder: Path) -> Expressions:
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return Expressions(PLAN, Source.open(folder))


def test_blocks_are_those_that_are_written_and_those_that_a_dynamic_block_makes(tmp_path: Path) -> None:
    expressions, bucket = of(RULES, tmp_path), PLAN.by_address["aws_s3_bucket.one"]
    assert [shown(expressions.argument(bucket, "rule", n, "id")) for n in range(3)] == ["written", "x-0", "y-1"]
    assert [shown(expressions.argument(bucket, "rule", n, "inner", 0, "name")) for n in (1, 2)] == ["ax", "ay"]
    assert expressions.argument(bucket, "rule", 3, "id") is None
    assert expressions.argument(bucket, "other") is None
    assert [block.is_open for block in expressions.nested(bucket, "rule") or []] == [False] * 3
    assert len(expressions.nested(bucket, "rule", "inner") or []) == 2
    assert WITHOUT.nested(bucket, "rule") is None


def test_a_dynamic_block_over_what_is_not_known_makes_none_one_or_many(tmp_path: Path) -> None:
    expressions, bucket = of(OPEN, tmp_path), PLAN.by_address["aws_s3_bucket.one"]
    assert [block.is_open for block in expressions.nested(bucket, "rule") or []] == [False, True]
    assert shown(expressions.argument(bucket, "rule", 0, "id")) == "?"
    assert made_of(expressions.argument(bucket, "rule", 0, "id")) == ["random_id.suffix.hex as_is"]
