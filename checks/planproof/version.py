"""Which planproof this is."""

from __future__ import annotations


def version() -> str:
    """The installed version; in a clone, or a copy of `checks`, what the library says of itself."""
    from importlib import metadata

    try:
        return metadata.version("planproof")
    except metadata.PackageNotFoundError:
        return "0.1.0 (not installed)"
