"""The table of findings: its columns, which stay, and the rows of a plan's reports.

A plan has a row for each finding, and one with the check `planproof`, whose subject is the plan as a whole: its verdict is PASS if the plan was
judged and ERROR, with the reason, if it was not. So there is one such row for each plan, and none is lost without a trace.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from planproof.fleet.objects import needed
from planproof.plan.addresses import without_module
from planproof.review.modes import mode_of
from planproof.verdict import PLAN, SEVERITIES, Finding, Report, Standing, Verdict
from planproof.version import version

if TYPE_CHECKING:
    import pyarrow

WHOLE = "planproof"
"""Stands for a check in the row of a plan as a whole."""
JUDGED, FAILED, NOT_JUDGED = "judged", "judged_with_failures", "not_judged"
"""The codes of that row: nothing failed by the policy, something did, or the plan could not be judged."""
ERROR = "ERROR"
OF_PLAN, OF_ESTATE = "plan", "estate"
"""The scopes: what one plan shows, and what only the estate as a whole does."""
_UNTIL = re.compile(r"(?:exception|skipped by a comment) until (\d{4}-\d\d-\d\d): ")


class Row(NamedTuple):
    """One row, in the order of the columns. docs/fleet.md describes each."""

    workspace: str
    plan: str
    commit: str | None
    check: str
    mode: int | None
    subject: str
    type: str | None
    module: str | None
    verdict: str
    level: str
    severity: str
    code: str
    reason: str
    file: str | None
    line: int | None
    policy: str
    version: str
    judged_at: datetime.datetime
    expires: datetime.date | None
    planned_at: datetime.datetime | None
    plan_digest: str | None
    policy_digest: str
    scope: str


def schema() -> pyarrow.Schema:
    """The columns and their types. A column may come; none goes or changes its meaning within a version of the format."""
    pa = needed("pyarrow")
    time = pa.timestamp("us", tz="UTC")
    other = {"mode": pa.int8(), "line": pa.int32(), "judged_at": time, "planned_at": time, "expires": pa.date32()}
    optional = {"commit", "mode", "type", "module", "file", "line", "expires", "planned_at", "plan_digest"}
    fields = [pa.field(name, other.get(name, pa.string()), nullable=name in optional) for name in Row._fields]
    return pa.schema(fields, metadata={"planproof.findings": "1"})


def table_of(rows: Iterable[Row]) -> pyarrow.Table:
    """The rows as a table. Text that is not Unicode, which a plan's JSON may hold, is there with escapes."""
    pa = needed("pyarrow")
    form = schema()
    columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(form)
    clean = ([_clean(cell) for cell in column] for column in columns)
    return pa.table([pa.array(column, field.type) for column, field in zip(clean, form, strict=True)], schema=form)


def _clean(cell: Any) -> Any:
    return cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str) and not cell.isascii() else cell


class Stamp(NamedTuple):
    """What all rows of one plan have in common."""

    workspace: str
    plan: str
    commit: str | None
    judged_at: datetime.datetime
    plan_digest: str | None
    policy: str
    policy_digest: str
    planned_at: datetime.datetime | None = None
    scope: str = OF_PLAN


def rows_of(stamp: Stamp, reports: Sequence[Report]) -> Iterator[Row]:
    """The row of the plan as a whole, and those of its findings; of an object that holds several plans, those of all."""
    errors = [error for report in reports for error in report.errors]
    failed = any(report.failed for report in reports)
    whole = Finding(WHOLE, Verdict.PASS, PLAN, FAILED if failed else JUDGED, _counted(reports), SEVERITIES[-1])
    yield not_judged(stamp, "; ".join(errors)) if errors else row(stamp, whole)
    for report in reports:
        own = stamp if len(reports) == 1 else stamp._replace(plan=f"{stamp.plan}#{report.plan.rpartition('#')[2]}")
        for finding in report.findings:
            yield row(own, finding)


def _counted(reports: Sequence[Report]) -> str:
    counts = {standing.value: sum(report.summary()[standing.value] for report in reports) for standing in Standing}
    return ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no findings"


def not_judged(stamp: Stamp, reason: str) -> Row:
    """The row of a plan as a whole that was not judged."""
    return row(stamp, Finding(WHOLE, Verdict.PASS, PLAN, NOT_JUDGED, reason, SEVERITIES[0]))._replace(verdict=ERROR)


def row(stamp: Stamp, finding: Finding) -> Row:
    """The row of one finding."""
    local = without_module(finding.subject)
    kind = None if finding.subject == PLAN else local.removeprefix("data.").partition(".")[0]
    module = finding.subject[: -len(local)].rstrip(".") or None
    until = _UNTIL.match(finding.reason) if finding.verdict is Verdict.SKIP else None
    return Row(
        *(stamp.workspace, stamp.plan, stamp.commit, finding.check_id, mode_of(finding.check_id)),
        *(finding.subject, kind, module, finding.verdict.value, finding.level),
        *(finding.severity, finding.code, finding.reason, finding.file, finding.line),
        *(stamp.policy, version(), stamp.judged_at, datetime.date.fromisoformat(until[1]) if until else None),
        *(stamp.planned_at, stamp.plan_digest, stamp.policy_digest, stamp.scope),
    )
