"""Reports that are rendered as they come: of many plans none has to be kept until the last is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from planproof.verdict import Report, Verdict

NONE = {verdict.value: 0 for verdict in Verdict}


def add(totals: dict[str, int], report: Report) -> None:
    """Adds a report's findings to how many have each verdict."""
    for verdict, number in report.summary().items():
        totals[verdict] += number


class Coming:
    """So many reports, to be gone through once. `several` is known beforehand; `number` and `totals` are of those that have come."""

    def __init__(self, reports: Iterable[Report]) -> None:
        rest = iter(reports)
        head = list(islice(rest, 2))
        self.several = len(head) > 1
        self.number = 0
        self.totals = dict(NONE)
        self._reports = chain(head, rest)

    def __iter__(self) -> Iterator[Report]:
        for report in self._reports:
            self.number += 1
            add(self.totals, report)
            yield report
