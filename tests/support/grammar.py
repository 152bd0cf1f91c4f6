"""Two readings of a native file in one form, ours and tree-sitter's, to be compared.

A reading is a set of `(kind, start, end, more)`, in bytes: blocks with their labels, arguments with their expression's range, and the
expressions that have a kind of their own in both trees. A pair of parentheses belongs to what is in it.

    python tests/source/grammar.py FOLDER ...    # compares every file below, and counts
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import tree_sitter_hcl
from tree_sitter import Language, Parser
from tree_sitter import Node as Theirs

from planproof.errors import SyntaxProblem
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.hcl import parse
from planproof.syntax.nodes import (
    Attribute,
    Binary,
    Block,
    Call,
    Conditional,
    ForObject,
    ForTuple,
    Literal,
    Node,
    ObjectNode,
    Template,
    TemplateFor,
    TemplateIf,
    TupleNode,
    Unary,
)

PARSER = Parser(Language(tree_sitter_hcl.language()))
KINDS: dict[type[Node], str] = {
    Binary: "binary_operation",
    Call: "function_call",
    ForObject: "for_object_expr",
    ForTuple: "for_tuple_expr",
    ObjectNode: "object",
    TupleNode: "tuple",
    Unary: "unary_operation",
    TemplateIf: "template_if",
    TemplateFor: "template_for",
}
THEIR_KINDS = {*KINDS.values(), "conditional"}
Reading = set[tuple[str, int, int, str]]


def ours(text: str) -> Reading:
    """What our tree says. Raises SyntaxProblem."""
    found: Reading = set()
    pending: list[Node] = [parse(SourceFile("main.tf", text))]
    while pending:
        node = pending.pop()
        start, end = node.byte_range
        if isinstance(node, Conditional):
            links = _links(node)
            inner = node.file.byte(node.condition.start)
            found.add(("conditional", start, end, ""))
            found.update(("conditional", inner, link.condition.byte_range[1], "") for link in links[1:])
            pending.extend(part for link in links for part in (link.condition, link.yes))
            pending.append(links[-1].no)
            continue
        pending.extend(child for child in node.children() if not (isinstance(node, Template) and _is_text(child)))
        if isinstance(node, Block):
            found.add(("block", start, end, " ".join([node.type, *node.labels])))
        elif isinstance(node, Attribute):
            found.add(("attribute", start, end, f"{node.name} {node.expression.byte_range}"))
        elif type(node) in KINDS:
            found.add((KINDS[type(node)], start, end, ""))
        elif isinstance(node, (Literal, Template)) and node.text.lstrip("( \t\r\n").startswith(("<<", '"')):
            found.add(("string", start, end, ""))
    return found


def _is_text(part: Node) -> bool:
    """Whether a part of a template is a text, not an interpolation of a constant, `${"a"}`."""
    return isinstance(part, Literal) and part.file.text[: part.start].rstrip()[-1] not in "{~"


def _links(node: Conditional) -> list[Conditional]:
    """The conditionals of `a ? b : c ? d : e`, which the grammar of tree-sitter reads as `(a ? b : c) ? d : e`. Terraform does not."""
    links = [node]
    while isinstance(node.no, Conditional) and node.no.start == node.no.condition.start:
        node = node.no
        links.append(node)
    return links


def theirs(text: str) -> Reading | None:
    """What tree-sitter's tree says; None if it finds an error."""
    root = PARSER.parse(text.encode()).root_node
    if root.has_error:
        return None
    found: Reading = set()
    pending = [root]
    while pending:
        node = pending.pop()
        pending.extend(node.named_children)
        found.update(_their_node(node))
    return found


def _their_node(node: Theirs) -> Iterator[tuple[str, int, int, str]]:
    start, end = _with_parentheses(node)
    if node.type == "block":
        labels = [_label(child) for child in node.named_children if child.type in ("identifier", "string_lit")]
        yield "block", start, end, " ".join(labels)
    elif node.type == "attribute":
        name, expression = node.named_children[0], node.named_children[-1]
        yield "attribute", start, end, f"{_text(name)} {(expression.start_byte, expression.end_byte)}"
    elif node.type in THEIR_KINDS:
        yield node.type, start, end, ""
    elif node.type in ("quoted_template", "heredoc_template", "string_lit") and node.parent and node.parent.type != "block":
        yield "string", start, end, ""


def _text(node: Theirs) -> str:
    return (node.text or b"").decode()


def _label(node: Theirs) -> str:
    return _text(node).strip('"')


def _with_parentheses(node: Theirs) -> tuple[int, int]:
    """A node's range, with the parentheses that hold nothing else."""
    start, end = node.start_byte, node.end_byte
    while node.parent and node.type != "function_arguments":
        before, after, parent = node.prev_sibling, node.next_sibling, node.parent
        if before and after and before.type == "(" and after.type == ")":
            start, end = before.start_byte, after.end_byte
        if (parent.start_byte, parent.end_byte) != (start, end):
            break
        node = parent
    return start, end


def compare(text: str) -> str:
    """How the two readings of a text differ: `same`, `both refuse`, `only they refuse`, or what is different."""
    try:
        our_reading = ours(text)
    except SyntaxProblem as problem:
        return "both refuse" if theirs(text) is None else f"only we refuse: {problem}"
    their_reading = theirs(text)
    if their_reading is None:
        return "only they refuse"
    if our_reading == their_reading:
        return "same"
    return f"only ours {sorted(our_reading - their_reading)[:4]}, only theirs {sorted(their_reading - our_reading)[:4]}"


def main() -> None:
    counts: dict[str, int] = {}
    for folder in sys.argv[1:]:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix not in (".tf", ".tofu", ".tfvars", ".hcl") or not path.is_file():
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            outcome = compare(text)
            kind = re.split("[:(\\[]", outcome)[0]
            counts[kind] = counts.get(kind, 0) + 1
            if kind not in ("same", "both refuse"):
                print(path, outcome[:400])
            if outcome in ("same", "only they refuse"):
                scanned = [(b.start, b.end, b.type, b.labels) for b in top_blocks(SourceFile("main.tf", text))]
                whole = [(b.start, b.end, b.type, b.labels) for b in parse(SourceFile("main.tf", text)).blocks]
                assert scanned == whole, path
    print(counts)


if __name__ == "__main__":
    main()
