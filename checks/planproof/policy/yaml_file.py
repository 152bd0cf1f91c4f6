"""Reads the YAML of a policy into plain data, with a place for every key.

The file is untrusted: its size, depth and number of nodes are bounded, aliases are counted each time they are used, and nothing in
it is ever run. Numbers are decimal, days are text, and what YAML 1.1 takes for true and false without saying so is remembered.
"""

from __future__ import annotations

import math
import os
import re
import stat
from dataclasses import dataclass, field
from typing import Any

from planproof.errors import PlanproofError, PolicyError
from planproof.text.escaping import one_line

MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 40

KeyPath = tuple[Any, ...]

_KINDS = ("str", "int", "float", "bool", "null", "timestamp", "merge")
_PLAIN = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_TEXT = ("str", "timestamp", "merge")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)")


@dataclass(frozen=True)
class Document:
    """A policy file's data, the line of each key and list element, and the bare words that were read as true or false."""

    name: str
    data: dict[str, Any]
    lines: dict[KeyPath, int] = field(default_factory=dict)
    words: dict[KeyPath, str] = field(default_factory=dict)

    def place(self, path: KeyPath) -> str:
        """`policy.yaml:12` for the key at `path`, or for the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines[path]}" if path in self.lines else self.name


def read(name: str, file: str | os.PathLike[str]) -> Document:
    """The document of a file; `name` is what messages call it. Raises PolicyError."""
    return parse(content(name, file, "a policy", MAX_BYTES), name)


def content(name: str, file: str | os.PathLike[str], what: str, most: int, problem: type[PlanproofError] = PolicyError) -> bytes:
    """The bytes of a file that a person wrote, no more than `most`. `what` it is to be is said where it cannot be read."""
    try:
        # A pipe or a device could keep us waiting, and the file has to be the same when it is read again.
        if not stat.S_ISREG(os.stat(file).st_mode):
            kind = "a folder" if os.path.isdir(file) else "not a regular file"
            raise problem(f"{name} cannot be read as {what}: it is {kind}; provide a file")
        with open(file, "rb") as handle:
            found = handle.read(most + 1)
    except OSError as error:
        raise problem(f"{name} cannot be read as {what}: {error.strerror or error}") from None
    except ValueError:
        raise problem(f"{one_line(name)} cannot be read as {what}: the name is invalid") from None
    if len(found) > most:
        raise problem(f"{name} is larger than the limit for {what} ({most // 1024} KiB)")
    return found


def parse(content: bytes, name: str) -> Document:
    """The document of a file's bytes: UTF-8, or UTF-16 with a byte order mark."""
    import yaml

    try:
        node: Any = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise PolicyError(_syntax(error, content, name)) from None
    except (RecursionError, ValueError) as error:
        raise PolicyError(f"{name} is not valid YAML ({type(error).__name__})") from None
    if node is None:
        raise PolicyError(f"{name} is empty; to change nothing, write: extends: secure-logs")
    if node.id != "mapping":
        raise PolicyError(f"{name} is not a policy: its top level is not a mapping")
    reader = _Reader(name)
    data = reader.value(node, ())
    assert isinstance(data, dict)
    return Document(name, data, reader.lines, reader.words)


def _syntax(error: Any, content: bytes, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    problem = str(getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__)
    if "but found another document" in problem:
        return f"{where}: a policy must be one YAML document, and a second one begins here"
    line = content.split(b"\n")[mark.line : mark.line + 1] if mark else []
    hint = "; indent with spaces, not tabs" if b"\t" in b"".join(line) else "" if mark else "; save it as UTF-8"
    return f"{where} is not valid YAML: {one_line(problem)}{hint}"


class _Reader:
    """Turns YAML's nodes into plain data, and notes each key's line."""

    def __init__(self, name: str) -> None:
        import yaml

        self._name, self._count = name, 0
        self._construct = yaml.SafeLoader("").construct_object
        self.lines: dict[KeyPath, int] = {}
        self.words: dict[KeyPath, str] = {}

    def value(self, node: Any, path: KeyPath) -> Any:
        self._count += 1
        if self._count > MAX_NODES or len(path) > MAX_DEPTH:
            raise self._error(node, "the policy is too large when its aliases are expanded, or too deeply nested")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.id != "scalar" and node.tag not in _PLAIN:
            raise self._error(node, f"the tag {one_line(node.tag)} is not supported")
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in found:
                raise self._error(key_node, f"the key {one_line(key)!r} is duplicated here")
            at = (*path, key)
            self.lines[at] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, at)
        return found

    def _key(self, node: Any) -> str:
        if node.tag.endswith(":merge"):
            raise self._error(node, "merge keys (<<) are not supported; repeat the keys, or extend a file that contains them")
        key = self._scalar(node, ()) if node.id == "scalar" else None
        if isinstance(key, str):
            return key
        shown = f", and YAML does not read {one_line(node.value)!r} as text: put it in quotes" if node.id == "scalar" else ""
        raise self._error(node, f"a key must be text{shown}")

    def _scalar(self, node: Any, path: KeyPath) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in _KINDS:
            raise self._error(node, f"the tag {one_line(node.tag)} is not supported")
        if kind in _TEXT:
            return node.value
        try:
            value = self._construct(node)
        except (ValueError, KeyError):
            raise self._error(node, f"{_short(node.value)} cannot be read as {_NAMES[kind]}") from None
        if kind == "int" and not _DECIMAL.fullmatch(node.value):
            raise self._error(
                node, f"YAML reads {_short(node.value)} as {value}; write a plain decimal number, or put it in quotes"
            )
        if kind == "float" and not math.isfinite(value):
            raise self._error(node, f"{_short(node.value)} is not a usable number")
        if kind == "bool":
            self.words[path] = node.value
        return value

    def _error(self, node: Any, text: str) -> PolicyError:
        return PolicyError(f"{self._name}:{node.start_mark.line + 1}: {text}")


_NAMES = {"int": "a whole number", "float": "a number", "bool": "true or false", "null": "nothing"}


def _short(text: str) -> str:
    shown = one_line(text)
    return shown if len(shown) <= 40 else shown[:37] + "..."
