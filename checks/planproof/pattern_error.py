"""What both pattern languages raise."""

from __future__ import annotations


class PatternError(ValueError):
    """AWS would refuse the pattern; `str()` is one plain sentence that says why and shows nothing of the pattern's values."""
