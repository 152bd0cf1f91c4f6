"""Origins: what a value was made of, and through what."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planproof.plan.model import Instance


class Kind(Enum):
    RESOURCE = "resource"  # instances of a resource or data source
    CONSTANT = "constant"  # a literal of the configuration
    VARIABLE = "variable"  # a root variable
    NAMED = "named"  # path.module, terraform.workspace, self
    LOST = "lost"  # cannot be followed; `reason` says why and what would help


class Through(IntEnum):
    """How an origin got into a value, the closest first."""

    AS_IS = 0
    UNTOLD = 1  # as it is or inside text: plan JSON, which lists names, does not tell
    TEXT = 2  # inside other text
    FUNCTION = 3  # through a function, which may have changed it
    CHOICE = 4  # it only decided: the condition of `a ? b : c`, the key of an index


class Origin:
    """One thing that a value draws on. Origins of one evaluation are the same object when they are the same thing.

    RESOURCE: `instances` are the candidates, one if the reference is exact; `block` is `(module address, address in module)`;
    `attribute` is the path that is read, or None if the whole object is, or if the plan lost it. CONSTANT: `constant`. VARIABLE:
    `name`, `attribute`. NAMED: `name`. LOST: `name` and `reason`.
    """

    __slots__ = ("_family", "attribute", "block", "constant", "instances", "kind", "name", "reason", "through")

    def __init__(
        self,
        kind: Kind,
        instances: tuple[Instance, ...] = (),
        block: tuple[str, str] = ("", ""),
        attribute: tuple[str, ...] | None = None,
        constant: Any = None,
        name: str = "",
        reason: str = "",
        through: Through = Through.AS_IS,
    ) -> None:
        self.kind, self.instances, self.block, self.attribute = kind, instances, block, attribute
        self.constant, self.name, self.reason, self.through = constant, name, reason, through
        self._family: dict[tuple[tuple[str, ...] | None, Through], Origin] = {(attribute, through): self}

    @property
    def instance(self) -> Instance | None:
        """The instance, if there is exactly one that it can be."""
        return self.instances[0] if len(self.instances) == 1 else None

    @property
    def type(self) -> str:
        """The resource type of a RESOURCE origin, without `data.`; else empty."""
        return self.block[1].removeprefix("data.").partition(".")[0]

    @property
    def is_data(self) -> bool:
        """Whether it is a data source, and not a resource."""
        return self.block[1].startswith("data.")

    @property
    def is_itself(self) -> bool:
        """Whether the value is the attribute itself, as far as can be told."""
        return self.through <= Through.UNTOLD

    @property
    def display_name(self) -> str:
        """For a message: `aws_s3_bucket.logs.arn`, `var.environment`, `local.name`."""
        if self.kind is Kind.RESOURCE:
            return ".".join([self.instance.address if self.instance else self.block[1], *(self.attribute or ())])
        return ".".join([f"var.{self.name}" if self.kind is Kind.VARIABLE else self.name, *(self.attribute or ())])

    def by(self, through: Through) -> Origin:
        """The same, got in by what is further away."""
        return self if through <= self.through else self._relative(self.attribute, through)

    @property
    def itself(self) -> Origin:
        """The same, known to be the value as it is."""
        return self._relative(self.attribute, Through.AS_IS)

    def sibling(self, name: str) -> Origin:
        """Another attribute of the same resource."""
        return self._relative((name,), self.through)

    def part(self, name: str) -> Origin:
        """The attribute of that name of a resource or variable; itself, if it has no parts or only went into the value."""
        if self.kind not in (Kind.RESOURCE, Kind.VARIABLE) or self.through > Through.UNTOLD:
            return self
        return self._relative((*(self.attribute or ()), name), self.through)

    def _relative(self, attribute: tuple[str, ...] | None, through: Through) -> Origin:
        found = self._family.get((attribute, through))
        if found is None:
            found = Origin(self.kind, self.instances, self.block, attribute, self.constant, self.name, self.reason, through)
            found._family = self._family
            self._family[attribute, through] = found
        return found

    def __repr__(self) -> str:
        return f"<Origin {self.kind.value} {self.display_name or self.reason} {self.through.name}>"


Origins = tuple[Origin, ...]


MOST_ORIGINS = 200
_MANY = Origin(Kind.LOST, name="...", reason=f"it is built from more than {MOST_ORIGINS} parts")


def united(*several: Iterable[Origin]) -> Origins:
    """All of them, each once; of more than MOST_ORIGINS the first, and that there are more."""
    found = dict.fromkeys(origin for origins in several for origin in origins)
    return tuple(found) if len(found) <= MOST_ORIGINS else (*list(found)[:MOST_ORIGINS], _MANY)


def deciding(origins: Iterable[Origin]) -> Origins:
    """What a value is made of, and not what only chose it."""
    return tuple(origin for origin in origins if origin.through is not Through.CHOICE)


def lost_reason(origins: Iterable[Origin]) -> str:
    """Why the first of them that is lost cannot be followed; empty if none is."""
    return next((origin.reason for origin in origins if origin.kind is Kind.LOST), "")


def by(origins: Iterable[Origin], through: Through) -> Origins:
    """The origins, got in by what is further away."""
    return tuple(dict.fromkeys(origin.by(through) for origin in origins))
