"""yamlencode and yamldecode: https://developer.hashicorp.com/terraform/language/functions/yamlencode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from planproof.functions.values import (
    MAX_ITEMS,
    FunctionError,
    Json,
    NotComputable,
    bounded,
    elements,
    is_number,
    kind,
    measured,
    normal,
    number_text,
    parse_number,
    text,
    too_deep,
)

_WIDTH = 80
_LONGEST_KEY = 128
_LONGEST_SOURCE = 100_000
_BREAKS = "\n\r\x85\u2028\u2029"
_SHORT = {
    "\0": "0",
    "\a": "a",
    "\b": "b",
    "\t": "t",
    "\n": "n",
    "\v": "v",
    "\f": "f",
    "\r": "r",
    "\x1b": "e",
    '"': '"',
    "\\": "\\",
    "\x85": "N",
    "\u2028": "L",
    "\u2029": "P",
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
}
_INFINITE = {sign + word for sign in ("", "+", "-") for word in (".inf", ".Inf", ".INF")}


# --- writing ---


def yamlencode(value: Json) -> Json:
    measured(value)
    first, *others = _lines(value, 0, 0, 0)
    if isinstance(value, str):
        others = _shifted(others, "  ")
    elif not isinstance(value, (list, dict)):
        others = ["..."]
    found = "\n".join([first, *others, ""])
    bounded(len(found))
    return found


def _lines(value: Json, indent: int, column: int, depth: int) -> list[str]:
    """The lines of a value in a block at `indent`, whose first line begins at `column`; those after it without the indent."""
    too_deep(depth)
    if isinstance(value, dict) and value:
        return _mapping(value, max(column, 0), depth)
    if isinstance(value, list) and value:
        return _sequence(elements(value), max(column, 0), depth)
    if isinstance(value, str):
        return _string(value, indent + 2, column)
    if isinstance(value, (dict, list)):
        return ["{}" if isinstance(value, dict) else "[]"]
    return [number_text(value) if is_number(value) else {None: "null", True: "true", False: "false"}[value]]


def _mapping(value: dict[str, Json], indent: int, depth: int) -> list[str]:
    found: list[str] = []
    for name in sorted(value):
        if len(name.encode()) > _LONGEST_KEY or any(character in _BREAKS for character in name):
            raise NotComputable("a name is too long to be written before a colon, or has more than one line")
        start, element = _quoted(name) + ":", value[name]
        if isinstance(element, (dict, list)) and element:
            inner = indent if isinstance(element, list) else indent + 2
            shift = "" if isinstance(element, list) else "  "
            found += [start, *_shifted(_lines(element, indent, inner, depth + 1), shift)]
        else:
            first, *others = _lines(element, indent, indent + len(start) + 1, depth + 1)
            found += [f"{start} {first}", *_shifted(others, "  ")]
    return found


def _sequence(value: list[Json], indent: int, depth: int) -> list[str]:
    found: list[str] = []
    for element in value:
        first, *others = _lines(element, indent, indent + 2, depth + 1)
        found += ["- " + first, *_shifted(others, "  ")]
    return found


def _shifted(lines: list[str], by: str) -> list[str]:
    return [by + line if line else line for line in lines]


def _string(value: str, indent: int, column: int) -> list[str]:
    if "\n" in value and _may_be_literal(value):
        return _literal(value)
    return _wrapped(value, indent, column)


def _may_be_literal(value: str) -> bool:
    if any(character in "\x85\u2028\u2029" for character in value):
        raise NotComputable("a string has line breaks of several kinds")
    return all(map(_printable, value)) and " \n" not in value and not value.endswith(" ")


def _literal(value: str) -> list[str]:
    hint = "2" if value[0] in " \n" else ""
    chomp = "-" if value[-1] != "\n" else "+" if value == "\n" or value.endswith("\n\n") else ""
    if chomp == "+":
        raise NotComputable("a string ends in several line breaks")
    return ["|" + hint + chomp, *value.removesuffix("\n").split("\n")]


def _printable(character: str) -> bool:
    return (
        character == "\n"
        or " " <= character <= "~"
        or ("\xa0" <= character <= "\uffff" and character not in "\ufeff\ufffe\uffff")
    )


def _quoted(value: str) -> str:
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(character: str) -> str:
    if _printable(character) and character not in '"\\' and character not in _BREAKS:
        return character
    code = ord(character)
    long = f"x{code:02X}" if code <= 0xFF else f"u{code:04X}" if code <= 0xFFFF else f"U{code:08X}"
    return "\\" + _SHORT.get(character, long)


def _wrapped(value: str, indent: int, column: int) -> list[str]:
    """In quotes, and broken at the first space after the line's width."""
    lines, current = [], '"'
    width, spaces = column + 1, False
    for at, character in enumerate(value):
        if character == " " and not spaces and width > _WIDTH and 0 < at < len(value) - 1:
            lines.append(current)
            current = "\\" if value[at + 1] == " " else ""
            width, spaces = indent + len(current), True
            continue
        written = _escaped(character)
        current, width, spaces = current + written, width + len(written), character == " "
    return [*lines, current + '"']


