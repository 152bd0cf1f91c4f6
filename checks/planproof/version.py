"""Which planproof this is: its version, its home, and that it is one."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from planproof.errors import LoadError

_VERSION = "0.1.0"
RESERVED = "CKV_PLAN_"
"""What the ids of bundled checks begin with, those to come too."""


def version() -> str:
    """That of setup.cfg. A clone, and a copy of `checks`, has no package to ask."""
    return _VERSION


@cache
def home() -> str:
    """The project's address: `url` of setup.cfg in a clone, else what the installed package has of it; empty while it has none."""
    import configparser
    from importlib import metadata

    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read(Path(__file__).resolve().parents[2] / "setup.cfg", encoding="utf-8")
        if settings.get("metadata", "name", fallback="") == "planproof":
            return settings.get("metadata", "url", fallback="").rstrip("/")
        installed = metadata.metadata("planproof")
        return installed["Home-page"].rstrip("/") if "Home-page" in installed else ""
    except (configparser.Error, UnicodeDecodeError, metadata.PackageNotFoundError):
        return ""  # a copy of `checks`, in whatever folder


def guide(check_id: str) -> str:
    """Where a bundled check is explained: its page, or the command that prints it; of a team's own check, nothing."""
    if not check_id.startswith(RESERVED):
        return ""
    return page_url(check_id) or f"planproof explain {check_id}"


def page_url(check_id: str) -> str:
    """The address of a bundled check's page; empty while the project has no home."""
    return f"{home()}/blob/HEAD/docs/checks/{check_id}.md" if home() and check_id.startswith(RESERVED) else ""


def refuse_two_copies() -> None:
    """Raises LoadError if Python's path holds two copies of the library. As it is a namespace package, they would silently mix."""
    folders = dict.fromkeys(os.path.realpath(folder) for folder in sys.modules["planproof"].__path__)
    copies = [folder for folder in folders if os.path.isfile(os.path.join(folder, "verdict.py"))]
    if len(copies) > 1:
        raise LoadError(
            f"there are two copies of planproof on the Python path, {copies[0]} and {copies[1]}, which would mix; "
            "uninstall the package, or remove the other copy from the path (PYTHONPATH, --external-checks-dir)"
        )
