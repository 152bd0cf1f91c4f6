"""A file of the configuration: its text, and where in it an offset lies."""

from __future__ import annotations

import re
from bisect import bisect_right

from planproof.errors import SyntaxProblem

BOM = "\ufeff"
_LINE = re.compile("\n")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_CHARACTER = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


class SourceFile:
    """A path and its text. Nodes hold offsets into the text; lines, columns and bytes are worked out when asked for."""

    __slots__ = ("_starts", "path", "text")

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self._starts: list[tuple[int, int]] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1. A column is a character; a byte order mark has none."""
        number, start, _ = self._line(offset)
        return number, offset - start + (0 if number == 1 and offset and self.text.startswith(BOM) else 1)

    def byte(self, offset: int) -> int:
        """The offset in the file's UTF-8."""
        _, start, byte = self._line(offset)
        return byte + len(self.text[start:offset].encode("utf-8", "surrogatepass"))

    def problem(self, offset: int, what: str) -> SyntaxProblem:
        """The error to raise when the text cannot be read at an offset; `what` is a plain sentence."""
        return SyntaxProblem(self.path, *self.position(offset), what)

    def _line(self, offset: int) -> tuple[int, int, int]:
        """An offset's line, from 1, and where that begins, as an offset and in bytes."""
        if self._starts is None:
            self._starts = self._index()
        number = bisect_right(self._starts, (offset, len(self.text) * 4))
        return number, *self._starts[number - 1]

    def _index(self) -> list[tuple[int, int]]:
        starts, offset, byte = [(0, 0)], 0, 0
        for match in _LINE.finditer(self.text):
            end = match.end()
            byte += len(self.text[offset:end].encode("utf-8", "surrogatepass"))
            offset = end
            starts.append((offset, byte))
        return starts


class DecodedText(SourceFile):
    """What a string of a JSON file comes to; its positions are those of the file."""

    __slots__ = ("_offsets", "outer", "start")

    def __init__(self, outer: SourceFile, start: int, text: str) -> None:
        super().__init__(outer.path, text)
        self.outer = outer
        self.start = start  # of the opening quote
        self._offsets: list[int] | None = None

    def position(self, offset: int) -> tuple[int, int]:
        return self.outer.position(self._outside(offset))

    def byte(self, offset: int) -> int:
        return self.outer.byte(self._outside(offset))

    def _outside(self, offset: int) -> int:
        """The offset in the file: each escape of JSON is one character here, or a pair of them is."""
        if self._offsets is None:
            self._offsets = [found.start() for found in _CHARACTER.finditer(self.outer.text, self.start + 1, self._end())]
            self._offsets.append(self._end())
        return self._offsets[offset]

    def _end(self) -> int:
        found = _STRING.match(self.outer.text, self.start)
        return found.end() - 1 if found else self.start + 1
