"""What was worked out of a text before: the plans of a repository are judged beside the same files."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_MOST_TEXTS = 256
_LONGEST = 64 * 1024  # characters, so that what is kept is bounded


def remembered(function: F) -> F:
    """A function whose first argument is a text keeps its answers for the texts that it was asked about last. They have to be immutable."""
    kept = lru_cache(maxsize=_MOST_TEXTS)(function)

    @wraps(function)
    def answer(text: str, *others: str) -> Any:
        return (kept if len(text) <= _LONGEST else function)(text, *others)

    return cast(F, answer)
