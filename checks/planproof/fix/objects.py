"""Edits of objects and lists: what is added, renamed or taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from planproof.fix.edits import Edit
from planproof.fix.places import NotMechanical, end_of_line, indent_of, replaced, set_argument
from planproof.syntax.nodes import Body, Call, Literal, Node, ObjectNode, TupleNode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


_SETS = ("toset", "setintersection", "setsubtract", "setunion")  # whose sets `concat` refuses


def key_of(node: Node) -> str | None:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def pair(node: ObjectNode, key: str) -> tuple[Node, Node] | None:
    """The key and the value of an entry."""
    return next(((k, v) for k, v in node.items if key_of(k) == key), None)


def written_key(key: str) -> str:
    return key if _NAME.fullmatch(key) else json.dumps(key)


def added_entries(node: ObjectNode, entries: dict[str, str]) -> list[Edit]:
    """Adds entries at the end of an object, a line for each if the object has lines."""
    file = node.file
    if not entries:
        return []
    if not node.items:
        by = indent_of(file, node.start)
        body = "".join(f"\n{by}  {written_key(key)} = {value}" for key, value in entries.items())
        return [Edit(file.path, node.start, node.end, f"{{{body}\n{by}}}")]
    last = node.items[-1][1]
    if "\n" not in file.text[node.start : node.items[0][0].start]:
        return [Edit(file.path, last.end, last.end, "".join(f", {written_key(k)} = {v}" for k, v in entries.items()))]
    by, comma = indent_of(file, last.start), file.text[last.end : last.end + 1] == ","
    at = end_of_line(file, last.end)
    return [Edit(file.path, at, at, "".join(f"\n{by}{written_key(k)} = {v}{',' * comma}" for k, v in entries.items()))]


def renamed_key(node: Node, key: str) -> Edit:
    is_quoted = node.text.startswith('"')
    return Edit(node.file.path, node.start, node.end, json.dumps(key) if is_quoted else written_key(key))


def removed_entry(node: ObjectNode, key: str) -> list[Edit]:
    """Takes an entry out, with its line or its comma."""
    number = next((n for n, (k, _) in enumerate(node.items) if key_of(k) == key), None)
    if number is None:
        return []
    file, (start, end) = node.file, (node.items[number][0].start, node.items[number][1].end)
    if number:
        before = node.items[number - 1][1].end
        is_line = "\n" in file.text[before:start]
        return [
            Edit(file.path, end_of_line(file, before), end_of_line(file, end), "")
            if is_line
            else Edit(file.path, before, end, "")
        ]
    if len(node.items) == 1:
        return [Edit(file.path, node.start, node.end, "{}")]
    return [Edit(file.path, start, node.items[1][0].start, "")]


def objects_in(node: Node) -> list[ObjectNode]:
    """The objects that an expression is, or merges."""
    if isinstance(node, ObjectNode):
        return [node]
    if isinstance(node, Call) and node.name == "merge":
        return [found for argument in node.arguments for found in objects_in(argument)]
    return []


def with_items(
    body: Body, name: str, items: Sequence[str], instead: dict[str, str] | None = None, may_be_null: bool = False
) -> list[Edit]:
    """Adds items to a list; `instead` are items that are there and each replaced by another."""
    found = body.attributes.get(name)
    if found is None or found.expression.text in ("null", "[]"):
        return set_argument(body, name, f"[{', '.join(items)}]")
    node: Node = found.expression
    if not isinstance(node, TupleNode):
        if may_be_null:
            raise NotMechanical(f"{name} is an expression that is null or empty in this plan; add the value where it comes from")
        text = f"tolist({node.text})" if isinstance(node, Call) and node.name in _SETS else node.text
        return [replaced(node, f"concat({text}, [{', '.join(items)}])")]
    edits = [replaced(item, instead[item.text]) for item in node.items if instead and item.text in instead]
    new = [item for item in items if not edits or item not in {edit.text for edit in edits}]
    last = node.items[-1]
    return [*edits, *([Edit(node.file.path, last.end, last.end, "".join(f", {item}" for item in new))] if new else [])]
