"""policies/rego/planproof/gate.rego, run by OPA itself and by a second engine: who may merge, by findings and a team's settings."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.formats.to_opa import render
from support.rego import ENGINES
from support.repository import ROOT

Json = Any
Query = Callable[..., dict[str, list[str]]]
REVIEW, IDEAL = ROOT / "fixtures/bad/review/plan.json", ROOT / "fixtures/good/ideal/plan.json"
NOT_JUDGED = "planproof did not judge this plan"
NO_SETTINGS = "data.planproof_gate is not what planproof's gate takes"


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.__name__)
def gate(request: pytest.FixtureRequest) -> Query:
    """What the gate denies and warns of, by plan, findings and settings."""
    text = (ROOT / "policies/rego/planproof/gate.rego").read_text(encoding="utf-8")

    def asked(plan: Json, data: Json) -> dict[str, list[str]]:
        rules = {name: f"data.planproof.gate.{name}" for name in ("deny", "warn")}
        return {name: sorted(found) for name, found in request.param(text, rules, plan, data).items()}

    return asked


@cache
def plan_of(file: Any) -> Json:
    return json.loads(file.read_text(encoding="utf-8"))


def judged(file: Any, policy: Json = None) -> Json:
    return json.loads(render([evaluate(file, policy)]))


def test_what_fails_is_denied_and_what_passes_is_not(gate: Query) -> None:
    data = judged(REVIEW)
    failed = [f for f in data["planproof"]["findings"] if f["fails"]]
    found = gate(plan_of(REVIEW), data)
    assert len(found["deny"]) == len({(f["check_id"], f["subject"], f["reason"]) for f in failed}) > 20
    assert gate(plan_of(IDEAL), judged(IDEAL)) == {"deny": [], "warn": []}


def test_a_message_tells_the_check_the_resource_why_and_where(gate: Query) -> None:
    found = gate(plan_of(REVIEW), judged(REVIEW))
    finding = next(f for f in judged(REVIEW)["planproof"]["findings"] if f["fails"] and f["line"])
    message = f"{finding['check_id']} {finding['subject']}: {finding['reason']} ({finding['file']}:{finding['line']})"
    assert message in found["deny"]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"planproof": {}},
        {"planproof": {"version": "1", "summary": {}, "errors": [], "findings": None}},
        {"planproof": {"version": "1", "summary": {}, "errors": [], "findings": {"a": 1}}},
        {"planproof": {"version": "1", "summary": {}, "errors": [], "findings": [None]}},
        {"planproof": {"version": "1", "summary": {}, "errors": [], "findings": [{"verdict": "PASS"}]}},
        {"planproof": {"version": "1", "summary": {}, "findings": []}},
    ],
)
def test_without_findings_everything_is_denied(gate: Query, broken: Json) -> None:
    assert any(message.startswith(NOT_JUDGED) for message in gate(plan_of(IDEAL), broken)["deny"])


@pytest.mark.parametrize("plan", [None, {}, [], {"planned_values": "x"}])
def test_an_input_that_is_no_plan_is_denied(gate: Query, plan: Json) -> None:
    assert any(message.startswith(NOT_JUDGED) for message in gate(plan, judged(IDEAL))["deny"])


def test_what_planproof_could_not_judge_is_denied(gate: Query) -> None:
    data = judged(IDEAL)
    data["planproof"]["errors"] = ["CKV_PLAN_1 could not judge a bucket"]
    assert gate(plan_of(IDEAL), data)["deny"] == ["planproof could not judge: CKV_PLAN_1 could not judge a bucket"]


@pytest.mark.parametrize(
    "settings",
    [
        [],
        None,
        {"severity": []},
        {"severities": "HIGH"},
        {"severities": ["URGENT"]},
        {"only_changed": "yes"},
        {"unknown": "fail"},
        {"environments": []},
        {"environments": {"prod": {"unknwon": "deny"}}},
        {"environments": {"prod": None}},
    ],
)
def test_settings_that_are_none_are_denied(gate: Query, settings: Json) -> None:
    found = gate(plan_of(IDEAL), {**judged(IDEAL), "planproof_gate": settings})
    assert any(message.startswith(NO_SETTINGS) for message in found["deny"])


def test_severities_that_do_not_count_are_warnings(gate: Query) -> None:
    data = judged(REVIEW)
    found = gate(plan_of(REVIEW), {**data, "planproof_gate": {"severities": ["CRITICAL", "HIGH"]}})
    severe = {f["check_id"] for f in data["planproof"]["findings"] if f["fails"] and f["severity"] in ("CRITICAL", "HIGH")}
    assert {message.split()[0] for message in found["deny"]} == severe
    assert found["warn"]


def test_a_severity_that_nobody_knows_counts(gate: Query) -> None:
    data = judged(REVIEW)
    for finding in data["planproof"]["findings"]:
        finding["severity"] = None
    assert gate(plan_of(REVIEW), {**data, "planproof_gate": {"severities": []}})["deny"]


def test_what_the_plan_leaves_as_it_is_is_a_warning(gate: Query) -> None:
    plan = copy.deepcopy(plan_of(REVIEW))
    kept = next(f["subject"] for f in judged(REVIEW)["planproof"]["findings"] if f["fails"] and f["check_id"] == "CKV_PLAN_1")
    next(change for change in plan["resource_changes"] if change["address"] == kept)["change"]["actions"] = ["no-op"]
    found = gate(plan, {**judged(REVIEW), "planproof_gate": {"only_changed": True}})
    assert [message for message in found["deny"] if f" {kept}: " in message] == []
    assert [message for message in found["warn"] if f" {kept}: " in message]
    assert any(message.startswith("CKV_PLAN_3 ") for message in found["deny"]), "an output is not left as it is"


def test_the_environment_has_settings_of_its_own(gate: Query) -> None:
    plan = {**plan_of(REVIEW), "variables": {"stage": {"value": "dev"}}}
    settings = {"planproof_gate": {"environments": {"dev": {"severities": []}}}}
    assert gate(plan, {**judged(REVIEW), **settings})["deny"] == []
    plan["variables"] = {"stage": {"value": "prod"}}
    assert gate(plan, {**judged(REVIEW), **settings})["deny"]


def test_unknown_is_a_warning_unless_it_is_to_be_denied(gate: Query) -> None:
    data = judged(IDEAL)
    data["planproof"]["findings"][0].update(verdict="UNKNOWN", fails=False)
    assert len(gate(plan_of(IDEAL), data)["warn"]) == 1
    assert len(gate(plan_of(IDEAL), {**data, "planproof_gate": {"unknown": "deny"}})["deny"]) == 1


def test_advice_is_a_warning(gate: Query) -> None:
    data = judged(REVIEW, {"extends": "general", "checks": {"log_bucket_retention": {"level": "advisory"}}})
    found = gate(plan_of(REVIEW), data)
    assert not any(message.startswith("CKV_PLAN_1 ") for message in found["deny"])
    assert any(message.startswith("advice: CKV_PLAN_1 ") for message in found["warn"])
