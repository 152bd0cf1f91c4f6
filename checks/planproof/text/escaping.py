"""Text from a plan is untrusted: made harmless before it is shown."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

_LONGEST = 2000


# What the runner of GitHub Actions takes for a command in the output of any step: `::` at the beginning of a line, `##[` anywhere.
_COMMANDS = re.compile(r"^(\s*):(?=:)|#(?=#\[)")


def one_line(text: str) -> str:
    """On one line, with control characters (terminal escapes, line breaks, bidirectional marks) and commands to a CI runner written out
    as escapes."""
    shown = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    if "::" in shown or "##[" in shown:
        shown = _COMMANDS.sub(lambda found: r"\x23" if found[0] == "#" else rf"{found[1]}\x3a", shown)
    if shown.isprintable():
        return shown
    return "".join(
        c if c == " " or unicodedata.category(c)[0] not in "CZ" else c.encode("unicode_escape").decode() for c in shown
    )


def json_text(document: Any) -> str:
    """JSON without what the runner of GitHub Actions takes for a command wherever it stands in a line."""
    return json.dumps(document).replace("##[", r"#\u0023[")


_MARKDOWN = {c: f"&#{ord(c)};" for c in "&<>*`[]!|~\\$^"}
# GitHub looks for these in the text that Markdown made, so that no escape of Markdown helps, but an empty comment in their middle does.
_LINKED = re.compile(
    r"[@#](?=.)"  # a person or team, the number of an issue
    r"|[a-zA-Z]-(?=\d)"  # GH-12, and what a repository links of its own: OPS-12
    r"|:(?=//|[\w+-]+:)"  # an address, :tada:
    r"|[wW]{3}(?=\.)"  # www.example.com
    r"|[0-9a-fA-F]{6}(?=[0-9a-fA-F])"  # a commit
)
_MARKDOWN["\0"] = "<!-- -->"


def markdown(text: str) -> str:
    """As Markdown shows it letter by letter: no markup, no HTML, no mention, no link."""
    shown = "".join(_MARKDOWN.get(c, c) for c in _LINKED.sub("\\g<0>\0", one_line(text)))
    return re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "&#95;", shown)  # within a word it marks nothing


def markdown_prose(text: str) -> str:
    """Words with code in backticks, as the author of a check writes them; nobody is called by them, and nothing linked."""
    parts = re.split(r"(`+[^`]*`+)", one_line(text))
    return "".join(part if number % 2 else _LINKED.sub("\\g<0><!-- -->", part) for number, part in enumerate(parts))


def markdown_code(text: str) -> str:
    """A code span that the text cannot close, nor be so empty that it is none."""
    plain = one_line(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", plain)), default=0))
    space = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{space}{plain}{space}{fence}"
