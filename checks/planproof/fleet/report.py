"""The report on a fleet: how many failures there are of which mode, whose, since when, and what comes to an end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from planproof.fleet.queries import Fleet
from planproof.review.document import Block, Bullets, Code, Heading, Paragraph, Plot, Prose, Table
from planproof.review.modes import MODES
from planproof.text.escaping import one_line

WORKSPACES, TEAMS, LISTED = 20, 10, 25
"""How many are listed, the worst first."""
WIDTH = 80
_OTHER = 0  # stands for the mode of a check that has none


def blocks(fleet: Fleet) -> Iterator[Block]:
    """The report as a document."""
    workspaces, failing, unjudged = fleet.size()
    verdicts = ", ".join(f"{number:,} {verdict}" for verdict, number in fleet.verdicts().items())
    yield Heading(1, f"The fleet on {fleet.today}")
    yield Paragraph(
        [f"{workspaces:,} workspaces: {failing:,} with failures, {unjudged:,} not judged. Findings: {verdicts or 'none'}."]
    )
    yield Paragraph([f"Policy {', '.join(map(one_line, fleet.policies()))}; failures of advisory checks are not counted below."])
    yield from _modes(fleet)
    yield from _teams(fleet)
    yield from _trend(fleet)
    yield from _new(fleet)
    yield from _expiring(fleet)
    yield from _unjudged(fleet, unjudged)


def _modes(fleet: Fleet) -> Iterator[Block]:
    modes = fleet.modes()
    yield Heading(2, "Failure modes")
    if not modes:
        yield Paragraph(["Nothing fails."])
        return
    yield Plot(("mode", "failures"), [(_titled(mode), number) for mode, number, _ in modes])
    yield Heading(2, "Workspaces with the most failures, by mode")
    used = [mode or _OTHER for mode, _, _ in modes]
    rows = [
        [[workspace], *([str(counts.get(mode, "")) or ""] for mode in used), [str(total)]]
        for workspace, counts, total in fleet.matrix(WORKSPACES)
    ]
    yield Table(["workspace", *(str(mode) if mode else "other" for mode in used), "all"], rows)


def _titled(mode: int | None) -> str:
    return f"{mode} {MODES[mode]}" if mode in MODES else "other checks"


def _teams(fleet: Fleet) -> Iterator[Block]:
    teams = fleet.teams(TEAMS)
    yield Heading(2, "Teams with the most failures")
    rows = [[[team], [f"{number:,}"], [f"{severe:,}"], [f"{places:,}"]] for team, number, severe, places in teams]
    yield Table(["team", "failures", "HIGH or CRITICAL", "workspaces"], rows) if rows else Paragraph(["Nothing fails."])


def _trend(fleet: Fleet) -> Iterator[Block]:
    yield Heading(2, "Failures by day")
    yield Plot(("day", "failures"), [(str(day), number) for day, number, _ in fleet.trend()], is_over_time=True)


def _new(fleet: Fleet) -> Iterator[Block]:
    number, rows = fleet.new(LISTED)
    yield Heading(2, "New since yesterday")
    if not number:
        yield Paragraph(["Nothing fails that did not fail by the end of yesterday."])
        return
    shown = f"; the first {len(rows)} kinds of them" if len(rows) == LISTED else ""
    yield Paragraph([f"{number:,} failures, those of one workspace, check and code together{shown}:"])
    yield Bullets(
        [
            [Code(workspace), f": {check} on ", *_with_more(subject, count), f": {reason}"]
            for workspace, check, subject, count, reason in rows
        ]
    )


def _expiring(fleet: Fleet) -> Iterator[Block]:
    rows = fleet.expiring()
    yield Heading(2, "Exceptions that expire this month")
    if not rows:
        yield Paragraph(["None."])
        return
    yield Table(
        ["expires", "workspace", "check", "subject"],
        [[[str(day)], [workspace], [check], _with_more(subject, number)] for day, workspace, check, subject, number in rows],
    )


def _with_more(subject: str, number: int) -> Prose:
    return [Code(subject), f" and {number - 1} more"] if number > 1 else [Code(subject)]


def _unjudged(fleet: Fleet, number: int) -> Iterator[Block]:
    if number:
        yield Heading(2, "Not judged")
        yield Bullets([[Code(workspace), f": {reason}"] for workspace, reason in fleet.unjudged(LISTED)])
        if number > LISTED:
            yield Paragraph([f"{number - LISTED:,} more."])


# --- as text ---------------------------------------------------------------------------------------------------------


def to_text(document: Iterable[Block]) -> str:
    """The document in lines of at most 80 characters."""
    return "\n".join(line for block in document for line in _lines(block)).strip("\n") + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield from ("", block.text, ("=" if block.level == 1 else "-") * len(block.text))
    elif isinstance(block, Paragraph):
        yield from textwrap.wrap(_plain(block.prose), WIDTH)
    elif isinstance(block, Bullets):
        for item in block.items:
            yield from textwrap.wrap(_plain(item), WIDTH, initial_indent="- ", subsequent_indent="  ")
    elif isinstance(block, Plot):
        yield from _plotted(block)
    elif isinstance(block, Table):
        yield from _aligned([list(block.head), *([_plain(cell) for cell in row] for row in block.rows)])


def _plain(prose: Prose) -> str:
    return one_line("".join(part if isinstance(part, str) else part[0] for part in prose))


def _plotted(plot: Plot) -> Iterator[str]:
    most = max((number for _, number in plot.points), default=0) or 1
    bars = [[label, f"{number:,}", "#" * round(number / most * 16)] for label, number in plot.points]
    yield from _aligned([[*plot.head, ""], *bars])


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns beside each other; the widest are made narrower until all fit, and their cells take more lines."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while sum(wide) + 2 * (len(wide) - 1) > WIDTH:
        wide[wide.index(max(wide))] -= 1
    numbers = [all(cell.replace(",", "").isdigit() or not cell for cell in column[1:]) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, wide, strict=True)]
        for parts in zip_longest(*cells, fillvalue=""):
            aligned = (
                part.rjust(width) if is_number else part.ljust(width)
                for part, width, is_number in zip(parts, wide, numbers, strict=True)
            )
            yield "  ".join(aligned).rstrip()
