"""The hunks of a change: put in place by line and column, they make the file that the patch makes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.context import Context
from planproof.engine import evaluate
from planproof.errors import SourceError
from planproof.fix.hunks import hunks, lines, replacements
from planproof.fix.patches import Change, changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from planproof.verdict import Replacement
from support.repository import FIXTURES, policy_of


def replaced(before: str, parts: Iterable[Replacement]) -> str:
    """As a reader of SARIF does it: columns count UTF-16 units, and no position lies outside of a line."""
    rows = before.split("\n")
    starts = [0]
    for row in rows:
        starts.append(starts[-1] + len(row) + 1)

    def offset(line: int, column: int) -> int:
        row = rows[line - 1].removesuffix("\r")
        units = row.encode("utf-16-le")
        assert 1 <= column <= len(units) // 2 + 1
        return starts[line - 1] + len(units[: (column - 1) * 2].decode("utf-16-le"))

    text = before
    for part in reversed(list(parts)):
        assert (part.start_line, part.start_column) <= (part.end_line, part.end_column)
        text = text[: offset(part.start_line, part.start_column)] + part.text + text[offset(part.end_line, part.end_column) :]
    return text


NEWLINES = st.sampled_from(["\n", "\r\n"])
ROWS = st.lists(st.sampled_from(["", "a", "  b = 1", "}", "c # é", "𝄞 = 2"]), max_size=8)


@given(ROWS, ROWS, NEWLINES, st.booleans(), st.booleans())
def test_replacements_make_the_text_that_is_wanted(
    before: list[str], after: list[str], newline: str, ended: bool, stays_ended: bool
) -> None:
    texts = [newline.join(rows) + newline * (ends and bool(rows)) for rows, ends in ((before, ended), (after, stays_ended))]
    change = Change("main.tf", *texts)
    assert replaced(texts[0], replacements(change, "main.tf")) == texts[1]
    rows, at = lines(texts[0]), 0
    for hunk in hunks(change):
        assert tuple(rows[hunk.line - 1 : hunk.line - 1 + len(hunk.old)]) == hunk.old
        assert at < hunk.line
        at = hunk.line + len(hunk.old) - 1


PLANS = sorted((FIXTURES / "bad").rglob("plan.json"))


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.parent.relative_to(FIXTURES).as_posix())
def test_the_patches_of_the_fixtures_are_the_same_as_replacements(plan: Path) -> None:
    document, policy, source = Plan.load(plan), policy_of(plan.parent), Source.beside(plan)
    report = evaluate(document, policy, source)
    try:
        found = patches(report, Context(document, policy, source))
    except SourceError:
        assert source is None
        return
    for change in (change for patch in found for change in changes([patch])):
        parts = replacements(change, "main.tf")
        last = len(lines(change.before or "")) or 1
        assert {1 <= part.start_line <= part.end_line <= last for part in parts} == {True}, "a position behind the last line"
        assert replaced(change.before or "", parts) == change.after
