"""Lines of a block, for whoever reads a report where the source lies. What Terraform keeps secret is not among them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from planproof.errors import SyntaxProblem

if TYPE_CHECKING:
    from planproof.syntax.blocks import TopBlock
    from planproof.syntax.nodes import Body, Node

Line = tuple[int, str, bool]
"""A line's number, what stands on it, and whether it is the one at fault."""

HIDDEN = "(sensitive)"
MOST = 5  # lines
_LONGEST = 300  # letters of a line
_WRITE_ONLY = "_wo"  # the end of the names of arguments that no plan holds
_RUN_ONCE = ("connection", "provisioner")  # blocks that no plan holds
_NAME = re.compile(r"^[a-z][a-z0-9_]*|(?<![\w.])[a-z][a-z0-9]*_[a-z0-9_]*")  # other words may be plain English


def excerpt(block: TopBlock, reason: str, is_sensitive: Callable[[str], bool]) -> tuple[Line, ...]:
    """The block's first line, and those that begin with the first argument that the reason names; without one, those that follow. Of an
    argument, or a nested block, that is sensitive, the name alone is in it. Empty for JSON, and for what cannot be read."""
    if block.file.path.endswith(".json"):
        return ()
    try:
        body = block.block.body
    except SyntaxProblem:
        return ()
    text = block.file.text[: block.end]
    for node in sorted(hidden(body, is_sensitive), key=lambda node: -node.start):
        text = f"{text[: node.start]}{HIDDEN}{chr(10) * node.text.count(chr(10))}{text[node.end :]}"
    begin = block.file.position(block.start)[0]
    fault = _named(body, reason) or begin
    lines = [(number, line.rstrip()) for number, line in enumerate(text[block.start :].split("\n"), begin) if line.strip()]
    lines = [lines[0], *((number, line) for number, line in lines[1:] if number >= fault)]
    more = [(0, "…")] if len(lines) > MOST else []
    return tuple((number, line[:_LONGEST].expandtabs(2), number == fault) for number, line in (*lines[:MOST], *more))


def hidden(body: Body, is_sensitive: Callable[[str], bool]) -> Iterator[Node]:
    """The expressions and the nested blocks of a body that Terraform keeps secret."""
    for name, attribute in body.attributes.items():
        if name.endswith(_WRITE_ONLY) or is_sensitive(name):
            yield attribute.expression
    for block in body.blocks:
        name = block.labels[0] if block.type == "dynamic" and block.labels else block.type
        if name in _RUN_ONCE or is_sensitive(name) or any(hidden(block.body, lambda _: False)):
            yield block.body


def _named(body: Body, reason: str) -> int | None:
    """The line of the first argument, or nested block, that the reason names; those in nested blocks count too."""
    lines = dict(_lines(body))
    return next((lines[word] for word in _NAME.findall(reason) if word in lines), None)


def _lines(body: Body) -> Iterator[tuple[str, int]]:
    """The names in a body with their lines: of several the first, and one of the body's own before those in its blocks."""
    for block in reversed(body.blocks):
        yield from _lines(block.body)
    yield from ((block.type, block.line) for block in reversed(body.blocks))
    yield from ((name, attribute.line) for name, attribute in body.attributes.items())
