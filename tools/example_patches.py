"""The patch of each failure of a check, for the page of the check: what `planproof fix` makes of the first fixture that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from planproof.check import Check
from planproof.check_page import Example
from planproof.context import Context
from planproof.engine import evaluate_in
from planproof.errors import SourceError
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.policy.profiles import merge
from planproof.source.model import Source
from reason_codes import failing_codes

ROOT = Path(__file__).resolve().parent.parent


def examples(check: Check) -> tuple[Example, ...]:
    """By code, in alphabetical order."""
    found: dict[str, Example] = {}
    for folder in _fixtures(check):
        for code, example in _of_fixture(check, folder):
            if code not in found or (example.diff and not found[code].diff):
                found[code] = example
    return tuple(found.get(code) or Example(code) for code in sorted(failing_codes(check.key)))


def _fixtures(check: Check) -> list[Path]:
    """The plain one first, and the whole configuration last."""
    bad = ROOT / "fixtures" / "bad"
    folders = (plan.parent for plan in (bad / check.key).glob("*/plan.json"))
    return [*sorted(folders, key=lambda folder: (folder.name != "plain", folder.name)), bad / "review"]


def _of_fixture(check: Check, folder: Path) -> Iterator[tuple[str, Example]]:
    source = Source.beside(folder / "plan.json")
    if source is None or source.root is None:
        return
    expected = folder / "expected.json"
    own = json.loads(expected.read_text(encoding="utf-8")).get("policy", {}) if expected.exists() else {}
    policy = Policy(merge(merge(Policy.default().data, {"unjudged": "ignore"}), own))
    try:
        context = Context(Plan.load(folder / "plan.json"), policy, source)
        found = patches(evaluate_in(context, (check,)), context, with_advice=True)
    except SourceError:
        return
    yield from ((patch.finding.code, _example(patch, source.root)) for patch in found)


def _example(patch: Patch, root: Path) -> Example:
    return Example(patch.finding.code, diff(changes([patch]), root), patch.why_not, patch.notes)
