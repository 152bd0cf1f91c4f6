"""What planproof raises on purpose."""

from __future__ import annotations


class PlanproofError(Exception):
    """There is nothing to judge, or to judge by; `str()` is one plain sentence: what is wrong, where, and what to do."""
