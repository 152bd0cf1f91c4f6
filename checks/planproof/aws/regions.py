"""In which AWS region an instance is made: by its own `region` argument (provider 6), else by its provider's."""

from __future__ import annotations

from planproof.context import Context
from planproof.plan.model import Instance
from planproof.plan.origin import Scope


def same_region(one: Instance, other: Instance, context: Context) -> bool | None:
    """Whether both are made in one region; None where the plan does not tell."""
    if not one.configured("region") and not other.configured("region") and _provider(one, context) == _provider(other, context):
        return True
    first, second = (_region(instance, context) for instance in (one, other))
    if first == second:
        return True
    return False if isinstance(first, str) and isinstance(second, str) else None


def region_name(instance: Instance, context: Context) -> str | None:
    """The region's name, where the plan tells it."""
    found = _region(instance, context)
    return found if isinstance(found, str) else None


def _region(instance: Instance, context: Context) -> object:
    """The region's name, or what stands for one that is not known: equal for two instances only where their regions are."""
    own = instance.get("region")
    if own.text:
        return own.text
    if instance.configured("region"):
        origins = context.references.origins(instance, "region")
        return ("argument", origins) if origins else ("of", instance.address)
    key = _provider(instance, context)
    memory: dict[str, object] = context.memory("regions")
    if key not in memory:
        memory[key] = _of_provider(key, context)
    return memory[key]


def _provider(instance: Instance, context: Context) -> str:
    """The key of its provider configuration; of a module that configures none of its own, that of the root, which it inherits."""
    key = instance.config.provider_key if instance.config else ""
    return key if context.plan.provider(key).expressions else key.rpartition(":")[2]


def _of_provider(key: str, context: Context) -> object:
    provider = context.plan.provider(key)
    expression = provider.expression("region")
    if expression is None:
        return ("provider", "the environment's")
    if provider.raw.get("module_address"):
        return expression.get("constant_value", ("provider", key))
    origins = context.references.follow(expression, Scope(context.plan.root))
    return (context.references.value(origins[0]).text if len(origins) == 1 else None) or ("argument", origins)
