"""What Checkov is told of findings that are advisory, alone and beside others."""

from __future__ import annotations

import pytest

from planproof.verdict import ADVISORY, MANDATORY, Finding, Report, Verdict


def finding(verdict: Verdict, level: str = MANDATORY) -> Finding:
    return Finding("CKV_PLAN_7", verdict, "aws_sqs_queue.a", "code", "why", "LOW", level=level)


ADVICE, OPEN = finding(Verdict.FAIL, ADVISORY), finding(Verdict.UNKNOWN, ADVISORY)
RESULTS: dict[str, tuple[tuple[Finding, ...], str, str, str]] = {
    "an advisory failure": ((ADVICE,), "warn", "SKIPPED", "advisory: why"),
    "beside one that passes": ((finding(Verdict.PASS), ADVICE), "warn", "SKIPPED", "advisory: why"),
    "beside one that cannot be told": ((finding(Verdict.UNKNOWN), ADVICE), "warn", "SKIPPED", "advisory: why"),
    "beside one that counts": ((ADVICE, finding(Verdict.FAIL)), "warn", "FAILED", ""),
    "an advisory one that cannot be told": ((OPEN,), "fail", "SKIPPED", "cannot tell: why"),
    "and is not asked for": ((OPEN,), "ignore", "UNKNOWN", ""),
    "a mandatory one that cannot be told": ((finding(Verdict.UNKNOWN),), "fail", "FAILED", ""),
}


@pytest.mark.slow
@pytest.mark.parametrize(("findings", "unknown", "result", "comment"), RESULTS.values(), ids=RESULTS)
def test_what_is_advisory_never_fails(findings: tuple[Finding, ...], unknown: str, result: str, comment: str) -> None:
    from planproof.checkov_adapter import _result

    told = _result(list(findings), Report("plan.json", findings, unknown=unknown))
    assert (told[0].name, told[1]) == (result, comment)
