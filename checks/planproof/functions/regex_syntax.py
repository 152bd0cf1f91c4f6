"""The regular expressions of Terraform, which are RE2's as Go reads them: https://github.com/google/re2/wiki/Syntax.

What Go refuses (lookaround, backreferences, possessive repetitions) is a FunctionError; what it reads by tables that are not here
(scripts of Unicode, other letters' cases) is NotComputable. The pattern becomes a program for `regex_run`.
"""

from __future__ import annotations

from typing import NamedTuple

from planproof.functions.regex_chars import CATEGORIES, GROUPS, LAST, Chars, Ranges, both_cases, complement
from planproof.functions.values import FunctionError, NotComputable, bounded, too_deep

MAX_PATTERN = 2_000
MAX_PROGRAM = 5_000
_MAX_REPEAT = 1_000
_CONTROL = {"a": 7, "f": 12, "t": 9, "n": 10, "r": 13, "v": 11}


class Node(NamedTuple):
    """A part of a pattern. `of` is chars, assert, empty, join, choice, group or repeat."""

    of: str
    parts: tuple[Node, ...] = ()
    chars: Chars = Chars()
    name: str = ""
    least: int = 0
    most: int | None = None
    lazy: bool = False


class Pattern(NamedTuple):
    """The tree of a pattern, and the name of each group, empty where it has none."""

    tree: Node
    names: tuple[str, ...]


EMPTY = Node("empty")


