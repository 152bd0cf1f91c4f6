"""Tells on a terminal how far a long run has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

_T = TypeVar("_T")
_PATIENCE = 1.0  # seconds before anything is said


def told(items: Iterable[_T], total: int) -> Iterator[_T]:
    """The items as they come; after a second, a line on a terminal's standard error counts them."""
    if total < 2 or not sys.stderr.isatty():
        yield from items
        return
    begun = time.monotonic()
    shown = False
    for number, item in enumerate(items, 1):
        if time.monotonic() - begun > _PATIENCE:
            sys.stderr.write(f"\r\x1b[Kplanproof: {number} of {total} plans judged")
            sys.stderr.flush()
            shown = True
        yield item
    if shown:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
