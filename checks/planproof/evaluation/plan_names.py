"""Expressions by the names that plan JSON lists, for what has no source.

Plan JSON gives each expression as `{"references": [...]}`, most specific first, or as `{"constant_value": ...}`; from the JSON syntax as
both, and then the constant is the raw text of the template, so that the references win. It loses text, functions and every index that
is not a constant: what remains is told as `UNTOLD`, or not told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from planproof.evaluation.blocks import refuse_too_many
from planproof.evaluation.evaluator import Place
from planproof.evaluation.identifiers import identity_of
from planproof.evaluation.origin import Kind, Origin, Origins, Through, by, united
from planproof.evaluation.resources import subjects_of
from planproof.evaluation.result import (
    NULL,
    Counted,
    EvaluationError,
    Instances,
    OpenObject,
    Reference,
    Result,
    Undetermined,
    member,
    origins_of,
    same_value,
    undetermined,
)
from planproof.plan.addresses import Splat, Step, steps_of
from planproof.plan.model import Module
from planproof.plan.value import MISSING, Key, Value

_KEYS = ("each.key", "count.index")
_FUNCTION = Origin(Kind.CONSTANT, constant=MISSING)
"""A function of literals, or one such as uuid(): neither a constant nor a name."""


class Names(Protocol):
    """What PlanNames asks of the expressions around it."""

    @property
    def remedy(self) -> str: ...

    def root(self, name: str, place: Place) -> Result: ...

    def repetition(self, module: Module, local: str) -> Result: ...


class PlanNames:
    """Evaluates expressions of the plan's configuration."""

    def __init__(self, names: Names, counted: Callable[..., Result]) -> None:
        """`counted` bounds how many expressions are evaluated, and how deep (`Evaluator.counted`)."""
        self._names, self._counted = names, counted
        self._lost: dict[str, Origin] = {}
        self._keys: dict[tuple[int, int, int], _Keys] = {}

    def of(self, expression: Any, place: Place, value: Value | None = None) -> Result:
        """What an expression comes to, or a block or list of such together. `value` is the plan's, if it has one: a known one tells
        whether a name is the whole of it."""
        return self._counted(self._of, expression, place, value)

    def _of(self, expression: Any, place: Place, value: Value | None) -> Result:
        leaves = _leaves(expression)
        found = [self._leaf(leaf, place) for leaf in leaves]
        if len(found) == 1 and value is None:
            return found[0]
        origins = united(*(result.origins for result in found))
        if value is None or not value.is_known:
            return found[0] if len(found) == 1 else undetermined(origins)
        if value.has_unknown or len(found) != 1:
            return undetermined(origins)
        if origins == (_FUNCTION,):
            return Result(value.raw)  # a function of literals, which is worked out
        if len(origins) == 1 and (_is(origins[0], value.raw) or self._is_all_of(leaves[0], place, value.raw)):
            return Result(value.raw, tuple(o.itself for o in origins))
        return Result(value.raw, origins)

    def written(self, expressions: Any, path: Sequence[str | int], value: Value) -> Any:
        """The expression at `path` of a block's expressions, or of all the blocks that it may be in; None if none has it. `value` is
        the plan's for the whole block: it tells the order of blocks that are a set. EvaluationError if those are too many to tell."""
        parts = [expressions]
        for step in path:
            value = value.get(step)
            if isinstance(step, str):
                inner = [part if _is_expression(part) else part.get(step) for part in parts if isinstance(part, Mapping)]
                parts = [part for part in inner if part is not None]
            elif parts and all(isinstance(part, list) for part in parts):
                parts = _blocks_at(parts[0] if len(parts) == 1 else [block for part in parts for block in part], step, value)
        return None if not parts else parts[0] if len(parts) == 1 else parts

    def repetition(self, expression: Any, place: Place) -> Result:
        """What `for_each` or `count` comes to, as far as it is one name: a resource's instances, or a variable's value."""
        if isinstance(expression, Mapping) and not expression.get("references") and "constant_value" in expression:
            return Result(expression["constant_value"])
        names = _most_specific(expression.get("references") or ()) if isinstance(expression, Mapping) else []
        found = [result for name in names if (result := self._named(name, place)) is not None]
        if len(found) == 1 and not isinstance(found[0].raw, (str, bool)):  # such a one decides, and is not what is gone through
            return Result(found[0].raw, by(found[0].origins, Through.UNTOLD))
        return undetermined(by(united(*(result.all_origins for result in found)), Through.UNTOLD))

    def each_value(self, repetition: Result, key: Key) -> Result:
        """The element under a key that is not among the keys that are known."""
        raw = repetition.raw
        if isinstance(raw, OpenObject) or (isinstance(raw, Mapping) and key in raw):
            return member(repetition, key)
        if raw is None or isinstance(raw, list):
            return Result(key, repetition.origins)  # a set: the value is the key
        return undetermined(repetition.all_origins)

    def _leaf(self, leaf: Mapping[str, Any], place: Place) -> Result:
        references = leaf.get("references")
        if references:
            return undetermined(self._origins(_most_specific(references), place))
        if "constant_value" in leaf:
            return Result(leaf["constant_value"])
        return undetermined((_FUNCTION,))

    def _origins(self, names: list[str], place: Place) -> Origins:
        key_names = _KEYS if _is_value_more(place) else (*_KEYS, "each.value")
        keys = [name for name in names if name in key_names]
        others = [name for name in names if name not in key_names]
        alone = len(keys) == 1 and len(others) == 1
        found: list[Origins] = []
        for name in names:
            result = self._named(name, place)
            if result is None:
                continue
            if name in key_names and others:
                found.append(by(result.origins, Through.CHOICE))
            elif isinstance(result.raw, (Instances, Counted)):
                found.append((self._paired(result.raw, place) if alone else None) or (result.raw.origin.by(Through.UNTOLD),))
            elif subjects := subjects_of(result.raw):
                found.append(self._whole(subjects, name))
            else:
                found.append(by(origins_of(result), Through.UNTOLD))
        return united(*found)

    def _whole(self, subjects: list[Any], name: str) -> Origins:
        """Resources, or modules of which one output is read."""
        origins = [subject.by(Through.UNTOLD) for subject in subjects if isinstance(subject, Origin)]
        if any(isinstance(subject, Module) for subject in subjects):
            reason = f"the plan does not show which output of {name} is read; {self._names.remedy}"
            origins.append(self._lost.setdefault(name, Origin(Kind.LOST, name=name, reason=reason)))
        return tuple(origins)

    def _paired(self, instances: Instances | Counted, place: Place) -> Origins | None:
        """The instance of equal key, if the key alone is referred to and both sides have the same keys."""
        repetition = place.repetition() if place.repetition else NULL
        at = (id(instances), id(repetition), id(place.beside))
        keys = self._keys.get(at) or self._keys.setdefault(at, _keys_of(instances, repetition, place))
        if not keys.are_equal or place.key not in keys.theirs:
            return None
        chosen = instances[str(place.key)] if isinstance(instances, Instances) else instances[int(place.key or 0)]
        subject = chosen.raw.subject if isinstance(chosen.raw, Reference) else None
        return (subject.by(Through.UNTOLD),) if isinstance(subject, Origin) else None

    def _named(self, name: str, place: Place) -> Result | None:
        """What a name comes to; None if it is bound by a `for` or a dynamic block, or leads nowhere."""
        first, *steps = steps_of(name) or ("",)
        if not steps:
            return None
        try:
            result = self._names.root(str(first), place)
            for step in steps:
                result = self._step(result, step, place)
        except EvaluationError:
            return None
        return result

    def _step(self, result: Result, step: Step, place: Place) -> Result:
        if isinstance(step, Splat):
            return result
        if isinstance(result.raw, (Instances, Counted)) and isinstance(step, str) and step not in result.raw:
            origin = result.raw.origin
            return undetermined((origin.part(step),))
        if isinstance(result.raw, Undetermined) and isinstance(step, str):
            return undetermined(tuple(_part(origin, step) for origin in result.origins))
        return member(result, step)

    def _is_all_of(self, leaf: Mapping[str, Any], place: Place, raw: Any) -> bool:
        names = _most_specific(leaf.get("references") or ())
        found = self._named(names[0], place) if len(names) == 1 else None
        return found is not None and found.is_determined and found.raw == raw