# --- reading ---


def yamldecode(string: Json) -> Json:
    source = text(string)
    bounded(len(source), _LONGEST_SOURCE)
    return _Reader(source).document()


class _Reader:
    """Turns the events of YAML into a value, as Terraform does. What Terraform may read in another way is NotComputable."""

    def __init__(self, source: str) -> None:
        import yaml

        self._yaml, self._count = yaml, 0
        self._events: Iterator[Any] = yaml.parse(source, Loader=yaml.SafeLoader)
        self._anchors: dict[str, tuple[Json, int]] = {}

    def document(self) -> Json:
        try:
            self._next(), self._next()
            found = self._value(self._next(), 0)
            self._next()
            if self._next().__class__.__name__ != "StreamEndEvent":
                raise FunctionError("the text is more than one document of YAML")
        except (self._yaml.YAMLError, StopIteration, RecursionError, ValueError) as error:
            if isinstance(error, FunctionError):
                raise
            raise NotComputable("the text is not YAML that planproof reads") from None
        return found

    def _next(self) -> Any:
        return next(self._events)

    def _value(self, event: Any, depth: int) -> Json:
        too_deep(depth)
        self._count += 1
        bounded(self._count, MAX_ITEMS)
        before, of = self._count, event.__class__.__name__
        if of == "AliasEvent":
            return self._alias(event.anchor)
        if of not in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent") or event.tag is not None:
            raise NotComputable("the text has tags, or is no document of YAML")
        if of == "ScalarEvent":
            found = self._scalar(event)
        else:
            found = self._sequence(depth) if of == "SequenceStartEvent" else self._mapping(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (found, self._count - before + 1)
        return found

    def _alias(self, anchor: str) -> Json:
        if anchor not in self._anchors:
            raise NotComputable("the text refers to what it does not define")
        found, size = self._anchors[anchor]
        self._count += size
        bounded(self._count, MAX_ITEMS)
        return found

    def _sequence(self, depth: int) -> list[Json]:
        found = []
        while (event := self._next()).__class__.__name__ != "SequenceEndEvent":
            found.append(self._value(event, depth + 1))
        return found

    def _mapping(self, depth: int) -> dict[str, Json]:
        found: dict[str, Json] = {}
        while (event := self._next()).__class__.__name__ != "MappingEndEvent":
            name = self._name(event)
            if name in found:
                raise NotComputable("the text has a name twice")
            found[name] = self._value(self._next(), depth + 1)
        return found

    def _name(self, event: Any) -> str:
        if event.__class__.__name__ != "ScalarEvent" or event.tag is not None or event.anchor is not None:
            raise NotComputable("the text has a name that is no plain text")
        if event.style is None and event.value == "<<":
            raise NotComputable("the text merges mappings")
        found = self._scalar(event)
        if found is None:
            raise FunctionError("a name is null")
        return found if isinstance(found, str) else number_text(found) if is_number(found) else str(found).lower()

    def _scalar(self, event: Any) -> Json:
        if event.style in ("'", '"'):
            return normal(event.value)
        found = _plain(event.value)
        if event.style in ("|", ">") and kind(found) != "string":
            raise NotComputable("a block of the text looks like no text")
        return found


def _plain(source: str) -> Json:
    """What a word without quotes means."""
    if source in _WORDS:
        return _WORDS[source]
    if source in _INFINITE or _DATE.match(source):
        raise NotComputable("the text has a time, or a number that is not finite")
    if source in (".nan", ".NaN", ".NAN"):
        raise FunctionError("the text has what is no number")
    if _INTEGER.fullmatch(source) and source[:2] in ("0o", "0x"):
        return _digits(source)
    if _INTEGER.fullmatch(source) or _FLOAT.fullmatch(source):
        return parse_number(source)
    if source.startswith((".", "+", "-")) and any(digit in source for digit in "0123456789") and _ODD_NUMBER.fullmatch(source):
        raise NotComputable("a number is written in a way that is not read here")
    return normal(source)


_ODD_NUMBER = re.compile(r"[-+.0-9eEpP_]+")


def _digits(source: str) -> Json:
    """The number of octal or hexadecimal digits, which has to fit into 64 bits."""
    found = int(source, 0)
    if found >= 2**64:
        raise FunctionError("a number is too large")
    return found
