"""The review of a plan as a senior engineer would hand it in: what is wrong by failure mode, what is right, and what cannot be told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from planproof.context import Context
from planproof.errors import SourceError
from planproof.fix.attached import Fixes
from planproof.fix.patches import Patch, changed_lines, changes, patches
from planproof.formats.common import alike, place, rules_of, subject
from planproof.review.comparison import Side, compared
from planproof.review.document import Block, Bullets, Changes, Code, Heading, Link, Listing, Paragraph, Prose, Table
from planproof.review.modes import MODES, mode_of
from planproof.text.docstring import Sections, sections
from planproof.text.paths import from_here
from planproof.verdict import CheckInfo, Finding, Report, Standing, listed

BEYOND = "Beyond the failure modes"
_MOST_SHOWN = 10  # findings of one check
_MOST_EXCERPTS = 3
_MOST_CHANGED = 40  # lines of one file
_STANDINGS = (Standing.FAIL, Standing.ADVISORY, Standing.UNKNOWN, Standing.SKIP, Standing.PASS)
_WORDS = {
    Standing.FAIL: "fails",
    Standing.ADVISORY: "advice",
    Standing.UNKNOWN: "cannot be determined",
    Standing.SKIP: "accepted",
    Standing.PASS: "holds",
}


def review(mine: Side, other: Side | None = None) -> list[Block]:
    """The review of one plan; beside another one, with what differs."""
    report = mine.report
    rules = rules_of([report])
    fixes = _patches(mine)
    return [
        Heading(1, f"Review of {report.plan}"),
        *_summary(report),
        *(
            block
            for number, mode in enumerate(_failing(report), 1)
            for block in _section(number, mode, report, rules, fixes, mine.context)
        ),
        *_advice(report, rules),
        *_right(report, rules),
        *_open(report, rules),
        *(compared(mine, other) if other else ()),
    ]


def title_of(mode: int | None) -> str:
    return MODES[mode] if mode else BEYOND


def _modes() -> tuple[int | None, ...]:
    return (*MODES, None)


def _of_mode(report: Report, mode: int | None, standing: Standing) -> list[Finding]:
    return [finding for finding in report.findings if mode_of(finding.check_id) == mode and finding.standing is standing]


def _failing(report: Report) -> list[int | None]:
    return [mode for mode in _modes() if _of_mode(report, mode, Standing.FAIL)]


def _verdict(report: Report, mode: int | None) -> str:
    """The worst standing of a mode's findings, in words, with how many there are."""
    for standing in _STANDINGS:
        found = _of_mode(report, mode, standing)
        if found:
            return f"{_WORDS[standing]} ({len(found)})"
    return "nothing to judge"


def _summary(report: Report) -> Iterator[Block]:
    failing = [mode for mode in _failing(report) if mode]
    findings = [finding for finding in report.findings if finding.standing is Standing.FAIL]
    if findings:
        of = f"{len(failing)} of the {len(MODES)} failure modes" if failing else "none of the failure modes"
        text = f"{_count(len(findings), 'finding')} must be fixed, in {of}."
    else:
        text = f"Nothing must be fixed: none of the {len(MODES)} failure modes is found."
    yield Paragraph([text, f" Judged by the {report.judged_by}." if report.judged_by else ""])
    yield Table(
        ("", "Failure mode", "This plan"),
        [([str(mode or "")], [title_of(mode)], [_verdict(report, mode)]) for mode in _modes() if mode or _any(report, mode)],
    )
    for problem in report.errors:
        yield Paragraph([problem], "Not judged:")


def _any(report: Report, mode: int | None) -> bool:
    return any(mode_of(finding.check_id) == mode for finding in report.findings)


def _section(
    number: int, mode: int | None, report: Report, rules: dict[str, CheckInfo], fixes: Sequence[Patch], context: Context
) -> Iterator[Block]:
    """A failure mode: Issue, Impact and Fix Needed."""
    findings = _of_mode(report, mode, Standing.FAIL)
    by_check = {
        check_id: [f for f in findings if f.check_id == check_id] for check_id in dict.fromkeys(f.check_id for f in findings)
    }
    yield Heading(2, f"{number}. {title_of(mode)}")
    yield Heading(3, "Issue")
    for check_id, found in by_check.items():
        rule = rules.get(check_id) or CheckInfo(check_id, check_id, found[0].severity)
        yield Paragraph([f"{rule.name} (", Code(check_id), f", {rule.severity})."])
        yield Bullets(_told(found))
        yield from (Listing(f.excerpt) for f in _with_excerpts(found))
    yield Heading(3, "Impact")
    for check_id in by_check:
        text = _said(rules, check_id).why.partition("\n\n")[0]
        if text:
            yield Paragraph(_prose(text))
    yield Paragraph([f"In this configuration: {listed(dict.fromkeys(map(subject, findings)), 6)}."])
    yield Heading(3, "Fix Needed")
    yield Bullets([_prose(_said(rules, check_id).fix) for check_id in by_check if _said(rules, check_id).fix])
    yield from _fix([patch for patch in fixes if mode_of(patch.finding.check_id) == mode], context)