def _is(origin: Origin, raw: Any) -> bool:
    """Whether a value is that of the attribute that an origin reads, so that there is nothing around it."""
    value = origin.instance.get(*origin.attribute) if origin.instance is not None and origin.attribute else Value()
    return value.is_known and not value.has_unknown and bool(value.raw == raw)


def _blocks_at(blocks: list[Any], number: int, value: Value) -> list[Any]:
    """The block of that number or, if the plan's value is another's, those that it may be."""
    if number < len(blocks) and _agrees(blocks[number], value):
        return [blocks[number]]
    refuse_too_many(blocks)
    return [block for block in blocks if _agrees(block, value)] or blocks


def _agrees(block: Any, value: Value) -> bool:
    """Whether no constant of a block differs from the plan's value."""
    for name, expression in block.items() if isinstance(block, Mapping) else ():
        found = value.get(name)
        is_constant = isinstance(expression, Mapping) and "constant_value" in expression and not expression.get("references")
        if is_constant and found.is_known and not found.has_unknown and not same_value(expression["constant_value"], found.raw):
            return False
    return True


def _is_value_more(place: Place) -> bool:
    """Whether `each.value` may be another than `each.key`: in a set it is the key, and a set of literals leaves no expression."""
    repetition = place.repetition() if place.repetition else NULL
    return not isinstance(place.key, str) or not (repetition.raw is None or isinstance(repetition.raw, list))


