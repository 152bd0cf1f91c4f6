"""Shows what is demanded, checks a policy file, and begins one."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from planproof.check import Check
from planproof.cli.exit_codes import CANNOT_JUDGE, OK
from planproof.errors import CommandError, PolicyError
from planproof.policy.model import Policy
from planproof.policy.profiles import DEFAULT
from planproof.registry import all_checks, own_checks
from planproof.text.escaping import one_line

STARTER = "planproof.yaml"


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    show = actions.add_parser("show", help="the policy in force, with the file that each value is from")
    show.add_argument(
        "--policy",
        metavar="POLICY",
        help="a file, or the bundled secure-logs or general (default: PLANPROOF_POLICY, or secure-logs)",
    )
    show.add_argument(
        "--format", choices=("yaml", "opa"), default="yaml", help="yaml, or data for the Rego that sees a plan alone (opa)"
    )
    check = actions.add_parser("check", help="say what is wrong with policy files")
    check.add_argument("files", metavar="FILE", nargs="+")
    init = actions.add_parser("init", help="write a policy to begin with, every key explained")
    init.add_argument("file", metavar="FILE", nargs="?", default=STARTER, help=f"the file, or - (default: {STARTER})")
    actions.add_parser("schema", help="print the JSON Schema of policy files, for editors")
    for action in (show, check):
        action.add_argument("--checks", metavar="DIR", action="append", default=[], help="a folder of your own checks")


def run(options: argparse.Namespace) -> int:
    return {"show": _show, "check": _check, "init": _init, "schema": _schema}[options.action](options)


def _show(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_stdout
    from planproof.policy.as_opa import as_opa
    from planproof.policy.as_yaml import effective
    from planproof.policy.layers import Layered, bundled_layers, layers, usable

    path, checks = options.policy or os.environ.get("PLANPROOF_POLICY"), (*all_checks(), *own_checks(*options.checks))
    policy = usable(layers(path, checks), checks) if path else Layered(bundled_layers(DEFAULT))
    write_stdout(as_opa(policy) if options.format == "opa" else effective(policy))
    return OK


def _check(options: argparse.Namespace) -> int:
    checks = (*all_checks(), *own_checks(*options.checks))
    return max(_check_file(file, checks) for file in options.files)


def _check_file(file: str, checks: Sequence[Check]) -> int:
    from planproof.policy.layers import layers, usable

    try:
        found = usable(layers(file, checks), checks)
    except PolicyError as error:
        for problem in error.problems:
            print(f"planproof: {one_line(problem)}", file=sys.stderr)
        return CANNOT_JUDGE
    policy = Policy(found.effective, file)
    expired = [w for w in policy.waivers if w.expires <= policy.today]
    for waiver in expired:
        print(f"warning: the exception for {waiver.check} on {waiver.address} expired on {waiver.expires}", file=sys.stderr)
    bases = ", ".join(layer.name for layer in found.layers[:-1])
    print(f"{file} can be used" + (f"; it extends {one_line(bases)}" if bases else ""))
    return OK


def _init(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_stdout
    from planproof.policy.as_yaml import starter

    names = {check.key: f"{check.id}: {check.name}" for check in all_checks()}
    if options.file == "-":
        write_stdout(starter(names))
        return OK
    try:
        with open(options.file, "x", encoding="utf-8") as file:
            file.write(starter(names))
    except FileExistsError:
        raise CommandError(f"{options.file} exists; it is not written over") from None
    except OSError as error:
        raise CommandError(f"{options.file} cannot be written: {error.strerror or error}") from None
    print(f"{options.file}: a policy that changes nothing yet; take the # from what is to be otherwise")
    return OK


def _schema(_options: argparse.Namespace) -> int:
    import json

    from planproof.cli.output_files import write_stdout
    from planproof.policy.schema import schema

    write_stdout(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n")
    return OK
