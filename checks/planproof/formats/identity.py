"""What makes a finding the same one in the next run, for formats whose readers keep track of findings: neither its line nor its words."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from planproof.formats.common import visible
from planproof.verdict import CHECK_ERROR, PLAN, SEVERITIES, CheckInfo, Finding, Report, Verdict

UNJUDGED = CheckInfo("planproof", "The plan can be judged", SEVERITIES[0])
"""Stands for a check where there is none: of a plan that could not be judged."""


class Marked(NamedTuple):
    """A finding with its report, the check that made it, and its mark: 64 hexadecimal digits."""

    finding: Finding
    report: Report
    rule: CheckInfo
    mark: str


def marked(
    reports: Sequence[Report], keep: Callable[[Finding], bool] = bool, by_code: bool = True, by_plan: bool = False
) -> Iterator[Marked]:
    """The visible findings to keep; for each plan that could not be judged, its errors as failures.

    `by_code`: for another reason it is another finding; else a finding lives on as its verdict changes. `by_plan`: the plan's name counts
    where there is but one plan too, as for a reader that collects the findings of many configurations.
    """
    seen: dict[str, int] = {}
    for report in reports:
        rules = {rule.id: rule for rule in (*report.rules, UNJUDGED)}
        for finding in filter(keep, _told(report)):
            plan = report.plan if by_plan or len(reports) > 1 else None
            identity = "\0".join(_identity(finding, plan, by_code))
            seen[identity] = seen.get(identity, 0) + 1
            text = f"{identity}\0{seen[identity]}".encode("utf-8", "surrogatepass")
            rule = rules.get(finding.check_id) or CheckInfo(finding.check_id, finding.check_id, finding.severity)
            yield Marked(finding, report, rule, hashlib.sha256(text).hexdigest())


def _told(report: Report) -> Iterable[Finding]:
    if report.findings:
        return visible(report)  # the errors are among them
    return [Finding(UNJUDGED.id, Verdict.FAIL, PLAN, CHECK_ERROR, text, UNJUDGED.severity) for text in report.errors]


def _identity(finding: Finding, plan: str | None, by_code: bool) -> Iterator[str]:
    if plan is not None:
        yield plan
    yield from (finding.check_id, finding.subject)
    if by_code:
        yield finding.code
    if finding.subject == PLAN:
        yield from finding.evidence if by_code else finding.evidence[:1]
