"""Prints the folder to pass to checkov --external-checks-dir."""

from __future__ import annotations

import argparse

from planproof.registry import checks_folder


def configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def run(_options: argparse.Namespace) -> int:
    print(checks_folder())
    return 0
