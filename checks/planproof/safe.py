"""Text from a plan is untrusted: made harmless before it is shown."""

from __future__ import annotations

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
