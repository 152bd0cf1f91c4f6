"""What a patch writes: nothing that the plan marks sensitive, and no value that a variable was given from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planproof.context import Context
from planproof.engine import evaluate, find_policy
from planproof.fix.patches import changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.canaries import CANARY, MASKS, all_sensitive, variables_with_canaries
from support.repository import FIXTURES

FOLDERS = [
    FIXTURES / "bad" / "review",
    FIXTURES / "bad" / "tagging" / "values",
    FIXTURES / "bad" / "naming_convention" / "variables",
]


def written(plan: Plan, folder: Path) -> str:
    source, policy = Source.open(folder), find_policy("secure-logs")
    found = patches(evaluate(plan, policy, source), Context(plan, policy, source))
    said = [text for patch in found for text in (patch.why_not, *patch.notes)]
    return "\n".join([*(change.after for change in changes(found)), *said])


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_sensitive_value_is_written(folder: Path, mask: Callable[[Any], Any]) -> None:
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    all_sensitive(document, mask)
    assert CANARY not in written(Plan.load(document), folder)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_value_of_a_variable_is_written(folder: Path) -> None:
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    variables_with_canaries(document)
    assert CANARY not in written(Plan.load(document), folder)
