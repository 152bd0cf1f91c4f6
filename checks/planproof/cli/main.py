"""The command `planproof`. Exit codes: 0 nothing failed, 1 something failed, 2 could not judge; 128 and a signal's number if one ends it.

Each sub-command is a module in `planproof.cli.commands` with `configure(parser)` and `run(options) -> int`; only the one that is asked for
is imported.
"""

from __future__ import annotations

import argparse
import errno
import gc
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from planproof.cli.exit_codes import CANNOT_JUDGE
from planproof.cli.help import Parser, Version
from planproof.cli.signals import code_of, tidy_up_first
from planproof.cli.streams import fill_gaps, give_up_stdout
from planproof.errors import CommandError, PlanproofError
from planproof.text.escaping import one_line
from planproof.version import refuse_two_copies

COMMANDS = {
    "check": "judge plans",
    "checkov": "run Checkov with this pack, and fail if Checkov would break silently",
    "list": "list the checks",
    "explain": "print a check's page: what it finds, why, and how to fix it",
    "checks-dir": "print the folder to pass to checkov --external-checks-dir",
    "rego-dir": "print the folder of planproof's Rego, for conftest and OPA",
    "policy": "show the effective policy, check one, or create one",
    "review": "write the review of a plan: issue, impact and fix needed for each failure mode",
    "fix": "write the patch that makes failures pass, or edit the files",
    "facts": "write what planproof derives from a plan as data, for rules in Rego",
    "mcp": "serve planproof to agents, by the Model Context Protocol",
    "fleet": "judge the plans of many workspaces into one table, and report on it",
    "baseline": "record today's failures, so that only new ones fail",
    "new-check": "create a new check, in a clone or in a folder of your own",
    "test": "run the tests of your own checks",
    "completion": "print the completion script of a shell",
}
PASSED_ON = {"checkov"}
"""Commands whose arguments are another program's, options too."""
EPILOG = """\
examples:
  terraform plan -out tfplan && terraform show -json tfplan > plan.json
  planproof check plan.json                 judge a plan, with the .tf files beside it if there are any
  planproof explain CKV_PLAN_6              what a check finds, why, and how to fix it

exit codes: 0 nothing failed, 1 something failed, 2 could not judge"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    is_own_process = arguments is None
    if is_own_process:
        fill_gaps()
    collects = gc.isenabled()
    gc.disable()  # nothing here is garbage before the end, and looking for it in a big plan takes longer than judging it
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments, is_own_process)
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt as ended:
        if not is_own_process:
            raise
        print("planproof: ended by a signal, before everything was judged", file=sys.stderr)
        return code_of(ended)
    except PlanproofError as error:
        print(f"planproof: {one_line(str(error))}", file=sys.stderr)
    except OSError as error:
        if is_own_process:
            give_up_stdout()
        if not isinstance(error, BrokenPipeError):  # whoever reads no further wants to hear nothing either
            why = "standard output is closed" if error.errno == errno.EBADF else error.strerror or error
            print(f"planproof: the report cannot be written: {why}", file=sys.stderr)
    except MemoryError:
        print("planproof: not enough memory; for several plans, try --jobs 1", file=sys.stderr)
    except Exception as error:  # a traceback could hold values of the plan
        print(f"planproof: internal error ({type(error).__name__}); please report it", file=sys.stderr)
    finally:
        if is_own_process:
            gc.freeze()  # nor at the end, when the process gives everything back
        if collects:
            gc.enable()
    return CANNOT_JUDGE


def _run(arguments: Sequence[str], is_own_process: bool) -> int:
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    options = parser(chosen).parse_args(arguments)
    if chosen not in PASSED_ON:
        _refuse_empty(options)
        if is_own_process:
            tidy_up_first()
    refuse_two_copies()
    return int(options.run(options))


def _refuse_empty(options: argparse.Namespace) -> None:
    """What names nothing comes of a variable that is empty, and would be as if it were not there."""
    for name, given in vars(options).items():
        if given == "" or (isinstance(given, list) and "" in given):
            raise CommandError(f"{name.replace('_', '-')} is empty; leave it out, or fill the variable that it comes from")


def parser(*chosen: str) -> argparse.ArgumentParser:
    """The parser with the arguments of the chosen commands; of the others it knows the name and one line."""
    whole = Parser(
        prog="planproof",
        description="Judges Terraform plans by policy: PASS, FAIL, SKIP, or UNKNOWN with what would decide it.",
        epilog=EPILOG,
    )
    whole.add_argument("--version", action=Version, help="show the versions of planproof, Python, orjson and Checkov, and exit")
    commands = whole.add_subparsers(required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        passed_on: dict[str, Any] = {"prefix_chars": "\0", "add_help": False} if name in PASSED_ON else {}
        one = commands.add_parser(name, help=summary, **passed_on)
        if name in chosen:
            module = importlib.import_module(f"planproof.cli.commands.{name.replace('-', '_')}")
            one.description = module.__doc__
            module.configure(one)
            one.set_defaults(run=module.run)
    return whole
