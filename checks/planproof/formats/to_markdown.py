"""Markdown for a job summary: at most the 1 MiB that GitHub takes for one. The same, shorter, is `pr_comment`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from planproof.formats.common import ORDER, TITLES, Group, advice, by_reason, counted, groups, notes, place, subject, totals
from planproof.text.escaping import markdown, markdown_code, markdown_prose
from planproof.verdict import Finding, Kind, Report, Standing, listed

MAX_BYTES = 1024 * 1024
MARK = "<!-- planproof -->"
"""By which a workflow finds the comment to bring up to date."""
_SPARE = 500  # for the line that tells how much was left out, and what is open to be closed
_MARKS = {
    Standing.FAIL: "❌",
    Standing.ADVISORY: "💡",
    Standing.UNKNOWN: "❔",
    Standing.SKIP: "⏭️",
    Standing.PASS: "✅",
}


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
        text += f"\n\n_{left_out} more findings did not fit here; the other formats contain all of them._"
    return text + "\n"


def _lines(reports: Sequence[Report]) -> Iterator[tuple[str, bool]]:
    yield MARK, False
    counts = totals(reports)
    bad = any(report.errors or report.failed for report in reports)
    yield f"## {_MARKS[Standing.FAIL if bad else Standing.PASS]} planproof: {counted(counts)}", False
    for report in reports:
        yield from _plan(report, title=len(reports) > 1)


def _plan(report: Report, title: bool) -> Iterator[tuple[str, bool]]:
    yield "", False
    if title:
        yield f"### {markdown(report.plan)}: {counted(report.summary())}\n", False
    if report.judged_by:
        yield f"Judged by the {markdown(report.judged_by)}.\n", False
    for kind, text in notes(report):
        yield f"> **{kind}:** {markdown(text)}\n", False
    yield from ((line, False) for line in _table(report))
    for group in groups(report, Standing.FAIL):
        yield f"\n**{group.rule.id}** · {group.severity} · {markdown(group.rule.name)}\n", False
        yield from ((_item(alike), True) for alike in by_reason(group)[0])
        if group.sections.remedy:  # the check's own words, with their backticks
            yield f"\n🔧 {markdown_prose(group.sections.remedy)}", False
    yield from _folded(report, Standing.ADVISORY, (_advice(*one) for one in advice(report)))
    for standing in (Standing.UNKNOWN, Standing.SKIP):
        yield from _folded(report, standing, _items(groups(report, standing)))


def _folded(report: Report, standing: Standing, items: Iterable[str]) -> Iterator[tuple[str, bool]]:
    number = sum(len(group.findings) for group in groups(report, standing))
    if number:
        yield f"\n<details><summary>{_MARKS[standing]} {TITLES[standing]} ({number})</summary>\n", False
        yield from ((item, True) for item in items)
        yield "\n</details>", False


def _table(report: Report) -> Iterator[str]:
    rows: dict[str, tuple[Group, dict[Standing, int]]] = {}
    for standing in ORDER:
        for group in groups(report, standing):
            rows.setdefault(group.rule.id, (group, {}))[1][standing] = len(group.findings)
    if rows:
        yield "| | Check | | " + " | ".join(TITLES[standing] for standing in ORDER) + " |"
        yield "|---|---|---|" + "---:|" * len(ORDER)
    for rule in report.rules:
        if rule.id in rows:
            _, numbers = rows[rule.id]
            worst = next(standing for standing in ORDER if standing in numbers)
            cells = " | ".join(str(numbers.get(standing, "")) for standing in ORDER)
            yield f"| {_MARKS[worst]} | {rule.id} | {markdown(rule.name)} | {cells} |"


def _advice(kind: Kind, first: Finding) -> str:
    at = f" ({markdown_code(place(first))})" if place(first) else ""
    return f"- {kind.check_id} {markdown_code(subject(first))}: {markdown(kind.text)}{at}"


def _items(found: Iterable[Group]) -> Iterator[str]:
    """The findings of several rules, those with one reason once; of those in the baseline their number."""
    for group in found:
        alike, known = by_reason(group)
        yield from (_item(each, group.rule.id) for each in alike)
        if known:
            yield f"- {group.rule.id}: {known} in the baseline"


def _item(alike: Sequence[Finding], label: str = "") -> str:
    where = place(alike[0])
    at = f" ({markdown_code(where)})" if where else ""
    return f"- {f'{label} ' if label else ''}{markdown_code(listed(map(subject, alike)))}: {markdown(alike[0].reason)}{at}"
