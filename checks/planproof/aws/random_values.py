"""What the provider `random` makes: values that nobody chose, but for the beginning that some of them are given."""

from __future__ import annotations

from planproof.evaluation.origin import Kind, Origin, Through
from planproof.evaluation.result import Result, text_parts

_WITH_PREFIX = {"random_id": ("hex", "dec", "b64_std", "b64_url"), "random_pet": ("id",)}


def is_random(origin: Origin) -> bool:
    """Whether it is random, and known to be no more than that: without source, other text may stand around it."""
    is_made = origin.kind is Kind.RESOURCE and origin.type.startswith("random_") and not origin.is_data
    return is_made and origin.through is not Through.UNTOLD


def known_parts(result: Result) -> tuple[str | None, ...]:
    """The parts of a text, None in the place of each that is not known; what a random one begins with is known, unless it is a secret."""
    found: list[str | None] = []
    for part in text_parts(result):
        for each in (part,) if isinstance(part, str) else _of_unknown(part):
            if isinstance(each, str) and found and isinstance(found[-1], str):
                found[-1] += each
            else:
                found.append(each)
    return tuple(found)


def _of_unknown(part: Result) -> tuple[str | None, ...]:
    origin = part.origins[0] if len(part.origins) == 1 else None
    prefix = _prefix(origin) if origin else ""
    if origin is None or not prefix:
        return (None,)
    return (prefix, None) if origin.through is Through.AS_IS else (None, prefix, None)  # text may stand around it


def _prefix(origin: Origin) -> str:
    """What the value begins with, if it is that value itself and begins with anything that was given."""
    made = origin.instance
    if made is None or not origin.is_itself or (origin.attribute or ("",))[0] not in _WITH_PREFIX.get(origin.type, ()):
        return ""
    prefix = made.get("prefix")
    separator = made.get("separator").text if origin.type == "random_pet" else ""
    return prefix.text + (separator or "") if prefix.text and not prefix.is_sensitive else ""
