"""Patterns of a policy: regular expressions that take time linear in the text, whatever is written in them.

A policy is untrusted, and Python's `re` goes back over a text for as long as it takes. Here all ways through the pattern are
followed at once (Glushkov's automaton, its sets of positions kept as the bits of integers), so that no pattern is slow, nested
repetitions among them. What only going back can decide (backreferences, lookaround) is refused when the policy is read.

A pattern fits a text as a whole. It may have literals, `.`, classes (`[a-z0-9]`, `[^x]`, `\\d \\w \\s`), groups, `|`, the
repetitions `* + ? {3} {3,} {3,63}`, a leading `(?i)`, and `^`, `$` at its ends, where they say what holds anyway.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from operator import getitem

from planproof.errors import PatternError

MAX_PATTERN = 500
MAX_POSITIONS = 1_000
MAX_TEXT = 2_048  # no AWS name and no tag is longer
_MAX_DEPTH = 50
_REMEMBERED = 20_000

_WORD = frozenset(string.ascii_letters + string.digits + "_")
_CLASSES = {"d": frozenset(string.digits), "w": _WORD, "s": frozenset(string.whitespace)}
_CONTROL = {"n": "\n", "t": "\t", "r": "\r"}
_MISSING_FEATURES = {"b": "word boundaries", "B": "word boundaries", "A": "\\A (a pattern always matches the whole text)"}


class Pattern:
    """A compiled pattern. `fits(text)`, or `fits("corp-", None, "-logs")` where None is a part that is not known."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._classes: list[tuple[bool, frozenset[str]]] = [(True, frozenset())]  # position 0 is the start
        self._follow: list[int] = [0]
        nullable, first, last = _Parser(text, self).parse()
        self._follow[0] = first
        self._last = last | (1 if nullable else 0)
        self._by_character: dict[str, int] = {}
        self._states: dict[int, _State] = {}
        self._steps = 0

    def fits(self, *parts: str | None) -> bool:
        """Whether the text fits; where a part is not known, whether there is any text in its place with which the whole does."""
        if sum(len(part) for part in parts if part) > MAX_TEXT:
            return False
        state = self._state(1)
        for part in parts:
            state = self._state(self._any_text(state.mask)) if part is None else reduce(getitem, part, state)
        return bool(state.mask & self._last)

    def _state(self, mask: int) -> _State:
        if mask not in self._states:
            self._states[mask] = _State(mask, self._next)
        return self._states[mask]

    def _next(self, mask: int, character: str) -> _State:
        self._steps += 1
        if self._steps % _REMEMBERED == 0:
            for state in list(self._states.values()):
                state.clear()
            self._states.clear()
        return self._state(self._reach(mask) & self._positions(character))

    def _positions(self, character: str) -> int:
        """The positions that may stand for the character."""
        if character not in self._by_character:
            fitting = (1 << p for p, (negated, chars) in enumerate(self._classes) if (character in chars) is not negated)
            self._by_character[character] = sum(fitting)
        return self._by_character[character]

    def _reach(self, state: int) -> int:
        reached = 0
        for position in _bits(state):
            reached |= self._follow[position]
        return reached

    def _any_text(self, state: int) -> int:
        """All that can be reached, an empty text among it."""
        pending = state
        while pending:
            pending = self._reach(pending) & ~state
            state |= pending
        return state

    # --- what the parser builds ---

    def position(self, negated: bool, characters: frozenset[str]) -> Part:
        if len(self._classes) > MAX_POSITIONS:
            raise PatternError(f"is too large when its repetitions are expanded (more than {MAX_POSITIONS} characters)")
        self._classes.append((negated, characters))
        self._follow.append(0)
        bit = 1 << (len(self._classes) - 1)
        return False, bit, bit

    def joined(self, parts: Iterable[Part]) -> Part:
        nullable, first, last = True, 0, 0
        for part_nullable, part_first, part_last in parts:
            for position in _bits(last):
                self._follow[position] |= part_first
            first |= part_first if nullable else 0
            last = part_last | (last if part_nullable else 0)
            nullable = nullable and part_nullable
        return nullable, first, last

    def repeated(self, part: Part) -> Part:
        for position in _bits(part[2]):
            self._follow[position] |= part[1]
        return part


class _State(dict[str, "_State"]):
    """A set of positions, with the sets that a character leads to from it; each is worked out when it is first come to."""

    __slots__ = ("_next", "mask")

    def __init__(self, mask: int, next: Callable[[int, str], _State]) -> None:
        self.mask, self._next = mask, next

    def __missing__(self, character: str) -> _State:
        self[character] = found = self._next(self.mask, character)
        return found


Part = tuple[bool, int, int]
"""A part of a pattern: whether it fits the empty text, and the positions that it may begin and end with."""


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """The pattern, compiled once. Raises PatternError."""
    return Pattern(text)


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


