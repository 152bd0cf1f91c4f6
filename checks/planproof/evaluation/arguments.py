"""What a resource's block itself sets, as against what the provider fills in.

An Optional+Computed attribute that nobody set is unknown in a plan, exactly like one that was set to something unknown. The
configuration tells the two apart: an argument that is not written is not set, and one whose expression draws on nothing but what
is known while planning cannot be unknown unless it is null. A `dynamic` block hides the argument from plan JSON; the source tells.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Kind, Origin
from planproof.plan.model import Instance
from planproof.plan.value import MISSING, State, Value

Path = tuple[str | int, ...]


@lru_cache(maxsize=1024)
def path_of(text: str) -> Path:
    """A path as a policy writes it, `logging.0.target_bucket`: a step that is a number is an index."""
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


class Arguments:
    """The arguments of a plan's resources as their blocks set them."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._known: dict[tuple[Any, ...], bool] = {}

    def value(self, instance: Instance, *path: str | int) -> Value:
        """The attribute at `path`; one that is unknown only because nobody set it is null."""
        value = instance.get(*path)
        return Value(None) if value.is_unknown and not self.may_be_set(instance, *path) else value

    def may_be_set(self, instance: Instance, *path: str | int) -> bool:
        """Whether the configuration sets the argument at `path`; True also if that cannot be told."""
        if instance.value.is_unknown:
            return True
        if len(path) > 1:
            path = next((path[:n] for n in range(1, len(path)) if instance.get(*path[:n]).is_unknown), path)
        if instance.config is None or isinstance(path[-1], int):
            return True
        if len(path) == 1 and not instance.configured(str(path[0])) and self._expressions.body(instance) is None:
            return False
        result = self._expressions.argument(instance, *path)
        if result is None:
            return self._expressions.body(instance) is None and not self._is_written_beside(instance, path)
        if result.is_determined:
            return result.raw not in (None, "", [], {})  # what a provider makes up, it makes up for an empty value too
        origins = result.all_origins
        return not origins or not all(map(self._is_known, origins))

    @staticmethod
    def _is_written_beside(instance: Instance, path: Path) -> bool:
        """Whether plan JSON has the block that would hold the argument, so that one that is not in it is not set."""
        return len(path) == 1 or instance.expression(*path[:-1]) is not None

    def _is_known(self, origin: Origin) -> bool:
        """Whether it is known while planning, every part of it."""
        if origin.kind is not Kind.RESOURCE:
            return origin.kind is not Kind.LOST and origin.constant is not MISSING
        key = (origin.block, origin.attribute, len(origin.instances), origin.instance and origin.instance.index)
        if key not in self._known:
            read = [i.get(*(origin.attribute or ())[:1]) for i in origin.instances]
            self._known[key] = bool(read) and not any(v.has_unknown or v.state is State.ABSENT for v in read)
        return self._known[key]
