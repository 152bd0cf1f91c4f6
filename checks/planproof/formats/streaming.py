"""Reports that are rendered as they come: of many plans none has to be kept until the last is judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from planproof.verdict import Report, Standing

NONE = {standing.value: 0 for standing in Standing}


def add(totals: dict[str, int], report: Report) -> None:
    """Adds a report's findings to how many there are of each standing."""
    for standing, number in report.summary().items():
        totals[standing] += number


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
