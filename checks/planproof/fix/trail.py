"""Where in a block a text stands: the nodes around it, and the arguments that hold it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from planproof.errors import SyntaxProblem
from planproof.fix.edits import Edit
from planproof.fix.objects import key_of
from planproof.fix.places import NATIVE, NotMechanical
from planproof.syntax.blocks import TopBlock
from planproof.syntax.nodes import Attribute, Block, Node, ObjectNode


def tree_of(top: TopBlock) -> Block:
    """The tree of a block. Raises NotMechanical if it cannot be read."""
    try:
        return top.block
    except SyntaxProblem as error:
        raise NotMechanical(f"a block cannot be read: {error}") from None


def trail_at(top: TopBlock, offset: int) -> list[Node]:
    """The nodes of a block around an offset, from the outermost on; none in JSON syntax. Of a comment, those around it. Raises
    NotMechanical."""
    if not top.file.path.endswith(NATIVE):
        return []
    found: list[Node] = []
    node: Node | None = tree_of(top)
    while node is not None:
        found.append(node)
        node = next((child for child in node.children() if child.start <= offset < child.end), None)
    return found


def holders_in(trail: Sequence[Node]) -> Iterator[tuple[str, Node]]:
    """The arguments and keys along a trail, with what each holds."""
    for outer, inner in pairwise(trail):
        if isinstance(outer, Attribute):
            yield outer.name, inner
        elif isinstance(outer, ObjectNode):
            key = next((key for key, value in outer.items if value is inner), None)
            if key is not None:
                yield key_of(key) or "", inner


def is_within(edit: Edit, around: TopBlock | Node) -> bool:
    return edit.file == around.file.path and around.start <= edit.start <= edit.end <= around.end


def address_of(top: TopBlock) -> str:
    """`aws_s3_bucket.logs`, `output.name`, `locals`."""
    return ".".join((*((top.type,) if top.type != "resource" else ()), *top.labels))
