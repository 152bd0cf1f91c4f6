"""format and formatlist, whose verbs are those of Go's printf: https://developer.hashicorp.com/terraform/language/functions/format."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from planproof.functions.json_text import json_of
from planproof.functions.strings import clusters
from planproof.functions.values import (
    FunctionError,
    Json,
    NotComputable,
    as_bool,
    as_number,
    as_text,
    bounded,
    elements,
    exact,
    is_number,
    number_text,
    text,
)

_VERB = re.compile(
    r"%(?:%|(?P<flags>[0#+ -]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<precision>[0-9]*))?(?:\[(?P<index>[1-9][0-9]*)\])?(?P<mode>[a-zA-Z]))"
)
_MAX_WIDTH = 10_000
_BASES = {"b": 2, "o": 8, "d": 10, "x": 16, "X": 16}


class _Verb(NamedTuple):
    flags: str
    width: int
    precision: int | None
    mode: str


def format_(template: Json, *arguments: Json) -> Json:
    return _formatted(text(template), list(arguments))


def formatlist(template: Json, *arguments: Json) -> Json:
    """One string for each turn: lists give an element each, other arguments stay."""
    pattern = text(template)
    lists = {at: elements(argument) for at, argument in enumerate(arguments) if isinstance(argument, list)}
    if len({len(values) for values in lists.values()}) > 1:
        raise FunctionError("lists are not equally long")
    found, size = [], 0
    for turn in range(len(next(iter(lists.values()))) if lists else 1):
        values = [lists[at][turn] if at in lists else argument for at, argument in enumerate(arguments)]
        found.append(_formatted(pattern, values))
        size += len(pattern) + len(found[-1])
        bounded(size)
    return found


def _formatted(template: str, arguments: list[Json]) -> str:
    found: list[str] = []
    at = size = highest = 0
    following = 1
    while at < len(template):
        end = template.find("%", at)
        literal = template[at : end if end >= 0 else len(template)]
        found.append(literal)
        at += len(literal)
        if end < 0:
            break
        match = _VERB.match(template, at)
        if not match:
            raise FunctionError("a format holds a % that begins no verb")
        at = match.end()
        if not match["mode"]:
            found.append("%")
            continue
        index = _count(match["index"], following)
        highest, following = max(highest, index), index + 1
        if index > len(arguments):
            raise FunctionError("a format needs more arguments than there are")
        precision = None if match["precision"] is None else _count(match["precision"], 0)
        found.append(_value(_Verb(match["flags"], _count(match["width"], 0), precision, match["mode"]), arguments[index - 1]))
        size += len(found[-1])
        bounded(size)
    if highest < len(arguments):
        raise FunctionError("a format needs fewer arguments than there are")
    return "".join(found)


def _count(digits: str | None, otherwise: int) -> int:
    if not digits:
        return otherwise
    if len(digits) > 6 or int(digits) > _MAX_WIDTH:
        raise NotComputable("a width of a format is too large")
    return int(digits)


def _value(verb: _Verb, value: Json) -> str:
    if verb.mode == "v":
        return _padded(verb, _as_is(verb, value))
    if value is None:
        raise FunctionError("a null cannot be formatted")
    if verb.mode == "t":
        return "true" if as_bool(value) else "false"
    if verb.mode in ("s", "q"):
        return _padded(verb, _string(verb, value))
    if verb.mode in _BASES:
        return _integer(verb, _number(value))
    if verb.mode in ("e", "E", "f", "g", "G"):
        return _decimal(verb, _number(value))
    raise FunctionError("a format has an invalid verb")


def _number(value: Json) -> int | float:
    found = as_number(value)
    assert found is not None
    return found


def _string(verb: _Verb, value: Json) -> str:
    found = as_text(value)
    assert found is not None
    if verb.precision:
        found = "".join(clusters(found)[: verb.precision])
    return json_of(found) if verb.mode == "q" else found


def _as_is(verb: _Verb, value: Json) -> str:
    if "#" not in verb.flags and isinstance(value, str):
        return value
    if "#" not in verb.flags and is_number(value):
        return _shortest(value)
    return json_of(value)


def _padded(verb: _Verb, value: str) -> str:
    if not verb.width:
        return value
    missing = (verb.width - len(clusters(value))) * ("0" if "0" in verb.flags else " ")
    return value + missing if "-" in verb.flags else missing + value


def _sign(verb: _Verb, negative: bool) -> str:
    return "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""


def _signed(verb: _Verb, sign: str, digits: str, zeros: bool) -> str:
    """With the sign before the zeros that fill the width."""
    missing = max(0, verb.width - len(sign) - len(digits))
    if "-" in verb.flags:
        return sign + digits + " " * missing
    return sign + "0" * missing + digits if zeros else " " * missing + sign + digits


def _integer(verb: _Verb, value: int | float) -> str:
    if not isinstance(value, int):
        raise FunctionError("a whole number is required")
    exact(value)
    digits = format(abs(value), {"b": "b", "o": "o", "d": "d", "x": "x", "X": "X"}[verb.mode])
    if verb.precision == 0 and not value:
        return ""
    digits = digits.rjust(verb.precision or 0, "0")
    prefix = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb.mode, "") if "#" in verb.flags else ""
    return _signed(verb, _sign(verb, value < 0) + prefix, digits, "0" in verb.flags and verb.precision is None)


def _decimal(verb: _Verb, value: int | float) -> str:
    mode = verb.mode.lower()
    if verb.width and "0" in verb.flags and "-" in verb.flags:
        raise NotComputable("versions of Terraform differ in a format with zeros on the right")
    if mode == "g" and verb.precision is None:
        digits = _shortest(abs(value))
    elif mode == "f":
        digits = _fixed(exact(abs(value)), 6 if verb.precision is None else verb.precision)
    elif mode == "e":
        digits = _scientific(*_rounded(exact(abs(value)), (6 if verb.precision is None else verb.precision) + 1))
    else:
        digits = _general(exact(abs(value)), verb.precision or 1)
    digits = digits.upper() if verb.mode.isupper() else digits
    return _signed(verb, _sign(verb, value < 0), digits, "0" in verb.flags)


def _shortest(value: int | float) -> str:
    """As few digits as tell the number; with an exponent from seven digits before the point, or four zeros after it."""
    _, digits, _ = Decimal(number_text(value)).normalize().as_tuple()
    shown = "".join(map(str, digits))
    point = Decimal(number_text(value)).adjusted() if value else 0
    if not -4 <= point < 6:
        return ("-" if value < 0 else "") + _scientific(shown, point)
    return number_text(value)


def _scientific(digits: str, point: int) -> str:
    sign = "-" if point < 0 else "+"
    return digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{sign}{abs(point):02d}"


def _rounded(value: Fraction, count: int) -> tuple[str, int]:
    """The first digits of a number, halves to even, and the power of ten of the first."""
    if not value:
        return "0" * count, 0
    point = len(str(value.numerator)) - len(str(value.denominator))
    while value >= Fraction(10) ** (point + 1):
        point += 1
    while value < Fraction(10) ** point:
        point -= 1
    digits = str(round(value / Fraction(10) ** (point - count + 1)))
    return (digits[:count], point + 1) if len(digits) > count else (digits, point)


def _fixed(value: Fraction, count: int) -> str:
    digits = str(round(value * 10**count)).rjust(count + 1, "0")
    return digits[: len(digits) - count] + ("." + digits[len(digits) - count :] if count else "")


def _general(value: Fraction, count: int) -> str:
    digits, point = _rounded(value, count)
    digits = digits.rstrip("0") or "0"
    if point < -4 or point >= count:
        return _scientific(digits, point)
    return _fixed(value, max(0, len(digits) - 1 - point)) if point >= 0 else _fixed(value, len(digits) - 1 - point)
