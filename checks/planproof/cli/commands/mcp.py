"""Serves planproof to agents as tools of the Model Context Protocol, over standard input and output: check, explain, fix, review, policy.

  planproof mcp --root infra            an agent's client starts this; docs/agents.md shows how to configure it

The tools read plan JSON and configurations below --root only, through no link out of it. They write nothing, start no program and open no
connection. With --allow-write, the tool fix can edit files below --root, if git's tree there is clean. It needs the package mcp: pip install 'planproof[mcp]'."""

from __future__ import annotations

import argparse
import gc
import os

from planproof.cli.exit_codes import OK
from planproof.cli.options import add_own_checks, add_policy
from planproof.cli.signals import end_at_once
from planproof.errors import CommandError
from planproof.policy.profiles import PROFILES


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--root",
        metavar="DIR",
        action="append",
        default=[],
        help="a folder that the tools may read; may be given several times; paths are from the first (default: the working directory)",
    )
    parser.add_argument(
        "--allow-write", action="store_true", help="let the tool fix edit the files below --root, if git's tree is clean"
    )
    add_policy(parser)
    add_own_checks(parser)


def run(options: argparse.Namespace) -> int:
    try:
        from planproof.cli.agents.server import serve
    except ImportError:
        raise CommandError("planproof mcp needs the package mcp, version 2; install it: pip install 'planproof[mcp]'") from None
    from planproof.cli.agents.confinement import confine, python_folders
    from planproof.cli.agents.tools import Desk

    roots = [os.path.abspath(root) for root in options.root or [os.curdir]]
    for root in roots:
        if not os.path.isdir(root):
            raise CommandError(f"--root {root} is not a folder; provide the folder of the configurations")
    own = [
        os.path.abspath(folder)
        for folder in options.checks_from or filter(None, os.environ.get("PLANPROOF_CHECKS", "").split(os.pathsep))
    ]
    policy = os.path.abspath(options.policy) if options.policy and options.policy not in PROFILES else options.policy
    readable = [*roots, *own, *python_folders()]
    os.chdir(roots[0])  # from now on, paths are those of an agent
    gc.enable()  # a server lives long
    end_at_once()
    desk = Desk(roots, policy, own, options.allow_write)
    serve(desk.tools(), lambda: confine(readable, roots if options.allow_write else ()))
    return OK
