"""What the reports share: which findings they show, in which order, and what a rule says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from planproof.formats.streaming import NONE, add
from planproof.plan.addresses import without_keys
from planproof.text.docstring import Sections, sections
from planproof.verdict import IN_BASELINE, PLAN, SEVERITIES, CheckInfo, Finding, Kind, Report, Standing, Verdict, listed

ORDER = tuple(Standing)
TITLES = {
    Standing.FAIL: "Failed",
    Standing.ADVISORY: "Advisory",
    Standing.UNKNOWN: "Cannot tell",
    Standing.SKIP: "Skipped",
    Standing.PASS: "Passed",
}


class Group(NamedTuple):
    """The findings of one rule that have one standing."""

    rule: CheckInfo
    findings: tuple[Finding, ...]

    @property
    def sections(self) -> Sections:
        return sections(self.rule.doc)

    @property
    def severity(self) -> str:
        return min((finding.severity for finding in self.findings), key=rank)


def rank(severity: str) -> int:
    """The place of a severity, the worst first."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def visible(report: Report) -> list[Finding]:
    """The findings without those UNKNOWN that the policy ignores."""
    hidden = Verdict.UNKNOWN if report.unknown == "ignore" else None
    return [finding for finding in report.findings if finding.verdict is not hidden]


def groups(report: Report, standing: Standing) -> list[Group]:
    """The visible findings of a standing by rule, the worst severity first, in the order of the rules within one."""
    found: dict[str, list[Finding]] = {}
    for finding in visible(report):
        if finding.standing is standing:
            found.setdefault(finding.check_id, []).append(finding)
    rules = rules_of((report,))
    made = [Group(rules.get(i) or CheckInfo(i, i, findings[0].severity), tuple(findings)) for i, findings in found.items()]
    return sorted(made, key=lambda group: rank(group.severity))


def rules_of(reports: Iterable[Report]) -> dict[str, CheckInfo]:
    """The rules that judged, by id."""
    return {rule.id: rule for report in reports for rule in report.rules}


def totals(reports: Sequence[Report]) -> dict[str, int]:
    """The summaries of all reports, added up."""
    counts = dict(NONE)
    for report in reports:
        add(counts, report)
    return counts


def counted(counts: dict[str, int], *, always: Iterable[Standing] = ()) -> str:
    """`2 failed, 3 advisory, 1 cannot tell, 9 passed`."""
    named = [(counts[standing.value], TITLES[standing].lower(), standing) for standing in ORDER]
    return (
        ", ".join(f"{number} {title}" for number, title, standing in named if number or standing in always) or "nothing to judge"
    )


def place(finding: Finding) -> str:
    """`main.tf:12`, or nothing where there is no source."""
    if not finding.file:
        return ""
    return f"{finding.file}:{finding.line}" if finding.line else finding.file


def subject(finding: Finding) -> str:
    """The address; of a finding about the plan as a whole, what it is about, such as `output.bucket_name`."""
    return finding.evidence[0] if finding.subject == PLAN and len(finding.evidence) == 1 else finding.subject


def advice(report: Report) -> Iterator[tuple[Kind, Finding]]:
    """Each kind of advisory failure, with the one that stands for all of its kind."""
    return ((kind, kind.findings[0]) for kind in report.advice())


def notes(report: Report) -> Iterator[tuple[str, str]]:
    """What went wrong, and what is to be known, each with its kind."""
    yield from (("error", text) for text in report.errors)
    yield from (("warning", text) for text in report.warnings)
    yield from (("notice", text) for text in report.notices)
    if report.fixed:
        yield "notice", f"fixed since the baseline: {listed(report.fixed, 10)}; write the baseline again to keep it"


def by_reason(group: Group) -> tuple[list[list[Finding]], int]:
    """The findings with one reason together; those that the baseline has are only counted."""
    told = [f for f in group.findings if f.verdict is not Verdict.SKIP or not f.reason.startswith(IN_BASELINE)]
    return list(alike(told)), len(group.findings) - len(told)


def alike(findings: Iterable[Finding]) -> Iterable[list[Finding]]:
    """The findings with one reason together: those on instances of one block, and those of which the same resources are the evidence, as of
    buckets whose chains break at the same place."""
    found: dict[tuple[object, str], list[Finding]] = {}
    for finding in findings:
        own = without_keys(subject(finding))
        shared = finding.evidence and not any(without_keys(where).startswith(own) for where in finding.evidence)
        found.setdefault((finding.evidence if shared else own, finding.reason), []).append(finding)
    return found.values()
