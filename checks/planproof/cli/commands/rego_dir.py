"""Prints the folder of planproof's Rego, for conftest --policy and opa eval -d."""

from __future__ import annotations

import argparse
from pathlib import Path

from planproof.errors import LoadError

_PACKAGE = Path(__file__).resolve().parents[2]


def configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_options: argparse.Namespace) -> int:
    """Inside the installed package, or in the clone around it."""
    folders = (parent / "policies" / "rego" for parent in (_PACKAGE, _PACKAGE.parent.parent))
    found = next((folder for folder in folders if folder.is_dir()), None)
    if found is None:
        raise LoadError("planproof's Rego is missing: a copy of checks does not contain it; install the package, or use a clone")
    print(found)
    return 0
