"""Reports to write: one with a finding of each kind, and one in which every text attacks its reader."""

from __future__ import annotations

import json
from typing import Any

from planproof.aws.s3 import Rule
from planproof.verdict import CheckInfo, Finding, Fix, Replacement, Report, Verdict

DOC = """Finds things.

Why: because https://example.com/why says so.

Fix: Set `retention_in_days`. Then plan again.
"""
RULE = CheckInfo("CKV_PLAN_1", "Things are kept", "HIGH", "LOGGING", DOC)
OTHER = CheckInfo("CKV_PLAN_2", "Things are safe", "CRITICAL", "IAM", "Finds others.")


def finding(verdict: Verdict = Verdict.FAIL, rule: Rule = RULE, subject: str = "aws_s3_bucket.a", **more: Any) -> Finding:
    values = {"code": "some_code", "reason": "nothing is kept", "severity": rule.severity, **more}
    return Finding(rule.id, verdict, subject, **values)


FIX = Fix(
    (
        Replacement("modules/logs/main.tf", 8, 3, 9, 1, "days = var.days\n"),
        Replacement("variables.tf", 1, 1, 1, 1, 'variable "days" {}\n'),
    ),
    "diff --git a/main.tf b/main.tf\n--- a/main.tf\n+++ b/main.tf\n@@ -8 +8 @@\n-  a = 1\n+  days = var.days\n",
    notes=("the team decides the days",),
)
EVERY = Report(
    "plan.json",
    (
        finding(Verdict.PASS),
        finding(subject="aws_s3_bucket.b", file="modules/logs/main.tf", line=7, fix=FIX),
        finding(Verdict.UNKNOWN, subject="aws_s3_bucket.c", reason="known after apply"),
        finding(Verdict.SKIP, subject="aws_s3_bucket.d", reason="exception until 2030-01-31: moving"),
        finding(rule=OTHER, subject="plan", evidence=("output.x",), fix=Fix(why_not="only the team knows the value")),
        finding(rule=OTHER, subject="plan", evidence=("output.y",)),
    ),
    ("a warning",),
    (),
    (RULE, OTHER),
)

HOSTILE = "\x1b[31m\x07\u202e</script><img src=x onerror=alert(1)>]]>&\r\n::error::x\n%0A|`a`@everyone #12 [x](https://evil.example) **b** \ud800\ufffe"
MARKUP = "+</pre></script><img src=x onerror=alert(1)> ##[error]x %0A::error::x @everyone [x](https://evil.example)\r\n"
ATTACK = Fix((Replacement(HOSTILE, 1, 1, 1, 1, HOSTILE),), MARKUP, notes=(HOSTILE,))
ATTACKED = Report(
    HOSTILE,
    (
        finding(subject=HOSTILE, reason=HOSTILE, evidence=(HOSTILE,), file=HOSTILE, line=1, fix=ATTACK),
        finding(Verdict.UNKNOWN, reason=HOSTILE, fix=Fix(why_not=HOSTILE)),
    ),
    (HOSTILE,),
    (HOSTILE,),
    (RULE,),
)


def plans_of(rendered: str) -> list[dict[str, Any]]:
    """The plans of a report in JSON, each with its findings under `findings`."""
    document = json.loads(rendered)
    names = [plan["plan"] for plan in document["plans"]]
    assert {finding["plan"] for finding in document["findings"]} <= set(names)
    return [{**plan, "findings": [f for f in document["findings"] if f["plan"] == plan["plan"]]} for plan in document["plans"]]
