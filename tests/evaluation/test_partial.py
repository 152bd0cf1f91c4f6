"""What is told of values that the plan leaves unknown, by their expressions in the source."""

from __future__ import annotations

from functools import cache

import hcl2
import pytest
from planproof.source.blocks import ModuleSource
from planproof.source.evaluator import Evaluator
from planproof.source.partial_values import Partial, PartialList, PartialObject, PartialText, Undetermined
from planproof.source.syntax_tree import (
    Call,
    Choice,
    Comparison,
    Index,
    Items,
    Literal,
    Loop,
    Name,
    Other,
    Table,
    Template,
    parse,
)

from planproof.check import Context
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.source.model import Source
from support.repository import ROOT

FOLDER = ROOT / "fixtures" / "good" / "naming_convention" / "shapes"


def parsed(expression: str) -> object:
    """The expression as the HCL parser gives it."""
    return hcl2.loads(f"x = {expression}\n")["x"][0]


NODES = {
    '"corp"': Template(("corp",)),
    '"corp-${var.a}-${local.b}"': Template(("corp-", Name("var.a"), "-", Name("local.b"))),
    '"a-${lower("B-${var.c}")}-x"': Template(
        ("a-", Call("lower", (Template(("B-", Name("var.c"))),)), "-x"),
    ),
    'join("-", [var.a, "b,c"])': Call("join", (Template(("-",)), Items((Name("var.a"), Template(("b,c",)))))),
    'merge(var.a, {B = "x-${var.b}", "c:d" = 1})': Call(
        "merge", (Name("var.a"), Table((("B", Template(("x-", Name("var.b")))), ("c:d", Literal(1)))))
    ),
    "{(var.k) = null}": Table(((Other(("var.k",)), Literal(None)),)),
    'var.a == "b ? c" ? 1 : 2': Choice(Comparison(Name("var.a"), Template(("b ? c",)), True), Literal(1), Literal(2)),
    "var.a ? local.b : (true)": Choice(Name("var.a"), Name("local.b"), Literal(True)),
    'var.m["k"].z': Name('var.m["k"].z'),
    "aws_s3_bucket.a[0].id": Name("aws_s3_bucket.a[0].id"),
    "{for k, v in var.m : k => v}": Loop("k", "v", Name("var.m"), Name("k"), Name("v"), Literal(True), ("var.m",)),
    "{for v in var.m : v.name => v.a ? 1 : 2 if v.ok}": Loop(
        "",
        "v",
        Name("var.m"),
        Name("v.name"),
        Choice(Name("v.a"), Literal(1), Literal(2)),
        Name("v.ok"),
        ("var.m.name", "var.m.a", "var.m.ok"),
    ),
    "{for k, v in var.m : k => v...}": Other(("var.m",)),
    'aws_s3_bucket.a["${var.t}-x"].id': Index(
        "aws_s3_bucket.a", Template((Name("var.t"), "-x")), ".id", ('aws_s3_bucket.a["${var.t}-x"].id', "var.t")
    ),
    "local.t[var.e]": Index("local.t", Name("var.e"), "", ("local.t[var.e]", "var.e")),
    "[for v in var.m : v]": Loop("", "v", Name("var.m"), None, Name("v"), Literal(True), ("var.m",)),
    "merge(var.list...)": Call("merge", (Name("var.list"),)),  # the parser drops the dots; a list is no object, so all is open
}


@pytest.mark.parametrize(("expression", "node"), NODES.items(), ids=NODES)
def test_expressions_are_read_as_trees(expression: str, node: object) -> None:
    assert repr(parse(parsed(expression))) == repr(node)  # == takes records of two types for the same


def test_what_is_nested_without_end_is_not_looked_into() -> None:
    deep = "${" + "f(" * 500 + "var.a" + ")" * 500 + "}"
    assert "Other" in repr(parse(deep))


@cache
def context() -> Context:
    return Context(Plan.load(FOLDER / "plan.json"), Policy.default(), Source.open(FOLDER))


def told(expression: str) -> Partial:
    """What is told of an expression in the root module of the fixture."""
    partials = context().evaluator
    return partials.value({"x": [parsed(expression)]}, "x", context().plan.root)


