"""Where things are in this repository, and plans that are parsed once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.policy.profiles import merge

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
PLANS = ROOT / "tests" / "plans"


@cache
def load(name: str) -> Plan:
    """The plan of tests/plans/NAME."""
    return Plan.load(PLANS / name / "plan.json")


def agreeing(document: dict[str, Any]) -> dict[str, Any]:
    """The document, some resources of which were altered or taken out in planned_values, with changes that say the same: Terraform makes
    both of one list."""
    planned, pending = {}, [document["planned_values"].get("root_module", {})]
    while pending:
        module = pending.pop()
        planned |= {resource["address"]: resource for resource in module.get("resources", ())}
        pending += module.get("child_modules", ())
    changes = [
        {**c, "change": {**c["change"], "after": planned[c["address"]].get("values", {})}} if c["address"] in planned else c
        for c in document["resource_changes"]
        if c["address"] in planned or c["change"]["actions"] == ["delete"]
    ]
    return {**document, "resource_changes": changes}


def policy_of(folder: Path) -> Policy:
    """The policy by which a fixture, or a mutant of it, is judged: the bundled one, with what its expectation changes. A mutant may have
    nothing left that is judged."""
    expected = folder / "expected.json"
    own = json.loads(expected.read_text(encoding="utf-8")).get("policy", {}) if expected.exists() else {}
    return Policy(merge(merge(Policy.default().data, {"unjudged": "ignore"}), own))
