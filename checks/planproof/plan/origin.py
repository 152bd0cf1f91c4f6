"""What an expression draws on, and where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple, Protocol

from planproof.plan.model import Instance, Module
from planproof.plan.value import Json, Key


class Kind(Enum):
    RESOURCE = "resource"  # instances of a resource or data source
    CONSTANT = "constant"  # a literal of the configuration
    VARIABLE = "variable"  # a root variable
    KEY = "key"  # each.key or count.index; `within` holds what the keys come from
    NAMED = "named"  # path.module, terraform.workspace, self
    LOST = "lost"  # cannot be followed; `reason` says why and what would help


class Origin(NamedTuple):
    """One thing that an expression draws on.

    RESOURCE: `instances` are the candidates, one where the reference is exact; `block` is `(module address, address in
    module)`; `attribute` is the path that is read, or None where the whole object is, or where the plan lost it.
    CONSTANT: `constant`, or MISSING where a function of literals hides it. VARIABLE: `name`, `attribute`. KEY: `constant` (the key), `within`. NAMED: `name`. LOST: `reason`, and
    `modules` where whole module instances are referred to.
    """

    kind: Kind
    instances: tuple[Instance, ...] = ()
    block: tuple[str, str] = ("", "")
    attribute: tuple[str, ...] | None = None
    constant: Json = None
    name: str = ""
    within: tuple[Origin, ...] = ()
    reason: str = ""
    repeated: bool = False
    modules: tuple[Module, ...] = ()

    @property
    def instance(self) -> Instance | None:
        """The instance, where there is exactly one that it can be."""
        return self.instances[0] if len(self.instances) == 1 else None

    @property
    def type(self) -> str:
        """The resource type of a RESOURCE origin, without `data.`; else empty."""
        return self.block[1].removeprefix("data.").split(".")[0]

    @property
    def is_data(self) -> bool:
        """Whether it is a data source, and not a resource."""
        return self.block[1].startswith("data.")

    @property
    def display_name(self) -> str:
        """A RESOURCE origin in a message: `aws_s3_bucket.logs.arn`."""
        return ".".join([self.instance.address if self.instance else self.block[1], *(self.attribute or ())])


Origins = tuple[Origin, ...]


class Expressions(Protocol):
    """What can tell the expressions that plan JSON leaves out or cuts short, in a module by its path: the source."""

    def expression(
        self, path: tuple[str, ...], labels: tuple[str, ...], argument: str, steps: Sequence[Any]
    ) -> tuple[Json, Sequence[Any]] | None:
        """The expression at `steps` of an argument of the block with these labels, and the steps that it cannot be split by.

        The locals are arguments of the block labelled `("locals",)`. None where there is no such block or argument."""

    def text(self, path: tuple[str, ...], labels: tuple[str, ...], argument: str) -> str | None:
        """The argument as it is written, where it is a template or a bare expression."""


class Scope(NamedTuple):
    """Where an expression stands: its module instance, and the key, `for_each`/`count` and labels of the block it is in."""

    module: Module
    key: Key = None
    repetition: Json = None
    labels: tuple[str, ...] = ()
