"""Runs patterns over texts in time linear in both: all ways through the pattern are followed at once, in the order of preference.

That order is RE2's and Go's, the leftmost match and of those the one that Perl would find, so the groups are Terraform's as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from planproof.functions.regex_chars import Chars
from planproof.functions.regex_syntax import MAX_PROGRAM, Node, parse
from planproof.functions.values import NotComputable, bounded

MAX_STEPS = 1_000_000

Spans = tuple[int, ...]
"""Where a match and its groups begin and end, in pairs; -1 for a group that took no part."""


class _Step(NamedTuple):
    """`of` is chars, assert, fork, save or match; a fork prefers `to` to `other`."""

    of: str
    to: int = 0
    other: int = 0
    chars: Chars = Chars()
    name: str = ""


class Regex:
    """A compiled pattern. `names` are those of its groups, empty where one has none. Raises FunctionError, NotComputable."""

    def __init__(self, pattern: str) -> None:
        tree, self.names = parse(pattern)
        self._program: list[_Step] = []
        body = self._compiled(Node("group", (tree,), least=0), self._add(_Step("match")))
        self._start = body
        self._left = 0

    @property
    def size(self) -> int:
        """How many steps one character of a text takes at most."""
        return len(self._program)

    def search(self, text: str, start: int = 0) -> Spans | None:
        self._left = MAX_STEPS
        return self._search(text, start)

    def all(self, text: str) -> Iterator[Spans]:
        """All matches that do not overlap; an empty one not where the one before ended."""
        self._left = MAX_STEPS
        at, before = 0, -1
        while at <= len(text):
            found = self._search(text, at)
            if found is None:
                return
            accepted = not (found[1] == at and found[0] == before)
            at = at + 1 if found[1] == at else found[1]
            before = found[1]
            if accepted:
                yield found

    # --- compiling: each node becomes steps that go on at `then` ---

    def _add(self, step: _Step) -> int:
        bounded(len(self._program), MAX_PROGRAM)
        self._program.append(step)
        return len(self._program) - 1

    def _compiled(self, node: Node, then: int) -> int:
        if node.of == "chars":
            return self._add(_Step("chars", then, chars=node.chars))
        if node.of == "assert":
            return self._add(_Step("assert", then, name=node.name))
        if node.of == "group":
            inner = self._compiled(node.parts[0], self._add(_Step("save", then, 2 * node.least + 1)))
            return self._add(_Step("save", inner, 2 * node.least))
        if node.of == "choice":
            starts = [self._compiled(part, then) for part in node.parts]
            found = starts.pop()
            while starts:
                found = self._add(_Step("fork", starts.pop(), found))
            return found
        if node.of == "repeat":
            return self._repeated(node, then)
        for part in reversed(node.parts):
            then = self._compiled(part, then)
        return then

    def _repeated(self, node: Node, then: int) -> int:
        (part,) = node.parts
        if node.most is None:
            found = self._loop(part, then, node.lazy, node.least == 0)
            copies = node.least - 1
        else:
            found, copies = then, node.least
            for _ in range(node.most - node.least):
                found = self._fork(self._compiled(part, found), then, node.lazy)
        for _ in range(copies):
            found = self._compiled(part, found)
        return found

    def _loop(self, part: Node, then: int, lazy: bool, optional: bool) -> int:
        """The part once and more; `optional`: or not at all. One that may be empty is taken once before it is left."""
        loop = self._add(_Step("fork"))
        start = self._compiled(part, loop)
        self._program[loop] = self._step(start, then, lazy)
        if not optional:
            return start
        return self._fork(start, then, lazy) if _nullable(part) else loop

    def _fork(self, into: int, past: int, lazy: bool) -> int:
        return self._add(self._step(into, past, lazy))

    def _step(self, into: int, past: int, lazy: bool) -> _Step:
        return _Step("fork", past, into) if lazy else _Step("fork", into, past)

    # --- running ---

    def _search(self, text: str, start: int) -> Spans | None:
        empty = (-1,) * (2 * len(self.names) + 2)
        threads: dict[int, Spans] = {}
        seen: set[int] = set()
        found: Spans | None = None
        for at in range(start, len(text) + 1):
            if found is None:
                self._follow(self._start, empty, text, at, threads, seen)
            if found is not None and not threads:
                break
            character = text[at : at + 1]
            following: dict[int, Spans] = {}
            seen = set()
            for place, spans in threads.items():
                step = self._program[place]
                if step.of == "match":
                    found = spans
                    break
                self._left -= len(step.chars.ranges) // 8
                if character and step.chars.hold(character):
                    self._follow(step.to, spans, text, at + 1, following, seen)
            threads = following
        return found

    def _follow(self, place: int, spans: Spans, text: str, at: int, threads: dict[int, Spans], seen: set[int]) -> None:
        """Adds the steps that can be come to without a character, the preferred ones first."""
        pending = [(place, spans)]
        while pending:
            place, spans = pending.pop()
            self._left -= 1
            if self._left < 0:
                raise NotComputable("a pattern takes too many steps")
            if place in seen:
                continue
            seen.add(place)
            step = self._program[place]
            if step.of == "fork":
                pending += [(step.other, spans), (step.to, spans)]
            elif step.of == "save":
                self._left -= len(spans) // 8
                pending.append((step.to, (*spans[: step.other], at, *spans[step.other + 1 :])))
            elif step.of == "assert":
                if _holds(step.name, text, at):
                    pending.append((step.to, spans))
            else:
                threads[place] = spans


def _nullable(node: Node) -> bool:
    if node.of == "chars":
        return False
    if node.of == "choice":
        return any(map(_nullable, node.parts))
    return (node.of == "repeat" and node.least == 0) or all(map(_nullable, node.parts))


def _holds(name: str, text: str, at: int) -> bool:
    if name in ("start", "line start"):
        return at == 0 or (name == "line start" and text[at - 1] == "\n")
    if name in ("end", "line end"):
        return at == len(text) or (name == "line end" and text[at] == "\n")
    edge = _in_word(text[at - 1 : at] if at else "") is not _in_word(text[at : at + 1])
    return edge is (name == "word edge")


def _in_word(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Regex:
    """The pattern, compiled once. Raises FunctionError, NotComputable."""
    return Regex(pattern)
