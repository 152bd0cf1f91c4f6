"""Functions that make texts, of arguments that are known in part: the parts that are known stay known.

https://developer.hashicorp.com/terraform/language/functions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from planproof.evaluation.origin import Through, by, united
from planproof.evaluation.result import (
    Encoded,
    OpenObject,
    Result,
    Text,
    is_known,
    items_of,
    joined,
    plain,
    text_parts,
    through_function,
    undetermined,
)
from planproof.functions.table import FUNCTIONS

Arguments = Sequence[Result]


def _join(arguments: Arguments) -> Result | None:
    separator = arguments[0]
    items = [item for argument in arguments[1:] for item in (items_of(argument) or [None])]  # type: ignore[list-item]
    if not isinstance(separator.raw, (str, Text)) or any(item is None for item in items):
        return None
    parts: list[str | Result] = []
    for item in items:
        parts += [separator, item] if parts else [item]
    return joined(parts)


_VERB = re.compile(r"(%%|%[^a-zA-Z%]*[a-zA-Z])")


def _format(arguments: Arguments) -> Result | None:
    if not arguments or not isinstance(arguments[0].raw, str):
        return None
    if all(map(is_known, arguments)):
        made = FUNCTIONS["format"](*map(plain, arguments))
        return Result(made, by(united(*(a.all_origins for a in arguments)), Through.TEXT))
    values = iter(arguments[1:])
    parts: list[str | Result] = []
    for piece in _VERB.split(arguments[0].raw):
        if piece == "%%":
            parts.append("%")
        elif piece.startswith("%"):
            value = next(values, undetermined())
            parts.append(value if piece in ("%s", "%d", "%v") else undetermined(value.all_origins))
        else:
            parts.append(piece)
    return joined(parts)


def _by_part(change: Callable[[str], str]) -> Callable[[Arguments], Result | None]:
    def changed(arguments: Arguments) -> Result | None:
        if not isinstance(arguments[0].raw, Text):
            return None
        parts = text_parts(arguments[0])
        made = joined([change(part) if isinstance(part, str) else part.by(Through.FUNCTION) for part in parts])
        return Result(made.raw, through_function(arguments))

    return changed


def _trimmed(arguments: Arguments) -> Result | None:
    if not isinstance(arguments[0].raw, Text):
        return None
    parts = list(text_parts(arguments[0]))
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        part = parts[at]
        if isinstance(part, str):
            parts[at] = strip(part)
    return Result(joined(parts).raw, through_function(arguments))


def _substr(arguments: Arguments) -> Result | None:
    """The beginning of a text that is known in part: up to what is not known, of which the length is not known either."""
    if not isinstance(arguments[0].raw, Text) or arguments[1].raw != 0 or not isinstance(arguments[2].raw, int):
        return None
    left = arguments[2].raw if arguments[2].raw >= 0 else 10**9
    kept: list[str | Result] = []
    for part in text_parts(arguments[0]):
        if not isinstance(part, str):
            kept.append(part.by(Through.FUNCTION))
            break
        kept.append(part[:left])
        left -= len(part)
        if left <= 0:
            break
    return Result(joined(kept).raw, through_function(arguments))


def _replace(arguments: Arguments) -> Result | None:
    text, old, new = arguments
    if not isinstance(text.raw, Text) or not isinstance(old.raw, str) or not isinstance(new.raw, str):
        return None
    if len(old.raw) > 1 and old.raw[0] == old.raw[-1] == "/":
        return None
    wanted, other = old.raw, new.raw
    return _by_part(lambda part: part.replace(wanted, other))(arguments[:1])


def _encoded(function: str) -> Callable[[Arguments], Result | None]:
    def encode(arguments: Arguments) -> Result | None:
        value = arguments[0]
        if is_known(value) or not isinstance(value.raw, (dict, list, OpenObject, Text)):
            return None
        return Result(Encoded(function, value), by(value.all_origins, Through.TEXT))

    return encode


def _jsondecode(arguments: Arguments) -> Result | None:
    raw = arguments[0].raw
    return raw.value if isinstance(raw, Encoded) and raw.function == "jsonencode" else None


ON_TEXTS: dict[str, Callable[[Arguments], Result | None]] = {
    "format": _format,
    "join": _join,
    "jsondecode": _jsondecode,
    "jsonencode": _encoded("jsonencode"),
    "lower": _by_part(str.lower),
    "replace": _replace,
    "substr": _substr,
    "trimspace": _trimmed,
    "upper": _by_part(str.upper),
    "yamlencode": _encoded("yamlencode"),
}
