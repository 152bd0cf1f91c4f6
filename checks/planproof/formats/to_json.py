"""The report for machines: JSON, of one shape for one plan and for several.

`{"schema": 1, "version", "policy", "profile", "findings": [...], "plans": [...], "summary"}`. `findings` has every verdict of every plan, one
a line, each with the name of its plan. A plan is `{"plan", "advisory": [...], "summary", "warnings", "errors", "fixed", "notices"}`;
`advisory` has a line for each kind of advisory failure. In a summary, FAIL are the failures that count, ADVISORY those that do not. The last
summary is the sum of all. policies/schemas/report.schema.json describes each key; `schema` is the number of that shape, which changes if a
key goes or changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from planproof.formats.streaming import Coming
from planproof.text.escaping import json_text
from planproof.verdict import Report
from planproof.version import version

SCHEMA = 1
_AT_ONCE = 1000
"""Findings that are turned into text together: all of a big plan take more memory than the plan."""


def render(reports: Iterable[Report]) -> str:
    return "".join(stream(reports))


def stream(reports: Iterable[Report]) -> Iterator[str]:
    """The report in pieces, as the plans are judged."""
    coming = Coming(reports)
    plans: list[dict[str, Any]] = []
    has_findings = False
    for report in coming:
        if coming.number == 1:
            yield _head(report)
        for start in range(0, len(report.findings), _AT_ONCE):
            part = report.findings[start : start + _AT_ONCE]
            yield (",\n" if has_findings else "") + _lines({"plan": report.plan, **finding.as_dict()} for finding in part)
            has_findings = True
        plans.append(report.as_dict())
    yield f'\n  ],\n  "plans": [\n{_lines(plans)}\n  ],\n  "summary": {json_text(coming.totals)}\n}}\n'


def _head(report: Report) -> str:
    """All reports of one run are judged by the same policy."""
    head = {"schema": SCHEMA, "version": version(), "policy": report.policy, "profile": report.profile}
    return "{\n" + "".join(f'  "{key}": {json_text(value)},\n' for key, value in head.items()) + '  "findings": [\n'


def _lines(objects: Iterable[dict[str, Any]]) -> str:
    """Objects that begin with `plan`, one a line; inside a text the quote would be escaped."""
    text = json_text(list(objects))[1:-1].replace('}, {"plan": ', '},\n    {"plan": ')
    return f"    {text}" if text else ""
