"""What Checkov is told of findings that are advisory, alone and beside others."""

from __future__ import annotations

import pytest
from checkov.common.models.enums import CheckResult

from planproof.checkov_adapter import _result
from planproof.verdict import ADVISORY, MANDATORY, Finding, Report, Verdict


def finding(verdict: Verdict, level: str = MANDATORY) -> Finding:
    return Finding("CKV_PLAN_7", verdict, "aws_sqs_queue.a", "code", "why", "LOW", level=level)


ADVICE, OPEN = finding(Verdict.FAIL, ADVISORY), finding(Verdict.UNKNOWN, ADVISORY)
RESULTS: dict[str, tuple[tuple[Finding, ...], str, CheckResult, str]] = {
    "an advisory failure": ((ADVICE,), "warn", CheckResult.SKIPPED, "advisory: why"),
    "beside one that passes": ((finding(Verdict.PASS), ADVICE), "warn", CheckResult.SKIPPED, "advisory: why"),
    "beside one that cannot be told": ((finding(Verdict.UNKNOWN), ADVICE), "warn", CheckResult.SKIPPED, "advisory: why"),
    "beside one that counts": ((ADVICE, finding(Verdict.FAIL)), "warn", CheckResult.FAILED, ""),
    "an advisory one that cannot be told": ((OPEN,), "fail", CheckResult.SKIPPED, "cannot tell: why"),
    "and is not asked for": ((OPEN,), "ignore", CheckResult.UNKNOWN, ""),
    "a mandatory one that cannot be told": ((finding(Verdict.UNKNOWN),), "fail", CheckResult.FAILED, ""),
}


@pytest.mark.parametrize(("findings", "unknown", "result", "comment"), RESULTS.values(), ids=RESULTS)
def test_what_is_advisory_never_fails(findings: tuple[Finding, ...], unknown: str, result: CheckResult, comment: str) -> None:
    assert _result(list(findings), Report("plan.json", findings, unknown=unknown)) == (result, comment)
