"""Names that say what a thing is for: `corp-access-logs`, `auditTrail`, and not `log-source`, where logs come from, or `catalog`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def words_of(text: str) -> list[str]:
    """The words in a name, lower case: kebab, snake and camel case, digits between them passed over."""
    return " ".join(_WORD.findall(text)).lower().split()


def log_word(text: str, words: Iterable[object], not_before: Iterable[object] = ()) -> str | None:
    """The first of `words` that the text says, each a word or several (`access-logs`); None if it says none, or if what stands behind it is
    one of `not_before`: the last words of a name tell what the thing is."""
    said = words_of(text)
    other = {str(word).lower() for word in not_before}
    last = next((number for number in range(len(said) - 1, -1, -1) if said[number] in other), -1)
    rest = f" {' '.join(said[last + 1 :])} "
    for word in words:
        wanted = " ".join(words_of(str(word)))
        if wanted and f" {wanted} " in rest:
            return str(word).lower()
    return None
