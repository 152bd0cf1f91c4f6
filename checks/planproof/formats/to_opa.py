"""Findings as data for OPA, beside which the plan stays the input: `conftest test plan.json --data planproof.json`.

`{"planproof": {"version", "policy", "profile", "plans": [names], "summary", "errors": [...], "findings": [...]}}`. A finding is that of
the JSON report with `plan`, the name of its plan, and `fails`, whether it fails the run by the policy. Findings of all plans stand in one
list, and the summary is their sum. policies/rego/planproof/gate.rego reads it.
"""

from __future__ import annotations

from collections.abc import Sequence

from planproof.formats.streaming import NONE, add
from planproof.text.escaping import json_text
from planproof.verdict import Report
from planproof.version import version


def render(reports: Sequence[Report]) -> str:
    summary = dict(NONE)
    for report in reports:
        add(summary, report)
    document = {
        "version": version(),
        "policy": reports[0].policy,
        "profile": reports[0].profile,
        "plans": [report.plan for report in reports],
        "summary": summary,
        "errors": [problem for report in reports for problem in report.errors],
        "findings": [
            {"plan": report.plan, **finding.as_dict(), "fails": report.fails_by(finding)}
            for report in reports
            for finding in report.findings
        ],
    }
    return json_text({"planproof": document}) + "\n"
