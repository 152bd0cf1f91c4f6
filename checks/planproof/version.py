"""Which planproof this is."""

from __future__ import annotations

import os
import sys

from planproof.errors import LoadError


def version() -> str:
    """The installed version; in a clone, or a copy of `checks`, what the library says of itself."""
    from importlib import metadata

    try:
        return metadata.version("planproof")
    except metadata.PackageNotFoundError:
        return "0.1.0 (not installed)"


def refuse_two_copies() -> None:
    """Raises LoadError if Python's path holds two copies of the library. As it is a namespace package, they would silently be one."""
    folders = dict.fromkeys(os.path.realpath(folder) for folder in sys.modules["planproof"].__path__)
    copies = [folder for folder in folders if os.path.isfile(os.path.join(folder, "verdict.py"))]
    if len(copies) > 1:
        raise LoadError(
            f"there are two copies of planproof on Python's path, {copies[0]} and {copies[1]}, which would mix; "
            "uninstall the package, or take the other copy off the path (PYTHONPATH, --external-checks-dir)"
        )
