"""Every fixture that belongs to a check, and what that check says of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from planproof.check import ANY_TYPE, LISTED_TYPES, Check
from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.verdict import Report
from support.repository import FIXTURES, policy_of

CHECKS = {check.key: check for check in all_checks()}
CASES = sorted(file.parent for file in FIXTURES.glob("*/*/*/expected.json"))
NAMES = [str(folder.relative_to(FIXTURES)) for folder in CASES]


@cache
def judge(folder: Path, *checks: Check) -> Report:
    """The report of a fixture by these checks, or by all."""
    policy = policy_of(folder)
    plan: Any = folder / "plan.json"
    source = json.loads((folder / "expected.json").read_text(encoding="utf-8")).get("source")  # "none", or another folder
    if source == "none":
        return evaluate(Plan.load(plan), policy, checks=checks or None)
    return evaluate(plan, policy, folder / source if source else None, checks or None)


def asked(plan: Plan) -> set[str]:
    """The checks that have something to judge in a plan: those of no type in particular, and those of types that it has."""
    kinds = {instance.type for instance in plan.instances}
    no_type = {*ANY_TYPE, *LISTED_TYPES}
    return {check.id for check in CHECKS.values() if not set(check.types) - no_type or kinds & set(check.types)}
