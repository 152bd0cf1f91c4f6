"""Options that several commands have."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any


def add_policy(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        help="a file, or the bundled secure-logs or general (default: PLANPROOF_POLICY, planproof.yaml here or above, or secure-logs)",
    )


def add_narrowing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="fail only on findings that are not in it (default: PLANPROOF_BASELINE); see planproof baseline",
    )
    parser.add_argument("--only-changes", action="store_true", help="report only findings that the plan's changes can affect")


def add_own_checks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--checks-from",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder of your own checks; may be given several times (default: PLANPROOF_CHECKS)",
    )
    parser.add_argument("--checks", action=_OldName, dest="checks_from", help=argparse.SUPPRESS)


def add_selection(parser: argparse.ArgumentParser) -> None:
    for name, what in (("--check", "judge only by these checks"), ("--skip-check", "do not judge by these")):
        parser.add_argument(
            name,
            metavar="CHECKS",
            action="extend",
            type=_names,
            default=[],
            help=f"{what}: ids, names or patterns, such as CKV_PLAN_1,tagging,'*bucket*'",
        )


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} names no check at one place; give ids or names, separated by commas")
    return names


class _OldName(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, namespace: Any, value: str | Sequence[Any] | None, *_: Any) -> None:
        print("planproof: --checks is now --checks-from; the old name goes with the next release", file=sys.stderr)
        namespace.checks_from = [*namespace.checks_from, value]
