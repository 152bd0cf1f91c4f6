"""Prints the folder of planproof's Rego, for conftest --policy and opa eval -d."""

from __future__ import annotations

import argparse

from planproof.cli.exit_codes import OK
from planproof.cli.shipped import shipped
from planproof.errors import LoadError


def configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_options: argparse.Namespace) -> int:
    found = shipped("policies/rego")
    if found is None:
        raise LoadError("planproof's Rego is missing: a copy of checks does not contain it; install the package, or use a clone")
    print(found)
    return OK
