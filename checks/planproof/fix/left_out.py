"""What the configuration has and this plan leaves out, as a `count` of 0 does: where it is made, another one beside it would be one too
many."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from planproof.fix.job import Job
from planproof.fix.places import NotMechanical
from planproof.plan.configuration import ModuleConfig, ResourceConfig
from planproof.plan.model import Instance


def refuse_left_out(job: Job, kind: str, owner: Instance | None = None, by: str = "", everywhere: bool = False) -> None:
    """Raises NotMechanical if the configuration has a block of a type that this plan makes no instance of, and that may belong to the
    owner by its argument `by`; without an owner, any does. It is looked for in the owner's module, or `everywhere`."""
    for config in _modules(job.context.plan.root.config):
        is_near = owner is not None and config.path == owner.module.path
        if not (is_near or everywhere):
            continue
        for block in config.resources.values():
            if not re.fullmatch(rf"{kind}\.[\w-]+", block.address) or _is_made(job, config, block, owner if is_near else None):
                continue
            if owner is None or _belongs(block, owner, by, is_near):
                where = ".".join((*(part for name in config.path for part in ("module", name)), block.address))
                raise NotMechanical(
                    f"the configuration has {where}, which this plan leaves out by its count, for_each or a -target; "
                    "decide there whether it is made, as a second one would be one too many where both are"
                )


def _modules(config: ModuleConfig) -> Iterator[ModuleConfig]:
    yield config
    for call in config.calls.values():
        yield from _modules(call.module)


def _is_made(job: Job, config: ModuleConfig, block: ResourceConfig, owner: Instance | None) -> bool:
    """Whether the plan has an instance of the block, in the owner's own instance of the module if there is an owner."""
    if owner is not None:
        return bool(owner.module.resources.get(block.address))
    return any(i.module.path == config.path for i in job.bench.by_block.get(block.address, ()))


def _belongs(block: ResourceConfig, owner: Instance, by: str, is_near: bool) -> bool:
    """Whether one refers to the other. An argument that refers to nothing of the owner's type may be anything, unless it is a constant."""
    if is_near and block.address in _named(owner.config.raw.get("expressions") if owner.config else None):
        return True
    if not by:
        return False
    argument = block.expression(by)
    if isinstance(argument, dict) and "constant_value" in argument:
        return argument["constant_value"] in _texts(owner.value.raw)
    same = {name for name in _named(argument) if name.startswith(f"{owner.type}.")}
    return owner.local_address in same if same and is_near else not same


def _named(expression: Any) -> set[str]:
    """The addresses of the resources that an expression, or a whole block, refers to."""
    if isinstance(expression, dict):
        found = {".".join(str(name).split("[")[0].split(".")[:2]) for name in expression.get("references") or ()}
        return found.union(*(_named(part) for part in expression.values()))
    return set().union(*(_named(part) for part in expression)) if isinstance(expression, list) else set()


def _texts(value: Any) -> set[str]:
    """The texts that a resource is known by."""
    if isinstance(value, dict):
        return set().union(*(_texts(part) for name, part in value.items() if name != "tags"))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    return {value} if isinstance(value, str) else set()
