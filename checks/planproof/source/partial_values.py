"""Values of which a part is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from planproof.plan.addresses import Dynamic, Step
from planproof.plan.model import Instance
from planproof.plan.value import Json, Value
from planproof.text.pattern import MAX_TEXT

_MOST_PARTS = 200


class Undetermined(NamedTuple):
    """Nothing is known of it; `needs` are the names that would decide it. `instance` is what it is read of, where InstanceEvaluator tells."""

    needs: tuple[str, ...] = ()
    instance: Instance | None = None


class PartialText(NamedTuple):
    """A text whose parts are known or, where they are an Undetermined, not."""

    parts: tuple[str | Undetermined, ...]

    @property
    def known(self) -> str | None:
        """The whole of it, where it is known."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(part for part in self.parts if isinstance(part, str))
        return None

    @property
    def needs(self) -> tuple[str, ...]:
        """What would decide the parts that are not known."""
        return tuple(dict.fromkeys(name for part in self.parts if isinstance(part, Undetermined) for name in part.needs))


class PartialObject(NamedTuple):
    """An object. `rest` says what else may be in it; None where these entries are all."""

    entries: Mapping[str, Partial]
    rest: Undetermined | None = None


class PartialList(NamedTuple):
    """A list, all of whose elements are told apart."""

    items: tuple[Partial, ...]


Partial = PartialText | PartialObject | PartialList | Undetermined | None
"""None is null."""


def as_text(partial: Partial) -> str | PartialText:
    """The text, where it is known; else what is known of it."""
    text = (
        partial
        if isinstance(partial, PartialText)
        else PartialText((partial if isinstance(partial, Undetermined) else Undetermined(),))
    )
    return text if text.known is None else text.known


def text_of(parts: Any) -> PartialText:
    """One text of several: known parts side by side become one; what is no text is not known."""
    flat: list[str | Undetermined] = []
    for part in parts:
        if isinstance(part, PartialText):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part if isinstance(part, (str, Undetermined)) else Undetermined())
    if len(flat) > _MOST_PARTS or sum(len(part) for part in flat if isinstance(part, str)) > MAX_TEXT:
        return PartialText((Undetermined(),))  # longer than any name or tag, as texts that repeat each other soon are
    joined: list[str | Undetermined] = []
    for part in flat:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return PartialText(tuple(joined))


def of_raw(raw: Json) -> Partial:
    """A value of the plan or a constant."""
    if isinstance(raw, dict):
        return PartialObject({str(key): of_raw(value) for key, value in raw.items()})
    if isinstance(raw, list):
        return PartialList(tuple(of_raw(item) for item in raw))
    if raw is None:
        return None
    return PartialText((str(raw).lower() if isinstance(raw, bool) else str(raw),))


def of_value(value: Value, shown: str) -> Partial:
    if value.is_unknown:
        return Undetermined((shown,))
    if isinstance(value.raw, dict) and value.has_unknown:
        return PartialObject({name: of_value(value.get(name), f"{shown}.{name}") for name in value.names()})
    return of_raw(value.raw)


def is_same(one: Partial, other: Partial) -> bool:
    """Equality of two partials; a plain `==` takes an empty text for an Undetermined, as both are tuples."""
    if isinstance(one, PartialObject) and isinstance(other, PartialObject):
        same = one.entries.keys() == other.entries.keys() and one.rest == other.rest
        return same and all(is_same(value, other.entries[key]) for key, value in one.entries.items())
    if isinstance(one, PartialList) and isinstance(other, PartialList):
        return len(one.items) == len(other.items) and all(map(is_same, one.items, other.items))
    return type(one) is type(other) and one == other


def part_at(partial: Partial, steps: list[Step], shown: str) -> Partial:
    for step in steps:
        if isinstance(partial, Undetermined) and partial.instance:
            return partial
        if isinstance(partial, PartialList) and isinstance(step, int) and step < len(partial.items):
            partial = partial.items[step]
            continue
        if not isinstance(partial, PartialObject) or isinstance(step, Dynamic) or str(step) not in partial.entries:
            return Undetermined((shown,))
        partial = partial.entries[str(step)]
    return partial
