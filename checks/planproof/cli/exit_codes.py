"""What a command ends with."""

from __future__ import annotations

from planproof.verdict import MANDATORY, SEVERITIES, Report, Standing

OK, FAILED, CANNOT_JUDGE = 0, 1, 2
"""Exit codes: nothing failed, something failed, could not judge."""
INTERRUPTED = 130
"""Ended by Ctrl-C: 128 and the number of the signal, as shells have it."""
FAILURE, UNKNOWN, NEVER = "failure", "unknown", "never"
FAIL_ON = (*SEVERITIES, FAILURE, UNKNOWN, NEVER)
"""What makes exit code 1: failures of a severity or a worse one, all failures, what cannot be told too, or nothing."""


def exit_code(report: Report, fail_on: str = FAILURE) -> int:
    """2 if something could not be judged, whatever `fail_on` is; 1 if something failed that it counts; else 0.

    What fails is the policy's say: nothing advisory does, and UNKNOWN only by its `unknown: fail`, or by `fail_on` of that name.
    """
    if report.errors:
        return CANNOT_JUDGE
    if fail_on == NEVER:
        return OK
    worst = SEVERITIES[: SEVERITIES.index(fail_on) + 1] if fail_on in SEVERITIES else SEVERITIES
    counts = any(report.fails_by(finding) and finding.severity in worst for finding in report.findings)
    is_open = fail_on == UNKNOWN and any(f.standing is Standing.UNKNOWN and f.level == MANDATORY for f in report.findings)
    return FAILED if counts or is_open else OK
