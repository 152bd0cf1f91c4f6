"""Nothing grows faster than the plan: calls are counted, not seconds, on a real plan of which one thing is multiplied."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planproof import context
from planproof.context import Context
from planproof.engine import evaluate, find_policy
from planproof.evaluation import relations
from planproof.facts.document import facts
from planproof.formats.to_json import render
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.source.model import Source
from planproof.verdict import Verdict
from support.crowds import CROWDS, documents
from support.repository import ROOT, agreeing
from support.shapes import block, fan_in, keyed, mesh, plan_of, resource, ring

pytestmark = pytest.mark.slow

Json = Any
PLAN = (ROOT / "tests" / "plans" / "growth" / "plan.json").read_text(encoding="utf-8")


def multiplied(part: Json, names: tuple[str, ...], count: int) -> Json:
    """The same with all that is called by one of the names there so many times: resources, modules, outputs, instances."""
    if isinstance(part, list):
        return [m for element in part for m in _copies(element, _called(element), names, count)]
    if isinstance(part, dict):
        return {k: v for key, value in part.items() for k, v in _copies([key, value], key, names, count)}
    return part


def _called(element: Json) -> str:
    return str(element.get("address", "")) if isinstance(element, dict) else ""


def _copies(element: Json, called: str, names: tuple[str, ...], count: int) -> list[Json]:
    name = next((name for name in names if name in called), None)
    if name is None:
        return [multiplied(element, names, count)]
    text = json.dumps(element)
    return [json.loads(text.replace(name, f"{name}_{count}_{number}")) for number in range(count)]


def nested(document: Json, depth: int) -> Json:
    """The same with the module `deep` that much deeper: each module called `deeper` holds the next."""
    call = document["configuration"]["root_module"]["module_calls"]["deep"]
    inner = call["module"]["module_calls"]["deeper"]
    for _ in range(depth):
        inner = {**inner, "module": {**call["module"], "module_calls": {"deeper": inner}}}
    call["module"] = inner["module"]
    planned = document["planned_values"]["root_module"]["child_modules"]
    at = next(module for module in planned if module["address"] == "module.deep")
    resources = at["resources"]
    for level in range(depth):
        (below,) = at["child_modules"]
        address = "module.deep" + ".module.deeper" * (level + 1)
        here = json.loads(json.dumps(resources).replace("module.deep.", f"{address}."))
        moved = json.loads(re.sub(r"module\.deep(?:\.module\.deeper)+", f"{address}.module.deeper", json.dumps(below)))
        at["child_modules"] = [{"address": address, "resources": here, "child_modules": [moved]}]
        (at,) = at["child_modules"]
    return agreeing(document)


Work = Callable[[Json, Policy, Path | None], None]


def judge(document: Json, policy: Policy, source: Path | None) -> None:
    report = evaluate(Plan(document), policy, source)
    render([report])
    assert not report.errors


def tell(document: Json, policy: Policy, source: Path | None) -> None:
    facts(Context(Plan(document), policy, Source.open(source) if source else None))


def calls(document: Json, policy: Policy, source: Path | None = None, work: Work = judge) -> int:
    """How many functions are called, of Python and of C, to judge a plan and to write the report, or for other work."""
    counted = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work(document, policy, source)
    finally:
        sys.setprofile(None)
    return counted


def growth(
    make: Callable[[int], Json],
    policy: Callable[[int], Policy] = lambda _: Policy.default(),
    size: int = 10,
    work: Work = judge,
) -> float:
    """How many times more calls the step from 2n to 4n costs than that from n to 2n: 2 where it is linear, 4 where it is
    quadratic. What the rest of the plan costs cancels out."""
    work(make(1), policy(1), None)  # what is done once in a process
    one, two, four = (calls(make(size * times), policy(size * times), work=work) for times in (1, 2, 4))
    return (four - two) / (two - one)


MANY = pytest.mark.parametrize(
    "names",
    [
        ("many_logs",),
        ("many_writers",),
        ("many_groups",),
        ("many_keys",),
        ("many_modules",),
        ("many_trails",),
        ("many_trails", "many_logs"),
        ("many_filters",),
        ("many_filters", "many_logs"),
        ("many_same", "many_alarms"),
        ("many_rules", "many_logs"),
        ("many_roles",),
        ("many_documents",),
        ("many_outputs",),
    ],
    ids="-".join,
)


@MANY
def test_many_of_one_kind(names: tuple[str, ...]) -> None:
    assert growth(lambda count: multiplied(json.loads(PLAN), names, count)) < 2.2


@MANY
def test_facts_of_many_of_one_kind(names: tuple[str, ...]) -> None:
    assert growth(lambda count: multiplied(json.loads(PLAN), names, count), work=tell) < 2.2


def told(document: Json, check: str) -> list[str]:
    """The reasons of what a check cannot tell."""
    found = evaluate(Plan(agreeing(document)), Policy.default()).findings
    return [finding.reason for finding in found if finding.check_id == check and finding.verdict is Verdict.UNKNOWN]


def test_pairs_of_filters_and_alarms_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filters that write one metric, each another value of it, and as many alarms: what is not looked at is UNKNOWN."""
    monkeypatch.setattr(context, "_MOST_TRIED", 2_000)
    document = multiplied(json.loads(PLAN), ("many_same", "many_alarms"), 60)
    resources = document["planned_values"]["root_module"]["resources"]
    for number, each in enumerate(r for r in resources if "many_same" in r["address"]):
        each["values"]["metric_transformation"][0]["value"] = str(number + 1)
    assert all("more than 2,000 " in reason for reason in told(document, "CKV_PLAN_6"))
    assert told(document, "CKV_PLAN_6")


