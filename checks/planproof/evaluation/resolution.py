"""What a relation comes to, and what tells whether two values that are not known are the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from planproof.evaluation.origin import Kind, Origin, Through
from planproof.evaluation.result import Result, Text
from planproof.plan.model import Instance


class Resolution(NamedTuple):
    """What an argument names: `targets` for sure, `candidates` that it may be, or anything (`open_ended`), with the reason. `unless`
    are those of the candidates that it is only if there is text around the reference, which plan JSON does not tell."""

    targets: tuple[Instance, ...] = ()
    candidates: tuple[Instance, ...] = ()
    open_ended: bool = False
    reason: str = ""
    unless: tuple[Instance, ...] = ()


class Companions(NamedTuple):
    """The resources of one type that belong to an instance: for sure, and perhaps (with the reason it cannot be told): those of which
    the instance is one candidate, and those that may belong to any, which are the same tuple for all."""

    sure: tuple[Instance, ...] = ()
    candidates: tuple[tuple[Instance, str], ...] = ()
    anywhere: tuple[tuple[Instance, str], ...] = ()

    @property
    def perhaps(self) -> tuple[tuple[Instance, str], ...]:
        return (*self.candidates, *self.anywhere) if self.candidates else self.anywhere


def together(found: list[Resolution]) -> Resolution:
    targets = {t.address: t for each in found for t in each.targets}
    candidates = {c.address: c for each in found for c in each.candidates if c.address not in targets}
    reason = next((each.reason for each in found if each.reason), "")
    return Resolution(tuple(targets.values()), tuple(candidates.values()), any(each.open_ended for each in found), reason)


def same_made(one: Result, other: Result) -> bool:
    """Whether two values that are not known are made of the same, in the same way."""
    if isinstance(one.raw, Text) and isinstance(other.raw, Text):
        keys = [tuple(part if isinstance(part, str) else part_key(part) for part in each.raw.parts) for each in (one, other)]
        return keys[0] == keys[1]
    if one.is_determined or other.is_determined:
        return False
    mine, theirs = made_of(one.all_origins), made_of(other.all_origins)
    through = {origin.through for origin in (*one.all_origins, *other.all_origins)}
    return bool(mine) and mine == theirs and through == {Through.AS_IS}


def part_key(part: Result) -> object:
    """What a part that is not known is made of."""
    return made_of(part.origins)


def made_of(origins: Iterable[Origin]) -> frozenset[object]:
    """What a value is made of, however it got there; empty if that does not tell one value from another."""
    return frozenset(
        (o.kind, o.name, o.block, tuple(i.address for i in o.instances[:2]), o.attribute)
        for o in origins
        if o.kind is not Kind.CONSTANT
    )
