"""The regular expressions of CloudWatch Logs filter patterns (`%...%`), which are a small part of the usual ones.

There are no groups, so an expression is a list of alternatives, each a row of characters that may be optional or repeat. Such a
row is matched by keeping every position that the text may have come to as one bit of an integer: no backtracking, one step per
character of the text, whatever the expression. What AWS does not allow is refused:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from planproof.errors import PatternError

# AWS states no limit for {m,n}; this keeps an expression to some thousand positions.
_MOST_REPEATS = 1000
_MOST_POSITIONS = 4000
_SYMBOLS = " :_#=@/;,-"
_OPERATORS = r"^$?[]{}|\*+."
_ASCII_WORD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"
_CLASSES = {"d": "0123456789", "s": " \t\n\r\f\v", "w": _ASCII_WORD}
_ALLOWED = re.compile(r"[A-Za-z0-9 :_#=@/;,\-^$?\[\]{}|\\*+.]*")
_ESCAPE = r"\\(?:x[0-9A-Fa-f]{2}|.)"
_ITEM = re.compile(
    rf"(?:\[(?P<inverse>\^?)(?P<members>(?:{_ESCAPE}|[^\]\\])+)\]|(?P<escape>{_ESCAPE})|(?P<character>[^\[\]{{}}|\\*+?^$]))"
    r"(?P<repeat>[*+?]|\{\d{0,4},?\d{0,4}\})?(?P<lazy>\??)"
)
_MEMBER = re.compile(rf"(?P<low>{_ESCAPE}|.)(?:-(?P<high>{_ESCAPE}|.))?")

Matches = Callable[[str], bool]


class Regex:
    """A compiled expression. `search` tells whether some part of a text matches, in time linear in the text."""

    def __init__(self, expression: str) -> None:
        if not expression:
            raise PatternError("a regular expression is empty")
        if not _ALLOWED.fullmatch(expression):
            raise PatternError(
                "a regular expression can contain ASCII letters, digits, spaces, the symbols : _ # = @ / ; , - and the operators"
                r" ^ $ ? [ ] { } | \ * + . only; \x28 stands for a parenthesis"
            )
        self._characters: list[Matches | None] = []  # None ends an alternative
        self._optional = self._repeats = self._starts = self._anchored = self._ends = self._ends_at_end = 0
        for alternative in _alternatives(expression):
            self._add(alternative)
        self._masks: dict[str, int] = {}

    def _add(self, alternative: str) -> None:
        at_start, at_end = alternative.startswith("^"), bool(re.search(r"(?<!\\)(?:\\\\)*\$$", alternative))
        start = 1 << len(self._characters)
        self._anchored |= start if at_start else 0
        self._starts |= 0 if at_start else start
        for matches, least, most in _items(alternative[at_start : len(alternative) - at_end]):
            for position in range(max(least, 1) if most is None else most):
                bit = 1 << len(self._characters)
                self._characters.append(matches)
                self._optional |= bit if position >= least else 0
                self._repeats |= bit if most is None and position >= least - 1 else 0
            if len(self._characters) > _MOST_POSITIONS:
                raise PatternError("a regular expression is too large")
        end = 1 << len(self._characters)
        self._characters.append(None)
        self._ends_at_end |= end if at_end else 0
        self._ends |= 0 if at_end else end

    def search(self, text: str) -> bool:
        ready = self._skipping(self._starts | self._anchored)
        again = self._skipping(self._starts)
        for character in text:
            if ready & self._ends:
                return True
            hit = ready & self._mask(character)
            ready = self._skipping((hit << 1) | (hit & self._repeats)) | again
        return bool(ready & (self._ends | self._ends_at_end))

    def _skipping(self, ready: int) -> int:
        """With the positions that come after optional ones: the addition carries through each run of optional positions."""
        return ready | (((ready & self._optional) + self._optional) ^ self._optional)

    def _mask(self, character: str) -> int:
        """The positions that this character fits."""
        known = self._masks.get(character)
        if known is None:
            fitting = (1 << at for at, fits in enumerate(self._characters) if fits and fits(character))
            known = self._masks[character] = sum(fitting)
        return known


def _alternatives(expression: str) -> Iterator[str]:
    """Split at each `|` that is neither escaped nor a member of a class."""
    start, in_class, at = 0, False, 0
    while at < len(expression):
        character = expression[at]
        if character == "\\":
            at += 1
        elif character == "[":
            in_class = True
        elif character == "]":
            in_class = False
        elif character == "|" and not in_class:
            yield expression[start:at]
            start = at + 1
        at += 1
    yield expression[start:]


def _items(row: str) -> Iterator[tuple[Matches, int, int | None]]:
    """What a row is made of: which characters, how often at least, and at most (None: any number)."""
    at = 0
    while at < len(row):
        item = _ITEM.match(row, at)
        if not item:
            raise PatternError("a regular expression has a misplaced operator")
        at = item.end()
        least, most = _times(item["repeat"] or "{1}")
        if item["members"]:
            yield _class(item["members"], bool(item["inverse"])), least, most
        elif item["character"] == ".":
            yield (lambda _: True), least, most
        else:
            yield _one(item["escape"] or item["character"]), least, most


def _times(repeat: str) -> tuple[int, int | None]:
    known: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
    if repeat in known:
        return known[repeat]
    low, comma, high = repeat[1:-1].partition(",")
    if not low and not high:
        raise PatternError("a repetition in a regular expression needs a number")
    least = int(low or 0)
    most = int(high) if high else (None if comma else least)
    if max(least, most or 0) > _MOST_REPEATS or (most is not None and most < least):
        raise PatternError(f"a repetition in a regular expression runs from a lower to a higher number, at most {_MOST_REPEATS}")
    return least, most


def _class(members: str, inverse: bool) -> Matches:
    parts = [_member(part) for part in _MEMBER.finditer(members)]
    return lambda character: any(fits(character) for fits in parts) is not inverse


def _member(part: re.Match[str]) -> Matches:
    if part["high"] is None:
        return _one(part["low"])
    low, high = _literal(part["low"]), _literal(part["high"])
    if low is None or high is None or low > high:
        raise PatternError("a character class of a regular expression has a range whose end is before its start")
    return lambda character: low <= character <= high


def _one(text: str) -> Matches:
    """A character, an escaped one, or one of \\d \\D \\s \\S \\w \\W."""
    literal = _literal(text)
    if literal is not None:
        return lambda character: character == literal
    members, inverse = _CLASSES[text[1].lower()], text[1].isupper()
    return lambda character: (character in members) is not inverse


def _literal(text: str) -> str | None:
    """The character that is meant; None for one of the classes."""
    if not text.startswith("\\"):
        return text
    if text[1:2] == "x" and len(text) == 4:
        return chr(int(text[2:], 16))
    if text[1:].lower() in _CLASSES:
        return None
    if text[1:] and text[1:] in _OPERATORS + _SYMBOLS:
        return text[1:]
    raise PatternError("a regular expression escapes a character that needs no escape or that CloudWatch does not support")
