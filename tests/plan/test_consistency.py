"""A plan that contradicts itself is refused, on a real plan of which one thing is said otherwise; so is one that plans nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from planproof.errors import PlanError
from planproof.plan.model import Plan
from support.repository import PLANS

Json = Any
TEXT = (PLANS / "references" / "plan.json").read_text(encoding="utf-8")


def root(document: Json) -> Json:
    return document["planned_values"]["root_module"]


def first(document: Json) -> Json:
    return root(document)["resources"][0]


def change_of(document: Json, address: str) -> Json:
    return next(c for c in document["resource_changes"] if c["address"] == address)


def by_address(document: Json) -> None:
    root(document)["resources"] = {r["address"]: r for r in root(document)["resources"]}


def elsewhere(key: str, value: Any) -> Callable[[Json], None]:
    return lambda document: document.update({key: value})


def with_first(**values: Any) -> Callable[[Json], None]:
    return lambda document: first(document).update(values)


EDITS: dict[str, tuple[Callable[[Json], None], str]] = {
    "no resources": (lambda d: root(d).pop("resources"), "it changes aws_"),
    "an empty root module": (elsewhere("planned_values", {"root_module": {}}), "but planned_values lacks them"),
    "no root module": (elsewhere("planned_values", {}), "but planned_values lacks them"),
    "a root module that is a list": (
        elsewhere("planned_values", {"root_module": []}),
        "planned_values.root_module is not an object",
    ),
    "one resource missing": (lambda d: root(d)["resources"].pop(), "but planned_values lacks it"),
    "a resource of a module missing": (lambda d: root(d)["child_modules"].pop(), "but planned_values lacks "),
    "modules as an object": (lambda d: root(d).update(child_modules={}), "planned_values: child_modules is not a list"),
    "resources as an object": (by_address, "planned_values: resources is not a list"),
    "resources that are none": (lambda d: root(d)["resources"].append(3), "a resource of planned_values is not an object"),
    "a resource twice": (lambda d: root(d)["resources"].append(first(d)), "twice"),
    "a resource as data": (with_first(mode="data"), "by its other keys"),
    "a resource of no mode there is": (with_first(mode="Managed"), "by its other keys"),
    "a type in capitals": (lambda d: first(d).update(type=first(d)["type"].upper()), "by its other keys"),
    "a type that is a list": (with_first(type=["aws_s3_bucket"]), "has no type"),
    "another name": (with_first(name="other"), "by its other keys"),
    "an address that is none": (with_first(address=["a"]), "has no address"),
    "values that are a list": (with_first(values=[]), "values is not an object"),
    "values that are true": (with_first(values=True), "values is not an object"),
    "another type among the changes": (
        lambda d: change_of(d, first(d)["address"]).update(type="aws_sns_topic"),
        "a different type",
    ),
    "changes as an object": (elsewhere("resource_changes", {"a": 1}), "resource_changes is not a list"),
    "a change without actions": (lambda d: d["resource_changes"][0]["change"].update(actions=[]), "no list of actions"),
    "actions as a text": (lambda d: d["resource_changes"][0]["change"].update(actions="create"), "no list of actions"),
    "configuration as a list": (elsewhere("configuration", []), "configuration is not an object"),
    "variables as a list": (elsewhere("variables", [1]), "variables is not an object"),
    "a state that is a number": (elsewhere("prior_state", 3), "prior_state is not an object"),
}


@pytest.mark.parametrize(("edit", "said"), EDITS.values(), ids=EDITS)
def test_a_plan_that_contradicts_itself_is_refused(edit: Callable[[Json], None], said: str) -> None:
    document = json.loads(TEXT)
    Plan.load(copy.deepcopy(document))
    edit(document)
    with pytest.raises(PlanError) as raised:
        Plan.load(document, "plan.json")
    assert str(raised.value).startswith("plan.json contradicts itself: ")
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("said", [True, "true", "false", 1, ["x"], {"a": 1}], ids=str)
def test_an_error_is_one_in_whatever_form_it_is_said(said: Any) -> None:
    with pytest.raises(PlanError, match="the plan ended with an error"):
        Plan.load({**json.loads(TEXT), "errored": said})


@pytest.mark.parametrize("said", [False, None], ids=str)
def test_no_error_is_none(said: Any) -> None:
    assert Plan.load({**json.loads(TEXT), "errored": said}).instances


@pytest.mark.parametrize("actions", [["delete"], ["forget"]], ids=str)
def test_what_goes_need_not_be_planned(actions: list[str]) -> None:
    document = json.loads(TEXT)
    gone = root(document)["resources"].pop(0)["address"]
    change_of(document, gone)["change"]["actions"] = actions
    assert gone not in {i.address for i in Plan.load(document).instances}


def test_a_deposed_object_need_not_be_planned() -> None:
    document = json.loads(TEXT)
    document["resource_changes"].append(
        {"address": "aws_s3_bucket.gone", "mode": "managed", "deposed": "ab12", "change": {"actions": ["no-op"]}}
    )
    assert Plan.load(document).instances


def test_a_plan_without_changes_listed_is_judged_by_what_it_plans() -> None:
    """Some tools cut them out; what is planned is there."""
    document = json.loads(TEXT)
    del document["resource_changes"]
    assert Plan.load(document).instances


def refreshing() -> Json:
    """What `terraform plan -refresh-only` makes of a state: nothing is planned, and no changes are listed."""
    return json.loads((PLANS / "refresh_only" / "plan.json").read_text(encoding="utf-8"))


def test_a_refresh_only_plan_is_refused_as_it_plans_nothing() -> None:
    with pytest.raises(PlanError, match=r"plan.json plans nothing for the 2 resources of the state \(it is a refresh-only plan"):
        Plan.load(refreshing(), "plan.json")


def test_a_destroy_plans_something_and_so_does_a_configuration_without_resources() -> None:
    """Nothing is left, and the plan says so of each resource; without a state there is nothing that could have been left out."""
    document = json.loads((PLANS / "changes" / "plan.json").read_text(encoding="utf-8"))
    changes = [{**c, "change": {**c["change"], "actions": ["delete"]}} for c in document["resource_changes"]]
    assert Plan.load({**refreshing(), "resource_changes": changes}).managed == []
    assert Plan.load({**refreshing(), "prior_state": None}).managed == []


def test_a_state_may_list_an_address_twice_as_of_an_object_left_behind() -> None:
    document = json.loads((PLANS / "changes" / "plan.json").read_text(encoding="utf-8"))
    prior = document["prior_state"]["values"]["root_module"]["resources"]
    prior.append({**prior[0], "deposed_key": "ab12"})
    assert Plan.load(document).instances
    refreshed = refreshing()
    prior = refreshed["prior_state"]["values"]["root_module"]["resources"]
    prior.insert(0, {**prior[0], "deposed_key": "ab12"})
    with pytest.raises(PlanError, match="plans nothing for the 2 resources"):
        Plan.load(refreshed)
