"""Values of Terraform's language as plain ones, and how its functions take them.

    str                  in the form that `normal` gives it
    bool, None           as they are
    int, float           a number: int when it is whole; a float stands for the decimal that its repr shows
    list, SetValue       a list or tuple; a set
    dict                 a map or object

A plain list does not tell a list from a tuple, nor a dict a map from an object. Where Terraform's answer would depend on it, there
is none: NotComputable. Numbers are Terraform's: binary floating point with 512 bits of mantissa.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from planproof.functions.set_value import SetValue

Json = Any

MAX_DEPTH = 50
MAX_TEXT = 2**20
MAX_ITEMS = 10_000
MAX_PARTS = 200_000
_PRECISION = 512
_MAX_EXPONENT = 1_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE]([+-]?[0-9]+))?")
_OTHER_NUMBER = re.compile(r"[+-]?(?:inf|Inf|[0-9.]+[pP][+-]?[0-9]+)")
_SURROGATE = re.compile("[\\ud800-\\udfff]")
_MOST_MARKS = 25
_INT64 = 2**63


class FunctionError(ValueError):
    """Terraform refuses the call; `str()` is one plain sentence, without values."""


class NotComputable(Exception):
    """What Terraform answers cannot be told here; `str()` is one plain sentence, without values."""


# --- kinds ---


def is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def kind(value: Json) -> str:
    """string, number, bool, null, list, set or map."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if is_number(value):
        return "number"
    for type_, name in ((str, "string"), (SetValue, "set"), (list, "list"), (dict, "map")):
        if isinstance(value, type_):
            return name
    raise NotComputable("a value of an unknown kind was given")


# --- arguments ---


def present(value: Json) -> Json:
    if value is None:
        raise FunctionError("an argument is null")
    return value


def text(value: Json) -> str:
    """The argument as a string. Raises FunctionError."""
    found = as_text(present(value))
    assert found is not None
    return found


def number(value: Json) -> int | float:
    """The argument as a number. Raises FunctionError."""
    found = as_number(present(value))
    assert found is not None
    return found


def whole(value: Json) -> int:
    """The argument as a whole number of 64 bits. Raises FunctionError."""
    found = number(value)
    if not isinstance(found, int) or not -_INT64 <= found < _INT64:
        raise FunctionError("an argument must be a whole number")
    return found


def elements(value: Json) -> list[Json]:
    """The elements of a list, tuple or set, in Terraform's order. Raises FunctionError, NotComputable."""
    if not isinstance(present(value), list):
        raise FunctionError("an argument must be a list, a tuple or a set")
    if isinstance(value, SetValue) and len(value) > 1 and any(isinstance(element, (list, dict)) for element in value):
        raise NotComputable("the order of a set of lists or objects is Terraform's own")
    return list(value)


def sequence(value: Json) -> list[Json]:
    """The elements of a list or tuple. Raises FunctionError, for a set as well."""
    if isinstance(value, SetValue):
        raise FunctionError("an argument is a set, whose elements have no indices")
    return elements(value)


def mapping(value: Json) -> dict[str, Json]:
    """The argument as a map or object. Raises FunctionError."""
    if not isinstance(present(value), dict):
        raise FunctionError("an argument must be a map or an object")
    return dict(value)


def texts(value: Json) -> list[str | None]:
    """The argument as a list of strings, nulls among them. Raises FunctionError."""
    return [as_text(element) for element in elements(value)]


# --- conversions; null stays null ---


def as_text(value: Json) -> str | None:
    of = kind(value)
    if of == "null":
        return None
    if of == "string":
        return normal(value)
    if of == "bool":
        return "true" if value else "false"
    if of == "number":
        return number_text(value)
    raise FunctionError("a string is required")


def as_number(value: Json) -> int | float | None:
    of = kind(value)
    if of == "string":
        return parse_number(value)
    if of == "null":
        return None
    if of != "number":
        raise FunctionError("a number is required")
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_bool(value: Json) -> bool | None:
    of = kind(value)
    if of in ("bool", "null"):
        found: bool | None = value
        return found
    if of == "string" and value in ("true", "1", "false", "0"):
        return value in ("true", "1")
    raise FunctionError("a bool is required")


def normal(value: str) -> str:
    """As Terraform keeps every string: whole characters, in Unicode's form NFC."""
    if value.isascii():
        return value
    if any(unicodedata.category(character) == "Cn" for character in value):
        raise NotComputable("a string holds characters that this version of Unicode does not know")
    found = unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", value))
    if len(found) > _MOST_MARKS and _many_marks(unicodedata.normalize("NFKD", found)):
        raise NotComputable("a string holds more marks on one character than Terraform leaves there")
    return found


def _many_marks(value: str) -> bool:
    marks = 0
    for character in value:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > _MOST_MARKS:
            return True
    return False