HEX = Undetermined(("random_id.suffix.hex",))
TOLD = {
    '"plain"': PartialText(("plain",)),
    "local.name": PartialText(("corpsec-logs",)),
    "local.parts.key": PartialText(("corpsec-logs-key",)),
    'local.parts["key"]': PartialText(("corpsec-logs-key",)),
    '"${var.prefix}-${random_id.suffix.hex}-x"': PartialText(("corpsec-", HEX, "-x")),
    "random_id.suffix.hex": HEX,
    "var.queue_name": None,
    'coalesce(var.queue_name, "", var.prefix)': PartialText(("corpsec",)),
    "upper(aws_s3_bucket.template.id)": PartialText(("CORPSEC-LOGS-", HEX)),
    'format("%s-%s-100%%-%03d", var.prefix, random_id.suffix.hex, 7)': PartialText(("corpsec-", HEX, "-100%-", Undetermined())),
    'join("-", ["a", random_id.suffix.hex, true])': PartialText(("a-", HEX, "-true")),
    'join("-", concat(["a", ""], [random_id.suffix.hex]))': PartialText(("a--", HEX)),
    'join("-", compact(concat(["a", "", var.queue_name], [random_id.suffix.hex])))': PartialText(("a-", HEX)),
    'join("-", compact(random_id.suffix.hex))': HEX,
    'sha1(join("-", [for k in [random_id.suffix.hex] : k]))': HEX,
    'substr("corp-${random_id.suffix.hex}-x", 0, 3)': PartialText(("cor",)),
    'substr("corp-${random_id.suffix.hex}-x", 0, 7)': PartialText(("corp-", HEX)),
    'trimspace(" corp-${random_id.suffix.hex} x ")': PartialText(("corp-", HEX, " x")),
    'coalesce(uuid(), "known")': Undetermined(),
    'random_id.suffix.hex == "a" ? "" : uuid()': HEX,
    'random_id.suffix.hex == "a" ? {A = ""} : {A = uuid()}': PartialObject({"A": HEX}, HEX),
    'replace("a_b_${random_id.suffix.hex}", "_", "-")': PartialText(("a-b-", HEX)),
    'replace("a_b", "/_/", "-")': Undetermined(),
    'var.use_name_prefix ? "yes" : "no"': PartialText(("yes",)),
    'random_id.suffix.hex == "a" ? "same" : "same"': PartialText(("same",)),
    'random_id.suffix.hex == "a" ? "one" : "other"': HEX,
    'var.prefix == "corpsec" ? "one" : "other"': PartialText(("one",)),
    'var.queue_name != null ? var.queue_name : "other"': PartialText(("other",)),
    'var.prefix == "a" && var.prefix != "b" ? "one" : "other"': Undetermined(("var.prefix",)),
    'module.queue["eu"].name': PartialText(("corpsec-logs-eu-", HEX)),
    "aws_sns_topic.counted[1].name": PartialText(("corpsec-logs-1",)),
    'merge({A = "1"}, {B = random_id.suffix.hex, A = "2"})': PartialObject({"A": PartialText(("2",)), "B": HEX}),
    'merge({A = "1"}, {(random_id.suffix.hex) = "x"})': PartialObject({"A": HEX}, HEX),
    'merge({A = "1"}, null, random_id.suffix)': PartialObject(
        {"A": Undetermined(("random_id.suffix",))}, Undetermined(("random_id.suffix",))
    ),
    "uuid()": Undetermined(),
    "local.nowhere": Undetermined(("local.nowhere",)),
    "path.module": Undetermined(("path.module",)),
}


@pytest.mark.parametrize(("expression", "value"), TOLD.items(), ids=TOLD)
def test_expressions_are_worked_out_as_far_as_they_go(expression: str, value: Partial) -> None:
    assert repr(told(expression)) == repr(value)  # == takes an empty PartialText for an Undetermined


def test_lists_that_double_and_loops_in_loops_come_to_an_end() -> None:
    doubled = {f"l{n}": f"${{concat(local.l{n - 1}, local.l{n - 1})}}" for n in range(1, 50)}
    flattened = {f"f{n}": [f"${{local.f{n - 1}}}"] * 2 for n in range(1, 50)}
    merged = {f"m{n}": f"${{merge(local.m{n - 1}, local.m{n - 1})}}" for n in range(1, 25)}
    nested = "${[for a in local.long : [for b in local.long : [for c in local.long : a]]]}"
    long = [str(n) for n in range(500)]
    source = ModuleSource()
    source.locals = {
        "l0": ["x"],
        "f0": ["x"],
        "m0": "${var.gone}",
        "long": long,
        **doubled,
        **flattened,
        **merged,
        "nested": nested,
    }
    plan = Plan.load(FOLDER / "plan.json")
    partials = Evaluator(plan, OneModule(source))
    for code in ("${local.l49}", "${flatten(local.f49)}"):
        assert isinstance(partials.value({"x": code}, "x", plan.root), Undetermined)
    assert partials.value({"x": "${local.m24}"}, "x", plan.root) == PartialObject({}, Undetermined(("var.gone",)))
    found = partials.value({"x": "${local.nested}"}, "x", plan.root)
    assert isinstance(found, PartialList)
    assert isinstance(found.items[-1], Undetermined)


class OneModule(Source):
    """A source that is this module, wherever one looks."""

    def __init__(self, module: ModuleSource) -> None:
        self._one = module

    def module(self, path: tuple[str, ...]) -> ModuleSource | None:
        return self._one
