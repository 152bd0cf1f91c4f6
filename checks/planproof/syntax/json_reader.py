"""Reads JSON into nodes that know where they stand: objects, arrays and constants, with strings as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from re import Match

from planproof.errors import SyntaxProblem
from planproof.syntax.expressions import MAX_NESTING, number
from planproof.syntax.file import BOM, SourceFile
from planproof.syntax.nodes import Constant, Literal, Node, ObjectNode, TupleNode

_SPACE = r"[ \t\r\n]*"
_value = re.compile(
    _SPACE + r'(?:(?P<string>"[^"\\\x00-\x1f]*(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*)*")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)|(?P<word>true|false|null)|(?P<open>[\[{]))"
).match
_mark = re.compile(_SPACE + r"([,:\[\]{}]?)").match
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: dict[str, Constant] = {"true": True, "false": False, "null": None}


def read(file: SourceFile) -> Node:
    """The value that a file holds. Raises SyntaxProblem."""
    reader = _Reader(file)
    reader.pos = 1 if file.text.startswith(BOM) else 0
    node = reader.value()
    if reader.mark() or reader.pos < len(file.text):
        raise file.problem(reader.pos, "expected the end of the file")
    return node


class _Reader:
    """Reads from `pos`, which is behind what is read when a method returns."""

    __slots__ = ("depth", "file", "pos", "text")

    def __init__(self, file: SourceFile) -> None:
        self.file, self.text, self.pos, self.depth = file, file.text, 0, 0

    def problem(self, what: str) -> SyntaxProblem:
        return self.file.problem(self.pos, what)

    def mark(self) -> str:
        """The bracket, comma or colon at which the next token begins, or nothing; it is not read."""
        found = _mark(self.text, self.pos)
        if not found:
            return ""
        self.pos = found.start(1)
        return found[1]

    def take(self, mark: str, missing: str) -> None:
        if self.mark() != mark:
            raise self.problem(missing)
        self.pos += 1

    def value(self) -> Node:
        found = _value(self.text, self.pos)
        if not found:
            self.mark()
            raise self.problem("expected a value")
        kind = found.lastgroup or ""
        start, self.pos = found.start(kind), found.end()
        if kind == "open":
            return self._collection(found[kind], start)
        return Literal(self.file, start, self.pos, self._constant(kind, found))

    def _constant(self, kind: str, found: Match[str]) -> Constant:
        text = found[kind]
        if kind == "word":
            return _WORDS[text]
        if kind == "string":
            return self._string(text, found.start(kind))
        value = number(text)
        if value is None:
            raise self.file.problem(found.start(kind), "this number is too large or too small")
        return value

    def _string(self, text: str, start: int) -> str:
        if "\\" not in text:
            return text[1:-1]
        try:
            return _LONE_SURROGATE.sub("\ufffd", json.loads(text))
        except ValueError:
            raise self.file.problem(start, "this string holds an unknown escape") from None

    def _collection(self, mark: str, start: int) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.problem(f"this is nested more than {MAX_NESTING} levels deep")
        node = self._object(start) if mark == "{" else self._array(start)
        self.depth -= 1
        return node

    def _array(self, start: int) -> Node:
        items = [self.value() for _ in self._members("]")]
        return TupleNode(self.file, start, self.pos, tuple(items))

    def _object(self, start: int) -> Node:
        items: list[tuple[Node, Node]] = []
        for _ in self._members("}"):
            if self.mark() or self.text[self.pos : self.pos + 1] != '"':
                raise self.problem("expected a name in double quotes")
            key = self.value()
            self.take(":", "expected a colon")
            items.append((key, self.value()))
        return ObjectNode(self.file, start, self.pos, tuple(items))

    def _members(self, bracket: str) -> Iterator[None]:
        """Once for each member that the caller is to read; goes over the commas between them and the closing bracket."""
        if self.mark() != bracket:
            yield
            while self.mark() == ",":
                self.pos += 1
                yield
        self.take(bracket, f"expected a comma or a closing {bracket}")
