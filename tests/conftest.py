"""Shared by all tests: where things are, and plans that are parsed once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from planproof.plan import Plan

ROOT = Path(__file__).resolve().parent.parent
PLANS = ROOT / "tests" / "plans"


@cache
def load(name: str) -> Plan:
    """The plan of tests/plans/NAME."""
    return Plan.load(PLANS / name / "plan.json")


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own environment must not change what the tests see."""
    for name in ("PLANPROOF_POLICY", "PLANPROOF_SOURCE", "PLANPROOF_CHECKS", "PLANPROOF_BASELINE"):
        monkeypatch.delenv(name, raising=False)
