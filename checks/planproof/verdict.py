"""Verdicts: what a check says of one subject."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

PLAN = "plan"
"""The subject of a finding about the plan as a whole."""
CHECK_ERROR = "check_error"
"""The code of a check that could not judge."""
EXCEPTION_EXPIRED = "exception_expired"
"""The code of a finding whose exception has run out."""
IN_BASELINE = "in the baseline: "
"""What the reason of a failure that the baseline has begins with."""
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFO")
"""The worst first."""


class Verdict(str, enum.Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"  # the plan does not determine it; the reason says what would
    SKIP = "SKIP"  # an exception of the policy covers it


class Outcome(NamedTuple):
    """What a check's own function answers. `code` is stable and for machines, `reason` one line for people.

    `evidence` names addresses and attribute paths (`aws_s3_bucket.logs.bucket`), never a sensitive value. `block` holds the
    labels of the root block that the finding is about, where that is not the subject's own: `("output", "bucket_name")`.
    """

    verdict: Verdict
    code: str
    reason: str
    evidence: tuple[str, ...] = ()
    block: tuple[str, ...] = ()

    def about(self, *block: str) -> Outcome:
        """The same, placed at the root block with these labels."""
        return self._replace(block=block)


def passed(code: str, reason: str, *evidence: str) -> Outcome:
    return Outcome(Verdict.PASS, code, reason, evidence)


def failed(code: str, reason: str, *evidence: str) -> Outcome:
    return Outcome(Verdict.FAIL, code, reason, evidence)


def unknown(code: str, reason: str, *evidence: str) -> Outcome:
    return Outcome(Verdict.UNKNOWN, code, reason, evidence)


def listed(names: Iterable[object], most: int = 3) -> str:
    """For a reason: `a, b, c and 4 more`."""
    texts = [str(name) for name in names]
    return ", ".join(texts[:most]) + (f" and {len(texts) - most} more" if len(texts) > most else "")


class Finding(NamedTuple):
    """An outcome with its check, its subject and, where there is source, the block's place."""

    check_id: str
    verdict: Verdict
    subject: str
    code: str
    reason: str
    severity: str
    evidence: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None

    def as_dict(self) -> dict[str, object]:
        return {
            "check_id": self.check_id,
            "verdict": self.verdict.value,
            "subject": self.subject,
            "code": self.code,
            "reason": self.reason,
            "severity": self.severity,
            "evidence": list(self.evidence),
            "file": self.file,
            "line": self.line,
        }


class Failure(NamedTuple):
    """What a baseline knows a failure by. `about` is the part of the plan, where the subject is the plan as a whole."""

    check: str
    subject: str
    code: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.check} on {self.about or self.subject} ({self.code})"


class CheckInfo(NamedTuple):
    """A check that judged, as reports show it: its severity is the policy's, `doc` its docstring."""

    id: str
    name: str
    severity: str
    category: str = ""
    doc: str = ""


class Report(NamedTuple):
    """All findings of one plan, in the order of checks and subjects.

    `errors` are what kept a check from judging (its finding is a FAIL with the code `check_error`). `rules` are the checks that
    judged, and `unknown` is what the policy makes of UNKNOWN: `warn`, `fail` or `ignore`. `fixed` are the failures of the baseline
    that are none any more; `notices` is what is good to know.
    """

    plan: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    rules: tuple[CheckInfo, ...] = ()
    unknown: str = "warn"
    fixed: tuple[Failure, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether any finding fails the run."""
        return any(self.fails_by(finding) for finding in self.findings)

    def fails_by(self, finding: Finding) -> bool:
        """Whether the finding fails the run: FAIL does, and UNKNOWN where the policy says so."""
        return finding.verdict is Verdict.FAIL or (finding.verdict is Verdict.UNKNOWN and self.unknown == "fail")

    def summary(self) -> dict[str, int]:
        """How many findings have each verdict."""
        verdicts = [finding.verdict for finding in self.findings]
        return {verdict.value: verdicts.count(verdict) for verdict in Verdict}

    def as_dict(self) -> dict[str, object]:
        return {
            "plan": self.plan,
            "findings": [finding.as_dict() for finding in self.findings],
            "summary": self.summary(),
            "warnings": list(self.warnings),
            "errors": list(self.errors),
            "fixed": [failure._asdict() for failure in self.fixed],
            "notices": list(self.notices),
        }
