"""The Markdown report within the 65,536 characters that GitHub takes for a comment."""

from __future__ import annotations

from collections.abc import Sequence

from planproof.formats import to_markdown as markdown
from planproof.verdict import Report

MAX_BYTES = 65_536  # GitHub counts characters, of which there are never more than bytes


def render(reports: Sequence[Report]) -> str:
    return markdown.render(reports, MAX_BYTES)
