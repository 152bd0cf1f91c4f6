"""A table of all findings as CSV, a line each, for spreadsheets and scripts.

A cell that a spreadsheet would take for a formula begins with an apostrophe, which the spreadsheet does not show. Of a plan that could not be
judged there is a line with the verdict ERROR.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from planproof.formats.common import place
from planproof.formats.identity import UNJUDGED, Marked, marked
from planproof.text.escaping import one_line
from planproof.verdict import Report
from planproof.version import version

COLUMNS = (
    *("plan", "check", "name", "verdict", "level", "fails", "severity", "subject", "code", "reason"),
    *("place", "evidence", "fingerprint", "policy", "profile", "version"),
)
_FORMULA = tuple("=+-@|%＝＋－＠｜％")  # the wide ones are letters in some languages and formulas in others


def render(reports: Sequence[Report]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(map(_row, marked(reports)))
    return text.getvalue()


def _row(found: Marked) -> list[str]:
    finding, report = found.finding, found.report
    cells = (
        *(report.plan, finding.check_id, found.rule.name),
        *("ERROR" if found.rule is UNJUDGED else finding.verdict.value, finding.level),
        *("yes" if report.fails_by(finding) else "no", finding.severity, finding.subject, finding.code, finding.reason),
        *(place(finding), " ".join(finding.evidence), found.mark, report.policy, report.profile, version()),
    )
    return [_cell(cell) for cell in cells]


def _cell(text: str) -> str:
    shown = one_line(text)
    return f"'{shown}" if shown.lstrip().startswith(_FORMULA) else shown
