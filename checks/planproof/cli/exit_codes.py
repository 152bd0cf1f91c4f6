"""What the sub-commands share."""

from __future__ import annotations

OK, FAILED, CANNOT_JUDGE = 0, 1, 2
"""Exit codes: nothing failed, something failed, could not judge."""
