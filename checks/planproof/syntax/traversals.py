"""What an expression refers to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from planproof.syntax.nodes import Each, ForObject, ForTuple, GetAttr, Index, Literal, Node, Splat, TemplateFor, Variable


class Key(NamedTuple):
    """An index that is constant: `[0]`, `["eu"]`, or `.0`."""

    value: str | int


class Traversal(NamedTuple):
    """A variable and the constant steps that follow it: `aws_s3_bucket.a[0]` is `aws_s3_bucket` and `("a", Key(0))`.

    A splat or a key that is not constant ends it; `node` is all of it that is constant.
    """

    name: str
    steps: tuple[str | Key, ...]
    node: Node

    def __str__(self) -> str:
        return self.name + "".join(f".{step}" if isinstance(step, str) else f"[{json.dumps(step.value)}]" for step in self.steps)


def references(node: Node) -> Iterator[Traversal]:
    """The traversals in a node, in the order of the text; a name that a `for` binds is none of them within that `for`."""
    pending: list[tuple[Node, frozenset[str]]] = [(node, frozenset())]
    while pending:
        node, bound = pending.pop()
        if isinstance(node, (Variable, GetAttr, Index, Splat)):
            found, others = _traversal(node)
            if found and found.name not in bound:
                yield found
            pending.extend((other, bound) for other in reversed(others))
            continue
        inner = bound | _bound_by(node)
        below = [(child, inner) for child in node.children()]
        if inner is not bound and isinstance(node, (ForTuple, ForObject, TemplateFor)):
            below = [(child, bound if child is node.collection else names) for child, names in below]
        pending.extend(reversed(below))


def _bound_by(node: Node) -> frozenset[str]:
    if isinstance(node, (ForTuple, ForObject, TemplateFor)):
        return frozenset(name for name in (node.key_name, node.value_name) if name)
    return frozenset()


def _traversal(node: Node) -> tuple[Traversal | None, list[Node]]:
    """The traversal that a chain of steps begins with, and the other nodes of the chain: its keys, or what it begins with."""
    chain: list[Node] = []
    while isinstance(node, (GetAttr, Index, Splat)):
        chain.append(node)
        node = node.source
    steps: list[str | Key] = []
    others: list[Node] = [] if isinstance(node, Variable) else [node]
    constant = isinstance(node, Variable)
    last = node
    for link in reversed(chain):
        step = _constant_step(link)
        constant = constant and step is not None
        if constant and step is not None:
            steps.append(step)
            last = link
        elif isinstance(link, Index):
            others.append(link.key)
        elif isinstance(link, Splat):
            others.extend(_keys(link.steps))
    return (Traversal(node.name, tuple(steps), last) if isinstance(node, Variable) else None), others


def _constant_step(link: Node) -> str | Key | None:
    if isinstance(link, GetAttr):
        return link.name
    if isinstance(link, Index) and isinstance(link.key, Literal) and not isinstance(link.key.value, (bool, float, type(None))):
        return Key(link.key.value)
    return None


def _keys(steps: tuple[str | Node, ...]) -> Iterator[Node]:
    """The keys among a splat's steps."""
    for step in steps:
        if isinstance(step, Each):
            yield from _keys(step.steps)
        elif isinstance(step, Node):
            yield step
