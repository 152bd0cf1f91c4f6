"""Verdicts: what a check says of one subject."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

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
MANDATORY, ADVISORY, OFF = "mandatory", "advisory", "off"
"""The levels of a check, or of one of its codes: its failure fails the run, is shown and fails nothing, is not looked at."""


class Verdict(str, enum.Enum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"  # the plan does not determine it; the reason says what would
    SKIP = "SKIP"  # an exception of the policy covers it


class Standing(str, enum.Enum):
    """What a report files a finding under: its verdict, but that a failure of an advisory check is apart from those that count."""

    FAIL = "FAIL"
    ADVISORY = "ADVISORY"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"
    PASS = "PASS"


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


def listed(names: Iterable[object], most: int = 3, count: int | None = None) -> str:
    """For a reason: `a, b, c and 4 more`. `count` is how many there are, of which `names` need not tell more than `most`."""
    texts = [str(name) for name in names] if count is None else [str(name) for name in islice(names, most)]
    more = (len(texts) if count is None else count) - most
    return ", ".join(texts[:most]) + (f" and {more} more" if more > 0 else "")


class Replacement(NamedTuple):
    """What takes the place of a part of a file. Lines and columns begin at 1, columns count UTF-16 units, and the end is not replaced."""

    file: str
    start_line: int
    start_column: int
    end_line: int
    end_column: int
    text: str


class Fix(NamedTuple):
    """What makes a failure pass: the replacements, and the same as a diff for `git apply` in the root of the repository or, without one,
    in the source's folder. If there are none, `why_not` says why. `notes` say what a person still has to decide or do. The diff has no
    control characters but tabs and line ends."""

    replacements: tuple[Replacement, ...] = ()
    diff: str = ""
    why_not: str = ""
    notes: tuple[str, ...] = ()


class Finding(NamedTuple):
    """An outcome with its check, its subject and, where there is source, the block's place. `level` is `mandatory` or `advisory`. If they were
    asked for, `excerpt` are lines of the block (the number of each, its text, and whether it is the one at fault), and `fix` mends it."""

    check_id: str
    verdict: Verdict
    subject: str
    code: str
    reason: str
    severity: str
    evidence: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    level: str = MANDATORY
    excerpt: tuple[tuple[int, str, bool], ...] = ()
    fix: Fix | None = None

    @property
    def standing(self) -> Standing:
        is_advice = self.verdict is Verdict.FAIL and self.level == ADVISORY
        return Standing.ADVISORY if is_advice else Standing(self.verdict.value)

    def as_dict(self) -> dict[str, object]:
        return {
            "check_id": self.check_id,
            "verdict": self.verdict.value,
            "level": self.level,
            "subject": self.subject,
            "code": self.code,
            "reason": self.reason,
            "severity": self.severity,
            "evidence": list(self.evidence),
            "file": self.file,
            "line": self.line,
        }


class Kind(NamedTuple):
    """The advisory failures of one check that have one code."""

    check_id: str
    code: str
    findings: tuple[Finding, ...]

    @property
    def text(self) -> str:
        """The first of them, and how many more there are: `name is "Jobs"; most are kebab-case (and 3 more)`."""
        more = len(self.findings) - 1
        return self.findings[0].reason + (f" (and {more} more)" if more else "")


def judged_by(policy: str, profile: str, version: str) -> str:
    """`policy general of planproof 0.1.0`, or `policy ours.yaml, which extends general of planproof 0.1.0`."""
    of_it = f" of planproof {version}" if version else ""
    return f"policy {policy}" + (f", which extends {profile}" if profile != policy else "") + of_it


class Failure(NamedTuple):
    """What a baseline knows a failure by. `about` is the part of the plan, where the subject is the plan as a whole."""

    check: str
    subject: str
    code: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.check} on {self.about or self.subject} ({self.code})"


class CheckInfo(NamedTuple):
    """A check that judged, as reports show it: severity and level are the policy's, `doc` its docstring, the rest as it declares."""

    id: str
    name: str
    severity: str
    category: str = ""
    doc: str = ""
    level: str = MANDATORY
    reads_configuration: bool = False
    also_decided_by: tuple[str, ...] = ()


class Report(NamedTuple):
    """All findings of one plan, in the order of checks and subjects.

    `errors` are what kept a check from judging (its finding is a FAIL with the code `check_error`). `rules` are the checks that
    judged, and `unknown` is what the policy makes of UNKNOWN: `warn`, `fail` or `ignore`. `fixed` are the failures of the baseline
    that are none any more; `notices` is what is good to know. `policy` is the name of the policy that judged, `profile` the bundled one
    that it begins with, `version` that of planproof.
    """

    plan: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    rules: tuple[CheckInfo, ...] = ()
    unknown: str = "warn"
    fixed: tuple[Failure, ...] = ()
    notices: tuple[str, ...] = ()
    policy: str = ""
    profile: str = ""
    version: str = ""

    @property
    def judged_by(self) -> str:
        """By which policy of which planproof; nothing if it is not known."""
        return judged_by(self.policy, self.profile, self.version) if self.policy else ""

    @property
    def failed(self) -> bool:
        """Whether any finding fails the run."""
        return any(self.fails_by(finding) for finding in self.findings)

    def fails_by(self, finding: Finding) -> bool:
        """Whether the finding fails the run: what is shown as failed does, and UNKNOWN of what is mandatory if the policy says so."""
        is_open = finding.standing is Standing.UNKNOWN and self.unknown == "fail" and finding.level == MANDATORY
        return finding.standing is Standing.FAIL or is_open

    def advice(self) -> tuple[Kind, ...]:
        """The advisory failures, those of one kind together, in the order of checks."""
        kinds: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.findings:
            if finding.standing is Standing.ADVISORY:
                kinds.setdefault((finding.check_id, finding.code), []).append(finding)
        return tuple(Kind(check_id, code, tuple(found)) for (check_id, code), found in kinds.items())

    def summary(self) -> dict[str, int]:
        """How many findings there are of each standing; FAIL are those that fail the run."""
        standings = [finding.standing for finding in self.findings]
        return {standing.value: standings.count(standing) for standing in Standing}

    def as_dict(self) -> dict[str, Any]:
        """What is told of the plan itself, without its findings; by what it was judged is the same for all plans of a run."""
        return {
            "plan": self.plan,
            "advisory": [
                {"check_id": kind.check_id, "code": kind.code, "count": len(kind.findings), "reason": kind.text}
                for kind in self.advice()
            ],
            "summary": self.summary(),
            "warnings": list(self.warnings),
            "errors": list(self.errors),
            "fixed": [failure._asdict() for failure in self.fixed],
            "notices": list(self.notices),
        }
