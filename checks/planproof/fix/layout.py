"""The layout of `terraform fmt` around lines that were edited: equals signs, and comments behind them, stand below each other.

https://developer.hashicorp.com/terraform/language/style
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Set
from typing import NamedTuple

from planproof.errors import SyntaxProblem
from planproof.syntax.blocks import no_code
from planproof.syntax.file import SourceFile

_OPEN, _CLOSED = "([{", ")]}"


class _Line(NamedTuple):
    """A line: what is before its equals sign, from there on, and its comment. Without an equals sign that counts, all of its code is
    `lead`."""

    lead: str
    assign: str
    comment: str

    @property
    def code(self) -> str:
        return f"{self.lead} {self.assign}" if self.assign else self.lead


def aligned(text: str, changed: Iterable[tuple[int, int]]) -> str:
    """The text with the groups of lines aligned that were changed; the ranges are those of `planproof.fix.edits.applied`. Lines of
    heredocs and comments stay as they are."""
    raw = text.split("\n")
    starts = [0]
    for each in raw:
        starts.append(starts[-1] + len(each) + 1)
    try:
        held = _held(text, starts)
    except SyntaxProblem:
        return text  # what cannot be read has no layout
    touched = _touched(starts, changed) - held.keys()
    within = {number for number, kind in held.items() if kind == "comment"}
    near = _near(raw, touched, held.keys() - within)
    lines = {number: _line(raw[number].rstrip("\r")) for number in near if number not in within}
    code = {number: line.code.rstrip() for number, line in lines.items()}
    new: dict[int, str] = {}
    for group in _groups(lines, touched, within, lambda line: bool(line.assign)):
        width = max(len(lines[number].lead.rstrip()) for number in group)
        new.update((n, f"{lines[n].lead.rstrip().ljust(width)} {lines[n].assign}") for n in group)
    code.update(new)
    for group in _groups(lines, touched | new.keys(), within, lambda line: bool(line.comment and line.lead.strip())):
        width = max(len(code[number]) for number in group)
        new.update((n, f"{code[n].ljust(width)} {lines[n].comment}") for n in group)
    for number, line in new.items():
        raw[number] = line + "\r" * raw[number].endswith("\r")
    return "\n".join(raw)


def _held(text: str, starts: list[int]) -> dict[int, str]:
    """The numbers of the lines that begin in a heredoc or a comment, each with which of the two."""
    found: dict[int, str] = {}
    for kind, start, end in no_code(SourceFile("", text), 0, len(text)):
        found.update(dict.fromkeys(range(_number(starts, start) + 1, _number(starts, end - 1) + 1), kind))
    return found


def _touched(starts: list[int], changed: Iterable[tuple[int, int]]) -> set[int]:
    """The numbers of the lines that the ranges are on, and of those around a place where something was taken out."""
    found: set[int] = set()
    for start, end in changed:
        first, last = _number(starts, start), _number(starts, end)
        around = start == end  # something was taken out
        found |= set(range(first - around, last + 1 + around))
    return {number for number in found if 0 <= number < len(starts) - 1}


def _number(starts: list[int], offset: int) -> int:
    return bisect_right(starts, offset) - 1


def _near(raw: list[str], touched: set[int], held: Set[int]) -> list[int]:
    """The touched lines and, on both sides, those up to the next that is blank or no code."""
    found = set(touched)
    for number in touched:
        for step in (-1, 1):
            at = number + step
            while 0 <= at < len(raw) and raw[at].strip() and at not in found and at not in held:
                found.add(at)
                at += step
    return sorted(found)


def _groups(lines: dict[int, _Line], touched: Set[int], within: Set[int], counts: Callable[[_Line], bool]) -> list[list[int]]:
    """The runs of lines that count, of which one at least was touched."""
    found: list[list[int]] = []
    for number, line in lines.items():
        if not counts(line):
            continue
        if found and all(between in within for between in range(found[-1][-1] + 1, number)):
            found[-1].append(number)
        else:
            found.append([number])
    return [group for group in found if touched & set(group)]


def _line(text: str) -> _Line:
    """Reads the code of a line as far as its layout needs: strings and comments, brackets, and the first equals sign."""
    at = brackets = 0
    equals: int | None = None
    while at < len(text):
        mark = text[at]
        if mark == '"':
            at = _string_end(text, at)
            continue
        if mark == "#" or text.startswith("//", at):
            break
        if text.startswith("/*", at):
            end = text.find("*/", at)
            if end < 0:
                break
            at = end + 2
            continue
        if mark == "=" and equals is None and at:
            if text[at + 1 : at + 2] in ("=", ">") or text[at - 1] in "!<>=":
                at += 2
                continue
            equals = at
        if equals is not None:
            brackets += (mark in _OPEN) - (mark in _CLOSED)
        at += 1
    code, comment = text[:at], text[at:]
    if equals is None or brackets or not code[:equals].strip():
        return _Line(code, "", comment)
    return _Line(code[:equals], code[equals:].rstrip(), comment)


def _string_end(text: str, start: int) -> int:
    """Behind the quote that closes the string; interpolations in it may hold strings."""
    at, depth = start + 1, 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text.startswith(("${", "%{"), at):
            depth, at = depth + 1, at + 2
            continue
        if text[at] == '"':
            if not depth:
                return at + 1
            at = _string_end(text, at)
            continue
        if text[at] == "}" and depth:
            depth -= 1
        at += 1
    return at