class _Keys(NamedTuple):
    """The keys of a resource's instances, and whether the block that refers to it has the same, as the plan lists them. Among fewer
    than all, another text beside the key may lead to another instance: `to["${each.key}-logs"]`."""

    theirs: set[Key]
    are_equal: bool
    of: tuple[object, ...]


def _keys_of(instances: Instances | Counted, repetition: Result, place: Place) -> _Keys:
    theirs = {instance.index for instance in instances.origin.instances}
    return _Keys(theirs, place.beside.keys() == theirs, (instances, repetition, place.beside))


def _part(origin: Origin, step: str) -> Origin:
    """An attribute of what an origin is. If it has none of that name, the step led through an object around it."""
    return origin if origin.kind is Kind.RESOURCE and not _has_part(origin, step) else origin.part(step)


def _has_part(origin: Origin, step: str) -> bool:
    if origin.attribute:
        return origin.attribute[0] not in identity_of(origin.type)  # an identifier is a text
    schema = origin.instances[0].value.names() if origin.instances else []
    return not schema or step in schema


def _leaves(expression: Any) -> list[Mapping[str, Any]]:
    """The constants and reference lists in an expression, a block or a list of blocks, in order."""
    found: list[Mapping[str, Any]] = []
    pending = [expression]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(reversed(part))
        elif isinstance(part, dict):
            if not part or "constant_value" in part or isinstance(part.get("references"), list):
                found.append(part)
            else:
                pending.extend(reversed(list(part.values())))
    return found


def _most_specific(references: Iterable[Any]) -> list[str]:
    """One name per dependency: `["a.b[0].id", "a.b[0]", "a.b", "var.x"]` gives `["a.b[0].id", "var.x"]`."""
    found: list[str] = []
    for name in references:
        last = found[-1] if found else ""
        if isinstance(name, str) and not (last.startswith(name) and last[len(name) : len(name) + 1] in (".", "[", "")):
            found.append(name)
    return found


def _is_expression(part: Mapping[str, Any]) -> bool:
    """Whether it is the expression of an argument, whose own members plan JSON does not tell apart; else it is a block."""
    return isinstance(part.get("references"), list)
