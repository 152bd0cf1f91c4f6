"""What differs between a file before and after, line by line; and the same as replacements by line and column."""

from __future__ import annotations

import io
from difflib import SequenceMatcher
from typing import NamedTuple

from planproof.fix.patches import Change
from planproof.verdict import Replacement


class Hunk(NamedTuple):
    """Lines that take the place of others from `line` on, which begins at 1. Without `old`, they stand before that line."""

    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def hunks(change: Change) -> list[Hunk]:
    """In the order of the file."""
    before, after = lines(change.before or ""), lines(change.after)
    codes = SequenceMatcher(None, before, after).get_opcodes()
    return [Hunk(a + 1, tuple(before[a:b]), tuple(after[c:d])) for tag, a, b, c, d in codes if tag != "equal"]


def replacements(change: Change, file: str) -> list[Replacement]:
    """The hunks of a file, which is called `file`. No position lies behind the last line, unless the end of that line goes."""
    before = lines(change.before or "")
    return [_replacement(hunk, before, file) for hunk in hunks(change)]


def _replacement(hunk: Hunk, before: list[str], file: str) -> Replacement:
    text, behind = "".join(hunk.new), hunk.line + len(hunk.old)
    if behind <= len(before):  # up to the beginning of a line that stays
        return Replacement(file, hunk.line, 1, behind, 1, text)
    if not before:
        return Replacement(file, 1, 1, 1, 1, text)
    ending = _ending(before[-1])
    if not text.endswith(ending) and (text or hunk.line == 1):
        return Replacement(file, hunk.line, 1, behind, 1, text)
    end = (len(before), _column_behind(before[-1]))
    if hunk.line == 1:
        return Replacement(file, 1, 1, *end, text.removesuffix(ending))
    above = before[hunk.line - 2]  # whose end is kept for the end of the file
    return Replacement(file, hunk.line - 1, _column_behind(above), *end, f"{_ending(above)}{text}".removesuffix(ending))


def lines(text: str) -> list[str]:
    """The lines with their ends, as git counts them."""
    return list(io.StringIO(text, newline="\n"))


def _ending(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _column_behind(line: str) -> int:
    """The column behind a line's last character."""
    return len(line.rstrip("\r\n").encode("utf-16-le", "surrogatepass")) // 2 + 1