class _Parser:
    def __init__(self, text: str, pattern: Pattern) -> None:
        if len(text) > MAX_PATTERN:
            raise PatternError(f"is longer than {MAX_PATTERN} characters")
        self._any_case = text.startswith("(?i)")
        self._text, self._at, self._pattern = text, 4 if self._any_case else 0, pattern
        self._depth = self._atoms = 0

    def parse(self) -> Part:
        part = self._alternatives()
        if self._at < len(self._text):
            raise self._error("has a ) without its (")
        return part

    def _alternatives(self) -> Part:
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        return any(b[0] for b in branches), _union(b[1] for b in branches), _union(b[2] for b in branches)

    def _branch(self) -> Part:
        if not self._depth:
            self._take("^")
        parts: list[Part] = []
        while self._at < len(self._text) and self._peek() not in "|)":
            if self._peek() == "$" and not self._depth and self._text[self._at + 1 : self._at + 2] in ("", "|"):
                self._at += 1
                continue
            parts.append(self._repetition())
        return self._pattern.joined(parts)

    def _repetition(self) -> Part:
        start = self._at
        part = self._atom()
        quantified = self._quantifier()
        if not quantified:
            return part
        (least, most), after = quantified, self._at
        copies = [part]
        for _ in range(max(least, most or 1) - 1):
            self._at = start
            copies.append(self._atom())
        self._at = after
        if most == 0:
            return True, 0, 0
        if most is None:
            self._pattern.repeated(copies[-1])
        return self._pattern.joined((copy[0] or number >= least, *copy[1:]) for number, copy in enumerate(copies))

    def _quantifier(self) -> tuple[int, int | None] | None:
        found: tuple[int, int | None]
        if self._take("*"):
            found = (0, None)
        elif self._take("+"):
            found = (1, None)
        elif self._take("?"):
            found = (0, 1)
        elif self._peek() == "{":
            found = self._counts()
        else:
            return None
        self._take("?")  # a lazy one fits the same texts
        if self._peek() and self._peek() in "*+?{":
            raise self._error("has two repetitions in a row")
        return found

    def _counts(self) -> tuple[int, int | None]:
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at + 1 : end].partition(",")
        if end < 0 or not least.isdecimal() or (most and not most.isdecimal()) or len(least + most) > 8:
            raise self._error("has a { that is not a count such as {3} or {3,63}; write \\{ for the character")
        if most and int(most) < int(least):
            raise self._error("has a count whose end is below its start")
        self._at = end + 1
        return int(least), (int(most) if most else None) if comma else int(least)

    def _atom(self) -> Part:
        self._atoms += 1
        if self._atoms > 10 * MAX_POSITIONS:
            raise self._error("is too large when its repetitions are expanded")
        character = self._peek()
        if character == "(":
            return self._group()
        if character in "*+?{":
            raise self._error(f"repeats nothing with {character}")
        if character in "^$":
            raise self._error(f"has a {character} inside; a pattern always matches the whole name")
        self._at += 1
        if character == ".":
            return self._pattern.position(True, frozenset("\n"))
        if character == "[":
            return self._pattern.position(*self._class())
        return self._pattern.position(*(self._escape() if character == "\\" else (False, self._cased(character))))

    def _group(self) -> Part:
        self._at += 1
        if self._peek() == "?" and not self._text.startswith("?:", self._at):
            raise self._error("has a group that begins with (?; lookaround, named groups and flags inside are not supported")
        self._at += 2 if self._peek() == "?" else 0
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise self._error("is nested too deeply")
        part = self._alternatives()
        self._depth -= 1
        if not self._take(")"):
            raise self._error("has a ( without its )")
        return part

    def _escape(self) -> tuple[bool, frozenset[str]]:
        character = self._peek()
        self._at += 1
        if character.lower() in _CLASSES:
            return character.isupper(), _CLASSES[character.lower()]
        if character.isdecimal():
            raise self._error("has a backreference, which is not supported")
        if not character or (character.isalpha() and character not in _CONTROL):
            feature = _MISSING_FEATURES.get(character, f"\\{character}")
            raise self._error(f"has {feature}, which is not supported")
        return False, self._cased(_CONTROL.get(character, character))

    def _class(self) -> tuple[bool, frozenset[str]]:
        negated = self._take("^")
        found: set[str] = set()
        first = True
        while first or self._peek() != "]":
            if self._at >= len(self._text):
                raise self._error("has a [ without its ]")
            first = False
            members = self._member()
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", "") and len(members) == 1:
                self._at += 1
                members = self._range(members, self._member())
            found |= members
        self._at += 1
        if self._any_case:
            found |= {c.swapcase() for c in found}
        return negated, frozenset(found)

    def _member(self) -> frozenset[str]:
        character = self._peek()
        self._at += 1
        if character != "\\":
            return frozenset(character)
        negated, found = self._escape()
        if negated:
            raise self._error("has \\D, \\W or \\S inside a class, which is not supported")
        return found

    def _range(self, low: frozenset[str], high: frozenset[str]) -> frozenset[str]:
        (start,), ends = low, sorted(high)
        if len(ends) != 1 or ends[0] < start or ord(ends[0]) - ord(start) > 0xFFF:
            raise self._error("has an invalid range in a class")
        return frozenset(map(chr, range(ord(start), ord(ends[0]) + 1)))

    def _cased(self, character: str) -> frozenset[str]:
        return frozenset((character, character.swapcase()) if self._any_case else (character,))

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        taken = self._peek() == character
        self._at += taken
        return taken

    def _error(self, text: str) -> PatternError:
        return PatternError(f"{text} (at character {self._at + 1})")


def _union(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found
