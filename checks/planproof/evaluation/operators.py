"""Operators and comparison, on values of which some parts may not be known."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from planproof.evaluation.origin import Through, by
from planproof.evaluation.result import (
    Encoded,
    EvaluationError,
    OpenObject,
    Reference,
    Result,
    Text,
    Undetermined,
    through_function,
    undetermined,
)

_ARITHMETIC: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "%": lambda a, b: a - b * int(a / b),  # the sign of the left side, as Terraform has it
}
_ORDER: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_LARGEST = 10**40  # beyond it, Terraform's numbers are rounded


def unary(operator: str, operand: Result) -> Result:
    """`!a` or `-a`."""
    origins = by(operand.origins, Through.FUNCTION)
    if not operand.is_determined:
        return undetermined(origins)
    return Result(not truth(operand.raw) if operator == "!" else as_number(-number(operand.raw)), origins)


def binary(operator: str, left: Result, right: Result) -> Result:
    """Any operator but `&&` and `||`, which `logic` works out."""
    origins = through_function((left, right))
    if operator in ("==", "!="):
        same = equal(left, right)
        if same and isinstance(left.raw, (list, dict)):
            same = None  # a list is not equal to a tuple, nor a map to an object; which of them it is, its value does not tell
        return undetermined(origins) if same is None else Result(same is (operator == "=="), origins)
    if not left.is_determined or not right.is_determined:
        return undetermined(origins)
    if isinstance(left.raw, Text) or isinstance(right.raw, Text):
        return undetermined(origins)
    first, second = number(left.raw), number(right.raw)
    if operator in _ORDER:
        return Result(_ORDER[operator](first, second), origins)
    try:
        return Result(as_number(_ARITHMETIC[operator](first, second)), origins)
    except ZeroDivisionError:
        raise EvaluationError("division by zero") from None
    except OverflowError:
        return undetermined(origins)


def logic(operator: str, left: Result, right: Callable[[], Result]) -> Result:
    """`&&` and `||`: a side that decides alone decides, whether or not the other is known."""
    decisive = operator == "||"
    if left.is_determined and truth(left.raw) is decisive:
        return Result(decisive, by(left.origins, Through.FUNCTION))
    other = right()
    if other.is_determined and truth(other.raw) is decisive:
        return Result(decisive, through_function((left, other)) if left.is_determined else by(other.origins, Through.FUNCTION))
    if left.is_determined and other.is_determined:
        return Result(not decisive, through_function((left, other)))
    return undetermined(through_function((left, other)))


def truth(raw: Any) -> bool:
    """A condition's value. Raises EvaluationError."""
    if isinstance(raw, bool):
        return raw
    if raw in ("true", "false"):
        return bool(raw == "true")
    raise EvaluationError("the value is not a boolean")


def number(raw: Any) -> Fraction:
    """A number, also one that is written as a text. Raises EvaluationError."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise EvaluationError("the value is not a number")
    try:
        text = str(raw)
        if len(text) > 100 or not -400 <= int(text.lower().partition("e")[2] or 0) <= 400:
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise EvaluationError("the value is not a number") from None


def as_number(value: Fraction) -> int | float:
    """As the results hold numbers: whole ones as int."""
    if abs(value) > _LARGEST:
        raise OverflowError
    return int(value) if value.denominator == 1 else float(value)


def equal(left: Result, right: Result) -> bool | None:
    """Whether two values are equal, of one type and in every part; None if that is not known."""
    one, other = left.raw, right.raw
    if isinstance(one, Reference) or isinstance(other, Reference):
        return False if one is None or other is None else None
    if isinstance(one, (Undetermined, OpenObject)) or isinstance(other, (Undetermined, OpenObject)):
        return None
    if isinstance(one, Text) or isinstance(other, Text):
        return _perhaps_equal(one, other)
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return False
        return _all(equal(_as_result(one[key]), _as_result(other[key])) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return False
        return _all(equal(_as_result(a), _as_result(b)) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other
    if isinstance(one, Encoded) or isinstance(other, Encoded):
        return False if one is None or other is None else None
    return type(one) is type(other) and bool(one == other)


def _as_result(value: Any) -> Result:
    return value if isinstance(value, Result) else Result(value)


def _all(answers: Any) -> bool | None:
    found = set(answers)
    return False if False in found else None if None in found else True


def _perhaps_equal(one: Any, other: Any) -> bool | None:
    """Of texts that are known in part: False if what is known of them differs."""
    if not isinstance(one, (str, Text)) or not isinstance(other, (str, Text)):
        return False
    if _least(one) > _most(other) or _least(other) > _most(one):
        return False
    for end in (0, -1):
        a, b = _end(one, end), _end(other, end)
        shorter = min(len(a), len(b))
        if a[:shorter] != b[:shorter]:
            return False
    return None


def _least(raw: str | Text) -> int:
    """The characters that it has for sure."""
    return sum(len(part) for part in ([raw] if isinstance(raw, str) else raw.parts) if isinstance(part, str))


def _most(raw: str | Text) -> float:
    return len(raw) if isinstance(raw, str) else math.inf


def _end(raw: str | Text, end: int) -> str:
    """What is known at the beginning, or at the end, from there on."""
    part = raw if isinstance(raw, str) else raw.parts[end]
    if not isinstance(part, str):
        return ""
    return part if end == 0 else part[::-1]
