"""Shows the effective policy, checks a policy file, and creates one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from planproof.check import Check
from planproof.cli.exit_codes import CANNOT_JUDGE, OK
from planproof.cli.options import add_own_checks, add_policy
from planproof.engine import policy_in_force
from planproof.errors import CommandError, PolicyError
from planproof.policy.discovery import NAMES
from planproof.policy.model import Policy
from planproof.policy.profiles import DEFAULT, PROFILES
from planproof.registry import all_checks, own_checks
from planproof.text.escaping import one_line

STARTER = NAMES[0]


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    show = actions.add_parser("show", help="the effective policy, with the file that sets each value")
    add_policy(show)
    show.add_argument(
        "--format",
        choices=("yaml", "opa"),
        default="yaml",
        help="yaml, or data for the Rego that sees a plan alone (default: yaml)",
    )
    check = actions.add_parser("check", help="report mistakes in policy files")
    check.add_argument("files", metavar="FILE", nargs="+")
    init = actions.add_parser("init", help="write a starter policy with every key explained")
    init.add_argument("file", metavar="FILE", nargs="?", default=STARTER, help=f"the file, or - (default: {STARTER})")
    init.add_argument(
        "--extends", choices=PROFILES, default=DEFAULT, help=f"the bundled profile to begin with (default: {DEFAULT})"
    )
    actions.add_parser("schema", help="print the JSON Schema of policy files, for editors")
    for action in (show, check):
        add_own_checks(action)


def run(options: argparse.Namespace) -> int:
    return {"show": _show, "check": _check, "init": _init, "schema": _schema}[options.action](options)


def _show(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_stdout

    checks = (*all_checks(), *own_checks(*options.checks_from))
    write_stdout(shown(options.policy, checks, options.format))
    return OK


def shown(path: str | None, checks: Sequence[Check], form: str = "yaml") -> str:
    """The effective policy of that file, or the one in force, as `yaml` or `opa`. Raises PolicyError."""
    from planproof.policy.as_opa import as_opa
    from planproof.policy.as_yaml import effective
    from planproof.policy.layers import Layered, bundled_layers, layers, usable

    path = path or policy_in_force()
    policy = usable(layers(path, checks), checks) if path else Layered(bundled_layers(DEFAULT))
    return as_opa(policy) if form == "opa" else effective(policy)


def _check(options: argparse.Namespace) -> int:
    checks = (*all_checks(), *own_checks(*options.checks_from))
    return max(_check_file(file, checks) for file in options.files)


def _check_file(file: str, checks: Sequence[Check]) -> int:
    try:
        usable, warnings = checked(file, checks)
    except PolicyError as error:
        for problem in error.problems:
            print(f"planproof: {one_line(problem)}", file=sys.stderr)
        return CANNOT_JUDGE
    for warning in warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print(usable)
    return OK


def checked(file: str, checks: Sequence[Check]) -> tuple[str, list[str]]:
    """A sentence that a policy file can be used, and what to know of it. Raises PolicyError with all that is wrong."""
    from planproof.policy.layers import layers, usable

    found = usable(layers(file, checks), checks)
    policy = Policy(found.effective, file)
    expired = [waiver for waiver in policy.waivers if waiver.expires <= policy.today]
    warnings = [f"the exception for {waiver.check} on {waiver.address} expired on {waiver.expires}" for waiver in expired]
    bases = ", ".join(layer.name for layer in found.layers[:-1])
    return f"{file} can be used" + (f"; it extends {one_line(bases)}" if bases else ""), warnings


def _init(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_stdout
    from planproof.policy.as_yaml import starter

    names = {check.key: f"{check.id}: {check.name}" for check in all_checks()}
    if options.file == "-":
        write_stdout(starter(names, options.extends))
        return OK
    try:
        with open(options.file, "x", encoding="utf-8") as file:
            file.write(starter(names, options.extends))
    except FileExistsError:
        raise CommandError(f"{options.file} exists; it is not overwritten") from None
    except OSError as error:
        raise CommandError(f"{options.file} cannot be written: {error.strerror or error}") from None
    in_force = (
        "" if os.path.basename(options.file) in NAMES else f"; select it with --policy {options.file}, or rename it to {STARTER}"
    )
    print(f"{options.file}: a policy that changes nothing of {options.extends} yet; to change a key, remove its #{in_force}")
    return OK


def _schema(_options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_stdout

    write_stdout(schema_text())
    return OK


def schema_text() -> str:
    """The JSON Schema of policy files."""
    import json

    from planproof.policy.schema import schema

    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
