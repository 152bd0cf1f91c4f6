"""One attribute of a plan, or one part of it: what is known, unknown and sensitive in it."""

from __future__ import annotations

import enum
import json
import math
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

Json = Any
Key = str | int | None
PathStep = str | int
MISSING: Any = object()
EMPTY: Mapping[str, Any] = {}


class State(enum.Enum):
    """What the plan says of an attribute: four different facts, never to be confused."""

    ABSENT = "absent"  # the provider's schema or the configuration has no such attribute
    NULL = "null"  # there, and null: nobody set it
    UNKNOWN = "unknown"  # known only after apply
    KNOWN = "known"


_ABSENT, _NULL, _UNKNOWN, _KNOWN = State  # an enumeration looks its members up in Python, and there are many values


class Value:
    """One attribute of the plan, or one part of it, with what is unknown and what is sensitive in it.

    `raw` holds the plan's value and is None unless `state` is KNOWN. A part of a value is a `Value` too.
    """

    __slots__ = ("raw", "sensitive_mask", "state", "unknown_mask")

    def __init__(self, raw: Json = MISSING, unknown_mask: Json = None, sensitive_mask: Json = None) -> None:
        if unknown_mask is True:
            self.state, self.raw = _UNKNOWN, None
        elif raw is MISSING:
            self.state, self.raw = _ABSENT, None
        else:
            self.state, self.raw = (_NULL if raw is None else _KNOWN), raw
        self.unknown_mask = unknown_mask
        self.sensitive_mask = sensitive_mask

    def get(self, *path: PathStep) -> Value:
        """The part at `path`: a string steps into an object, an integer into a list.

        A part of an unknown value is unknown, and a part of a sensitive one is sensitive.
        """
        if self.state is _UNKNOWN or not path:
            return self
        raw, unknown, sensitive = self.raw, self.unknown_mask, self.sensitive_mask
        for step in path:
            if raw is not MISSING:
                raw = raw.get(step, MISSING) if type(raw) is dict else part_of(raw, step)
            if unknown:  # an empty mask marks nothing
                unknown = unknown.get(step) if type(unknown) is dict else _mask(unknown, step)
            if sensitive:
                sensitive = sensitive.get(step) if type(sensitive) is dict else _mask(sensitive, step)
        return Value(raw, unknown, sensitive)

    def items(self) -> list[Value]:
        """The elements of a list or set, or the one object of a block that is written as an object; else empty."""
        if isinstance(self.raw, list):
            return [self.get(i) for i in range(len(self.raw))]
        return [self] if isinstance(self.raw, dict) and self.raw else []

    def names(self) -> list[str]:
        """The keys of an object, those with an unknown value among them."""
        known = list(self.raw) if isinstance(self.raw, dict) else []
        masked = self.unknown_mask if isinstance(self.unknown_mask, dict) else EMPTY
        return known + [key for key, mask in masked.items() if key not in known and _any(mask)]

    @property
    def is_known(self) -> bool:
        return self.state is _KNOWN

    @property
    def is_unknown(self) -> bool:
        return self.state is _UNKNOWN

    @property
    def is_unset(self) -> bool:
        """Absent, null, or an empty string, list or object: nobody gave it a value."""
        if self.state is _ABSENT or self.state is _NULL:
            return True
        return self.state is _KNOWN and self.raw in ("", [], {}) and not _any(self.unknown_mask)

    @property
    def has_unknown(self) -> bool:
        """Something in it, at any depth, is known only after apply."""
        return _any(self.unknown_mask)

    @property
    def is_sensitive(self) -> bool:
        """Something in it, at any depth, must not be shown."""
        return _any(self.sensitive_mask)

    @property
    def text(self) -> str | None:
        """The string, where it is a known string."""
        return self.raw if isinstance(self.raw, str) else None

    @property
    def number(self) -> float | None:
        """The number, where it is a known number (or, as old provider versions write some, digits in a string)."""
        if isinstance(self.raw, bool) or not isinstance(self.raw, (int, float, str)):
            return None
        try:
            found = float(self.raw)
        except (ValueError, OverflowError):
            return None
        return found if math.isfinite(found) else None

    def __str__(self) -> str:
        """For a message: never a sensitive value, and never a long one."""
        if self.state is not State.KNOWN:
            return "known after apply" if self.is_unknown else "not set"
        if self.is_sensitive:
            return "(sensitive)"
        shown = json.dumps(self.raw, ensure_ascii=False, default=str)
        return shown if len(shown) <= 80 else shown[:77] + "..."

    def __repr__(self) -> str:
        return f"<Value {self.state.value}>"


def part_of(raw: Json, step: PathStep) -> Json:
    """The member of an object or the element of a list; MISSING where there is none."""
    if isinstance(raw, dict):
        return raw.get(step, MISSING)
    if isinstance(raw, list) and isinstance(step, int) and -len(raw) <= step < len(raw):
        return raw[step]
    return MISSING


def _mask(mask: Json, step: PathStep) -> Json:
    if mask is True:
        return True
    found = part_of(mask, step)
    return None if found is MISSING else found


def either(one: Json, other: Json) -> Json:
    """The mask that marks what one of two marks, as the two places that say what is sensitive do not always say the same."""
    if one is True or other is True:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return {**one, **{key: either(one.get(key), mask) for key, mask in other.items()}}
    if isinstance(one, list) and isinstance(other, list):
        return [either(a, b) for a, b in zip_longest(one, other)]
    return one or other


def _any(mask: Json) -> bool:
    """Whether a mask (`after_unknown`, `sensitive_values`) marks anything; a loop, as nesting has no bound."""
    pending = [mask]
    while pending:
        part = pending.pop()
        if part is True:
            return True
        if isinstance(part, dict):
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
    return False


def as_object(raw: Json) -> Mapping[str, Json]:
    return raw if isinstance(raw, dict) else EMPTY


def as_list(raw: Json) -> list[Json]:
    return raw if isinstance(raw, list) else []
