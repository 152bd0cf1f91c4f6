"""Reads the JSON syntax (`.tf.json`, `.tofu.json`) into the tree of the native syntax.

Strings are templates, but for what Terraform's page on the JSON syntax lists: some are references or keywords, and some are taken
as they are. JSON does not tell a block from an argument: a body has each of its properties as an argument, and `blocks_of` reads
one as blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from planproof.syntax import json_reader, templates
from planproof.syntax.expressions import parse_expression, parse_template
from planproof.syntax.file import DecodedText, SourceFile
from planproof.syntax.nodes import Attribute, Block, Body, Literal, Node, ObjectNode, TupleNode

_LABELS = {"resource": 2, "data": 2, "ephemeral": 2, "action": 2, "list": 2} | dict.fromkeys(
    ("module", "provider", "variable", "output", "check", "run"), 1
)
_COMMENT = "//"


class _Strings(Enum):
    """What the strings of a value are."""

    TEMPLATES = "templates"
    REFERENCES = "references"
    LITERALS = "literals"


# Where strings are no templates, by the names that lead there from a block of the file; `*` is any label or name.
_RESOURCE = {
    ("provider",): _Strings.REFERENCES,
    ("depends_on",): _Strings.REFERENCES,
    ("lifecycle", "ignore_changes"): _Strings.REFERENCES,
    ("lifecycle", "replace_triggered_by"): _Strings.REFERENCES,
    ("lifecycle", "action_trigger", "events"): _Strings.REFERENCES,
    ("lifecycle", "action_trigger", "actions"): _Strings.REFERENCES,
    ("provisioner", "*", "when"): _Strings.REFERENCES,
    ("provisioner", "*", "on_failure"): _Strings.REFERENCES,
    ("provisioner", "*", "connection", "type"): _Strings.LITERALS,
    ("connection", "type"): _Strings.LITERALS,
}
_RULES: dict[str, dict[tuple[str, ...], _Strings]] = {
    "resource": _RESOURCE,
    "data": _RESOURCE,
    "ephemeral": _RESOURCE,
    "action": _RESOURCE,
    "module": {
        ("source",): _Strings.LITERALS,
        ("version",): _Strings.LITERALS,
        ("providers",): _Strings.REFERENCES,
        ("depends_on",): _Strings.REFERENCES,
    },
    "variable": {
        ("type",): _Strings.REFERENCES,
        ("default",): _Strings.LITERALS,
        ("description",): _Strings.LITERALS,
    },
    "output": {
        ("type",): _Strings.REFERENCES,
        ("description",): _Strings.LITERALS,
        ("depends_on",): _Strings.REFERENCES,
    },
    "provider": {("alias",): _Strings.LITERALS, ("version",): _Strings.LITERALS},
    "terraform": {("required_providers", "*", "configuration_aliases"): _Strings.REFERENCES, (): _Strings.LITERALS},
    "moved": {("from",): _Strings.REFERENCES, ("to",): _Strings.REFERENCES},
    "removed": {("from",): _Strings.REFERENCES},
    "import": {("to",): _Strings.REFERENCES, ("provider",): _Strings.REFERENCES},
}
_ANYWHERE = ("dynamic", "*", "iterator")  # in a block of any type: the name that a dynamic block binds


def parse(file: SourceFile) -> Body:
    """The body of a whole file, with the blocks that Terraform has. Raises SyntaxProblem."""
    root = json_reader.read(file)
    blocks = [
        block
        for key, value in _properties(root)
        for block in _blocks(value, _name(key), (_name(key),), _LABELS.get(_name(key), 0), ())
    ]
    return Body(file, root.start, root.end, {}, blocks)


class JsonBody(Body):
    """The body of a block in JSON; `path` is the names that lead to it from the root."""

    __slots__ = ("_path", "_properties")

    def __init__(self, node: Node, path: tuple[str, ...]) -> None:
        self._path = path
        self._properties = list(_properties(node))
        attributes: dict[str, Attribute] = {}
        for key, value in self._properties:
            name = _name(key)
            if name in attributes and not isinstance(value, (ObjectNode, TupleNode)):
                raise node.file.problem(key.start, "this argument is set twice")
            attributes.setdefault(name, Attribute(node.file, key.start, value.end, name, _expression(value, (*path, name))))
        super().__init__(node.file, node.start, node.end, attributes, [])

    def blocks_of(self, name: str, labels: int = 0) -> list[Block]:
        return [
            block
            for key, value in self._properties
            if _name(key) == name
            for block in _blocks(value, name, (*self._path, name), labels, ())
        ]


def _properties(node: Node) -> Iterator[tuple[Node, Node]]:
    """The properties of an object, or of each object of an array; comments are left out."""
    for part in node.items if isinstance(node, TupleNode) else (node,):
        if not isinstance(part, ObjectNode):
            raise part.file.problem(part.start, "expected an object for a block")
        yield from ((key, value) for key, value in part.items if _name(key) != _COMMENT)


def _blocks(node: Node, type: str, path: tuple[str, ...], wanted: int, labels: tuple[str, ...]) -> Iterator[Block]:
    """The blocks that a property stands for: a body or an array of bodies, under as many names as the block has labels."""
    if isinstance(node, Literal) and node.value is None:
        return
    if wanted > len(labels):
        for key, value in _properties(node):
            below = path if len(path) == 1 else (*path, _name(key))  # the labels of a block of the file lead nowhere
            yield from _blocks(value, type, below, wanted, (*labels, _name(key)))
        return
    for part in node.items if isinstance(node, TupleNode) else (node,):
        yield Block(node.file, part.start, part.end, type, labels, JsonBody(part, path))


def _name(key: Node) -> str:
    return str(key.value) if isinstance(key, Literal) else ""


def _strings(path: tuple[str, ...]) -> _Strings:
    """What the strings of the value are that a path leads to; a rule holds for all below it."""
    rules, names = _RULES.get(path[0], {}), path[1:]
    if names[-3:-2] == _ANYWHERE[:1] and names[-1:] == _ANYWHERE[2:]:
        return _Strings.REFERENCES
    for length in range(len(names), -1, -1):
        for rule, strings in rules.items():
            if len(rule) == length and all(wanted in ("*", name) for wanted, name in zip(rule, names, strict=False)):
                return strings
    return _Strings.TEMPLATES


def _expression(node: Node, path: tuple[str, ...]) -> Node:
    """A value with its strings read."""
    if isinstance(node, TupleNode):
        return TupleNode(node.file, node.start, node.end, tuple(_expression(item, path) for item in node.items))
    if isinstance(node, ObjectNode):
        items = tuple((_key(key, path), _expression(value, (*path, _name(key)))) for key, value in node.items)
        return ObjectNode(node.file, node.start, node.end, items)
    if isinstance(node, Literal) and isinstance(node.value, str):
        return _string(node, node.value, _strings(path))
    return node


def _key(key: Node, path: tuple[str, ...]) -> Node:
    name, strings = _name(key), _strings(path)
    if strings is _Strings.REFERENCES and "." not in name:
        return key
    return _string(key, name, strings)


def _string(node: Node, value: str, strings: _Strings) -> Node:
    """A string as what it is; in a reference a template can only be a mistake of ours, so it is read as one."""
    has_template = "${" in value or "%{" in value
    if strings is _Strings.LITERALS or (strings is _Strings.TEMPLATES and not has_template):
        return Literal(node.file, node.start, node.end, templates.normal(value))
    inner = DecodedText(node.file, node.start, value)
    read = parse_template(inner) if has_template else parse_expression(inner)
    if has_template or isinstance(read, Literal):
        read.file, read.start, read.end = node.file, node.start, node.end
    return read
