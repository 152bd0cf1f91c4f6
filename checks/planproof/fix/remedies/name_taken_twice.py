"""Two resources with one name."""

from __future__ import annotations

from planproof.fix.job import Remedy

REMEDIES: dict[str, Remedy | str] = {
    "name_taken": "one of the two must get another name, or go; which one, only the team knows",
}
