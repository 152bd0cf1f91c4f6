"""The comparisons of EventBridge's event patterns: a test for each value that a field may have."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from planproof.errors import PatternError
from planproof.text.wildcards import fits

Json = Any
Test = Callable[[Json], bool]
_LARGEST_NUMBER = 5e9


def comparison(value: Json) -> Test:
    """One of a field's values: itself, or a comparison in an object."""
    if isinstance(value, Mapping):
        name, operand = _only(value, "a comparison of an event pattern")
        if name not in _OPERATORS:
            raise PatternError(
                "an event pattern contains a comparison that EventBridge does not support; it supports " + ", ".join(_OPERATORS)
            )
        return _OPERATORS[name](operand)
    if isinstance(value, list):
        raise PatternError("a field of an event pattern contains a list within a list")
    # Of one type too: true is not 1, "1" is not 1, and 1.0 is not 1.
    return lambda leaf: type(leaf) is type(value) and bool(leaf == value)


def _only(value: Mapping[str, Json], what: str) -> tuple[str, Json]:
    if len(value) != 1:
        raise PatternError(f"{what} must be an object with one key")
    return next(iter(value.items()))


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _prefix(operand: Json) -> Test:
    return _string_test("prefix", operand, lambda text, wanted: text.startswith(wanted))


def _suffix(operand: Json) -> Test:
    return _string_test("suffix", operand, lambda text, wanted: text.endswith(wanted))


def _ignore_case(operand: Json) -> Test:
    return _string_test("equals-ignore-case", {"equals-ignore-case": operand}, lambda text, wanted: text == wanted)


def _string_test(name: str, operand: Json, holds: Callable[[str, str], bool]) -> Test:
    """A test of strings; where the operand is {"equals-ignore-case": text}, without regard to case."""
    lower = False
    if isinstance(operand, Mapping):
        key, operand = _only(operand, f"the {name} of an event pattern")
        lower = key == "equals-ignore-case"
        if not lower:
            raise PatternError(f"the {name} of an event pattern must be a string or equals-ignore-case")
    wanted = _string(name, operand)
    wanted = wanted.lower() if lower else wanted
    return lambda leaf: isinstance(leaf, str) and holds(leaf.lower() if lower else leaf, wanted)


def _string(name: str, operand: Json) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"the {name} of an event pattern must be a string")
    return operand


def _wildcard(operand: Json) -> Test:
    segments = _segments(_string("wildcard", operand))
    return lambda leaf: isinstance(leaf, str) and fits(segments, leaf)


def _segments(text: str) -> tuple[str, ...]:
    """What stands between the asterisks; a backslash makes an asterisk or a backslash stand for itself."""
    segments = [""]
    for part in re.findall(r"\\[*\\]|.", text, re.DOTALL):
        if part == "\\":
            raise PatternError("a wildcard of an event pattern can escape only an asterisk or a backslash")
        if part != "*":
            segments[-1] += part[-1]
        elif len(segments) > 1 and not segments[-1]:
            raise PatternError("a wildcard of an event pattern has two asterisks in a row")
        else:
            segments.append("")
    return tuple(segments)


def _anything_but(operand: Json) -> Test:
    """Any value but these: strings or numbers, or what a prefix, suffix, wildcard or equals-ignore-case (or a list of them) fits."""
    if isinstance(operand, Mapping):
        name, operand = _only(operand, "the anything-but of an event pattern")
        if name not in _BUT:
            raise PatternError("the anything-but of an event pattern takes values, " + ", ".join(_BUT))
        unwanted = operand if isinstance(operand, list) else [operand]
        if name in ("prefix", "suffix") and "" in unwanted:
            raise PatternError(f"the {name} of an anything-but is empty")
        tests = [_BUT[name](_string(name, each)) for each in unwanted]
    else:
        unwanted = operand if isinstance(operand, list) else [operand]
        if not (all(isinstance(each, str) for each in unwanted) or all(_is_number(each) for each in unwanted)):
            raise PatternError("the anything-but of an event pattern must contain either strings or numbers")
        tests = [comparison(each) if isinstance(each, str) else _numeric(["=", each]) for each in unwanted]
    if not tests:
        raise PatternError("the anything-but of an event pattern is empty")
    return lambda leaf: not any(test(leaf) for test in tests)


def _numeric(operand: Json) -> Test:
    """One comparison, or two that make a range."""
    pairs = list(zip(operand[::2], operand[1::2], strict=False)) if isinstance(operand, list) else []
    operators = tuple(name if isinstance(name, str) else "" for name, _ in pairs)
    if not pairs or len(operand) % 2 or operators not in _RANGES:
        raise PatternError(
            "the numeric of an event pattern must be an operator (= < <= > >=) and a number, or a range from low to high"
        )
    limits = [limit for _, limit in pairs]
    if not all(_is_number(limit) and abs(limit) <= _LARGEST_NUMBER for limit in limits):
        raise PatternError("the numeric of an event pattern must contain numbers from -5e9 to 5e9")
    if len(limits) == 2 and not limits[0] < limits[1]:
        raise PatternError("the numeric of an event pattern is a range whose end is before its start")
    tests = [(_ORDERS[name], limit) for name, limit in zip(operators, limits, strict=True)]
    return lambda leaf: _is_number(leaf) and all(holds(leaf, limit) for holds, limit in tests)


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_RANGES = {*((name,) for name in _ORDERS), *((low, high) for low in (">", ">=") for high in ("<", "<="))}


def _exists(operand: Json) -> Test:
    if not isinstance(operand, bool):
        raise PatternError("the exists of an event pattern must be true or false")
    return lambda _: operand  # that the field is absent, a test of a leaf cannot see: _Values.absent


def _cidr(operand: Json) -> Test:
    text = _string("cidr", operand)
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        network = None
    if network is None or "/" not in text:
        raise PatternError("the cidr of an event pattern must be a block such as 10.0.0.0/24")
    return lambda leaf: isinstance(leaf, str) and _is_in(leaf, network)


def _is_in(text: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    try:
        return ipaddress.ip_address(text) in network
    except ValueError:
        return False


_OPERATORS: dict[str, Callable[[Json], Test]] = {
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _ignore_case,
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
}
_BUT = {name: _OPERATORS[name] for name in ("prefix", "suffix", "equals-ignore-case", "wildcard")}
RESERVED = {*_OPERATORS, *_ORDERS}
