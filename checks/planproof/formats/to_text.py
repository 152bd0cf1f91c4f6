"""The report for people: what failed first, by check, each with what to do; then what cannot be told, was skipped, and passed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import IO, Any

from planproof.formats.common import ORDER, TITLES, Group, counted, groups, notes, place, subject
from planproof.formats.streaming import Coming
from planproof.plan.addresses import without_keys
from planproof.text.escaping import one_line
from planproof.verdict import IN_BASELINE, Finding, Report, Verdict, listed

_CODES = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}
_COLOURS = {Verdict.FAIL: "red", Verdict.UNKNOWN: "yellow", Verdict.SKIP: "blue", Verdict.PASS: "green"}


def render(reports: Iterable[Report], colour: bool = False) -> str:
    """The whole report as text."""
    return "".join(stream(reports, colour))


def stream(reports: Iterable[Report], colour: bool = False) -> Iterator[str]:
    """The report in lines, as the plans are judged."""
    return (f"{line}\n" for line in _Text(colour).lines(Coming(reports)))


def wants_colour(stream: IO[Any]) -> bool:
    """NO_COLOR forbids it, FORCE_COLOR demands it, else a terminal has it (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


class _Text:
    def __init__(self, colour: bool) -> None:
        self._colour = colour

    def lines(self, reports: Coming) -> Iterator[str]:
        for report in reports:
            yield from self._plan(report, briefly=reports.several)
        if reports.several:
            yield self._paint("bold", f"{reports.number} plans: {counted(reports.totals)}")

    def _plan(self, report: Report, briefly: bool) -> Iterator[str]:
        title = f"planproof: {one_line(report.plan)}"
        summary = counted(report.summary(), always=(Verdict.FAIL, Verdict.PASS))
        worth = any(groups(report, verdict) for verdict in (Verdict.FAIL, Verdict.UNKNOWN)) or any(notes(report))
        if briefly and not worth:
            yield f"{self._paint('bold', title)}: {summary}"
            return
        yield self._paint("bold", title)
        for verdict in ORDER:
            found = groups(report, verdict)
            if found:
                yield ""
                yield self._paint(_COLOURS[verdict], f"{TITLES[verdict]} ({sum(len(group.findings) for group in found)})")
                yield from self._passed(found) if verdict is Verdict.PASS else self._groups(found, verdict)
        yield ""
        for kind, text in notes(report):
            yield self._paint("red" if kind == "error" else "yellow", f"{kind}: ") + one_line(text)
        yield self._paint("red" if report.failed else "green", summary)
        if briefly:
            yield ""

    def _groups(self, found: list[Group], verdict: Verdict) -> Iterator[str]:
        for group in found:
            yield f"  {self._paint('bold', group.rule.id)}  {group.severity}  {one_line(group.rule.name)}"
            known = sum(finding.reason.startswith(IN_BASELINE) for finding in group.findings)
            if known and verdict is Verdict.SKIP:
                yield f"    {known} in the baseline"
            for alike in _alike(f for f in group.findings if verdict is not Verdict.SKIP or not f.reason.startswith(IN_BASELINE)):
                where, reason = place(alike[0]), one_line(alike[0].reason)
                at = self._paint("dim", f"{one_line(where)}  ") if where else ""
                yield f"    {at}{self._paint('bold', one_line(listed(map(subject, alike))))}: {reason}"
            if verdict is Verdict.FAIL and group.sections.remedy:
                yield f"    {self._paint('green', 'Fix:')} {one_line(group.sections.remedy)}"

    def _passed(self, found: list[Group]) -> Iterator[str]:
        for group in found:
            yield f"  {group.rule.id}  {one_line(group.rule.name)} ({len(group.findings)})"

    def _paint(self, colour: str, text: str) -> str:
        return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if self._colour and text else text


def _alike(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    """The findings with one reason together: those on instances of one block, and those of which the same resources are the evidence, as of
    buckets whose chains break at the same place."""
    found: dict[tuple[object, str], list[Finding]] = {}
    for finding in findings:
        own = without_keys(subject(finding))
        shared = finding.evidence and not any(without_keys(where).startswith(own) for where in finding.evidence)
        found.setdefault((finding.evidence if shared else own, finding.reason), []).append(finding)
    return found.values()
