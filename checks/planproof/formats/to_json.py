"""The report for machines: JSON, of one shape for one plan and for several.

`{"schema": 1, "version", "policy", "profile", "plans": [...], "summary"}`. Each plan is
`{"plan", "findings": [...], "advisory": [...], "summary", "warnings", "errors", "fixed", "notices"}`, with every verdict in it, one finding
a line. `advisory` has a line for each kind of what failed and is advisory; in a summary, FAIL are those failures that count, ADVISORY those
that do not. The last summary is the sum of all. policies/schemas/report.schema.json describes each key; `schema` is the number of that
shape, which changes when a key goes or changes its meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.formats.streaming import Coming
from planproof.text.escaping import json_text
from planproof.verdict import Report
from planproof.version import version

SCHEMA = 1


def render(reports: Iterable[Report]) -> str:
    return "".join(stream(reports))


def stream(reports: Iterable[Report]) -> Iterator[str]:
    """The report in pieces, as the plans are judged."""
    coming = Coming(reports)
    for report in coming:
        yield (_head(report) if coming.number == 1 else ",\n") + _plan(report)
    yield f'\n  ],\n  "summary": {json_text(coming.totals)}\n}}\n'


def _head(report: Report) -> str:
    """All reports of one run are judged by the same policy."""
    head = {"schema": SCHEMA, "version": version(), "policy": report.policy, "profile": report.profile}
    return "{\n" + "".join(f'  "{key}": {json_text(value)},\n' for key, value in head.items()) + '  "plans": [\n'


def _plan(report: Report) -> str:
    document = report.as_dict()
    # One finding a line; inside a text the quote would be escaped.
    lines = json_text(document.pop("findings"))[1:-1].replace('}, {"check_id": ', '},\n        {"check_id": ')
    inner = f"\n        {lines}\n      " if lines else ""
    head = f'      "plan": {json_text(document.pop("plan"))},\n      "findings": [{inner}]'
    rest = "".join(f',\n      "{key}": {json_text(value)}' for key, value in document.items())
    return f"    {{\n{head}{rest}\n    }}"
