"""A policy as data for the Rego that sees a plan and nothing else (policies/rego/plan_only)."""

from __future__ import annotations

import json

from planproof.policy.layers import Layered


def as_opa(policy: Layered) -> str:
    """The policy in force, under the name by which that Rego looks for it."""
    return json.dumps({"planproof_plan_only": policy.effective}, indent=2, ensure_ascii=False, default=str) + "\n"
