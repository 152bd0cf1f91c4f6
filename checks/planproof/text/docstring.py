"""What a check says of itself: its docstring, by paragraph.

The first paragraph says what it finds; then come `Why:`, `Cannot see:`, `Fix:` and `Controls:`, each a paragraph or more. The first
sentence of `Fix:` is the remedy that reports show.
"""

from __future__ import annotations

import re
from functools import lru_cache
from inspect import cleandoc
from typing import NamedTuple

_HEADS = {"Why": "why", "Cannot see": "cannot_see", "Fix": "fix", "Controls": "controls"}
_HEAD = re.compile(rf"^({'|'.join(_HEADS)}):\s*")
_SENTENCE = re.compile(r"^(?:`[^`]*`|[^`])*?[.!?](?=\s|$)(?<!e\.g\.)(?<!i\.e\.)")  # code in backticks ends none
_URL = re.compile(r"https://[^\s<>()`]+[^\s<>()`.,;:]")


class Sections(NamedTuple):
    """The paragraphs; one that the docstring does not have is empty."""

    finds: str = ""
    why: str = ""
    cannot_see: str = ""
    fix: str = ""
    controls: str = ""

    @property
    def remedy(self) -> str:
        """What to do, in a sentence."""
        flat = " ".join(self.fix.split())
        found = _SENTENCE.match(flat)
        return found[0] if found else flat

    @property
    def url(self) -> str:
        """The page of AWS or Terraform that the check stands on."""
        found = _URL.search(f"{self.why}\n{self.finds}\n{self.fix}")
        return found[0] if found else ""


@lru_cache(maxsize=256)
def sections(docstring: str | None) -> Sections:
    """Reads a docstring."""
    found: dict[str, list[str]] = {}
    head = "finds"
    for paragraph in re.split(r"\n[ \t]*\n", cleandoc(docstring or "")):
        begins = _HEAD.match(paragraph)
        if begins:
            head, paragraph = _HEADS[begins[1]], paragraph[begins.end() :]
        found.setdefault(head, []).append(paragraph)
    return Sections(**{head: _sentence("\n\n".join(paragraphs).strip()) for head, paragraphs in found.items()})


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]  # after "Fix:" it may go on in lower case
