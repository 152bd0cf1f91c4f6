"""The report for people: what failed first, by check, each with what to do; then what cannot be told, was skipped, and passed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, Any

from planproof.formats.common import ORDER, TITLES, Group, advice, by_reason, counted, groups, notes, place, subject
from planproof.formats.streaming import Coming
from planproof.text.escaping import one_line
from planproof.verdict import Report, Standing, listed

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}
COLOURS = {
    Standing.FAIL: "red",
    Standing.ADVISORY: "blue",
    Standing.UNKNOWN: "yellow",
    Standing.SKIP: "blue",
    Standing.PASS: "green",
}


def render(reports: Iterable[Report], colour: bool = False, quiet: bool = False, compact: bool = False) -> str:
    """The whole report as text."""
    return "".join(stream(reports, colour, quiet, compact))


def stream(reports: Iterable[Report], colour: bool = False, quiet: bool = False, compact: bool = False) -> Iterator[str]:
    """The report in lines, as the plans are judged. `quiet`: only what failed, and the last line; `compact`: a line for each finding, and
    no advice."""
    return (f"{line}\n" for line in _Text(colour, quiet, compact).lines(Coming(reports)))


def wants_colour(stream: IO[Any], when: str = "auto") -> bool:
    """`always` or `never`; else NO_COLOR forbids it, FORCE_COLOR demands it, and a terminal has it (https://no-color.org)."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return is_terminal(stream)


def is_terminal(stream: IO[Any]) -> bool:
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class _Text:
    def __init__(self, colour: bool, quiet: bool, compact: bool) -> None:
        self._colour, self._quiet, self._compact = colour, quiet, compact
        self._shown = (Standing.FAIL,) if quiet else tuple(s for s in ORDER if s is not Standing.PASS or not compact)

    def lines(self, reports: Coming) -> Iterator[str]:
        for report in reports:
            yield from self._plan(report, briefly=reports.several)
        if reports.several:
            yield self._paint("bold", f"{reports.number} plans: {counted(reports.totals)}")

    def _plan(self, report: Report, briefly: bool) -> Iterator[str]:
        title = f"planproof: {one_line(report.plan)}"
        title += f" ({one_line(report.judged_by)})" if report.judged_by else ""
        summary = counted(report.summary(), always=(Standing.FAIL, Standing.PASS))
        said = [note for note in notes(report) if not self._quiet or note[0] != "notice"]
        worth = said or any(groups(report, s) for s in self._shown if s in (Standing.FAIL, Standing.ADVISORY, Standing.UNKNOWN))
        if (briefly or self._quiet) and not worth:
            yield f"{self._paint('bold', title)}: {summary}"
            return
        yield self._paint("bold", title)
        for standing in self._shown:
            found = groups(report, standing)
            if found:
                yield ""
                yield self._paint(COLOURS[standing], f"{TITLES[standing]} ({sum(len(group.findings) for group in found)})")
                if standing is Standing.PASS:
                    yield from self._passed(found)
                elif standing is Standing.ADVISORY:
                    yield from self._advice(report)
                else:
                    yield from self._groups(found, standing)
        yield ""
        for kind, text in said:
            yield self._paint("red" if kind == "error" else "yellow", f"{kind}: ") + one_line(text)
        yield self._paint("red" if report.failed else "green", summary)
        if briefly:
            yield ""

    def _groups(self, found: list[Group], standing: Standing) -> Iterator[str]:
        for group in found:
            if self._compact:
                yield from self._one_by_one(group)
                continue
            yield f"  {self._paint('bold', group.rule.id)}  {group.severity}  {one_line(group.rule.name)}"
            told, known = by_reason(group)
            if known:
                yield f"    {known} in the baseline"
            for same in told:
                where, reason = place(same[0]), one_line(same[0].reason)
                at = self._paint("dim", f"{one_line(where)}  ") if where else ""
                yield f"    {at}{self._paint('bold', one_line(listed(map(subject, same))))}: {reason}"
            if standing is Standing.FAIL and group.sections.remedy:
                yield f"    {self._paint('green', 'Fix:')} {one_line(group.sections.remedy)}"

    def _one_by_one(self, group: Group) -> Iterator[str]:
        for finding in group.findings:
            at = self._paint("dim", f"{one_line(place(finding))}: ") if place(finding) else ""
            what = f"{self._paint('bold', finding.check_id)} {finding.severity} {self._paint('bold', one_line(subject(finding)))}"
            yield f"{at}{what}: {one_line(finding.reason)}"

    def _advice(self, report: Report) -> Iterator[str]:
        for kind, first in advice(report):
            at = self._paint("dim", f"{one_line(place(first))}  ") if place(first) else ""
            where = self._paint("bold", one_line(subject(first)))
            yield f"  {self._paint('bold', kind.check_id)}  {first.severity}  {at}{where}: {one_line(kind.text)}"

    def _passed(self, found: list[Group]) -> Iterator[str]:
        for group in found:
            yield f"  {group.rule.id}  {one_line(group.rule.name)} ({len(group.findings)})"

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self._colour and text else text
