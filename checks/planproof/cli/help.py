"""What the command says of itself: help at the terminal's width, and what it is made of."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from planproof.cli.exit_codes import CANNOT_JUDGE
from planproof.text.escaping import one_line
from planproof.version import version


class Formatter(argparse.HelpFormatter):
    """Fills the paragraphs of descriptions; one with indented lines, such as examples, stays as it is written."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(self._paragraph(part, width, indent) for part in text.strip("\n").split("\n\n"))

    def _paragraph(self, text: str, width: int, indent: str) -> str:
        import textwrap

        if any(line.startswith(" ") for line in text.splitlines()):
            return textwrap.indent(text, indent)
        return textwrap.fill(" ".join(text.split()), width, initial_indent=indent, subsequent_indent=indent)


class Parser(argparse.ArgumentParser):
    """Takes options by their whole names only, and refuses in one sentence."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, "allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        self.exit(CANNOT_JUDGE, f"{self.prog}: {one_line(message)}; see {self.prog} --help\n")


class Version(argparse.Action):
    """Prints the versions of planproof and of what judges with it, and ends."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(nargs=0, **settings)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        from platform import python_version

        lines = [f"planproof {version()}", f"Python {python_version()}", *map(_installed, ("orjson", "Checkov"))]
        print("\n".join(lines))
        parser.exit()


def _installed(name: str) -> str:
    """What is installed, by its metadata: importing Checkov takes seconds."""
    from importlib import metadata

    try:
        return f"{name} {metadata.version(name.lower())}"
    except metadata.PackageNotFoundError:
        return f"{name} is not installed"