# --- numbers ---


def parse_number(value: str) -> int | float:
    """The number that a decimal text means. Raises FunctionError, NotComputable."""
    if _OTHER_NUMBER.fullmatch(value):
        raise NotComputable("a number is written in a way that is not read here")
    match = _NUMBER.fullmatch(value)
    if not match:
        raise FunctionError("a number is required")
    if len(value) > _MAX_EXPONENT or len(match[1] or "") > 5 or abs(int(match[1] or 0)) > _MAX_EXPONENT:
        raise NotComputable("a number is too large or too small")
    found = number_of(Fraction(Decimal(value)))
    if not found and value.startswith("-"):
        raise NotComputable("a number is zero with a sign")
    return found


def exact(value: int | float) -> Fraction:
    """The number that Terraform has in mind. Raises NotComputable."""
    if isinstance(value, int):
        if value.bit_length() > _PRECISION:
            raise NotComputable("a number is too large")
        return Fraction(value)
    try:
        return _rounded(Fraction(Decimal(repr(value))))
    except (ValueError, OverflowError):
        raise NotComputable("a number is not finite") from None


def number_of(value: Fraction) -> int | float:
    """The plain number of an exact one. Raises NotComputable where a float would not say it all."""
    found = _rounded(value)
    if found.denominator == 1:
        if found.numerator.bit_length() > _PRECISION:
            raise NotComputable("a number is too large")
        return found.numerator
    try:
        plain = float(found)
    except OverflowError:
        raise NotComputable("a number is too large") from None
    if exact(plain) != found:
        raise NotComputable("a number has more digits than are kept here")
    return plain


def _rounded(value: Fraction) -> Fraction:
    """To 512 bits of mantissa, halves to even."""
    if not value:
        return value
    shift = value.numerator.bit_length() - value.denominator.bit_length() - _PRECISION
    scaled = value / Fraction(2) ** shift
    if abs(scaled) >= 2**_PRECISION:
        shift, scaled = shift + 1, scaled / 2
    return round(scaled) * Fraction(2) ** shift


def number_text(value: int | float) -> str:
    """As Terraform writes a number: all digits, no exponent."""
    exact(value)
    return str(value) if isinstance(value, int) else format(Decimal(repr(value)).normalize(), "f")


def binary(value: float) -> int | float:
    """What Terraform makes of a float of 64 bits. Raises NotComputable where its decimal text hides some of it."""
    try:
        found = Fraction(value)
    except (ValueError, OverflowError):
        raise NotComputable("a result is not finite") from None
    if abs(found) > 2**53 or (found.denominator != 1 and found != exact(value)):
        raise NotComputable("a result has more digits than are kept here")
    return number_of(found)


# --- equality and sets ---


def key(value: Json, depth: int = 0) -> Any:
    """Hashable, and equal for values that are equal: 1 is 1.0, and neither is true or "1"."""
    too_deep(depth)
    if isinstance(value, list):
        parts = (key(element, depth + 1) for element in value)
        return ("set", frozenset(parts)) if isinstance(value, SetValue) else ("list", tuple(parts))
    if isinstance(value, dict):
        return "map", tuple(sorted((name, key(element, depth + 1)) for name, element in value.items()))
    return (kind(value), exact(value)) if is_number(value) else (kind(value), value)


def place(values: list[Json], value: Json) -> int | None:
    """Where the first element equal to the value stands, by Terraform's ==, which tells types apart. Raises NotComputable."""
    measured([values, value])
    wanted = key(value)
    at = next((at for at, element in enumerate(values) if key(element) == wanted), None)
    if at is not None and isinstance(value, (list, dict)):
        raise NotComputable("whether lists or objects are equal depends on their types")
    return at


def set_of(values: Iterable[Json]) -> SetValue:
    """The set of values of one type."""
    distinct = list({key(value): value for value in values}.values())
    known = [value for value in distinct if value is not None]
    if not any(isinstance(value, (list, dict)) for value in known):
        known.sort(key=lambda value: exact(value) if is_number(value) else value)
    return SetValue(known + [None] * (len(distinct) - len(known)))


# --- bounds ---


def too_deep(depth: int) -> None:
    """Raises NotComputable."""
    if depth > MAX_DEPTH:
        raise NotComputable("a value is nested too deeply")


def measured(value: Json) -> None:
    """Raises NotComputable where a value has too many parts, those that stand in several places counted each time."""
    pending, count = [value], 0
    while pending:
        part = pending.pop()
        if isinstance(part, (list, dict)):
            count += len(part)
            bounded(count, MAX_PARTS)
            pending += part.values() if isinstance(part, dict) else part


def bounded(size: int, most: int = MAX_TEXT) -> None:
    """Raises NotComputable where a result would be larger than is made here."""
    if size > most:
        raise NotComputable("a result would be too large")
