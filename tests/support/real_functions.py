"""Calls of Terraform's functions, written in its language and worked out by the real one."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from planproof.functions.set_value import SetValue
from planproof.functions.unify import type_of

_BATCH = 500


class Answer(NamedTuple):
    """What Terraform says: the result as JSON, None if it refuses the call; whether it is a set."""

    json: str | None
    is_set: bool = False


UNKNOWN = Answer("unknown")
"""What Terraform says where a null of no type is among the arguments."""


def literal(value: Any, collections: bool = False) -> str:
    """The value in Terraform's language; with `collections`, lists and maps wherever there can be some, else tuples and objects."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, SetValue):
        return f"toset([{', '.join(literal(element, collections) for element in value)}])"
    if isinstance(value, list):
        plain = f"[{', '.join(literal(element, collections) for element in value)}]"
        return f"tolist({plain})" if collections and None not in value and type_of(value, True).of == "list" else plain
    if isinstance(value, dict):
        plain = "{" + ", ".join(f"{_quoted(name)} = {literal(element, collections)}" for name, element in value.items()) + "}"
        return f"tomap({plain})" if collections and None not in value.values() and type_of(value, True).of == "map" else plain
    return json.dumps(value)


def _quoted(value: str) -> str:
    return '"' + "".join(_escaped(character) for character in value).replace("${", "$${").replace("%{", "%%{") + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return character if character.isprintable() else f"\\U{ord(character):08x}"


def call(name: str, arguments: Iterable[Any], collections: bool = False) -> str:
    return f"{name}({', '.join(literal(argument, collections) for argument in arguments)})"


def answers(calls: list[str], folder: Path) -> list[Answer]:
    """What Terraform says to each of the calls, made in a folder that is there for this."""
    return [answer for at in range(0, len(calls), _BATCH) for answer in _batch(calls[at : at + _BATCH], folder)]


def _batch(calls: list[str], folder: Path) -> list[Answer]:
    lines = [f"  try([jsonencode({call}), !can(slice({call}, 0, 0))], null)," for call in calls]
    (folder / "main.tf").write_text(
        'output "found" {\n sensitive = true\n value = [\n' + "\n".join(lines) + "\n]\n}\n", encoding="utf-8"
    )
    for arguments in (["init"], ["plan", "-out=plan"]):
        subprocess.run(["terraform", *arguments], cwd=folder, capture_output=True, check=True)
    shown = subprocess.run(["terraform", "show", "-json", "plan"], cwd=folder, capture_output=True, check=True).stdout
    found = json.loads(shown)["output_changes"]["found"]
    unknown = found["after_unknown"] or [False] * len(calls)
    return [_answer(*row) for row in zip(found["after"], unknown, strict=True)]


def _answer(row: list[Any] | None, unknown: Any) -> Answer:
    if unknown is True or (unknown and any(unknown)):
        return UNKNOWN
    return Answer(None) if row is None else Answer(row[0], row[1] and row[0].startswith("["))