def _patches(mine: Side) -> list[Patch]:
    """Those of the failures, if there is a folder to patch."""
    try:
        return patches(mine.report, mine.context)
    except SourceError:
        return []


def _fix(found: Sequence[Patch], context: Context) -> Iterator[Block]:
    """What the patch changes, file by file, and what it leaves to people."""
    fixes = Fixes(context)
    for change in changes(patch for patch in found if fixes.of(patch).diff):
        lines = changed_lines(change)
        if lines:
            more = [f"  ... and {len(lines) - _MOST_CHANGED} lines more: planproof fix writes the whole patch"]
            yield Paragraph([Code(from_here(change.file)), ":"])
            yield Changes([*lines[:_MOST_CHANGED], *(more if len(lines) > _MOST_CHANGED else ())])
    reasons = list(dict.fromkeys(why_not for patch in found if (why_not := fixes.of(patch).why_not)))
    if reasons:
        yield Bullets([[f"Left to people: {reason}."] for reason in reasons[:_MOST_SHOWN]])


def _told(findings: Sequence[Finding]) -> list[Prose]:
    """Each finding, those with one reason together."""
    grouped = list(alike(findings))
    items: list[Prose] = [_item(group) for group in grouped[:_MOST_SHOWN]]
    return [*items, [f"and {len(grouped) - _MOST_SHOWN} more"]] if len(grouped) > _MOST_SHOWN else items


def _item(group: Sequence[Finding]) -> Prose:
    first = group[0]
    names = ", ".join(map(subject, group[:3])) + (f" and {len(group) - 3} more" if len(group) > 3 else "")
    at: Prose = [" (", Code(place(first)), ")"] if place(first) else []
    return [Code(names), *at, f": {first.reason}"]


def _with_excerpts(findings: Iterable[Finding]) -> list[Finding]:
    """The first findings whose lines are known, each place once."""
    found = {(f.file, f.line): f for f in reversed(list(findings)) if f.excerpt}
    return list(reversed(found.values()))[:_MOST_EXCERPTS]


def _said(rules: dict[str, CheckInfo], check_id: str) -> Sections:
    return sections(rules[check_id].doc) if check_id in rules else Sections()


_MARKED = re.compile(r"`(?P<code>[^`]+)`|(?P<url>https://[^\s<>()`]*[\w/])")


def _prose(text: str) -> Prose:
    """A docstring's words, on one line: what stands in backticks is code, and an address a link."""
    flat, found, at = " ".join(text.split()), list[str | Code | Link](), 0
    for mark in _MARKED.finditer(flat):
        found += [flat[at : mark.start()], Code(mark["code"]) if mark["code"] else Link(mark["url"])]
        at = mark.end()
    return [part for part in (*found, flat[at:]) if part]


def _advice(report: Report, rules: dict[str, CheckInfo]) -> Iterator[Block]:
    kinds = report.advice()
    if kinds:
        yield Heading(2, "Good to know")
        yield Paragraph(["The policy takes these for advice; they fail no run."])
        yield Bullets([[f"{_name(kind.check_id, rules)}: ", Code(subject(kind.findings[0])), f": {kind.text}"] for kind in kinds])


def _right(report: Report, rules: dict[str, CheckInfo]) -> Iterator[Block]:
    """The checks of which all findings pass, with one reason of each."""
    judged = dict.fromkeys(finding.check_id for finding in report.findings)
    items: list[Prose] = []
    for check_id in judged:
        found = [finding for finding in report.findings if finding.check_id == check_id]
        if all(finding.standing is Standing.PASS for finding in found):
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            items.append([f"{_name(check_id, rules)}: ", Code(subject(found[0])), f": {found[0].reason}{more}"])
    yield Heading(2, "What is right, and stays")
    yield Bullets(items) if items else Paragraph(["No check passes for all that it judges."])


def _open(report: Report, rules: dict[str, CheckInfo]) -> Iterator[Block]:
    found = [finding for finding in report.findings if finding.standing is Standing.UNKNOWN]
    accepted = [finding for finding in report.findings if finding.standing is Standing.SKIP]
    if found:
        yield Heading(2, "What this plan does not determine")
        yield Bullets([[f"{_name(group[0].check_id, rules)}: ", *_item(group)] for group in _by_check(found)])
    if accepted:
        yield Heading(2, "What is accepted for now")
        yield Bullets([[f"{_name(group[0].check_id, rules)}: ", *_item(group)] for group in _by_check(accepted)])


def _by_check(findings: Iterable[Finding]) -> Iterator[Sequence[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check_id, []).append(finding)
    return (group for of_check in found.values() for group in alike(of_check))


def _name(check_id: str, rules: dict[str, CheckInfo]) -> str:
    return rules[check_id].name if check_id in rules else check_id


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
