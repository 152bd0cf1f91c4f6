"""A policy as data for the Rego that sees a plan and nothing else (policies/rego/plan_only)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from planproof.policy.layers import Layered
from planproof.policy.profiles import merge

ORDERED = "versioning_coverage"
"""The check whose requirements are asked in the order in which a policy has them."""


def as_opa(policy: Layered) -> str:
    """The policy in force, under the name by which that Rego looks for it."""
    return json.dumps({"planproof_plan_only": for_rego(policy.effective)}, indent=2, ensure_ascii=False, default=str) + "\n"


def for_rego(policy: Mapping[str, Any]) -> Mapping[str, Any]:
    """The policy with the requirements of each type as a list of {name, ...}: in Rego the keys of an object have no order."""
    types = policy["checks"][ORDERED]["types"]
    listed = {kind: {**rule, "must": _listed(rule["must"])} for kind, rule in types.items() if rule is not None}
    return merge(policy, {"checks": {ORDERED: {"types": listed}}})


def _listed(demands: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [{"name": name, **demand} for name, demand in demands.items() if demand is not None]
