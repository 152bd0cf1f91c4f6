"""Reads a policy file: YAML, layered by `extends:`, checked against the published schema, with a place for every value.

The file is untrusted: its size, depth and number of nodes are bounded, aliases are counted each time they are used, and nothing in
it is ever run.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planproof import bundled
from planproof.policy import DEFAULT, PolicyError, bundled_policy, merge
from planproof.safe import one_line

MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 40
SCHEMA = "planproof.schema"

KeyPath = tuple[Any, ...]


@dataclass(frozen=True)
class Layer:
    """One file of a policy: its own data, without `extends`, and the line of each key and list element."""

    name: str
    data: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> str:
        """`policy.yaml:12` for the key at `path`, or for the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines[path]}" if path in self.lines else self.name


def load(path: str | os.PathLike[str], own_checks: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The effective policy of a file. `own_checks`: the sections of checks that are not bundled. Raises PolicyError."""
    effective: dict[str, Any] = {}
    for layer in layers(path, own_checks):
        effective = merge(effective, layer.data)
    return effective


def layers(path: str | os.PathLike[str], own_checks: frozenset[str] = frozenset()) -> list[Layer]:
    """The files that make up a policy, the one that is extended by all the others first."""
    found: list[Layer] = []
    seen: list[Path] = []
    name, file = os.fspath(path), Path(path)
    while True:
        if file.resolve() in seen:
            raise PolicyError(f"{name}: the policies extend each other in a circle: {' -> '.join(p.name for p in [*seen, file])}")
        seen.append(file.resolve())
        layer, base = _layer(name, file, own_checks)
        found.insert(0, layer)
        if base in bundled.POLICIES:
            return [Layer(f"{base} (bundled)", bundled_policy(base), {}), *found]
        if not isinstance(base, str) or "://" in base or os.path.isabs(base):
            profiles = ", ".join(sorted(bundled.POLICIES))
            where = layer.place(("extends",))
            raise PolicyError(
                f"{where}: extends takes a bundled profile ({profiles}) or a relative file, not {one_line(str(base))!r}"
            )
        file = file.parent / base
        name = os.path.join(os.path.dirname(name), base)


def _layer(name: str, file: Path, own_checks: frozenset[str]) -> tuple[Layer, Any]:
    data, lines = _parse(_read(name, file), name)
    layer = Layer(name, data, lines)
    _validate(layer, own_checks)
    return Layer(name, {key: value for key, value in data.items() if key != "extends"}, lines), data.get("extends", DEFAULT)


def _read(name: str, file: Path) -> bytes:
    try:
        with file.open("rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{name} cannot be read as a policy: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise PolicyError(f"{name} is larger than a policy can be ({MAX_BYTES // 1024} KiB)")
    return content


# --- YAML ------------------------------------------------------------------------------------------------------------


def _parse(content: bytes, name: str) -> tuple[dict[str, Any], dict[KeyPath, int]]:
    import yaml

    try:
        node = yaml.compose(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise PolicyError(_syntax(error, name)) from None
    except (RecursionError, ValueError) as error:
        raise PolicyError(f"{name} is not valid YAML ({type(error).__name__})") from None
    reader = _Reader(name)
    data = reader.value(node, ()) if node is not None else {}
    if not isinstance(data, dict):
        raise PolicyError(f"{name} is not a policy: it holds no mapping at the top")
    return data, reader.lines


def _syntax(error: Any, name: str) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    problem = getattr(error, "problem", None) or type(error).__name__
    if "but found another document" in str(problem):
        return f"{where}: a policy is one YAML document, and a second one begins here"
    hint = "; YAML takes spaces, not tabs" if "'\\t'" in str(problem) or "\t" in str(problem) else ""
    return f"{where} is not valid YAML: {one_line(str(problem))}{hint}"


class _Reader:
    """Turns YAML's nodes into plain data, and notes each key's line."""

    def __init__(self, name: str) -> None:
        import yaml

        self._name, self._count = name, 0
        self._construct = yaml.SafeLoader("").construct_object
        self.lines: dict[KeyPath, int] = {}

    def value(self, node: Any, path: KeyPath) -> Any:
        self._count += 1
        if self._count > MAX_NODES or len(path) > MAX_DEPTH:
            raise self._error(node, "the policy is too large once its aliases are written out, or too deep")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.id == "mapping":
            return self._mapping(node, path)
        if node.id == "sequence":
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: Any, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._scalar(key_node) if key_node.id == "scalar" else None
            if not isinstance(key, str) or key_node.tag.endswith(":merge"):
                raise self._error(key_node, "a key has to be a string (and merge keys, <<, are not supported)")
            if key in found:
                raise self._error(key_node, f"the key {one_line(key)!r} stands here a second time")
            at = (*path, key)
            self.lines[at] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, at)
        return found

    def _scalar(self, node: Any) -> Any:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in ("str", "int", "float", "bool", "null", "timestamp", "merge"):
            raise self._error(node, f"the tag {one_line(node.tag)} is not supported")
        if kind in ("str", "timestamp", "merge"):
            return node.value
        try:
            return self._construct(node)
        except ValueError:
            raise self._error(node, "this number cannot be read") from None

    def _error(self, node: Any, text: str) -> PolicyError:
        return PolicyError(f"{self._name}:{node.start_mark.line + 1}: {text}")


# --- the schema ------------------------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The published JSON Schema of a policy file."""
    loaded = json.loads(bundled.DATA[SCHEMA])
    assert isinstance(loaded, dict)
    return loaded


def _validate(layer: Layer, own_checks: frozenset[str]) -> None:
    from jsonschema import Draft202012Validator

    described = schema()
    sections = described["properties"]["checks"]["properties"]
    sections.update({key: {"type": "object"} for key in own_checks})
    problems = sorted(_problems(Draft202012Validator(described).iter_errors(layer.data)), key=lambda p: (len(p[0]), str(p[0])))
    if problems:
        path, text = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise PolicyError(f"{layer.place(path)}: {text}{more}")


def _problems(errors: Any) -> Iterator[tuple[KeyPath, str]]:
    """Each violation as a key path and a sentence."""
    for error in errors:
        path = tuple(error.absolute_path)
        where = ".".join(map(str, path)) or "the policy"
        if error.validator == "additionalProperties":
            known = error.schema.get("properties", {})
            for key in error.instance.keys() - known.keys():
                yield (*path, key), _unknown_key(key, where, list(known))
        elif error.validator in ("anyOf", "oneOf"):
            yield path, f"{where} has none of the forms that it can have: {_forms(error.schema)}"
        elif error.validator == "required":
            yield path, f"{where} needs {', '.join(error.validator_value)}"
        elif error.validator == "type":
            yield path, f"{where} has to be of the type {_types(error.validator_value)}, and is {_shown(error.instance)}"
        elif error.validator == "enum":
            yield path, f"{where} has to be one of {', '.join(map(str, error.validator_value))}, and is {_shown(error.instance)}"
        else:
            yield path, f"{where} is {_shown(error.instance)}, which breaks {error.validator}: {error.validator_value}"


def _unknown_key(key: str, where: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(sorted(known)[:12])}" if known else ""
    return f"unknown key {one_line(key)!r} in {where}{hint}"


def _forms(part: Mapping[str, Any]) -> str:
    return " or ".join(str(form.get("title") or form.get("type")) for form in part.get("anyOf", part.get("oneOf", ())))


def _types(kinds: Any) -> str:
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)


def _shown(value: Any) -> str:
    text = one_line(json.dumps(value, default=str))
    return text if len(text) <= 60 else text[:57] + "..."
