"""Text from a plan is untrusted: made harmless before it is shown."""

from __future__ import annotations

import re
import unicodedata

_LONGEST = 2000


def one_line(text: str) -> str:
    """On one line, with control characters (terminal escapes, line breaks, bidirectional marks) written out as escapes."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    if shown.isprintable():
        return shown
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else c.encode("unicode_escape").decode() for c in shown
    )


_MARKDOWN = {c: f"&#{ord(c)};" for c in "&<>*`[]()!|~\\${}^"}
# GitHub finds mentions and issue numbers in the text that Markdown made: an empty comment keeps them apart.
_MARKDOWN |= {"@": "@<!-- -->", "#": "#<!-- -->", "://": ":<!-- -->//"}


def markdown(text: str) -> str:
    """As Markdown shows it letter by letter: no markup, no HTML, no mention, no link."""
    plain = one_line(text).replace("://", "\0")
    shown = "".join(_MARKDOWN.get(c, c) for c in plain).replace("\0", _MARKDOWN["://"])
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "&#95;", shown)  # within a word it marks nothing


def markdown_code(text: str) -> str:
    """A code span that the text cannot close."""
    plain = one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"
