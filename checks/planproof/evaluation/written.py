"""The source, as far as expressions need it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from planproof.syntax.nodes import Body, Node


class Blocks(Protocol):
    """A module of the source."""

    @property
    def locals(self) -> Mapping[str, Node]: ...

    def body(self, *labels: str) -> Body | None:
        """The body of the block with these labels: `body("output", "bucket_name")`."""


class Configuration(Protocol):
    """The modules of the source, and its files."""

    def module(self, path: tuple[str, ...]) -> Blocks | None:
        """The module that the calls' names lead to; None if the source does not hold it."""

    def text_of(self, file: str, path: tuple[str, ...]) -> str | None:
        """The text of a file that a function of this module reads; None if it cannot be had."""

    def folder_of(self, path: tuple[str, ...]) -> str | None:
        """What `path.module` is there."""
