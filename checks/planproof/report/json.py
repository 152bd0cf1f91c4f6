"""The report for machines: JSON."""

from __future__ import annotations

import json

from planproof.verdict import Report


def render(report: Report) -> str:
    """`{"plan", "findings": [...], "summary": {...}, "warnings", "errors"}`, with every verdict in it, one finding a line."""
    document = report.as_dict()
    findings = document.pop("findings")
    assert isinstance(findings, list)
    lines = ",\n    ".join(map(json.dumps, findings))
    inner = f"\n    {lines}\n  " if lines else ""
    rest = "".join(f',\n  "{key}": {json.dumps(value)}' for key, value in document.items() if key != "plan")
    return f'{{\n  "plan": {json.dumps(report.plan)},\n  "findings": [{inner}]{rest}\n}}\n'
