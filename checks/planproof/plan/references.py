"""References: where an attribute comes from.

Plan JSON's configuration names what each expression refers to (`references`), most specific first; values are not linked.
`References.origins` follows those names from an instance's argument through module inputs and outputs, variables' defaults,
`each.value`, count and for_each, to the instances, constants and root variables at the end. What cannot be followed is an
origin too, and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from planproof.plan.addresses import SPLAT, Dynamic, Quoted, Step, Steps, is_index, steps_of
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.origin import Expressions, Kind, Origin, Origins, Scope
from planproof.plan.value import MISSING, Json, Key, State, Value, part_of

_MAX_DEPTH = 60  # of Python's frames each step takes ten, and Checkov has taken some already


class References:
    """All references of one plan. Results are remembered: each output and variable is followed once per module instance."""

    def __init__(self, plan: Plan, source: Expressions | None = None) -> None:
        self.plan, self._source = plan, source
        self._seen: dict[tuple[Any, ...], Origins | None] = {}
        self._known: dict[tuple[Any, ...], bool] = {}
        self._depth = 0

    @property
    def remedy(self) -> str:
        """What helps where plan JSON does not tell."""
        return (
            "the source that was given does not tell it either"
            if self._source
            else "give the source (the folder, or the saved plan)"
        )

    def origins(self, instance: Instance, *path: str | int) -> Origins:
        """What the argument at `path` of `instance` is made from; empty where the block does not set it."""
        scope, expression = self.scope(instance), instance.expression(*path)
        value = instance.get(*path)
        if expression == {} and value.is_known:
            return (Origin(Kind.CONSTANT, constant=value.raw),)
        return self._argument(expression, scope, str(path[0])) if len(path) == 1 else self.follow(expression, scope)

    def scope(self, instance: Instance) -> Scope:
        config = instance.config
        labels = tuple(instance.local_address.split("."))
        return Scope(
            instance.module,
            instance.index,
            config.repetition if config else None,
            labels if instance.mode == "data" else ("resource", *labels),
        )

    def value(self, origin: Origin) -> Value:
        """What an origin comes to: a constant, a key, a root variable, one attribute of one instance; of the rest, absent."""
        if origin.kind in (Kind.CONSTANT, Kind.KEY):
            return Value(origin.constant)
        if origin.kind is Kind.VARIABLE:
            return self.plan.variables.get(origin.name, Value()).get(*(origin.attribute or ()))
        return origin.instance.get(*origin.attribute) if origin.instance and origin.attribute else Value()

    def output(self, name: str) -> Origins:
        """What a root output exports."""
        return self._output(self.plan.root, name)

    def is_settled(self, expression: Json, scope: Scope) -> bool:
        """Whether all that an expression draws on is known while planning: then its own value is known too, or null."""
        origins = self.follow(expression, scope)
        return bool(origins) and all(self._is_known(origin) for origin in origins)

    def _is_known(self, origin: Origin) -> bool:
        """As `_is_known`, remembered where it is about many instances: each of as many may refer to all of them."""
        if len(origin.instances) < 2:
            return _is_known(origin)
        key = (origin.block, origin.attribute, len(origin.instances), id(origin.instances[0]), id(origin.instances[-1]))
        if key not in self._known:
            self._known[key] = _is_known(origin)
        return self._known[key]

    def text(self, instance: Instance, argument: str) -> str | None:
        """An argument of the block as the source has it, where there is source and it is a template or a bare expression."""
        scope = self.scope(instance)
        return self._source.text(scope.module.path, scope.labels, argument) if self._source else None

    def follow(self, expression: Json, scope: Scope, steps: Steps = ()) -> Origins:
        """The origins of an expression of the plan's configuration, or of its part at `steps`: `{"constant_value": ...}`,
        `{"references": [...]}`, or a block or list of such (their origins together)."""
        if self._depth >= _MAX_DEPTH:
            return (Origin(Kind.LOST, reason=f"the references are more than {_MAX_DEPTH} steps long"),)
        self._depth += 1
        try:
            found = [o for part in _leaves(expression) for o in self._leaf(part, scope, steps)]
        finally:
            self._depth -= 1
        return tuple(found)

    def _leaf(self, expression: Mapping[str, Json], scope: Scope, steps: Steps) -> Iterable[Origin]:
        if not expression:  # no constant and no reference: a function of literals, or one such as uuid()
            return (Origin(Kind.CONSTANT, constant=MISSING),)
        if "constant_value" in expression:
            return self._extend((Origin(Kind.CONSTANT, constant=expression["constant_value"]),), steps)
        names = _most_specific(expression["references"])
        keys = [name for name in names if name.split(".")[0] in ("each", "count")]
        return [o for name in names for o in self._name((*steps_of(name), *steps), scope, keys[0] if len(keys) == 1 else None)]

    def _name(self, steps: tuple[Step, ...], scope: Scope, beside: str | None) -> Origins:
        """One name, such as `aws_s3_bucket.a[0].id`; `beside` is the one each/count name in the same expression."""
        if len(steps) < 2:
            return ()  # no name that Terraform writes
        first, rest = steps[0], steps[1:]
        if first in ("var", "local"):
            follow = self._variable if first == "var" else self._local
            return follow(scope.module, str(rest[0]), tuple(self._fixed(step, scope) for step in rest[1:]))
        if first == "module":
            return self._module_output(str(rest[0]), rest[1:], scope, beside)
        if first == "each":
            return self._each(rest, scope)
        if first == "count":
            return (Origin(Kind.KEY, constant=scope.key, within=self.follow(scope.repetition, _outer(scope))),)
        if first in ("path", "terraform", "self"):
            return (Origin(Kind.NAMED, name=".".join(str(s) for s in steps)),)
        return self._resource(steps, scope, beside)

    def _resource(self, steps: tuple[Step, ...], scope: Scope, beside: str | None) -> Origins:
        size = 3 if steps[0] == "data" else 2
        if len(steps) < size:
            return ()  # a name bound by a `for` or a dynamic block, not a resource
        local, rest = ".".join(str(s) for s in steps[:size]), steps[size:]
        config = scope.module.config.resources.get(local)
        instances = scope.module.resources.get(local, {})
        if config is None and not instances:
            return ()
        repeated = None not in instances if instances else config is not None and config.repetition is not None
        block = (scope.module.address, local)
        whole = Origin(Kind.RESOURCE, tuple(instances.values()), block, repeated=repeated)
        if not repeated:
            return self._extend((whole,), rest)
        if rest and is_index(rest[0]):
            key = self._key(rest[0], scope, beside)
            return self._extend((_narrow(whole, key, instances),), rest[1:])
        key, rest = self._later_key(rest, instances)
        key = self._key(SPLAT, scope, beside) if key is None else key
        return self._extend((_narrow(whole, key, instances),), rest)

    @staticmethod
    def _later_key(rest: Steps, instances: Mapping[Key, Any]) -> tuple[Key, Steps]:
        """The key that follows an attribute, as in `{ for k, b in aws_s3_bucket.a : k => b.id }["x"]`, and the steps without it."""
        for number, step in enumerate(rest):
            if isinstance(step, (Quoted, int)) and step in instances:
                return step, (*rest[:number], *rest[number + 1 :])
        return None, rest

    def _key(self, step: Step, scope: Scope, beside: str | None = None) -> Key:
        """The key that an index comes to, or None where that cannot be told; of a splat, the key that stands `beside` it."""
        if not isinstance(step, Dynamic):
            return step
        text = beside or "" if step.text == "*" else step.text
        if text in ("each.key", "count.index"):
            return scope.key
        if not re.fullmatch(r"(?:each|var|local)\.[\w.-]+", text):
            return None
        found = self._name(steps_of(text), scope, None)
        value = self._value(found[0], scope) if len(found) == 1 else None
        return value if isinstance(value, (str, int)) else None

    def _fixed(self, step: Step, scope: Scope) -> Step:
        """An index as the key that it comes to, where that can be told."""
        key = self._key(step, scope) if isinstance(step, Dynamic) else None
        return step if key is None else Quoted(key) if isinstance(key, str) else key

    def _value(self, origin: Origin, scope: Scope) -> Json:
        """The value of a constant or a key, of a root variable, or of a set's element under `for_each`; else None."""
        raw = self._whole(origin)
        return scope.key if isinstance(raw, list) else raw

    def _whole(self, origin: Origin) -> Json:
        return None if origin.kind is Kind.RESOURCE else self.value(origin).raw

    def _each(self, rest: tuple[Step, ...], scope: Scope) -> Origins:
        """`each.key`, or the part of `for_each` that `each.value` stands for."""
        within = self.follow(scope.repetition, _outer(scope))
        if rest[:1] != ("value",):
            return (Origin(Kind.KEY, constant=scope.key, within=within),)
        if scope.key is None:
            return within
        steps = (Quoted(scope.key) if isinstance(scope.key, str) else scope.key, *rest[1:])
        if len(within) > 1 and (written := self._written(_outer(scope), scope.labels, "for_each", steps)):
            return written
        if not within:  # `toset([...])` and the like leave no expression in the plan
            return (Origin(Kind.KEY, constant=scope.key),)
        found: list[Origin] = []
        for origin in within:
            if origin.kind is Kind.CONSTANT and isinstance(origin.constant, list):
                found.append(origin._replace(constant=scope.key))  # a set: the value is the key
            elif origin.kind is Kind.VARIABLE and isinstance(self._whole(origin), dict):
                found.extend(self._extend((origin,), steps))
            elif origin.kind in (Kind.VARIABLE, Kind.NAMED) or (origin.kind is Kind.LOST and not origin.modules):
                found.append(origin)
            else:
                found.extend(self._extend((origin,), steps))
        return tuple(found)

    def _variable(self, module: Module, name: str, steps: Steps) -> Origins:
        """The argument of the module call; else the variable's default; a root variable is an end."""
        call = module.call
        if module.parent is None or call is None:
            return self._extend((Origin(Kind.VARIABLE, name=name),), steps)
        if name in call.expressions:
            scope = Scope(module.parent, module.key, call.repetition, ("module", module.name))
            key = ("var", module.address, name, steps)
            return self._remembered(key, lambda: self._argument(call.expressions[name], scope, name, steps))
        declared = module.config.variables.get(name)
        default = declared.get("default") if isinstance(declared, dict) else None
        return self._extend((Origin(Kind.CONSTANT, constant=default),), steps)

    def _module_output(self, name: str, rest: tuple[Step, ...], scope: Scope, beside: str | None) -> Origins:
        call = scope.module.config.calls.get(name)
        if call is None:
            return ()
        index: Step | None = rest[0] if rest and is_index(rest[0]) else None
        rest = rest[1:] if index is not None else rest
        known = scope.module.children.get(name, {})
        later, rest = self._later_key(rest, known) if index is None else (None, rest)
        key = self._key(SPLAT if index is None else index, scope, beside) if later is None else later
        if key is not None and (key in known or index is not None):
            modules = [scope.module.child(name, key)]
        elif call.repetition is not None or any(k is not None for k in known):
            modules = list(known.values())
        else:
            modules = [scope.module.child(name, None)]
        reason = f"which output of module.{name} is read is not in the plan; {self.remedy}"
        return self._extend((Origin(Kind.LOST, modules=tuple(modules), reason=reason),), rest)

    def _outputs(self, origin: Origin, rest: Steps) -> Origins:
        """The output that `rest` begins with, of the modules that the origin stands for; a key before it picks one of them."""
        keyed = {module.key: module for module in origin.modules}
        if len(keyed) > 1 or None not in keyed:
            if not isinstance(rest[0], Dynamic) and rest[0] in keyed and (is_index(rest[0]) or len(rest) > 1):
                return self._extend((origin._replace(modules=(keyed[rest[0]],)),), rest[1:])
            rest = rest[1:] if is_index(rest[0]) else rest
        if not rest or not isinstance(rest[0], str):
            return (origin,)
        return tuple(o for module in origin.modules for o in self._output(module, str(rest[0]), rest[1:]))

    def _output(self, module: Module, name: str, steps: Steps = ()) -> Origins:
        declared = module.config.outputs.get(name)
        expression = declared.get("expression") if isinstance(declared, dict) else None
        scope = Scope(module, labels=("output", name))
        key = ("out", module.address, name, steps)
        return self._remembered(key, lambda: self._argument(expression, scope, "value", steps))

    def _argument(self, expression: Json, scope: Scope, argument: str, steps: Steps = ()) -> Origins:
        """What the part at `steps` of a block's argument is made from; by the source, where plan JSON leaves it open."""
        found = self.follow(expression, scope, steps)
        if any(_is_vague(origin) for origin in found) or sum(origin.kind is Kind.RESOURCE for origin in found) > 1:
            return self._written(scope, scope.labels, argument, steps) or found
        return found

    def _written(self, scope: Scope, labels: tuple[str, ...], argument: str, steps: Steps) -> Origins:
        """The same by the source's own expression; empty where there is none."""
        written = self._source.expression(scope.module.path, labels, argument, steps) if self._source else None
        return self.follow(written[0], scope, tuple(written[1])) if written else ()

    def _local(self, module: Module, name: str, steps: Steps) -> Origins:
        where = f" of {module.address}" if module.address else ""
        reason = f"local.{name}{where} is not in plan JSON; {self.remedy}"
        lost = (Origin(Kind.LOST, name=name, reason=reason),)
        scope = Scope(module)
        key = ("local", module.address, name, steps)
        return self._remembered(key, lambda: self._written(scope, ("locals",), name, steps) or lost)

    def _remembered(self, key: tuple[Any, ...], find: Any) -> Origins:
        if key not in self._seen:
            self._seen[key] = None
            self._seen[key] = find()
        found = self._seen[key]
        return found if found is not None else (Origin(Kind.LOST, reason=f"{key[2]} refers to itself"),)

    def _extend(self, origins: Origins, rest: Sequence[Step]) -> Origins:
        """The part of each origin at `rest`."""
        if not rest:
            return origins
        steps = tuple(rest)
        parts = (self._outputs(o, steps) if o.modules else (_part(o, steps),) for o in origins)
        return tuple(part for found in parts for part in found)


