"""Globs: over resource addresses, and the wildcards of AWS's pattern languages."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def _segments(pattern: str) -> tuple[str, ...]:
    return tuple(pattern.split("*"))


def matches(pattern: str, text: str) -> bool:
    """Whether `text` fits `pattern`, in which `*` stands for any text. Every other character, `[` and `]` too, is itself, so that
    `aws_s3_bucket.logs["eu"]` and `module.*.aws_s3_bucket.*` mean what they look like. Takes time linear in the text."""
    return fits(_segments(pattern), text)


def fits(segments: tuple[str, ...], text: str) -> bool:
    """Whether `text` is these segments in this order, with any text between one and the next."""
    if len(segments) == 1:
        return segments[0] == text
    first, *middle, last = segments
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for segment in middle:
        found = text.find(segment, at, end)
        if found < 0:
            return False
        at = found + len(segment)
    return True
