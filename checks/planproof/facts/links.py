"""Who refers to whom: the references of every argument, followed through modules, locals and variables to their ends.

A reference whose instance cannot be told (one of a `for_each`, say) is stated once, with the block that it leads to, and never as a list of
candidates: the instances of a block are told by their own `block`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.context import Context
from planproof.evaluation.origin import Kind, Origin, Through
from planproof.plan.model import Instance
from planproof.plan.value import Value
from planproof.syntax.nodes import Body

Path = tuple[str | int, ...]
Fact = dict[str, Any]
Companion = tuple[str, str, str]

_META = {"lifecycle", "provisioner", "connection", "depends_on", "provider", "count", "for_each"}
_MOST_BLOCKS = 200  # of one kind in a resource


def links(instance: Instance, companions: Mapping[str, list[tuple[str, str]]], context: Context) -> list[Fact]:
    """The references of a resource's arguments. `companions`: by type, the argument that names another resource and that one's type; such a
    one counts by its value too."""
    found: dict[tuple[Any, ...], Fact] = {}
    for path in argument_paths(instance, context):
        for origin in context.origins(instance, *path):
            if origin.kind is Kind.RESOURCE:
                link = _link(dotted(path), origin)
                found[tuple(link.values())] = link
    sure = {(link["argument"], link.get("to")) for link in found.values()}
    for argument, kind in companions.get(instance.type, ()):
        for target in context.relations.resolve(instance, (argument,), kind).targets:
            if (argument, target.address) not in sure:
                link = {"argument": argument, "to": target.address, "attribute": None, "through": "identifier"}
                found[tuple(link.values())] = link
    return list(found.values())


def _link(argument: str, origin: Origin) -> Fact:
    """`to` is the instance; where several may be meant, `to_block` is their block."""
    at = {"to": origin.instance.address} if origin.instance else {"to_block": block_name(*origin.block)}
    attribute = ".".join(map(str, origin.attribute)) if origin.attribute else None
    return {"argument": argument, **at, "attribute": attribute, "through": Through(origin.through).name.lower()}


def block_name(module: str, local: str) -> str:
    """The address of a block: `module.logs["eu"].aws_s3_bucket.this`."""
    return f"{module}.{local}" if module else local


def dotted(path: Path) -> str:
    """A path as a policy writes it: `rule.0.status`."""
    return ".".join(map(str, path))


def argument_paths(instance: Instance, context: Context) -> Iterator[Path]:
    """The paths of all arguments that the block of an instance sets, those of nested blocks among them."""
    body = context.expressions.body(instance)
    if body is not None:
        yield from _of_body(body, instance.value, ())
    elif instance.config is not None:
        yield from _of_expressions(instance.config.expressions, ())


def _of_expressions(expressions: Mapping[str, Any], path: Path) -> Iterator[Path]:
    """By what plan JSON lists; a block that can stand once is an object there, and others are lists."""
    for name, found in expressions.items():
        if isinstance(found, Mapping) and not found.keys().isdisjoint({"references", "constant_value"}):
            yield (*path, name)
            continue
        blocks = found if isinstance(found, list) else [found]
        for number, block in enumerate(blocks[:_MOST_BLOCKS]):
            if isinstance(block, Mapping):
                yield from _of_expressions(block, (*path, name, number))


def _of_body(body: Body, value: Value, path: Path) -> Iterator[Path]:
    """By the source. Of a `dynamic` block there are as many as the plan has."""
    for name in body.attributes:
        if path or name not in _META:
            yield (*path, name)
    for name, inner in _blocks(body).items():
        if not path and name in _META:
            continue
        values = value.get(name)
        number = max(len(values.items()) if values.is_known else 0, len(inner))
        for at in range(min(number, _MOST_BLOCKS)):
            block = inner[min(at, len(inner) - 1)]
            yield from _of_body(block, values.get(at), (*path, name, at))


def _blocks(body: Body) -> dict[str, list[Body]]:
    """The bodies of nested blocks by their type; of a `dynamic` one, its content."""
    found: dict[str, list[Body]] = {}
    for block in body.blocks:
        if block.type == "dynamic" and len(block.labels) == 1:
            found.setdefault(block.labels[0], []).extend(content.body for content in block.body.blocks_of("content"))
        elif block.type != "dynamic":
            found.setdefault(block.type, []).append(block.body)
    return {name: bodies for name, bodies in found.items() if bodies}


def turned(refers_to: Mapping[str, list[Fact]]) -> dict[str, list[Fact]]:
    """The same the other way round: by the address, or the block, that is referred to."""
    found: dict[str, list[Fact]] = {}
    for address, of_it in refers_to.items():
        for link in of_it:
            target = link.get("to") or link["to_block"]
            found.setdefault(target, []).append({"from": address, "argument": link["argument"]})
    return found
