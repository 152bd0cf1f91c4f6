"""Gives a bucket a name that no other deployment has."""

from __future__ import annotations

from planproof.fix.job import Remedy
from planproof.fix.names import renamed

REMEDIES: dict[str, Remedy | str] = {"literal_name": renamed, "fixed_variable": renamed, "same_everywhere": renamed}
