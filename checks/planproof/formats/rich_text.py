"""The report for people at a terminal, by the package rich: wrapped to its width, the failures and the sum of the checks at the end.

Without rich, and where it is no terminal, `to_text.py` is the report.
"""

from __future__ import annotations

import importlib.util
import io
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from planproof.formats.common import ORDER, TITLES, Group, advice, by_reason, counted, groups, notes, place, subject
from planproof.formats.streaming import Coming
from planproof.formats.to_text import COLOURS, is_terminal, wants_colour
from planproof.text.escaping import one_line
from planproof.verdict import CheckInfo, Finding, Report, Standing, listed

_SEVERITIES = {"CRITICAL": "bold red", "HIGH": "red", "MEDIUM": "yellow"}
_NARROWEST = 40


def is_wanted(stream: IO[Any], when: str = "auto") -> bool:
    """Whether the stream is a terminal, or colour is demanded, and what the report is made of is there."""
    shown = is_terminal(stream) or wants_colour(stream, when)
    has_letters = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
    return shown and has_letters and importlib.util.find_spec("rich") is not None


def stream(reports: Iterable[Report], colour: bool, width: int = 0) -> Iterator[str]:
    """The report in pieces, as the plans are judged; as wide as the terminal."""
    return _Page(colour, max(width or shutil.get_terminal_size().columns, _NARROWEST)).pieces(Coming(reports))