def _is_vague(origin: Origin) -> bool:
    return origin.kind is Kind.LOST or (origin.kind is Kind.RESOURCE and (origin.attribute is None or len(origin.instances) > 1))


def _is_known(origin: Origin) -> bool:
    """Whether it is known while planning, every part of it."""
    if origin.kind is Kind.RESOURCE:
        read = [i.get(*(origin.attribute or ())[:1]) for i in origin.instances]
        return not any(value.has_unknown or value.state is State.ABSENT for value in read)
    return origin.kind is not Kind.LOST and origin.constant is not MISSING


def _outer(scope: Scope) -> Scope:
    """`for_each` and `count` themselves stand outside what they repeat."""
    return Scope(scope.module)


def _narrow(origin: Origin, key: Key, instances: Mapping[Key, Instance]) -> Origin:
    return origin._replace(instances=(instances[key],)) if key is not None and key in instances else origin


def _part(origin: Origin, rest: tuple[Step, ...]) -> Origin:
    if origin.kind is Kind.CONSTANT:
        constant = origin.constant
        for step in rest:
            inner = part_of(constant, step) if not isinstance(step, Dynamic) else MISSING
            if inner is MISSING:
                return origin if not isinstance(constant, dict) else origin._replace(constant=None)
            constant = inner
        return origin._replace(constant=constant)
    if origin.kind is Kind.VARIABLE:
        known = list(takewhile(lambda step: isinstance(step, str), rest))
        return origin._replace(attribute=(*(origin.attribute or ()), *map(str, known))) if known else origin
    if origin.kind is Kind.RESOURCE and origin.repeated and not origin.instance:
        keyed = {i.index: i for i in origin.instances}
        if not isinstance(rest[0], Dynamic) and rest[0] in keyed:
            origin, rest = origin._replace(instances=(keyed[rest[0]],)), rest[1:]
    if origin.attribute is None and origin.instances:
        named = {name for instance in origin.instances for name in instance.value.names()}
        rest = rest[next((n for n, step in enumerate(rest) if step in named), len(rest)) :]  # the rest is an object around it
    names = tuple(step for step in rest if isinstance(step, str) and not (origin.attribute is None and is_index(step)))
    if not names:
        return origin
    first, *inner = (*(origin.attribute or ()), *names)
    if origin.instances and not any(isinstance(i.get(first).raw, (dict, list)) for i in origin.instances):
        inner = []  # a text or number has no parts: the steps led through an object around it
    return origin._replace(attribute=(first, *inner))


def _leaves(expression: Json) -> list[Mapping[str, Json]]:
    """The constants and reference lists in an expression, a block or a list of blocks, in order."""
    found: list[Mapping[str, Json]] = []
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


def _most_specific(references: list[Json]) -> list[str]:
    """One name per dependency: `["a.b[0].id", "a.b[0]", "a.b", "var.x"]` gives `["a.b[0].id", "var.x"]`."""
    found: list[str] = []
    for name in references:
        last = found[-1] if found else ""
        if isinstance(name, str) and not (last.startswith(name) and last[len(name) : len(name) + 1] in (".", "[", "")):
            found.append(name)
    return found
