"""Annotations for a workflow of GitHub Actions: one command a finding, the worst first (GitHub shows the first ten of a step)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.formats.common import advice, counted, groups, notes, subject, totals
from planproof.text.escaping import one_line
from planproof.text.paths import in_repository
from planproof.verdict import Finding, Report, Standing


def render(reports: Sequence[Report]) -> str:
    lines = [line for report in reports for line in _lines(report)]
    return "\n".join([*lines, f"planproof: {counted(totals(reports))}{_by(reports)}"]) + "\n"


def _by(reports: Sequence[Report]) -> str:
    """By which policy: all reports of one run are judged by the same."""
    return next((f" ({one_line(report.judged_by)})" for report in reports if report.judged_by), "")


def _lines(report: Report) -> Iterator[str]:
    for kind, text in notes(report):
        yield _command(kind, text, title="planproof")
    for standing in (Standing.FAIL, Standing.UNKNOWN):
        for group in groups(report, standing):
            for finding in group.findings:
                kind = "error" if report.fails_by(finding) else "warning"
                remedy = group.sections.remedy if standing is Standing.FAIL else ""
                yield _command(kind, _message(finding, remedy), f"{finding.check_id}: {group.rule.name}", finding)
    for advised, first in advice(report):
        text = f"{one_line(subject(first))}: {one_line(advised.text)}"
        yield _command("notice", text, f"{advised.check_id} (advisory)", first)


def _message(finding: Finding, remedy: str) -> str:
    text = f"{one_line(subject(finding))}: {one_line(finding.reason)}"
    return f"{text}\nFix: {one_line(remedy)}" if remedy else text


def _command(kind: str, text: str, title: str, finding: Finding | None = None) -> str:
    properties = {"title": title}
    if finding and finding.file:
        properties = {"file": in_repository(finding.file), **({"line": str(finding.line)} if finding.line else {}), **properties}
    listed = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{kind} {listed}::{_data(chr(10).join(one_line(line) for line in text.splitlines()))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(one_line(text)).replace(":", "%3A").replace(",", "%2C")
