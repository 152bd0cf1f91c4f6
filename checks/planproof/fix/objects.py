"""Edits of objects and lists: what is added, renamed or taken out; and constants as HCL has them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from planproof.fix.edits import Edit
from planproof.fix.places import NotMechanical, end_of_line, indent_of, replaced, set_argument, start_of_line
from planproof.syntax.nodes import Body, Call, Literal, Node, ObjectNode, TupleNode

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


_SETS = ("toset", "setintersection", "setsubtract", "setunion")  # whose sets `concat` refuses


def key_of(node: Node) -> str | None:
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def pair(node: ObjectNode, key: str) -> tuple[Node, Node] | None:
    """The key and the value of an entry."""
    return next(((k, v) for k, v in node.items if key_of(k) == key), None)


def written(value: Any) -> str:
    """A constant as HCL has it: no part of a text is an interpolation."""
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def written_key(key: str) -> str:
    return key if _NAME.fullmatch(key) else written(key)


def written_object(entries: Mapping[str, str]) -> str:
    """An object with a line for each entry."""
    return "\n".join(["{", *(f"  {written_key(key)} = {value}" for key, value in entries.items()), "}"])


def added_entries(node: ObjectNode, entries: Mapping[str, str]) -> list[Edit]:
    """Adds entries at the end of an object, a line for each if the object has lines. An edit for each, as several failures may add
    different ones."""
    file = node.file
    if not entries:
        return []
    if not node.items:
        by, at = indent_of(file, node.start), node.start + 1
        lines = [f"\n{by}  {written_key(key)} = {value}" for key, value in entries.items()]
        return [*(Edit(file.path, at, at, line) for line in lines), Edit(file.path, at, node.end - 1, f"\n{by}")]
    last = node.items[-1][1]
    if "\n" not in file.text[node.start : node.items[0][0].start]:
        return [Edit(file.path, last.end, last.end, f", {written_key(k)} = {v}") for k, v in entries.items()]
    by, comma = indent_of(file, last.start), file.text[last.end : last.end + 1] == ","
    at = end_of_line(file, last.end)
    return [Edit(file.path, at, at, f"\n{by}{written_key(k)} = {v}{',' * comma}") for k, v in entries.items()]


def renamed_key(node: Node, key: str) -> Edit:
    is_quoted = node.text.startswith('"')
    return Edit(node.file.path, node.start, node.end, written(key) if is_quoted else written_key(key))


def removed_entry(node: ObjectNode, key: str) -> list[Edit]:
    """Takes one entry out."""
    return removed_entries(node, [key])


def removed_entries(node: ObjectNode, keys: Collection[str]) -> list[Edit]:
    """Takes entries out, each with its line or its comma."""
    gone = [key_of(key) in keys for key, _ in node.items]
    if all(gone):
        return [Edit(node.file.path, node.start, node.end, "{}")] if gone else []
    return [_removed(node, number, all(gone[:number])) for number, is_gone in enumerate(gone) if is_gone]


def _removed(node: ObjectNode, number: int, leads: bool) -> Edit:
    """The edit that takes an entry out; `leads` says that no entry stays before it."""
    file, (start, end) = node.file, (node.items[number][0].start, node.items[number][1].end)
    line, rest = start_of_line(file, start), file.text[end : end_of_line(file, end)].lstrip(", ")
    is_line = not file.text[line:start].strip() and (not rest or rest.startswith(("#", "//")))
    if leads:
        return Edit(file.path, *((line, end_of_line(file, end) + 1) if is_line else (start, node.items[number + 1][0].start)), "")
    before = node.items[number - 1][1].end
    if "\n" not in file.text[before:start]:
        return Edit(file.path, before, end, "")
    if not is_line:  # the object ends on this line
        return Edit(file.path, line, file.text.index(rest, end), indent_of(file, node.start))
    return Edit(file.path, end_of_line(file, before), end_of_line(file, end), "")


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
