"""Terraform's functions over values of which a part is known."""

from __future__ import annotations

import re
from collections.abc import Callable

from planproof.source.partial_values import Partial, PartialList, PartialObject, PartialText, Undetermined, as_text, text_of

_MOST_ITEMS = 10_000  # of a list that functions make


def merged(arguments: list[Partial]) -> Partial:
    """Later objects win; a later one of which not all is known may replace what an earlier one says."""
    entries: dict[str, Partial] = {}
    rest: Undetermined | None = None
    for argument in arguments:
        if argument is None:
            continue
        if not isinstance(argument, PartialObject) or argument.rest:
            unsure = (
                argument.rest
                if isinstance(argument, PartialObject) and argument.rest
                else Undetermined(getattr(argument, "needs", ()))
            )
            entries = dict.fromkeys(entries, unsure)
            rest = Undetermined(tuple(dict.fromkeys((*(rest.needs if rest else ()), *unsure.needs))))
        if isinstance(argument, PartialObject):
            entries.update(argument.entries)
    return PartialObject(entries, rest)


def joined(separator: Partial, items: list[Partial]) -> Partial:
    parts: list[Partial] = []
    for item in items:
        parts += [separator, item] if parts else [item]
    return text_of(parts)


def _set(arguments: list[Partial]) -> PartialObject | None:
    """`toset`: an element stands under itself, as for_each has it."""
    items = arguments[0].items if arguments and isinstance(arguments[0], PartialList) else None
    texts = [as_text(item) for item in items] if items is not None else [PartialText(())]
    return (
        PartialObject({t: PartialText((t,)) for t in texts if isinstance(t, str)})
        if all(isinstance(t, str) for t in texts)
        else None
    )


def _zipped(arguments: list[Partial]) -> PartialObject | None:
    lists = [a.items for a in arguments if isinstance(a, PartialList)]
    if len(lists) != 2 or len(lists[0]) != len(lists[1]):
        return None
    found = {key: value for item, value in zip(*lists, strict=True) if isinstance(key := as_text(item), str)}
    return PartialObject(found) if len(found) == len(lists[0]) else None


def _concatenated(arguments: list[Partial]) -> PartialList | None:
    lists = [a.items for a in arguments if isinstance(a, PartialList)]
    if len(lists) < len(arguments) or sum(map(len, lists)) > _MOST_ITEMS:
        return None
    return PartialList(tuple(item for items in lists for item in items))


def _compacted(arguments: list[Partial]) -> PartialList | None:
    """`compact`: without null and the empty text."""
    if len(arguments) != 1 or not isinstance(arguments[0], PartialList):
        return None
    return PartialList(tuple(item for item in arguments[0].items if item is not None and as_text(item) != ""))


def _flat(arguments: list[Partial]) -> PartialList | None:
    """`flatten`; None where an element that may be a list is open."""
    found: list[Partial] = []
    pending = arguments[:1]
    for _ in range(_MOST_ITEMS):
        if not pending:
            return PartialList(tuple(found))
        item = pending.pop()
        if isinstance(item, PartialList):
            pending += reversed(item.items)
        elif isinstance(item, Undetermined) and not item.instance:
            return None
        else:
            found.append(item)
    return None


OF_LISTS: dict[str, Callable[[list[Partial]], Partial]] = {
    "toset": _set,
    "zipmap": _zipped,
    "concat": _concatenated,
    "compact": _compacted,
    "flatten": _flat,
}
_VERB = re.compile(r"(%%|%[^a-zA-Z%]*[a-zA-Z])")


def formatted(arguments: list[Partial]) -> Partial:
    pattern = arguments[0].known if arguments and isinstance(arguments[0], PartialText) else None
    if pattern is None:
        return Undetermined()
    values = iter(arguments[1:])
    parts: list[Partial | str] = []
    for piece in _VERB.split(pattern):
        if piece == "%%":
            parts.append("%")
        elif piece.startswith("%"):
            value = next(values, Undetermined())
            parts.append(value if piece in ("%s", "%d", "%v") else Undetermined())
        else:
            parts.append(piece)
    return text_of(parts)


def _each(change: Callable[[str], str]) -> Callable[[PartialText, list[Partial]], Partial]:
    return lambda text, _: text_of(change(part) if isinstance(part, str) else part for part in text.parts)


def _trimmed(text: PartialText, _: list[Partial]) -> Partial:
    parts = list(text.parts)
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        if parts and isinstance(part := parts[at], str):
            parts[at] = strip(part)
    return text_of(parts)


def _substr(text: PartialText, arguments: list[Partial]) -> Partial:
    start, length = (_number(a) for a in (*arguments, None, None)[:2])
    if start != 0 or length is None:
        return Undetermined(text.needs)
    kept: list[str | Undetermined] = []
    for part in text.parts:
        kept.append(part[: max(length, 0)] if isinstance(part, str) else part)
        if not isinstance(part, str):
            break  # how much of it fits is not known, nor what comes after
        length -= len(part)
        if length <= 0:
            break
    return text_of(kept)


def _number(partial: Partial) -> int | None:
    text = partial.known if isinstance(partial, PartialText) else None
    return int(text) if text and text.isdecimal() else None


def _replace(text: PartialText, arguments: list[Partial]) -> Partial:
    old, new = (a.known if isinstance(a, PartialText) else None for a in (*arguments, None, None)[:2])
    if old is None or new is None or (len(old) > 1 and old[0] == old[-1] == "/"):
        return Undetermined(text.needs)
    return text_of(part.replace(old, new) if isinstance(part, str) else part for part in text.parts)


# Functions that give back their argument, and those that change a text part by part.
SAME = ("tostring", "tomap", "nonsensitive", "sensitive", "try")
BY_PART: dict[str, Callable[[PartialText, list[Partial]], Partial]] = {
    "lower": _each(str.lower),
    "upper": _each(str.upper),
    "substr": _substr,
    "trimspace": _trimmed,
    "replace": _replace,
}
