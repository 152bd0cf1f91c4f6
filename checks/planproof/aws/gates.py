"""What leaves a resource out where it is not wanted: its own `count`, `for_each` or OpenTofu's `enabled`, and those of the modules around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from planproof.aws.environments import environment_in, varies
from planproof.context import Context
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Through
from planproof.evaluation.resources import keys_of
from planproof.evaluation.result import REFUSED, Result
from planproof.plan.model import Instance, Module
from planproof.plan.value import Key


class Gate(NamedTuple):
    """The name of the environment that leaves the resource out of some environments (`by`), or the gates that ask for something else."""

    by: str | None
    others: tuple[Result, ...] = ()


def gate(instance: Instance, context: Context) -> Gate:
    """What of the gates around a resource asks for the environment."""
    others: list[Result] = []
    for found in _gates(instance):
        result = found.result(context.expressions)
        if result is None:
            continue
        by = varies(context, found.is_open, result.all_origins)
        if by:
            return Gate(by)
        if _is_gate(result) and not environment_in(result.all_origins, context):
            others.append(result)
    return Gate(None, tuple(others))


class _Gate(NamedTuple):
    """A `count`, `for_each` or `enabled` that can leave the resource out: what it comes to, and the key that the resource, or the module
    around it, has under it."""

    result: Callable[[Expressions], Result | None]
    key: Key

    def is_open(self, expressions: Expressions) -> bool | None:
        """Whether it lets the resource be; None if that cannot be told."""
        found = self.result(expressions)
        if found is None or found.raw is None or found.raw is REFUSED:  # an environment that it refuses cannot be
            return True
        if isinstance(found.raw, bool):
            return found.raw
        keys = keys_of(found)
        return None if keys is None else self.key in keys or (isinstance(self.key, str) and bool(keys))


def _gates(instance: Instance) -> Iterator[_Gate]:
    """The resource's own, and those of the modules around it."""
    yield _Gate(lambda expressions: expressions.argument(instance, "lifecycle", 0, "enabled"), instance.index)
    yield _Gate(lambda expressions: expressions.repetition(instance.module, instance.local_address), instance.index)
    module: Module | None = instance.module
    while module is not None and module.parent is not None:
        yield _Gate(partial(_call, module.parent, module.name), module.key)
        module = module.parent


def _call(parent: Module, name: str, expressions: Expressions) -> Result:
    return expressions.call_repetition(parent, name)


def _is_gate(result: Result) -> bool:
    """Whether a condition or a table decided what it comes to."""
    through = {origin.through for origin in result.all_origins}
    return bool(through) if isinstance(result.raw, bool) else bool(through & {Through.CHOICE, Through.UNTOLD})
