"""Judges many plans into one table: what an engine runs on each of its workers.

from planproof.fleet.judge import judge
table = judge(["s3://plans/orders/plan.json"], "secure-logs")
"""

from __future__ import annotations

import datetime
import gc
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from planproof.engine import evaluate, find_policy, or_told
from planproof.errors import PlanproofError
from planproof.fleet.objects import PlanAt, content_of, plan_at, shown
from planproof.fleet.sources import Beside, beside
from planproof.fleet.table import Row, Stamp, not_judged, rows_of, table_of
from planproof.plan.json_file import Document, documents
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks
from planproof.text.paths import from_here
from planproof.verdict import Report
from planproof.version import version

if TYPE_CHECKING:
    import pyarrow

PolicyInput = Policy | Mapping[str, Any] | str | None


def judge(
    plans: Iterable[PlanAt | str],
    policy: PolicyInput = None,
    *,
    checks_from: Sequence[str] = (),
    judged_at: datetime.datetime | None = None,
) -> pyarrow.Table:
    """The findings of these plans, one a row (planproof.fleet.table). A plan that cannot be judged has a row that says so; one that is `known`
    has none.

    Pure apart from reading the plans, and can be pickled. A task that may run twice gives `judged_at`, so that it has the same rows twice.
    Raises PolicyError, LoadError, and CommandError if a package is missing.
    """
    by = Judge(policy, checks_from, judged_at)
    rows: list[Row] = []
    for plan in plans:
        rows += by.rows(plan if isinstance(plan, PlanAt) else plan_at(plan))
        if not gc.isenabled():
            gc.collect(0)  # one plan's memory is to serve the next
    return table_of(rows)


class Judge:
    """By what plans are judged, looked up once. `digest` names it: with the same one, the same plan has the same findings."""

    def __init__(
        self, policy: PolicyInput = None, checks_from: Sequence[str] = (), judged_at: datetime.datetime | None = None
    ) -> None:
        """Raises PolicyError and LoadError."""
        own = own_checks(*checks_from)
        self.policy = policy if isinstance(policy, Policy) else find_policy(policy, own)
        self.checks = (*all_checks(), *own)
        self.judged_at = judged_at or datetime.datetime.now(datetime.timezone.utc)
        self.digest = _digest(self.policy, checks_from)

    @cached_property
    def in_part(self) -> Policy:
        """The policy for some of the checks alone, by which it is no fault that they judge nothing of a plan."""
        return Policy({**self.policy.data, "unjudged": "ignore"}, self.policy.name, self.policy.today, self.policy.profile)

    def rows(self, plan: PlanAt) -> Iterator[Row]:
        """The rows of one plan; none if it is known."""
        name, stamp = shown(plan.url), self.stamp(plan)
        try:
            content = content_of(plan.url)
            with beside(plan) as found:
                stamp = self.stamp(plan, content, found.digest)
                if stamp.plan_digest == plan.known:
                    return
                read = documents(content, name)
                stamp = stamp._replace(planned_at=planned_at(read[0]))
                reports = [report for document in read for report in self._reports(document, found, len(read) == 1)]
                yield from (_from_folder(row, found.folder) for row in rows_of(stamp, reports))
        except PlanproofError as error:
            yield not_judged(stamp, str(error))
        except Exception as error:  # its text may hold a value of the plan
            yield not_judged(stamp, f"{name}: internal error ({type(error).__name__})")

    def stamp(self, plan: PlanAt, content: bytes | None = None, beside: str = "") -> Stamp:
        """What all rows of the plan have in common, as far as it is known; `beside` is the digest of the files beside it."""
        digest = hashlib.sha256(content + beside.encode()).hexdigest() if content is not None else None
        workspace = plan.workspace or plan_at(plan.url).workspace
        return Stamp(workspace, shown(plan.url), plan.commit or None, self.judged_at, digest, self.policy.name, self.digest)

    def _reports(self, document: Document, found: Beside, is_alone: bool) -> list[Report]:
        source = found.source if is_alone else None  # what is beside several cannot be the source of all
        return or_told(document.name, self.policy, lambda: [evaluate(Plan.of(document), self.policy, source, self.checks)])


def _digest(policy: Policy, checks_from: Sequence[str]) -> str:
    """Of all that decides findings beside the plan: the policy, what of it holds today, the version, and a team's own checks."""
    named = [folder for folder in os.environ.get("PLANPROOF_CHECKS", "").split(os.pathsep) if folder]
    files = sorted(file for folder in checks_from or named for file in Path(folder).rglob("*.py"))
    today = policy.today
    holds = [waiver.expires > today for waiver in policy.waivers]
    declared = {kind: [each.name for each in policy.elsewhere(kind)] for kind in sorted(policy.section("elsewhere"))}
    said = json.dumps([version(), policy.data, holds, declared], sort_keys=True, default=str)
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass"))
    for file in files:
        digest.update(b"\0" + file.read_bytes())
    return digest.hexdigest()


def planned_at(document: Document) -> datetime.datetime | None:
    """When Terraform 1.5 or later made the plan."""
    said = document.data.get("timestamp")
    try:
        return datetime.datetime.strptime(str(said), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def _from_folder(row: Row, folder: str) -> Row:
    """The row with paths as they are in the plan's folder, and not in the one that its files were fetched to."""
    if not folder:
        return row
    reason = row.reason
    for form in {folder, os.path.realpath(folder), from_here(folder)}:
        reason = reason.replace(f"{form}/", "").replace(form, "the folder of the plan")
    return row._replace(reason=reason)
