"""What comes with planproof beside its code: inside the installed package, or in the clone around it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]


def shipped(in_package: str, in_clone: str = "") -> Path | None:
    """A file or folder; None beside a copy of `checks` alone."""
    places = (PACKAGE / in_package, PACKAGE.parent.parent / (in_clone or in_package))
    return next((place for place in places if place.exists()), None)
