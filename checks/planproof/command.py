"""What the sub-commands share."""

from __future__ import annotations

from planproof.errors import PlanproofError

OK, FAILED, CANNOT_JUDGE = 0, 1, 2
"""Exit codes: nothing failed, something failed, could not judge."""


class CommandError(PlanproofError):
    """A command cannot do what it was asked; `str()` is one plain sentence."""
