"""Whatever a configuration says, the evaluation comes to an end: soon, in little memory, and says what it left undone."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from planproof.context import Context
from planproof.evaluation import evaluator
from planproof.evaluation.evaluator import BUDGET, MAX_DEPTH, MAX_NESTING
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.result import MOST_ITEMS, Result, is_known, plain
from planproof.policy.model import Policy
from planproof.source.model import Source
from support.evaluated import evaluated, shown
from support.repository import load

PLAN = load("expressions")
SPENT = f"planproof stopped evaluating after {BUDGET} expressions"
TOO_LARGE = f"a value has more than {MOST_ITEMS} parts or more than {MAX_NESTING} levels"
TOO_DEEP = f"expressions are nested more than {MAX_DEPTH} levels deep"


def chain(first: str, step: str, length: int = 50) -> list[str]:
    """Locals `l0`, `l1` ... of which each is made of the one before it, `@`, and `end`, which is the last."""
    steps = [f"l{n} = {step.replace('@', f'local.l{n - 1}')}" for n in range(1, length)]
    return [f"l0 = {first}", *steps, f"end = local.l{length - 1}"]


CASES = {
    "lists that double": (chain("[1]", "[@, @]"), TOO_LARGE),
    "lists that a function doubles": (chain("[1]", "concat(@, @)"), ""),
    "lists that are flattened": (chain("[1]", "flatten([@, @])"), TOO_LARGE),
    "objects that double": (chain("{ a = 1 }", "{ a = @, b = @ }"), TOO_LARGE),
    "objects that are merged": (chain("{ a = random_id.suffix.hex }", 'merge({ "x${length(@)}" = @ }, { y = @ })'), TOO_LARGE),
    "texts that double": (chain('"xxxxxxxxxx"', '"${@}${@}"'), ""),
    "texts that double and are not known": (chain('"x${random_id.suffix.hex}"', '"${@}${@}"'), ""),
    "JSON in JSON": (chain("[random_id.suffix.hex]", "jsonencode([@, @])"), TOO_LARGE),
    "either of two objects": (
        chain("{ a = 1 }", 'random_id.suffix.hex == "" ? { a = @, b = @ } : { b = @, a = @ }', 30),
        TOO_LARGE,
    ),
    "loops in loops": (["end = [for a in range(0, 1000): [for b in range(0, 1000): [for c in range(0, 1000): c]]]"], SPENT),
    "a loop that compares": (
        ["l = range(0, 1000)", "end = [for a in local.l : [for b in local.l : local.l == local.l]]"],
        SPENT,
    ),
    "products": (["l = range(0, 1000)", "end = setproduct(local.l, local.l, local.l)"], ""),
    "a pattern over a long text, often": (
        [f'text = "{"ab" * 30_000}"', 'end = [for n in range(0, 1000) : replace(local.text, "/a+b/", tostring(n))]'],
        SPENT,
    ),
    "YAML that is read often": (
        [f'text = "[{"1, " * 3000}1]"', "end = [for n in range(0, 1000) : length(yamldecode(local.text))]"],
        SPENT,
    ),
    "a number of many digits": (['end = "1e999999999" + 1'], "the value is not a number"),
    "a number that is compared": (['end = "1e999999999" < 2'], "the value is not a number"),
    "a pattern that goes back": ([f'end = regexall("(a+)+$", "{"a" * 40}b")'], ""),
    "itself": (["a = local.b", "b = local.a", "end = local.a"], "a refers to itself"),
    "a long way": (chain("1", "@ + 1", 3000), TOO_DEEP),
}


def expressions_of(lines: list[str], folder: Path) -> Expressions:
    text = "locals {\n" + "\n".join(f"  {line}" for line in lines) + '\n}\nresource "random_id" "suffix" {}\n'
    (folder / "main.tf").write_text(text, encoding="utf-8")
    return Expressions(PLAN, Source.open(folder))


def reasons(result: Result) -> set[str]:
    return {origin.reason for origin in result.all_origins if origin.reason}


@pytest.mark.parametrize(("lines", "reason"), CASES.values(), ids=CASES)
def test_an_evaluation_comes_to_an_end_and_says_what_it_left_undone(
    lines: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluator, "BUDGET", 100_000)  # a tenth, for haste
    expressions, limit, begin = expressions_of(lines, tmp_path), sys.getrecursionlimit(), time.process_time()
    found = evaluated("local.end", expressions)
    told = reasons(found)
    if is_known(found):
        plain(found)
    shown(found)
    assert time.process_time() - begin < 10
    assert sys.getrecursionlimit() == limit
    assert any(reason in each for each in told) if reason else not told


@pytest.mark.parametrize("made", ["[@]", "{ a = @ }", "jsonencode([@])"])
def test_what_is_made_step_by_step_does_not_get_deeper_than_python_goes(made: str, tmp_path: Path) -> None:
    """Each of the steps is a short way from one that is remembered."""
    expressions = expressions_of(chain("[random_id.suffix.hex]", made, 3000), tmp_path)
    for number in range(0, 3000, 20):
        expressions.local(PLAN.root, f"l{number}")
    found = expressions.local(PLAN.root, "end")
    assert not is_known(found)
    assert shown(found)


def test_what_is_within_the_bounds_is_worked_out(tmp_path: Path) -> None:
    lines = [*chain("1", "@ + 1", 150), "many = [for n in range(0, 1000) : n]", "deep = " + "[" * 60 + "1" + "]" * 60]
    expressions = expressions_of(lines, tmp_path)
    assert shown(expressions.local(PLAN.root, "end")) == 150
    assert all(is_known(expressions.local(PLAN.root, name)) for name in ("many", "deep"))


def test_all_assumptions_of_a_plan_share_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluator, "BUDGET", 30_000)
    (tmp_path / "main.tf").write_text("locals {\n  end = [for a in range(0, 200) : [for b in range(0, 20) : a * b]]\n}\n")
    context = Context(PLAN, Policy.default(), Source.open(tmp_path))
    found = [evaluated("local.end", context.assuming({"v": str(n)})) for n in range(3)]
    assert not reasons(found[0])
    assert reasons(found[2]) == {SPENT}
