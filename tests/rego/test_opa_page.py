"""The Rego that docs/opa.md shows does what the page says of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.formats.to_opa import render
from support.plan_only import modules
from support.rego import COMPILED
from support.repository import ROOT

Json = Any
PAGE = (ROOT / "docs" / "opa.md").read_text(encoding="utf-8")
SHOWN = {
    package: text
    for text in re.findall(r"```rego\n(.*?)```", PAGE, re.DOTALL)
    for package in re.findall(r"^package (\w+)$", text, re.MULTILINE)
}
REVIEW, IDEAL = ROOT / "fixtures/bad/review/plan.json", ROOT / "fixtures/good/ideal/plan.json"

each_engine = pytest.mark.parametrize("engine", COMPILED)


def plan_of(file: Any) -> Json:
    return json.loads(file.read_text(encoding="utf-8"))


@each_engine
@pytest.mark.parametrize(("package", "key"), [("terraform", "tfplan"), ("env0", "plan")])
def test_what_stands_beside_the_bundle_denies_what_it_denies(engine: Any, package: str, key: str) -> None:
    rules = {"deny": f"data.{package}.deny", "whole": "data.planproof.plan_only.deny"}
    ask = engine({**modules(), "own.rego": SHOWN[package]}, {})
    found = ask(rules, {key: plan_of(REVIEW)})
    assert sorted(found["deny"]) == sorted(set(found["whole"])) != []
    assert list(ask(rules, {key: plan_of(IDEAL)})["deny"]) == []
    assert len(ask(rules, {})["deny"]) == 1


@each_engine
def test_in_spacelift_findings_deny_and_their_absence_too(engine: Any) -> None:
    rules = {"deny": "data.spacelift.deny", "warn": "data.spacelift.warn"}
    ask = engine({"own.rego": SHOWN["spacelift"]}, {})

    def asked(findings: Json) -> list[str]:
        return sorted(ask(rules, {"third_party_metadata": {"custom": {"planproof": findings}}})["deny"])

    review, ideal = (json.loads(render([evaluate(file)])) for file in (REVIEW, IDEAL))
    failed = {f"{f['check_id']} {f['subject']}: {f['reason']}" for f in review["planproof"]["findings"] if f["fails"]}
    assert asked(review) == sorted(failed) != []
    assert asked(ideal) == []
    ideal["planproof"]["errors"] = ["CKV_PLAN_1 could not judge a bucket"]
    for broken in ({}, None, {"planproof": {"findings": None}}, ideal):
        assert asked(broken) == ["planproof did not judge this plan"]
