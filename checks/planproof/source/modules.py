"""One module of the source: its files' blocks by their labels. A body is read when it is asked for."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from planproof.errors import SyntaxProblem
from planproof.source.excerpt import Line, excerpt
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Attribute, Block, Body, Literal, Node

if TYPE_CHECKING:
    from planproof.syntax.blocks import TopBlock

_LABELLED = {"resource": 2, "data": 2, "module": 1, "output": 1, "variable": 1, "provider": 1, "terraform": 0}


class Location(NamedTuple):
    """Where a block begins: the file as the source lists it, and the line, from 1."""

    file: str
    line: int


class ModuleSource:
    """The blocks of one module's folder. `problems` names each file, or block, that could not be read, with line and column."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        from planproof.syntax.blocks import top_blocks  # a plan without source reads none

        self.problems: list[str] = []
        self.tops: list[TopBlock] = []
        """All blocks, in the order in which Terraform reads them."""
        self._blocks: dict[tuple[str, ...], list[TopBlock]] = {}
        self._locals: list[TopBlock] = []
        self._bodies: dict[tuple[str, ...], Body | None] = {}
        self._comments: dict[tuple[str, ...], tuple[str, ...]] = {}
        for file in sorted(files, key=lambda file: is_override(file.path)):
            try:
                found = top_blocks(file)
            except SyntaxProblem as error:
                self.problems.append(str(error))
                continue
            for block in found:
                self._add(block)

    def _add(self, block: TopBlock) -> None:
        self.tops.append(block)
        if block.type == "locals":
            self._locals.append(block)
        elif len(block.labels) == _LABELLED.get(block.type):
            self._blocks.setdefault((block.type, *block.labels), []).append(block)

    def body(self, *labels: str) -> Body | None:
        """The body of the block with these labels, an override file's arguments in it: `body("output", "bucket_name")`; of a
        provider, its alias too: `body("provider", "aws", "west")`. None if there is none, or if it cannot be read."""
        if labels not in self._bodies:
            self._bodies[labels] = self._merged(self._found(labels))
        return self._bodies[labels]

    def all(self, *labels: str) -> list[Body]:
        """The bodies of all blocks with these labels, as there may be several of `terraform`."""
        return [body for block in self._found(labels) if (body := self._read(block)) is not None]

    def mentions(self, word: str, *labels: str) -> bool:
        """Whether a word stands in the block with these labels, which is not read for that; of JSON, where a text can hide it, True."""
        return any(b.file.path.endswith(".json") or b.file.text.find(word, b.start, b.end) >= 0 for b in self._found(labels))

    def comments(self, word: str, *labels: str) -> tuple[str, ...]:
        """The comments in the block with these labels that hold a word. JSON has none."""
        if labels not in self._comments:
            blocks = [b for b in self._found(labels) if not b.file.path.endswith(".json") and self.mentions(word, *labels)]
            self._comments[labels] = tuple(text for block in blocks for text in block.comments() if word in text)
        return self._comments[labels]

    def blocks(self, *labels: str) -> list[TopBlock]:
        """The blocks with these labels as they are written: `blocks("resource", "aws_s3_bucket", "logs")`; of several, some override."""
        return list(self._found(labels))

    def where(self, *labels: str) -> Location | None:
        """Where the block with these labels begins."""
        found = self._found(labels)
        return Location(found[0].file.path, found[0].file.position(found[0].start)[0]) if found else None

    def excerpt(self, reason: str, is_sensitive: Callable[[str], bool], *labels: str) -> tuple[Line, ...]:
        """Lines of the block with these labels that the reason is about, without what is sensitive."""
        found = self._found(labels)
        return excerpt(found[0], reason, is_sensitive) if found else ()

    @cached_property
    def locals(self) -> Mapping[str, Node]:
        """The expressions of the locals."""
        found: dict[str, Node] = {}
        for block in self._locals:
            body = self._read(block)
            found.update({name: each.expression for name, each in (body.attributes if body else {}).items()})
        return found

    def _found(self, labels: tuple[str, ...]) -> list[TopBlock]:
        if labels[:1] != ("provider",):
            return self._blocks.get(labels, [])
        alias = labels[2] if len(labels) > 2 else None
        return [block for block in self._blocks.get(labels[:2], []) if _alias(self._read(block)) == alias]

    def _read(self, block: TopBlock) -> Body | None:
        try:
            return block.block.body
        except SyntaxProblem as error:
            if str(error) not in self.problems:
                self.problems.append(str(error))
            return None

    def _merged(self, blocks: list[TopBlock]) -> Body | None:
        """The last block of that name that is no override, with the arguments of those that are."""
        plain = [block for block in blocks if not is_override(block.file.path)][-1:]
        bodies = [
            body
            for block in (*plain, *(b for b in blocks if b not in plain and is_override(b.file.path)))
            if (body := self._read(block))
        ]
        if len(bodies) < 2:
            return bodies[0] if bodies else None
        merged = bodies[0]
        for override in bodies[1:]:
            merged = _overridden(merged, override)
        return merged


def _alias(body: Body | None) -> str | None:
    node = body.attributes["alias"].expression if body and "alias" in body.attributes else None
    return str(node.value) if isinstance(node, Literal) else None


def _overridden(body: Body, override: Body) -> Body:
    """An override's arguments replace those of their name, its nested blocks all of their type; `lifecycle` is merged by its arguments.

    https://developer.hashicorp.com/terraform/language/files/override
    """
    attributes: dict[str, Attribute] = {**body.attributes, **override.attributes}
    replaced = {_replaces(block) for block in override.blocks} - {"lifecycle"}
    blocks = [block for block in body.blocks if _replaces(block) not in replaced]
    for block in override.blocks:
        before = next((b for b in blocks if b.type == block.type == "lifecycle"), None)
        if before is not None:
            blocks[blocks.index(before)] = Block(
                before.file, before.start, before.end, "lifecycle", (), _overridden(before.body, block.body)
            )
        else:
            blocks.append(block)
    return Body(body.file, body.start, body.end, attributes, blocks)


def _replaces(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def literal_source(call: Body) -> str | None:
    """The `source` of a module block, if it is a literal, as it has to be."""
    node = call.attributes["source"].expression if "source" in call.attributes else None
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else None


def is_override(file: str) -> bool:
    """Files that Terraform reads last, to change blocks of the others argument by argument."""
    name = posixpath.basename(file.replace(os.sep, "/")).split(".")[0]
    return name == "override" or name.endswith("_override")