class _Page:
    def __init__(self, colour: bool, width: int) -> None:
        from rich.console import Console

        self._width, self._file = width, io.StringIO()
        self._console = Console(
            file=self._file,
            width=width,
            force_terminal=True,
            no_color=not colour,
            color_system="standard",
            legacy_windows=False,
            highlight=False,
            markup=False,
            emoji=False,
        )
        self._rules: dict[str, CheckInfo] = {}
        self._counts: dict[str, dict[Standing, int]] = {}

    def pieces(self, reports: Coming) -> Iterator[str]:
        failed = False
        for report in reports:
            failed |= report.failed or bool(report.errors)
            self._plan(report, briefly=reports.several)
            self._count(report)
            yield self._taken()
        self._table()
        counts = counted(reports.totals, always=(Standing.FAIL, Standing.PASS))
        self._put((f"{reports.number} plans: " if reports.several else "") + counts, "bold red" if failed else "bold green")
        yield self._taken()

    def _taken(self) -> str:
        text = self._file.getvalue()
        self._file.seek(0)
        self._file.truncate()
        return text

    # --- a plan -------------------------------------------------------------------------------------------------------

    def _plan(self, report: Report, briefly: bool) -> None:
        title = f"planproof: {one_line(report.plan)}"
        title += f" ({one_line(report.judged_by)})" if report.judged_by else ""
        worth = any(groups(report, s) for s in (Standing.FAIL, Standing.ADVISORY, Standing.UNKNOWN)) or any(notes(report))
        if briefly and not worth:
            self._put(f"{title}: {counted(report.summary(), always=(Standing.FAIL, Standing.PASS))}")
            return
        self._put(title, "bold")
        for standing in reversed(ORDER):
            if found := groups(report, standing):
                self._section(report, standing, found)
        self._line()
        for kind, text in notes(report):
            self._put(one_line(text), "", 0, (f"{kind}: ", "red" if kind == "error" else "yellow"))
        if briefly:
            self._put(counted(report.summary(), always=(Standing.FAIL, Standing.PASS)), "red" if report.failed else "green")
            self._line()

    def _section(self, report: Report, standing: Standing, found: Sequence[Group]) -> None:
        number = sum(len(group.findings) for group in found)
        title = (f"{TITLES[standing]} ({number})", f"bold {COLOURS[standing]}")
        self._line()
        if standing is Standing.PASS:
            in_order = sorted(found, key=lambda group: _in_order(group.rule.id))
            passed = ", ".join(f"{group.rule.id} ({len(group.findings)})" for group in in_order)
            self._put(passed, "", 0, (f"{title[0]}  ", title[1]))
            return
        self._put(*title)
        if standing is Standing.ADVISORY:
            self._advice(report)
            return
        for number, group in enumerate(reversed(found)):  # the worst last, as it is the nearest
            if number:
                self._line()
            self._group(group, standing)

    def _group(self, group: Group, standing: Standing) -> None:
        self._put(one_line(group.rule.name), "bold", 2, *self._head(group.rule.id, group.severity))
        told, known = by_reason(group)
        if known:
            self._put(f"{known} in the baseline", "", 4)
        example = next((same[0] for same in told if same[0].excerpt), None)  # of a check one is enough
        for same in told:
            self._finding(same)
            if same[0] is example:
                self._excerpt(example)
        if standing is Standing.FAIL and group.sections.remedy:
            self._put(one_line(group.sections.remedy), "", 4, ("Fix: ", "green"))

    def _finding(self, same: Sequence[Finding]) -> None:
        where = f"{one_line(place(same[0]))}  " if place(same[0]) else ""
        self._put(one_line(listed(map(subject, same))), "bold", 4, (where, "dim"))
        self._put(one_line(same[0].reason), "", 6)

    def _advice(self, report: Report) -> None:
        for kind, first in advice(report):
            where = f"{one_line(place(first))}  " if place(first) else ""
            self._put(one_line(subject(first)), "bold", 2, *self._head(kind.check_id, first.severity), (where, "dim"))
            self._put(one_line(kind.text), "", 4)

    def _head(self, check_id: str, severity: str) -> tuple[tuple[str, str], ...]:
        return (f"{check_id}  ", "bold"), (f"{severity}  ", _SEVERITIES.get(severity, "blue"))

    def _excerpt(self, finding: Finding) -> None:
        from rich.text import Text

        wide = max(len(str(number)) for number, _, _ in finding.excerpt)
        for number, line, marked in finding.excerpt:
            text = Text.assemble(
                (f"{number or '':>{wide}} ", "dim"),
                ("❱ " if marked else "│ ", "red" if marked else "dim"),
                (one_line(line), "" if marked else "dim"),
            )
            text.truncate(self._width - 6, overflow="ellipsis")
            self._print(Text(" " * 6) + text)

    # --- all checks ---------------------------------------------------------------------------------------------------

    def _count(self, report: Report) -> None:
        for standing in ORDER:
            for group in groups(report, standing):
                row = self._counts.setdefault(group.rule.id, {})
                row[standing] = row.get(standing, 0) + len(group.findings)
                self._rules.setdefault(group.rule.id, group.rule)

    def _table(self) -> None:
        """A row for each check that judged something, in the order in which reports have them, and a column for each verdict there is."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        columns = [standing for standing in ORDER if any(standing in row for row in self._counts.values())]
        if not columns:
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, width=self._width)
        table.add_column("Check", no_wrap=True)
        table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1)
        for standing in columns:
            table.add_column(TITLES[standing], justify="right", no_wrap=True)
        for check_id, row in sorted(self._counts.items(), key=lambda item: _in_order(item[0])):
            cells = [Text(str(row.get(standing, "")), COLOURS[standing]) for standing in columns]
            table.add_row(Text(check_id), Text(one_line(self._rules[check_id].name), "dim"), *cells)
        self._console.print(table)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _put(self, text: str, style: str = "", indent: int = 0, *heads: tuple[str, str]) -> None:
        """A paragraph, indented as a whole; `heads` stand before its text, in styles of their own."""
        from rich.text import Text

        whole = Text.assemble(*heads, (text, style))
        for line in whole.wrap(self._console, self._width - indent, overflow="fold"):
            line.rstrip()
            self._print(Text(" " * indent) + line)

    def _line(self) -> None:
        self._file.write("\n")

    def _print(self, line: Any) -> None:
        self._console.print(line, no_wrap=True, overflow="ignore", crop=False)


def _in_order(check_id: str) -> tuple[str, int]:
    """CKV_PLAN_2 before CKV_PLAN_10."""
    name, _, number = check_id.rpartition("_")
    return (name, int(number)) if number.isascii() and number.isdigit() else (check_id, 0)
