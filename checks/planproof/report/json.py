"""The report for machines."""

from __future__ import annotations

import json

from planproof.verdict import Report


def render(report: Report) -> str:
    """`{"plan", "findings": [...], "summary": {...}, "warnings", "errors"}`, with every verdict in it."""
    return json.dumps(report.as_dict(), indent=2, ensure_ascii=True) + "\n"
