"""The report for people: what failed first, then what cannot be told, then what was skipped and passed."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.safe import one_line
from planproof.verdict import Finding, Report, Verdict

_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.SKIP, Verdict.PASS)
_TITLES = {Verdict.FAIL: "Failed", Verdict.UNKNOWN: "Cannot tell", Verdict.SKIP: "Skipped", Verdict.PASS: "Passed"}


def render(report: Report) -> str:
    """The whole report as text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"planproof: {one_line(report.plan)}"
    for verdict in _ORDER:
        found = [finding for finding in report.findings if finding.verdict is verdict]
        if found:
            yield f"\n{_TITLES[verdict]} ({len(found)})"
            yield from (_line(finding) for finding in found)
    yield ""
    for problem in report.errors:
        yield f"error: {one_line(problem)}"
    for warning in report.warnings:
        yield f"warning: {one_line(warning)}"
    summary = report.summary()
    yield ", ".join(f"{summary[verdict.value]} {_TITLES[verdict].lower()}" for verdict in reversed(_ORDER))


def _line(finding: Finding) -> str:
    place = f" ({one_line(finding.file)}:{finding.line})" if finding.file else ""
    return f"  {finding.check_id:<12} {finding.severity:<8} {one_line(finding.subject)}: {one_line(finding.reason)}{place}"
