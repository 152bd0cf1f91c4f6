"""Prints the completion script of a shell.

bash: planproof completion bash > ~/.local/share/bash-completion/completions/planproof
zsh:  planproof completion zsh > ~/.zfunc/_planproof     (with ~/.zfunc in fpath)
fish: planproof completion fish > ~/.config/fish/completions/planproof.fish"""

from __future__ import annotations

import argparse
from typing import Any

from planproof.cli.exit_codes import OK
from planproof.cli.output_files import write_stdout
from planproof.errors import CommandError

SHELLS = ("bash", "zsh", "fish")
_FILES = ("PLAN", "FILE", "DIR|SAVED-PLAN")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(options: argparse.Namespace) -> int:
    try:
        import shtab
    except ImportError:
        raise CommandError("completion scripts need the package shtab; install it: pip install shtab") from None
    from planproof.cli import main
    from planproof.cli.commands.check import FORMATS
    from planproof.registry import all_checks

    whole = main.parser(*main.COMMANDS)
    for action in _actions(whole):
        if action.metavar in _FILES:
            action.complete = shtab.FILE
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY
        elif action.metavar == "CHECK":
            action.choices = [check.id for check in all_checks()]
        elif action.metavar == "NAME[=FILE]":
            action.choices = FORMATS
    write_stdout(shtab.complete(whole, options.shell) + "\n")
    return OK


def _actions(parser: argparse.ArgumentParser) -> list[Any]:
    """All arguments of a parser and of its sub-parsers."""
    found: list[Any] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [inner for one in action.choices.values() for inner in _actions(one)]
        else:
            found.append(action)
    return found
