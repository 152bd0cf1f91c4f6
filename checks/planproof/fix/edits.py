"""Edits of a text by ranges: those that fit together, and the text that they make. Everything outside of the ranges stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_INDENT = re.compile(r"(?<=\n)[ \t]+")


class Edit(NamedTuple):
    """Replaces the characters from `start` to `end` of a file; where both are the same, it inserts. A file that is not there yet has
    the one range 0, 0."""

    file: str
    start: int
    end: int
    text: str


class Overlap(ValueError):
    """Two edits change the same characters."""


def fitting(edits: Iterable[Edit]) -> list[Edit]:
    """The edits in the order of the text, each once. Of those that insert at one place, arguments come first, then blocks, then what
    only ends the line. Raises Overlap."""
    found = sorted(dict.fromkeys(edits), key=lambda edit: (edit.file, edit.start, edit.end > edit.start, _rank(edit)))
    last: Edit | None = None
    for edit in found:
        if last is not None and edit.file == last.file and edit.start < last.end:
            raise Overlap
        if last is None or edit.file != last.file or edit.end > last.end:
            last = edit
    return found


def _rank(edit: Edit) -> int:
    if not edit.text.strip():
        return 2
    return int(edit.text.startswith(("\n\n", "\n#")))


def applied(text: str, edits: Iterable[Edit]) -> tuple[str, list[tuple[int, int]]]:
    """The text after the edits of one file, which fit together, and where in it each of them now is. Lines that are added end as those of
    the file do, and are indented with tabs where most of those are."""
    newline = "\r\n" if "\r\n" in text else "\n"
    is_tabbed = text.count("\n\t") > text.count("\n ")
    parts: list[str] = []
    changed: list[tuple[int, int]] = []
    at = length = 0
    for edit in edits:
        new = _INDENT.sub(lambda found: found[0].replace("  ", "\t"), edit.text) if is_tabbed else edit.text
        new = new.replace("\n", newline)
        before, end = text[at : edit.start], edit.end
        if not new and re.search(r"\{[ \t]+$", before) and (blanks := re.match(r"[ \t]*(?=\})", text[end:])):
            before, end = before.rstrip(), end + blanks.end()  # all that a block on one line had
        parts += [before, new]
        length += len(before)
        changed.append((length, length + len(new)))
        length, at = length + len(new), end
    return "".join([*parts, text[at:]]), changed
