"""policies/rego/plan_only over plans that Terraform does not write: each subject has its rows, or the plan is refused. A rule that is
undefined would let everything pass."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.errors import PlanproofError
from planproof.verdict import CHECK_ERROR
from support.odd_plans import odd_plans, of_opentofu
from support.plan_only import CHECKS, PROFILES, RULES, data, modules
from support.rego import Ask, compiled_opa, compiled_regorus
from support.repository import ROOT

Json = Any
FIXTURES = sorted((ROOT / "fixtures").glob("**/plan.json"))


def subjects(plan: Json, profile: str) -> set[tuple[str, str]]:
    """What planproof has findings on; nothing if it refuses the plan. A check that could not judge says nothing here."""
    try:
        found = evaluate(plan, profile, checks=CHECKS).findings
    except PlanproofError:
        return set()
    crashed = {finding.check_id for finding in found if finding.code == CHECK_ERROR}
    return {(finding.check_id, finding.subject) for finding in found} - {
        (finding.check_id, finding.subject) for finding in found if finding.check_id in crashed
    }


def missing(ask: Ask, plan: Json, profile: str) -> set[tuple[str, str]]:
    """The subjects that have no row, of a plan that is not refused."""
    found = ask(RULES, plan)
    assert isinstance(found["findings"], list)
    assert isinstance(found["deny"], list)
    if any(message.startswith("planproof cannot judge this") for message in found["deny"]):
        assert found["findings"] == []
        return set()
    for finding in found["findings"]:
        assert all(isinstance(text, str) and text for text in finding.values())
        assert finding["verdict"] in ("PASS", "FAIL", "UNKNOWN")
    return subjects(plan, profile) - {(finding["check_id"], finding["subject"]) for finding in found["findings"]}


def undone(ask: Ask, files: list[Any], profile: str, seed: int, number: int) -> list[str]:
    return [
        f"{file.parent.relative_to(ROOT)} {done}: {sorted(left)}"
        for file in files
        for done, plan in odd_plans(json.loads(file.read_text(encoding="utf-8")), seed, number)
        if (left := missing(ask, plan, profile))
    ]


def test_no_odd_plan_leaves_a_subject_out() -> None:
    pytest.importorskip("opa_bindings")
    assert undone(compiled_opa(modules(), data("general")), FIXTURES[::19], "general", 1, 4) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("profile", PROFILES)
def test_hundreds_of_odd_plans_leave_no_subject_out(profile: str) -> None:
    pytest.importorskip("opa_bindings")
    assert undone(compiled_opa(modules(), data(profile)), FIXTURES, profile, 2, 2) == []


@pytest.mark.exhaustive
def test_nor_do_they_in_the_second_engine() -> None:
    pytest.importorskip("regorus")
    assert undone(compiled_regorus(modules(), data("general")), FIXTURES[::4], "general", 3, 2) == []


@pytest.mark.parametrize("name", ["good/ideal", "bad/review"])
def test_a_plan_of_opentofu_has_the_same_findings(name: str) -> None:
    pytest.importorskip("opa_bindings")
    plan = json.loads((ROOT / "fixtures" / name / "plan.json").read_text(encoding="utf-8"))
    ask = compiled_opa(modules(), data("secure-logs"))
    assert ask(RULES, of_opentofu(plan)) == ask(RULES, plan)
