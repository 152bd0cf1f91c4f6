"""Resources and data sources as expressions see them: an object whose attributes are read when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from planproof.evaluation.origin import Kind, Origin
from planproof.evaluation.result import (
    Counted,
    Encoded,
    EvaluationError,
    Instances,
    OpenObject,
    Reference,
    Result,
    Text,
    Undetermined,
    entries,
    undetermined,
)
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.value import Key, Value
from planproof.syntax.nodes import Body

_MOST_INSTANCES = 100_000
# Attributes that repeat what another argument of the same resource was given.
SAME_AS: Mapping[tuple[str, str], str] = {
    ("aws_s3_bucket", "id"): "bucket",
    ("aws_cloudwatch_log_group", "id"): "name",
    ("aws_cloudwatch_log_metric_filter", "id"): "name",
    ("aws_cloudwatch_event_rule", "id"): "name",
    ("aws_iam_role", "id"): "name",
    ("aws_kms_alias", "id"): "name",
    ("terraform_data", "output"): "input",
    ("null_resource", "triggers"): "triggers",
}


class Arguments(Protocol):
    """What resources ask of the expressions around them."""

    def argument(self, instance: Instance, *path: str | int) -> Result | None: ...

    def body(self, instance: Instance) -> Body | None: ...

    def repetition(self, module: Module, local: str) -> Result: ...


class Resources:
    """The resources of a plan. If other values of variables are assumed, no managed one is taken to be as the plan has it."""

    def __init__(self, plan: Plan, expressions: Arguments, is_assumed: bool) -> None:
        self._plan, self._expressions, self._is_assumed = plan, expressions, is_assumed

    def find(self, module: Module, local: str) -> Result:
        config, instances = module.config.resources.get(local), module.resources.get(local, {})
        if config is None and not instances:
            raise EvaluationError(f"there is no {local}")
        whole = Origin(Kind.RESOURCE, tuple(instances.values()), (module.address, local))
        if None in instances or (not instances and (config is None or config.repetition is None)):
            return self._whole(whole, instances.get(None))
        keys: list[Key] | None = list(instances)
        if not self._plan.is_complete or not keys:
            keys = keys_of(self._expressions.repetition(module, local))
        if keys is None and not instances:
            if self._is_assumed or not self._plan.is_complete or local.startswith("data."):
                return undetermined((whole,))
            keys = []  # of what Terraform makes none of, it knew that there is none
        found = {key: self._one(whole, instances.get(key)) for key in (instances if keys is None else keys)}
        counted = all(isinstance(key, int) for key in found) if found else "count_expression" in (config.raw if config else {})
        if counted:
            several = Counted(found[key] for key in sorted(key for key in found if isinstance(key, int)))
            several.origin = whole
            return Result(several)
        by_key = Instances({str(key): value for key, value in found.items()})
        by_key.origin = whole
        return Result(by_key)

    def _one(self, whole: Origin, instance: Instance | None) -> Result:
        return self._whole(Origin(Kind.RESOURCE, (instance,) if instance else (), whole.block), instance)

    def _whole(self, origin: Origin, instance: Instance | None) -> Result:
        names = instance.value.names if instance else list
        return Result(Reference(origin, lambda name: self._attribute(origin, instance, name), names))

    def _attribute(self, origin: Origin, instance: Instance | None, name: str) -> Result:
        part = origin.part(name)
        if instance is None:
            return undetermined((part,))
        value = instance.get(name)
        if self._is_assumed and instance.mode == "managed":
            value = Value(None, True)
        if not value.is_unknown:
            return _of_value(value, part)
        argument = SAME_AS.get((instance.type, name), name)
        inner = self._expressions.argument(instance, argument) if self._is_told(instance, argument) else None
        raw = inner.raw if inner is not None else None
        if raw in (None, "") or isinstance(raw, (Undetermined, Reference)):  # of what is null or empty, the provider makes one up
            return undetermined((part,))
        is_own = isinstance(raw, (str, int, float, Text, Encoded))
        return Result(raw, (part,)) if is_own or not isinstance(raw, (dict, list, OpenObject)) else Result(raw, ())

    def _is_told(self, instance: Instance, argument: str) -> bool:
        """Whether more of an argument can be told than that it is not known: by the plan's value of it, or by the source."""
        if not instance.configured(argument):
            return False
        return not instance.get(argument).is_unknown or self._expressions.body(instance) is not None


def keys_of(repetition: Result) -> list[Key] | None:
    """The keys that `for_each` or `count` makes; None if they cannot be told."""
    raw = repetition.raw
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return list(range(min(int(raw), _MOST_INSTANCES)))
    if isinstance(raw, dict):
        return list(raw)
    found = entries(repetition) if isinstance(raw, list) else None
    keys = [key.raw for key, _ in found or ()]
    return keys if found is not None and all(isinstance(key, str) for key in keys) else None


def subjects_of(raw: Any) -> list[Any]:
    """What is referred to as a whole: a resource, a module or, by key, the instances of one."""
    members = (
        [raw] if isinstance(raw, Reference) else raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    )
    found = [member.raw if isinstance(member, Result) else member for member in members]
    return [one.subject for one in found if isinstance(one, Reference)]


def _of_value(value: Value, origin: Origin) -> Result:
    """An attribute of the plan, of which parts may not be known."""
    if value.is_unknown:
        return undetermined((origin,))
    if not value.has_unknown:
        return Result(value.raw, (origin,))
    if isinstance(value.raw, dict):
        return Result({name: _of_value(value.get(name), origin.part(name)) for name in value.names()})
    if isinstance(value.raw, list):
        return Result([_of_value(item, origin) for item in value.items()])
    return Result(value.raw, (origin,))
