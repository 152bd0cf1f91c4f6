"""In which AWS region an instance is made: by its own `region` argument (provider 6), else by its provider's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.check import Context
from planproof.plan import Instance
from planproof.references import Kind, Origin, Scope


def same_region(one: Instance, other: Instance, context: Context) -> bool | None:
    """Whether both are made in one region; None where the plan does not tell."""
    if not one.configured("region") and not other.configured("region") and _provider(one) == _provider(other):
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
    key = _provider(instance)
    memory: dict[str, object] = context.once(_memory)
    if key not in memory:
        memory[key] = _of_provider(key, context)
    return memory[key]


def _provider(instance: Instance) -> str:
    return instance.config.provider_key if instance.config else ""


def _memory(_context: Context) -> dict[str, object]:
    return {}


def _of_provider(key: str, context: Context) -> object:
    configuration = context.plan.raw.get("configuration")
    providers = configuration.get("provider_config") if isinstance(configuration, Mapping) else None
    declared: Any = providers.get(key) if isinstance(providers, Mapping) else None
    expressions = declared.get("expressions") if isinstance(declared, Mapping) else None
    expression = expressions.get("region") if isinstance(expressions, Mapping) else None
    if expression is None:
        return ("provider", "the environment's")
    if isinstance(declared, Mapping) and declared.get("module_address"):
        return expression.get("constant_value", ("provider", key))
    origins = context.references.follow(expression, Scope(context.plan.root))
    return (_text(origins[0], context) if len(origins) == 1 else None) or ("argument", origins)


def _text(origin: Origin, context: Context) -> str | None:
    if origin.kind is Kind.CONSTANT:
        return origin.constant if isinstance(origin.constant, str) else None
    if origin.kind is Kind.VARIABLE and origin.name in context.plan.variables:
        return context.plan.variables[origin.name].get(*(origin.attribute or ())).text
    if origin.instance and origin.attribute:
        return origin.instance.get(*origin.attribute).text
    return None
