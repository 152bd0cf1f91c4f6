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
    if isinstance(value, dict):
        return written_inline({name: written(each) for name, each in value.items()})
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def written_key(key: str) -> str:
    return key if _NAME.fullmatch(key) else written(key)


def written_inline(entries: Mapping[str, str]) -> str:
    """An object on one line; the values are expressions."""
    return f"{{ {', '.join(f'{written_key(key)} = {value}' for key, value in entries.items())} }}" if entries else "{}"


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
    last, brace = node.items[-1][1], node.end - 1
    behind = file.text[last.end : brace]
    if "\n" not in file.text[node.start : node.items[0][0].start] and "\n" not in behind:
        return [Edit(file.path, last.end, last.end, f", {written_key(k)} = {v}") for k, v in entries.items()]
    by, comma = _indent(node), behind.lstrip().startswith(",")
    lines = [f"\n{by}{written_key(k)} = {v}{',' * comma}" for k, v in entries.items()]
    at = end_of_line(file, last.end)
    if at < brace:
        return [Edit(file.path, at, at, line) for line in lines]
    at = last.end + len(behind.rstrip())  # the brace, which is on this line too, gets one of its own
    own = Edit(file.path, at, brace, f"\n{indent_of(file, node.start)}")
    return [*(Edit(file.path, at, at, line) for line in lines), own]


def _indent(node: ObjectNode) -> str:
    """That of the entries: of the last that begins a line."""
    starts = [key.start for key, _ in node.items if not node.file.text[start_of_line(node.file, key.start) : key.start].strip()]
    return indent_of(node.file, starts[-1]) if starts else indent_of(node.file, node.start) + "  "


def renamed_key(node: Node, key: str) -> Edit:
    is_quoted = node.text.startswith('"')
    return Edit(node.file.path, node.start, node.end, written(key) if is_quoted else written_key(key))


def removed_entries(node: ObjectNode, keys: Collection[str]) -> list[Edit]:
    """Takes entries out, each with its line, or with its comma."""
    kept = [number for number, (key, _) in enumerate(node.items) if key_of(key) not in keys]
    if not kept:
        return [Edit(node.file.path, node.start, node.end, "{}")] if node.items else []
    found: list[tuple[int, int]] = []
    for start, end in (_range(node, number, kept[-1]) for number in range(len(node.items)) if number not in kept):
        if found and start <= found[-1][1]:
            before = found.pop()
            start, end = before[0], max(before[1], end)
        found.append((start, end))
    return [Edit(node.file.path, start, end, "") for start, end in found]


def _range(node: ObjectNode, number: int, last_kept: int) -> tuple[int, int]:
    """What goes with an entry: the line that it has alone, else the comma before or behind it."""
    text, (key, value) = node.file.text, node.items[number]
    first, end = start_of_line(node.file, key.start), end_of_line(node.file, value.end)
    if not text[first : key.start].strip() and re.fullmatch(r"\s*,?\s*(?:(?:#|//|/\*)(?s:.*))?", text[value.end : end]):
        return first - 1 - (text[first - 2] == "\r"), end
    return (key.start, node.items[number + 1][0].start) if number < last_kept else (node.items[number - 1][1].end, value.end)


def objects_in(node: Node) -> list[ObjectNode]:
    """The objects that an expression is, or merges."""
    if isinstance(node, ObjectNode):
        return [node]
    if isinstance(node, Call) and node.name == "merge":
        return [found for argument in node.arguments for found in objects_in(argument)]
    return []


def _filled(node: TupleNode, items: Sequence[str]) -> Edit:
    """Items in an empty list, behind the comment that may be in it."""
    inside = node.text[1:-1].strip()
    if not inside:
        return replaced(node, f"[{', '.join(items)}]")
    by = indent_of(node.file, node.start)
    return replaced(node, f"[\n{by}  {inside}\n" + "".join(f"{by}  {item},\n" for item in items) + f"{by}]")


def with_items(
    body: Body, name: str, items: Sequence[str], instead: dict[str, str] | None = None, may_be_null: bool = False
) -> list[Edit]:
    """Adds items to a list; `instead` are items that are there and each replaced by another."""
    found = body.attributes.get(name)
    node = found.expression if found else None
    if node is None or (isinstance(node, Literal) and node.value is None):
        return set_argument(body, name, f"[{', '.join(items)}]")
    if isinstance(node, TupleNode) and not node.items:
        return [_filled(node, items)]
    if not isinstance(node, TupleNode):
        if may_be_null:
            raise NotMechanical(f"{name} is an expression that is null or empty in this plan; add the value where it comes from")
        text = f"tolist({node.text})" if isinstance(node, Call) and node.name in _SETS else node.text
        return [replaced(node, f"concat({text}, [{', '.join(items)}])")]
    edits = [replaced(item, instead[item.text]) for item in node.items if instead and item.text in instead]
    new = [item for item in items if not edits or item not in {edit.text for edit in edits}]
    last = node.items[-1]
    return [*edits, *([Edit(node.file.path, last.end, last.end, "".join(f", {item}" for item in new))] if new else [])]
