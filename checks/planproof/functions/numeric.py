"""Numeric functions: https://developer.hashicorp.com/terraform/language/functions/abs and the following."""

from __future__ import annotations

import math
from fractions import Fraction

from planproof.functions.values import (
    FunctionError,
    Json,
    NotComputable,
    binary,
    elements,
    exact,
    kind,
    number,
    number_of,
    whole,
)

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_CASED = _ALPHABET + _ALPHABET[10:].upper()
_MAX_DIGITS = 150
_MAX_LOG = 2**40


def abs_(num: Json) -> Json:
    found = number(num)
    return -found if found < 0 else found


def ceil(num: Json) -> Json:
    return math.ceil(exact(number(num)))


def floor(num: Json) -> Json:
    return math.floor(exact(number(num)))


def log(num: Json, base: Json) -> Json:
    """Computed for powers of two; the last digit of others is that of the machine which runs Terraform."""
    value, root = number(num), number(base)
    if root != 2 or not isinstance(value, int) or value < 1 or value > _MAX_LOG or value & (value - 1):
        raise NotComputable("a logarithm is of numbers for which it is not computed here")
    return binary(math.log(value) / math.log(2))


def max_(*numbers: Json) -> Json:
    return max(_some(numbers), key=exact)


def min_(*numbers: Json) -> Json:
    return min(_some(numbers), key=exact)


def _some(numbers: tuple[Json, ...]) -> list[int | float]:
    if not numbers:
        raise FunctionError("at least one number is required")
    return [number(value) for value in numbers]


def parseint(num: Json, base: Json) -> Json:
    if kind(num) == "null" or base is None:
        raise FunctionError("an argument is null")
    root = whole(base)
    if kind(num) != "string":
        raise FunctionError("the first argument must be a string")
    if not 2 <= root <= 62:
        raise FunctionError("the base must be between 2 and 62")
    alphabet = _CASED[:root] if root > 36 else _ALPHABET[:root]
    digits = (num if root > 36 else num.lower())[num.startswith(("+", "-")) :]
    if not digits or not num.isascii() or any(digit not in alphabet for digit in digits):
        raise FunctionError("the text is not a whole number in that base")
    if len(digits.lstrip("0")) > _MAX_DIGITS:
        raise NotComputable("a number is too large")
    found = 0
    for digit in digits:
        found = found * root + alphabet.index(digit)
    return number_of(Fraction(-found if num.startswith("-") else found))


def pow_(num: Json, power: Json) -> Json:
    """Computed for whole numbers; a float of 64 bits, which Terraform takes, holds no others exactly."""
    value, exponent = number(num), number(power)
    if exponent == Fraction(1, 2) and isinstance(value, int) and 0 <= value <= 2**53 and math.isqrt(value) ** 2 == value:
        return math.isqrt(value)
    if not (isinstance(value, int) and isinstance(exponent, int)) or abs(value) > 2**53 or abs(exponent) > 2**53:
        raise NotComputable("a power is of numbers for which it is not computed here")
    if abs(value) < 2:
        return _small_power(value, exponent)
    if abs(exponent) > 53:
        raise NotComputable("a power is too large or too small")
    return binary(float(Fraction(value) ** exponent)) if abs(value) ** abs(exponent) <= 2**53 else _too_large()


def _small_power(value: int, exponent: int) -> int:
    if not value and exponent < 0:
        raise NotComputable("a result is not finite")
    found: int = value ** (exponent if exponent in (0, 1) else 2 + exponent % 2)
    return found


def _too_large() -> Json:
    raise NotComputable("a power is too large or too small")


def signum(num: Json) -> Json:
    found = whole(num)
    return (found > 0) - (found < 0)


def sum_(numbers: Json) -> Json:
    found = elements(numbers)
    if not found:
        raise FunctionError("there is nothing to add up")
    total = Fraction(0)
    for value in found:
        total = exact(number_of(total + exact(number(value))))
    return number_of(total)
