"""Markdown for a job summary: at most the 1 MiB that GitHub takes for one. The same, shorter, is `pr_comment`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planproof.formats.common import ORDER, TITLES, Group, counted, groups, notes, place, totals
from planproof.text.escaping import markdown, markdown_code, one_line
from planproof.verdict import Finding, Report, Verdict

MAX_BYTES = 1024 * 1024
_SPARE = 500  # for the line that tells how much was left out, and what is open to be closed
_MARKS = {Verdict.FAIL: "❌", Verdict.UNKNOWN: "❔", Verdict.SKIP: "⏭️", Verdict.PASS: "✅"}


def render(reports: Sequence[Report], limit: int = MAX_BYTES) -> str:
    kept: list[str] = []
    size = left_out = 0
    for line, is_finding in _lines(reports):
        size += len(line.encode("utf-8")) + 1
        if left_out or size > limit - _SPARE:
            left_out += is_finding
        else:
            kept.append(line)
    text = "\n".join(kept)
    if left_out:
        text += "\n</details>" * (text.count("<details>") - text.count("</details>"))
        text += f"\n\n_{left_out} more findings did not fit here; the other formats hold all of them._"
    return text + "\n"


def _lines(reports: Sequence[Report]) -> Iterator[tuple[str, bool]]:
    yield "<!-- planproof -->", False  # by which a workflow finds the comment to bring up to date
    counts = totals(reports)
    bad = any(report.errors or report.failed for report in reports)
    yield f"## {_MARKS[Verdict.FAIL if bad else Verdict.PASS]} planproof: {counted(counts)}", False
    for report in reports:
        yield from _plan(report, title=len(reports) > 1)


def _plan(report: Report, title: bool) -> Iterator[tuple[str, bool]]:
    yield "", False
    if title:
        yield f"### {markdown(report.plan)}: {counted(report.summary())}\n", False
    for kind, text in notes(report):
        yield f"> **{kind}:** {markdown(text)}\n", False
    yield from ((line, False) for line in _table(report))
    for group in groups(report, Verdict.FAIL):
        yield f"\n**{group.rule.id}** · {group.severity} · {markdown(group.rule.name)}\n", False
        yield from ((_item(finding), True) for finding in group.findings)
        if group.sections.remedy:  # the check's own words, with their backticks
            yield f"\n🔧 {one_line(group.sections.remedy)}", False
    for verdict in (Verdict.UNKNOWN, Verdict.SKIP):
        found = groups(report, verdict)
        if found:
            number = sum(len(group.findings) for group in found)
            yield f"\n<details><summary>{_MARKS[verdict]} {TITLES[verdict]} ({number})</summary>\n", False
            yield from ((_item(finding, finding.check_id), True) for group in found for finding in group.findings)
            yield "\n</details>", False


def _table(report: Report) -> Iterator[str]:
    rows: dict[str, tuple[Group, dict[Verdict, int]]] = {}
    for verdict in ORDER:
        for group in groups(report, verdict):
            rows.setdefault(group.rule.id, (group, {}))[1][verdict] = len(group.findings)
    if rows:
        yield "| | Check | | " + " | ".join(TITLES[verdict] for verdict in ORDER) + " |"
        yield "|---|---|---|" + "---:|" * len(ORDER)
    for rule in report.rules:
        if rule.id in rows:
            _, numbers = rows[rule.id]
            worst = next(verdict for verdict in ORDER if verdict in numbers)
            cells = " | ".join(str(numbers.get(verdict, "")) for verdict in ORDER)
            yield f"| {_MARKS[worst]} | {rule.id} | {markdown(rule.name)} | {cells} |"


def _item(finding: Finding, label: str = "") -> str:
    where = place(finding)
    at = f" ({markdown_code(where)})" if where else ""
    return f"- {f'{label} ' if label else ''}{markdown_code(finding.subject)}: {markdown(finding.reason)}{at}"
