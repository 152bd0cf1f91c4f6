"""Renames what breaks the convention."""

from __future__ import annotations

from planproof.fix.job import Remedy
from planproof.fix.names import renamed

REMEDIES: dict[str, Remedy | str] = {
    "does_not_fit": renamed,
    "other_style": renamed,
    "other_leading_token": renamed,
    "wrong_leading_token": renamed,
}
