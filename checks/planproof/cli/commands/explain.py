"""Prints the page of a check: what it finds, why it matters, what it cannot see, and how to fix and configure it."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterator

from planproof.check import Check
from planproof.check_page import page
from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_stdout
from planproof.errors import CommandError
from planproof.formats.to_text import wants_colour
from planproof.registry import all_checks
from planproof.text.escaping import one_line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "check", metavar="CHECK", help="its id, its number, or its name: CKV_PLAN_6, 6, unauthorized_access_alert"
    )


def run(options: argparse.Namespace) -> int:
    text = page(_find(options.check))
    write_stdout("\n".join(_styled(text)) + "\n" if wants_colour(sys.stdout) else text)
    return OK


def _find(name: str) -> Check:
    named = {alias: check for check in all_checks() for alias in (check.id, check.id.rpartition("_")[2], check.key)}
    wanted = name.strip()
    found = named.get(wanted.upper()) or named.get(wanted.lower())
    if found is None:
        near = difflib.get_close_matches(wanted.upper(), named, n=1) or difflib.get_close_matches(wanted.lower(), named, n=1)
        hint = f"did you mean {near[0]}?" if near else "`planproof list` shows them all"
        raise CommandError(f"there is no check {one_line(wanted)!r}; {hint}")
    return found


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
