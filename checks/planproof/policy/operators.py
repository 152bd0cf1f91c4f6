"""The operators of a predicate: what a policy demands of a value, as data."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from planproof.errors import PatternError, PolicyError
from planproof.text.pattern import compiled

Predicate = Mapping[str, Any]


def unusable(predicate: Predicate, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """What keeps a predicate of a policy from saying anything, each with the key path where it stands."""
    where = ".".join(map(str, path))
    inner = [(key, predicate[key]) for key in ("when", "otherwise") if predicate.get(key)]
    for key, part in [*inner, *(("any", part) for part in predicate.get("any") or () if part)]:
        yield from unusable(part, (*path, key))
    if predicate.get("any") or predicate.get("backed_up"):
        return
    if not predicate.get("path"):
        yield path, f"{where} needs a path"
    if not any(predicate.get(name) is not None for name in _OPERATORS):
        yield path, f"{where} needs an operator: {', '.join(_OPERATORS)}"


def _same(found: Any, wanted: Any) -> bool:
    """Equality as HCL has it: `true` and `"true"`, `7` and `"7"` are the same, `1` and `true` are not."""
    if isinstance(found, (list, dict)) or isinstance(wanted, (list, dict)):
        return bool(found == wanted)
    numbers = _number(found), _number(wanted)
    return numbers[0] == numbers[1] if None not in numbers else _plain(found) == _plain(wanted)


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) or value in ("true", "false") else value


def _number(value: Any) -> float | None:
    """A number, or a text of one, as old provider versions write some; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _compared(found: Any, wanted: Any, compare: Callable[[float, float], bool]) -> bool:
    number = _number(found)
    return number is not None and compare(number, wanted)


def _matches(found: Any, wanted: str) -> bool:
    try:
        return isinstance(found, str) and compiled(wanted).fits(found)
    except PatternError as error:
        raise PolicyError(f"matches must be a pattern, but {as_json(wanted)} {error}") from None


# Operator: what it says of a value, and how a message names it.
_OPERATORS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "equals": (_same, "be {}"),
    "not_equals": (lambda found, wanted: not _same(found, wanted), "not be {}"),
    "in": (lambda found, wanted: any(_same(found, one) for one in wanted), "be {}"),
    "not_in": (lambda found, wanted: not any(_same(found, one) for one in wanted), "not be {}"),
    "at_least": (lambda found, wanted: _compared(found, wanted, lambda a, b: a >= b), "be at least {}"),
    "at_most": (lambda found, wanted: _compared(found, wanted, lambda a, b: a <= b), "be at most {}"),
    "matches": (_matches, "match {}"),
    "contains": (lambda found, wanted: isinstance(found, list) and any(_same(one, wanted) for one in found), "contain {}"),
    "set": (lambda found, wanted: (found is not None) is wanted, "be set"),
}


def operators_of(predicate: Predicate) -> list[str]:
    """Those that the predicate holds; one that a policy set to null is switched off."""
    found = [name for name in _OPERATORS if predicate.get(name) is not None]
    if not found:
        raise PolicyError(f"a predicate needs an operator ({', '.join(_OPERATORS)}): {as_json(predicate)}")
    return found


def satisfies(found: Any, predicate: Predicate) -> bool:
    return all(_OPERATORS[name][0](found, predicate[name]) for name in operators_of(predicate))


def satisfies_unset(predicate: Predicate) -> bool:
    """Whether the predicate holds where nobody set the attribute: by its default, else for `set: false` alone."""
    default = predicate.get("default")
    return satisfies(default, predicate) if default is not None else operators_of(predicate) == ["set"] and not predicate["set"]


def demand(predicate: Predicate) -> str:
    parts = []
    for name in operators_of(predicate):
        wanted = predicate[name]
        text = "not be set" if name == "set" and not wanted else _OPERATORS[name][1]
        parts.append(text.format(" or ".join(map(as_json, wanted)) if isinstance(wanted, list) else as_json(wanted)))
    return " and ".join(parts)


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
