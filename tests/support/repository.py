"""Where things are in this repository, and plans that are parsed once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

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


def policy_of(folder: Path) -> Policy:
    """The policy by which a fixture is judged: the bundled one, with what its expectation changes."""
    expected = folder / "expected.json"
    own = json.loads(expected.read_text(encoding="utf-8")).get("policy", {}) if expected.exists() else {}
    return Policy(merge(Policy.default().data, own))
