"""A baseline: the failures that were there when a team began, so that a run fails only on what is new.

A failure is known again by its check, subject and reason code (and, where the subject is the whole plan, the part it is about), never
by its words or its place in a file; no value of a plan is written down. Failures that cannot be told apart are counted, and one more
than the baseline has makes all of them count again. Each plan has its own: an address in one says nothing about the same address in
another.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from planproof.errors import BaselineError
from planproof.policy import bundled
from planproof.text.escaping import one_line
from planproof.verdict import CHECK_ERROR, EXCEPTION_EXPIRED, IN_BASELINE, PLAN, Failure, Finding, Report, Verdict, listed

DEFAULT_FILE = "planproof-baseline.json"
MAX_BYTES = 64 * 1024 * 1024
SCHEMA = "planproof-baseline.schema"


class Baseline(NamedTuple):
    """The known failures by plan: its path relative to `folder`, where the baseline's file lies."""

    plans: Mapping[str, Counter[Failure]]
    folder: str = "."
    name: str = DEFAULT_FILE

    @classmethod
    def find(cls, path: str | os.PathLike[str] | None = None) -> Baseline | None:
        """The baseline of that file; else of the one that PLANPROOF_BASELINE names; else none. Raises BaselineError."""
        path = path or os.environ.get("PLANPROOF_BASELINE")
        return cls.load(path) if path else None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Baseline:
        """The baseline of a file. Raises BaselineError."""
        name = os.fspath(path)
        plans = {
            plan: Counter({_failure(raw): raw.get("count", 1) for raw in failures})
            for plan, failures in _read(name)["plans"].items()
        }
        return cls(plans, _folder(name), name)

    @classmethod
    def of(cls, reports: Iterable[Report], path: str | os.PathLike[str] = DEFAULT_FILE) -> Baseline:
        """What fails today, for a file at `path`. Exceptions that ran out are left out: a baseline does not renew them."""
        folder = _folder(os.fspath(path))
        plans: dict[str, Counter[Failure]] = {}
        for report in reports:
            known = plans.setdefault(_key(report.plan, folder), Counter())
            known.update(known_by(f) for f in report.findings if is_failure(f, report) and f.code != EXCEPTION_EXPIRED)
        return cls(plans, folder, os.fspath(path))

    def text(self) -> str:
        """The file: the same for the same failures, one a line."""
        plans = []
        for plan, known in sorted(self.plans.items()):
            lines = ",\n      ".join(json.dumps(_raw(failure, count)) for failure, count in sorted(known.items()))
            plans.append(f"    {json.dumps(plan)}: [" + (f"\n      {lines}\n    ]" if lines else "]"))
        return '{\n  "version": 1,\n  "plans": {\n' + ",\n".join(plans) + "\n  }\n}\n"

    def apply(self, report: Report, moved: Mapping[str, str] | None = None) -> Report:
        """The report with what is known as SKIP, and with what has been fixed. `moved`: addresses with those they had before."""
        known = self._for(report.plan)
        if known is None:
            text = f"{self.name} has no entry for this plan; it has {listed(sorted(self.plans), 5)}; every failure counts as new"
            return report._replace(warnings=(*report.warnings, text))
        named = [(finding, _name(finding, known, moved or {})) for finding in report.findings]
        failing = Counter(name for finding, name in named if is_failure(finding, report))
        findings = tuple(_compared(f, known[name], failing[name]) if is_failure(f, report) else f for f, name in named)
        open_ones = {name._replace(code="") for finding, name in named if finding.verdict is not Verdict.PASS}
        return report._replace(findings=findings, fixed=tuple(_fixed(known, open_ones, report)))

    def _for(self, plan: str) -> Counter[Failure] | None:
        """A baseline of one plan is about that plan wherever it lies now; one of several goes by their paths."""
        found = self.plans.get(_key(plan, self.folder))
        return next(iter(self.plans.values())) if found is None and len(self.plans) == 1 else found


def is_failure(finding: Finding, report: Report) -> bool:
    """Whether the finding fails the run and a baseline can hold it: a check that could not judge is never known."""
    return report.fails_by(finding) and finding.code != CHECK_ERROR


def known_by(finding: Finding) -> Failure:
    about = finding.evidence[0] if finding.subject == PLAN and finding.evidence else ""
    return Failure(finding.check_id, finding.subject, finding.code, about)


def _name(finding: Finding, known: Mapping[Failure, int], moved: Mapping[str, str]) -> Failure:
    """What the baseline calls it: a moved resource may stand there by the address that it had."""
    failure = known_by(finding)
    before = failure._replace(subject=moved.get(finding.subject, finding.subject))
    return before if before in known and failure not in known else failure


def _compared(finding: Finding, known: int, found: int) -> Finding:
    """A failure, given how many of its kind are known and how many there are."""
    if not known:
        return finding
    if found > known:
        return finding._replace(reason=f"{finding.reason} (more than the {known} in the baseline)")
    return finding._replace(verdict=Verdict.SKIP, reason=f"{IN_BASELINE}{finding.reason}")


def _fixed(known: Iterable[Failure], open_ones: set[Failure], report: Report) -> list[Failure]:
    """The known failures of which this run, having judged their check, finds nothing any more but that it passes."""
    judged = {rule.id for rule in report.rules} - {f.check_id for f in report.findings if f.code == CHECK_ERROR}
    return sorted(failure for failure in known if failure.check in judged and failure._replace(code="") not in open_ones)


# --- the file --------------------------------------------------------------------------------------------------------


def _read(name: str) -> Any:
    from jsonschema import Draft202012Validator

    from planproof.policy.schema import named, quoted
    from planproof.policy.yaml_file import content

    if not os.path.lexists(name):
        raise BaselineError(f"{name} cannot be read as a baseline: No such file or directory; create it first: {WRITE}")
    text = content(name, name, "a baseline", MAX_BYTES, BaselineError)
    try:
        document = json.loads(text.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        why = one_line(str(error)) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise BaselineError(f"{name} is not a baseline: it cannot be read as JSON ({why}); create it again: {WRITE}") from None
    described = json.loads(bundled.DATA[SCHEMA])
    wrong = next(Draft202012Validator(described).iter_errors(document), None)
    if wrong is not None:
        what = f"{named(tuple(wrong.absolute_path), 'the file')} is {quoted(wrong.instance)}, which violates {wrong.validator}"
        raise BaselineError(f"{name} is not a baseline: {what}; create it again: {WRITE}")
    return document


WRITE = "planproof baseline write PLAN"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is duplicated")
    return found


def _failure(raw: Mapping[str, Any]) -> Failure:
    return Failure(raw["check"], raw["subject"], raw["code"], raw.get("about", ""))


def _raw(failure: Failure, count: int) -> dict[str, Any]:
    found: dict[str, Any] = {key: value for key, value in failure._asdict().items() if value}
    return {**found, "count": count} if count > 1 else found


def _folder(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))


def _key(plan: str, folder: str) -> str:
    """The plan's path from the baseline's folder; what is no file (standard input) is called as it is."""
    if not os.path.exists(plan):
        return plan
    try:
        return os.path.relpath(os.path.realpath(plan), folder).replace(os.sep, "/")
    except ValueError:  # another drive
        return os.path.realpath(plan)
