"""The configuration in a plan: expressions, never values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from planproof.plan.value import MISSING, Json, PathStep, as_list, as_object, part_of


class ResourceConfig:
    """A `resource`, `data` or `provider` block of the configuration: expressions, never values."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Json]) -> None:
        self.raw = raw

    @property
    def address(self) -> str:
        """Relative to its module: `aws_s3_bucket.logs` or `data.aws_region.current`."""
        return str(self.raw.get("address", ""))

    @property
    def expressions(self) -> Mapping[str, Json]:
        return as_object(self.raw.get("expressions"))

    @property
    def repetition(self) -> Json:
        """The expression of `for_each` or `count`, or None where the block has neither."""
        found = self.raw.get("for_each_expression")
        return found if found is not None else self.raw.get("count_expression")

    @property
    def provider_key(self) -> str:
        """The provider configuration it uses: `aws`, `aws.west`, or one qualified by a module's path."""
        return str(self.raw.get("provider_config_key", ""))

    def expression(self, *path: PathStep) -> Json:
        """The expression of an argument (`"rule", 0, "status"`), or None where it is not written there."""
        found: Json = self.expressions
        for step in path:
            if isinstance(found, dict) and isinstance(step, int) and step == 0:
                continue  # a block that can stand once is an object here, though it is a list in the values
            found = part_of(found, step)
            if found is MISSING:
                return None
        return found


class ModuleCall:
    """A `module` block: the arguments that the parent gives, and the configuration of the module it calls."""

    def __init__(self, name: str, raw: Mapping[str, Json], path: tuple[str, ...]) -> None:
        self.name, self.raw = name, raw
        self.expressions: Mapping[str, Json] = as_object(raw.get("expressions"))
        self.source = str(raw.get("source", ""))
        self.module = ModuleConfig(as_object(raw.get("module")), (*path, name))

    @property
    def repetition(self) -> Json:
        found = self.raw.get("for_each_expression")
        return found if found is not None else self.raw.get("count_expression")


class ModuleConfig:
    """A module's configuration, which all instances of the module share. `path` holds the calls' names, root first."""

    def __init__(self, raw: Mapping[str, Json], path: tuple[str, ...] = ()) -> None:
        self.raw, self.path = raw, path

    @cached_property
    def resources(self) -> dict[str, ResourceConfig]:
        """By address within the module."""
        found = (ResourceConfig(r) for r in as_list(self.raw.get("resources")) if isinstance(r, dict))
        return {r.address: r for r in found}

    @cached_property
    def calls(self) -> dict[str, ModuleCall]:
        calls = as_object(self.raw.get("module_calls")).items()
        return {name: ModuleCall(name, raw, self.path) for name, raw in calls if isinstance(raw, dict)}

    @property
    def outputs(self) -> Mapping[str, Json]:
        return as_object(self.raw.get("outputs"))

    @property
    def variables(self) -> Mapping[str, Json]:
        return as_object(self.raw.get("variables"))
