"""The same configuration written another way gets the same verdicts."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from support.repository import FIXTURES, policy_of
from support.rewrites import REWRITES, Address

PLANS = sorted(file for pattern in ("plan.json", "second-plan.json") for file in FIXTURES.rglob(pattern))
# The whole configurations each time; every other plan where there is time.
EACH = [
    pytest.param(
        file,
        id=str(file.relative_to(FIXTURES)),
        marks=() if file.parent.name in ("ideal", "review") else pytest.mark.slow,
    )
    for file in PLANS
]
# A rewrite that changes what a check judges, on purpose.
DIFFER: dict[tuple[str, str], str] = {}


def judged(document: Any, policy: Policy, address: Address = str) -> set[tuple[str, str, str, str]]:
    """Without source: the rewrites change plan JSON alone."""
    report = evaluate(Plan.load(document), policy)
    assert report.errors == ()
    return {(f.check_id, address(f.subject), f.verdict.value, f.code) for f in report.findings}


@lru_cache(maxsize=4)
def document_of(plan: Path) -> Any:
    return json.loads(plan.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rewrite", REWRITES.values(), ids=REWRITES)
@pytest.mark.parametrize("plan", EACH)
def test_verdicts_stay(plan: Path, rewrite: Any) -> None:
    policy = policy_of(plan.parent)
    rewritten, address = rewrite(document_of(plan))
    assert judged(rewritten, policy) == judged(document_of(plan), policy, address)
