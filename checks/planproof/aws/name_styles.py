"""The style that the names of one type have in common: the policy's patterns for kebab-case, snake_case and the like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from planproof.text.pattern import Pattern, compiled
from planproof.verdict import listed

Fits = Callable[[Pattern], bool]


class Style(NamedTuple):
    """What a clear majority of a type's names is like: `sharing` of the `counted` that tell a style."""

    name: str
    pattern: Pattern
    sharing: int
    counted: int
    examples: str


def style_of(names: Iterable[tuple[str, Fits]], settings: Mapping[str, Any]) -> Style | None:
    """The style of names of one type, by the policy's section on names; None unless a clear majority has one.

    Each name is its address and the function that tells whether it fits a pattern. One that fits several styles, such as `orders`,
    tells none. One that fits no style is none of the majority.
    """
    names = list(names)
    styles = {label: compiled(pattern) for label, pattern in settings["styles"].items()}
    telling: dict[str, list[str]] = {label: [] for label in styles}
    for address, fits in names:
        own = [label for label, pattern in styles.items() if fits(pattern)]
        if len(own) == 1:
            telling[own[0]].append(address)
    label, alike = max(telling.items(), key=lambda item: len(item[1]), default=("", []))
    if not alike:
        return None
    counted = len(alike) + sum(not fits(styles[label]) for _, fits in names)
    demanded = settings["style_majority"]
    if counted < demanded["names"] or len(alike) < demanded["share"] * counted or len(alike) * 2 <= counted:
        return None
    return Style(label, styles[label], len(alike), counted, listed(alike, 2))
