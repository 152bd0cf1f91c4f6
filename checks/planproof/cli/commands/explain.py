"""Prints the page of a check: what it finds, why it matters, what it cannot see, and how to fix and configure it; or what a reason code
asks for, with an example of the patch.

  planproof explain CKV_PLAN_1
  planproof explain no_lifecycle                a reason code
  planproof explain CKV_PLAN_1/no_lifecycle     of this check alone, if several have it"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence

from planproof.check import Check
from planproof.check_page import codes, page, patch_of
from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_stdout
from planproof.errors import CommandError
from planproof.formats.to_text import wants_colour
from planproof.registry import all_checks, find_check
from planproof.text.docstring import sections
from planproof.text.escaping import one_line


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "check",
        metavar="CHECK",
        help="its id, its number, or its name: CKV_PLAN_6, 6, unauthorized_access_alert; or a reason code: no_lifecycle",
    )


def run(options: argparse.Namespace) -> int:
    text = explained(options.check, all_checks())
    write_stdout("\n".join(_styled(text)) + "\n" if wants_colour(sys.stdout) else text)
    return OK


def explained(name: str, checks: Sequence[Check]) -> str:
    """The page of a check, or the parts about a reason code. Raises CommandError where there is neither."""
    of, slash, code = name.strip().rpartition("/")
    among = [find_check(of, checks)] if slash else checks
    having = [check for check in among if code in codes(check)]
    if having:
        return "\n\n".join(_about(check, code) for check in having) + "\n"
    if slash:
        raise CommandError(f"{among[0].id} has no reason code {one_line(code)!r}; it has {', '.join(codes(among[0]))}")
    return page(find_check(name, checks))


def _about(check: Check, code: str) -> str:
    said = sections(check.judge.__doc__)
    parts = [f"# {check.id} `{code}`: {check.name}", said.fix, patch_of(check, code)]
    return "\n\n".join(part for part in parts if part)


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