def test_buckets_that_patterns_name_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many filters as buckets, each for the events of one: what is not tried is UNKNOWN."""
    monkeypatch.setattr(context, "_MOST_TRIED", 1_500)
    document = multiplied(json.loads(PLAN), ("many_filters", "many_logs"), 40)
    filters = [r for r in document["planned_values"]["root_module"]["resources"] if "many_filters" in r["address"]]
    for number, each in enumerate(filters):
        name = f"corp-many_logs_40_{number}"
        each["values"]["pattern"] = f"{{ ($.errorCode = AccessDenied) && ($.requestParameters.bucketName = {name}) }}"
    assert any("more than 1,500 " in reason for reason in told(document, "CKV_PLAN_6"))


def test_selections_of_many_resources_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "_MOST_TRIED", 1_000)
    kind, count = "aws_backup_selection", 40
    tables = [
        resource("aws_dynamodb_table", f"t{n}", {"name": f"t{n}", "tags": {"k": "v"}, "deletion_protection_enabled": True})
        for n in range(count)
    ]
    selected = [{"type": "STRINGEQUALS", "key": "k", "value": "w"}]
    selections = [resource(kind, f"s{n}", {"name": f"s{n}", "selection_tag": selected, "resources": []}) for n in range(count)]
    plan = plan_of([*tables, *selections])
    plan["configuration"]["root_module"]["resources"] = [block(r["type"], r["name"], tags=[]) for r in (*tables, *selections)]
    assert any("of more than planproof tries" in reason for reason in told(plan, "CKV_PLAN_5"))


@pytest.mark.parametrize("crowd", CROWDS.values(), ids=CROWDS)
@pytest.mark.parametrize("work", [judge, tell])
def test_crowds(crowd: Callable[[int], Json], work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds of pairs are as small as the plans here."""
    monkeypatch.setattr(relations, "MOST_CANDIDATES", 100)
    monkeypatch.setattr(context, "_MOST_TRIED", 100)
    assert growth(crowd, size=30, work=work) < 2.2


def test_deep_modules() -> None:
    assert growth(lambda depth: nested(json.loads(PLAN), depth), size=8) < 2.2


def test_many_exceptions_for_many_findings() -> None:
    def policy(count: int) -> Policy:
        addresses = [f"aws_s3_bucket.many_logs_{count}_{number}" for number in range(count)]
        about = {"check": "CKV_PLAN_6", "reason": "moved", "expires": "2999-01-01"}
        return find_policy({"exceptions": [{**about, "address": address} for address in addresses]})

    assert growth(lambda count: multiplied(json.loads(PLAN), ("many_logs",), count), policy) < 2.2


@pytest.mark.parametrize("with_source", [False, True], ids=["names", "source"])
@pytest.mark.parametrize(
    ("shape", "size", "most"),
    [
        (ring, 40, 2.2),
        (mesh, 15, 5.5),
        (fan_in, 12, 2.2),
        (keyed, 30, 2.2),
        (documents, 12, 2.2),
    ],  # twice the mesh is four times as many references
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("work", [judge, tell])
def test_shapes_of_references(
    shape: Callable[[int], Any], size: int, most: float, work: Work, with_source: bool, tmp_path: Path
) -> None:
    def cost(count: int) -> int:
        plan, files = shape(count)
        folder = tmp_path / str(count)
        for name, text in (files if isinstance(files, dict) else {"main.tf": files}).items() if with_source else ():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return calls(plan, Policy.default(), folder if with_source else None, work)

    cost(1 + (shape is mesh))  # what is done once in a process
    one, two, four = (cost(size * times) for times in (1, 2, 4))
    assert (four - two) / (two - one) < most


def test_a_step_that_is_quadratic_would_show() -> None:
    assert growth(lambda count: multiplied(json.loads(PLAN), ("many_logs",), count * count), size=5) > 3
