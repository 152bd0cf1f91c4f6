"""Prints the page of a check: what it finds, why it matters, what it cannot see, and how to fix and configure it."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator

from planproof.check_page import page
from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_stdout
from planproof.formats.to_text import wants_colour
from planproof.registry import all_checks, find_check


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "check", metavar="CHECK", help="its id, its number, or its name: CKV_PLAN_6, 6, unauthorized_access_alert"
    )


def run(options: argparse.Namespace) -> int:
    text = page(find_check(options.check, all_checks()))
    write_stdout("\n".join(_styled(text)) + "\n" if wants_colour(sys.stdout) else text)
    return OK


def _styled(text: str) -> Iterator[str]:
    """Markdown for a terminal: headings and code stand out, the marks go."""
    in_code = False
    for line in text.splitlines():
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            yield f"    \x1b[36m{line}\x1b[0m"
        elif line.startswith("#"):
            yield f"\x1b[1m{line.lstrip('# ')}\x1b[0m"
        else:
            yield re.sub(r"`([^`]+)`", "\x1b[36m\\1\x1b[0m", line)
