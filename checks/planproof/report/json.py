"""The report for machines: JSON.

Of one plan: `{"plan", "findings": [...], "summary": {...}, "warnings", "errors", "fixed", "notices"}`, with every verdict in it, one finding a line. Of
several: `{"plans": [one such object each], "summary": the sum of theirs}`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from planproof.verdict import Report


def render(reports: Sequence[Report]) -> str:
    if len(reports) == 1:
        return _one(reports[0]) + "\n"
    from planproof.report.shown import totals

    plans = ",\n".join(map(_one, reports))
    return f'{{"plans": [\n{plans}\n],\n"summary": {json.dumps(totals(reports))}}}\n'


def _one(report: Report) -> str:
    document = report.as_dict()
    findings = document.pop("findings")
    assert isinstance(findings, list)
    # One finding a line; inside a text the quote would be escaped.
    lines = json.dumps(findings)[1:-1].replace('}, {"check_id": ', '},\n    {"check_id": ')
    inner = f"\n    {lines}\n  " if lines else ""
    rest = "".join(f',\n  "{key}": {json.dumps(value)}' for key, value in document.items() if key != "plan")
    return f'{{\n  "plan": {json.dumps(report.plan)},\n  "findings": [{inner}]{rest}\n}}'
