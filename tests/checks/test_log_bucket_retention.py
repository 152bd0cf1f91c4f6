"""Lifecycles that the provider refuses to plan, and a plan by something else may hold."""

from __future__ import annotations

import copy
import json

import pytest

from planproof.engine import evaluate
from planproof.verdict import Verdict
from support.repository import ROOT, agreeing

PLAN = json.loads((ROOT / "fixtures/good/log_bucket_retention/plain/plan.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("status", "code"), [("Enabled", "retention_set"), ("enabled", "only_disabled_rules"), ("", "only_disabled_rules")]
)
def test_only_enabled_means_that_a_rule_is_in_force(status: str, code: str) -> None:
    plan = copy.deepcopy(PLAN)
    lifecycle = plan["planned_values"]["root_module"]["resources"][1]["values"]
    lifecycle["rule"][0]["status"] = status
    (found,) = [f for f in evaluate(agreeing(plan)).findings if f.check_id == "CKV_PLAN_1"]
    assert (found.code, found.verdict is Verdict.PASS) == (code, status == "Enabled")