def parse(pattern: str) -> Pattern:
    """Raises FunctionError, NotComputable."""
    bounded(len(pattern), MAX_PATTERN)
    return _Parser(pattern).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0
        self._flags = frozenset[str]()
        self._names: list[str] = []

    def parse(self) -> Pattern:
        tree = self._choice()
        if self._at < len(self._text):
            raise FunctionError("a pattern has a ) without its (")
        return Pattern(tree, tuple(self._names))

    def _choice(self) -> Node:
        self._depth += 1
        too_deep(self._depth)
        branches = [self._branch()]
        while self._take("|"):
            branches.append(self._branch())
        self._depth -= 1
        return branches[0] if len(branches) == 1 else Node("choice", tuple(branches))

    def _branch(self) -> Node:
        parts: list[Node] = []
        repeatable = False
        while self._at < len(self._text) and self._peek() not in "|)":
            counts = self._counts()
            if counts:
                if not repeatable:
                    raise FunctionError("a pattern has a repetition of nothing, or of a repetition")
                parts[-1], repeatable = self._repeated(parts[-1], *counts), False
                continue
            before = self._at
            part = self._part()
            if part is None:
                if self._counts_follow():
                    raise NotComputable("a pattern repeats what stands before its flags")
                continue
            parts += part
            repeatable = bool(part) and self._at > before
        return parts[0] if len(parts) == 1 else Node("join", tuple(parts))

    def _counts_follow(self) -> bool:
        at = self._at
        found = self._counts() is not None
        self._at = at
        return found

    def _counts(self) -> tuple[int, int | None] | None:
        """How often a part is to be there: what * + ? and {3,5} say; None where none of them comes next."""
        known: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self._peek() in known:
            self._at += 1
            return known[self._text[self._at - 1]]
        if self._peek() != "{":
            return None
        end = self._text.find("}", self._at)
        least, comma, most = self._text[self._at + 1 : max(end, 0)].partition(",")
        if not _is_count(least) or (most and not _is_count(most)):
            return None
        self._at = end + 1
        low, high = int(least[:5]), int(most[:5]) if most else (None if comma else int(least[:5]))
        if low > _MAX_REPEAT or (high is not None and not low <= high <= _MAX_REPEAT):
            raise FunctionError("a pattern has a repetition of an invalid count")
        return low, high

    def _repeated(self, part: Node, least: int, most: int | None) -> Node:
        lazy = self._take("?") is not ("U" in self._flags)
        found = Node("repeat", (part,), least=least, most=most, lazy=lazy)
        if (least >= 2 or (most or 0) >= 2) and not _repeatable(found, _MAX_REPEAT):
            raise FunctionError("a pattern has a repetition of an invalid count")
        return found

    def _part(self) -> list[Node] | None:
        """What comes next; None where that was flags."""
        character = self._peek()
        if character == "(":
            return self._group()
        self._at += 1
        if character == "[":
            return [Node("chars", chars=self._class())]
        if character == ".":
            return [Node("chars", chars=Chars(() if "s" in self._flags else ((10, 10),), negated=True))]
        if character in "^$":
            places = ("line start", "line end") if "m" in self._flags else ("start", "end")
            return [Node("assert", name=places["^$".index(character)])]
        if character != "\\":
            return [self._literal(ord(character))]
        return self._escape()

    def _escape(self) -> list[Node]:
        character = self._peek()
        places = {"A": "start", "z": "end", "b": "word edge", "B": "no word edge"}
        if character in places and character:
            self._at += 1
            return [Node("assert", name=places[character])]
        if character == "Q":
            literal, _, rest = self._text[self._at + 1 :].partition("\\E")
            self._at = len(self._text) - len(rest)
            return [self._literal(ord(c)) for c in literal]
        group = self._escaped_group()
        return [Node("chars", chars=group)] if group else [self._literal(self._escaped_character())]

    def _group(self) -> list[Node] | None:
        self._at += 1
        flags = self._flags
        name: str | None = ""
        if self._take("?"):
            name = self._name() if self._text.startswith(("P<", "<"), self._at) else None
            if name is None and self._set_flags():
                return None
        if name is not None:
            self._names.append(name)
        number = len(self._names)
        inner = self._choice()
        if not self._take(")"):
            raise FunctionError("a pattern has a ( without its )")
        self._flags = flags
        return [inner if name is None else Node("group", (inner,), least=number)]

    def _name(self) -> str:
        start, end = self._text.index("<", self._at) + 1, self._text.find(">", self._at)
        name = self._text[start : max(end, start)]
        if not name.isascii() or not name.replace("_", "a").isalnum():
            raise FunctionError("a pattern has a group with an invalid name")
        self._at = end + 1
        return name

    def _set_flags(self) -> bool:
        """Reads flags as in `(?i)` and `(?i:`; whether they stand alone."""
        on = True
        flags, given = set(self._flags), False
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if character in "imsU":
                given = True
                (flags.add if on else flags.discard)(character)
            elif character == "-" and on:
                on = given = False
            elif character in ":)" and (on or given):
                self._flags = frozenset(flags)
                return character == ")"
            else:
                break
        raise FunctionError("a pattern has an invalid group that begins with (?")

    def _class(self) -> Chars:
        negated, first = self._take("^"), True
        members: list[Chars] = []
        while first or self._peek() != "]":
            if self._at >= len(self._text):
                raise FunctionError("a pattern has a [ without its ]")
            first = False
            members.append(self._named_class() or self._escaped_member() or self._range())
        self._at += 1
        ranges = tuple(pair for member in members for pair in member.ranges)
        return Chars(ranges, tuple(pair for member in members for pair in member.categories), negated)

    def _named_class(self) -> Chars | None:
        end = self._text.find(":]", self._at + 2)
        if not self._text.startswith("[:", self._at) or end < 0:
            return None
        name = self._text[self._at + 2 : end]
        if name.removeprefix("^") not in GROUPS or len(name.removeprefix("^")) == 1:
            raise FunctionError("a pattern has an invalid character class")
        self._at = end + 2
        return self._of_group(name.removeprefix("^"), name.startswith("^"))

    def _escaped_member(self) -> Chars | None:
        if self._peek() != "\\":
            return None
        self._at += 1
        group = self._escaped_group()
        if group is None:
            self._at -= 1
        return group

    def _range(self) -> Chars:
        low = high = self._member()
        if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] not in ("]", ""):
            self._at += 1
            high = self._member()
        if high < low:
            raise FunctionError("a pattern has a range whose end is before its start")
        return Chars(self._folded(((low, high),)))

    def _member(self) -> int:
        if self._at >= len(self._text):
            raise FunctionError("a pattern has a [ without its ]")
        self._at += 1
        character = self._text[self._at - 1]
        return self._escaped_character() if character == "\\" else ord(character)

    def _escaped_group(self) -> Chars | None:
        """A class after a backslash; None where it is a character."""
        character = self._peek()
        if character and character in "dswDSW":
            self._at += 1
            return self._of_group(character.lower(), character.isupper())
        return self._category() if character in ("p", "P") else None

    def _category(self) -> Chars:
        wanted = self._peek() == "p"
        self._at += 1
        name, self._at = self._peek(), self._at + 1
        if name == "{":
            end = self._text.find("}", self._at)
            name, self._at = self._text[self._at : max(end, 0)], end + 1
        if name.startswith("^"):
            name, wanted = name[1:], not wanted
        if not CATEGORIES.fullmatch(name) or "i" in self._flags:
            raise NotComputable("a pattern has a class of Unicode that is not known here")
        return Chars(categories=((name, wanted),))

    def _escaped_character(self) -> int:
        character = self._peek()
        self._at += 1
        if character in _CONTROL:
            return _CONTROL[character]
        if character == "x":
            return self._hexadecimal()
        if character == "0" or (character and character in "1234567" and self._peek() and self._peek() in "01234567"):
            digits = character
            while len(digits) < 3 and self._peek() and self._peek() in "01234567":
                digits, self._at = digits + self._peek(), self._at + 1
            return int(digits, 8)
        if not character or not character.isascii() or character.isalnum():
            raise FunctionError("a pattern has an invalid escape")
        return ord(character)

    def _hexadecimal(self) -> int:
        if self._take("{"):
            digits, brace, _ = self._text[self._at :].partition("}")
            self._at += len(digits) + 1
        else:
            digits, brace = self._text[self._at : self._at + 2], "}"
            self._at += 2
            digits = digits if len(digits) == 2 else ""
        valid = brace and digits and all(digit in "0123456789abcdefABCDEF" for digit in digits)
        if not valid or int(digits[-8:], 16) > LAST or len(digits.lstrip("0")) > 6:
            raise FunctionError("a pattern has an invalid escape")
        return int(digits, 16)

    def _of_group(self, name: str, negated: bool) -> Chars:
        ranges = self._folded(GROUPS[name])
        return Chars(complement(ranges) if negated else ranges)

    def _literal(self, code: int) -> Node:
        return Node("chars", chars=Chars(self._folded(((code, code),))))

    def _folded(self, ranges: Ranges) -> Ranges:
        return both_cases(ranges) if "i" in self._flags else ranges

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        taken = self._peek() == character
        self._at += taken
        return taken


def _is_count(digits: str) -> bool:
    return digits.isascii() and digits.isdecimal() and (digits == "0" or not digits.startswith("0"))


def _repeatable(node: Node, most: int) -> bool:
    """Whether counts within counts come to no more than Go allows."""
    if node.of == "repeat" and (node.most is None or node.most > 1 or node.least > 1) and (node.least, node.most) not in _SIGNS:
        count = node.least if node.most is None else node.most
        if count > most:
            return False
        most = most // count if count else most
    return all(_repeatable(part, most) for part in node.parts)


_SIGNS = ((0, None), (1, None), (0, 1))
