"""The report for machines: JSON.

Of one plan: `{"plan", "policy", "profile", "findings": [...], "advisory": [...], "summary": {...}, "warnings", "errors", "fixed", "notices"}`,
with every verdict in it, one finding a line. `advisory` has a line for each kind of what failed and is advisory; in the summary, FAIL are
those failures that count, ADVISORY those that do not. Of several: `{"plans": [one such object each], "summary": the sum of theirs}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planproof.formats.streaming import Coming
from planproof.text.escaping import json_text
from planproof.verdict import Report


def render(reports: Iterable[Report]) -> str:
    return "".join(stream(reports))


def stream(reports: Iterable[Report]) -> Iterator[str]:
    """The report in pieces, as the plans are judged."""
    coming = Coming(reports)
    if not coming.several:
        yield from (_one(report) + "\n" for report in coming)
        return
    for report in coming:
        yield ('{"plans": [\n' if coming.number == 1 else ",\n") + _one(report)
    yield f'\n],\n"summary": {json_text(coming.totals)}}}\n'


def _one(report: Report) -> str:
    document = report.as_dict()
    findings = document.pop("findings")
    assert isinstance(findings, list)
    # One finding a line; inside a text the quote would be escaped.
    lines = json_text(findings)[1:-1].replace('}, {"check_id": ', '},\n    {"check_id": ')
    inner = f"\n    {lines}\n  " if lines else ""
    head = "".join(f'  "{key}": {json_text(document.pop(key))},\n' for key in ("plan", "policy", "profile"))
    rest = "".join(f',\n  "{key}": {json_text(value)}' for key, value in document.items())
    return f'{{\n{head}  "findings": [{inner}]{rest}\n}}'
