"""What can be told of a value that the plan leaves unknown: its expression in the source, worked out as far as it goes.

`"${local.name}-${random_id.a.hex}"` comes to the text `corp-logs-` and a part that is not known; `merge(local.tags, {Name =
random_pet.a.id})` to an object whose keys are all known, and one of whose values is not. Locals, variables, module arguments and
outputs, `each` and `count`, and the functions that names and tags are made with are followed; known parts stand by their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.plan.addresses import Dynamic, Quoted, Step, steps_of
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.value import Key
from planproof.source.blocks import Block, ModuleSource
from planproof.source.expressions import expression_of
from planproof.source.functions import BY_PART, OF_LISTS, SAME, formatted, joined, merged
from planproof.source.model import Source
from planproof.source.partial_values import (
    Partial,
    PartialList,
    PartialObject,
    PartialText,
    Undetermined,
    as_text,
    is_same,
    of_raw,
    of_value,
    part_at,
    text_of,
)
from planproof.source.syntax_tree import (
    Call,
    Choice,
    Comparison,
    Index,
    Items,
    Literal,
    Loop,
    Name,
    Node,
    Other,
    Table,
    Template,
    parse,
)

_MAX_DEPTH = 60
_MOST_TURNS = 20_000  # of all loops
NO_SOURCE = "the plan does not hold the text around what it refers to; give the source (the folder, or the saved plan)"


class _Place(NamedTuple):
    """Where an expression stands: the module instance, the key and the block that `each` and `count` belong to, and what the `for`
    around it names."""

    module: Module
    key: Key = None
    block: Block | None = None
    bound: Mapping[str, Partial] = {}


class Evaluator:
    """The values of one plan's source expressions, as far as they are known. Made once for a plan: `context.evaluator`."""

    def __init__(self, plan: Plan, source: Source | None) -> None:
        self._plan, self._source = plan, source
        self._seen: dict[tuple[str, str, str], Partial] = {}
        self._depth = self._turns = 0

    def argument(self, instance: Instance, name: str, *steps: str) -> Partial:
        """The argument of an instance's block, or a part of it; Undetermined, needing nothing, where there is no source of it."""
        block = self._source.block_of(instance) if self._source else None
        if block is None or name not in block.body:
            return Undetermined()
        place = _Place(instance.module, instance.index, block)
        found = self._remembered(("argument", instance.address, name), lambda: self._raw(block.body[name], place))
        return part_at(found, list(steps), name)

    def value(self, body: Mapping[str, Any], name: str, module: Module) -> Partial:
        """The argument of a block that is not repeated, such as a provider's."""
        return self._raw(body[name], _Place(module)) if name in body else None

    def _module_source(self, module: Module) -> ModuleSource | None:
        return self._source.of(module) if self._source else None

    def _raw(self, raw: Any, place: _Place) -> Partial:
        return self._of(parse(expression_of(raw).raw), place)

    def _of(self, node: Node, place: _Place) -> Partial:
        if self._depth > _MAX_DEPTH:
            return Undetermined()
        self._depth += 1
        try:
            return self._by_kind(node, place)
        finally:
            self._depth -= 1

    def _by_kind(self, node: Node, place: _Place) -> Partial:
        if isinstance(node, Template):
            return text_of(part if isinstance(part, str) else self._of(part, place) for part in node.parts)
        if isinstance(node, Name):
            return self._name(node.name, place)
        if isinstance(node, Call):
            return self._call(node, place)
        if isinstance(node, Table):
            entries = {key: self._of(value, place) for key, value in node.entries if isinstance(key, str)}
            computed = [key for key, _ in node.entries if not isinstance(key, str)]
            return PartialObject(
                entries, Undetermined(tuple(name for key in computed for name in key.names)) if computed else None
            )
        if isinstance(node, Choice):
            return self._choice(node, place)
        if isinstance(node, Comparison):
            return self._compared(node, place)
        if isinstance(node, Index):
            return self._indexed(node, place)
        if isinstance(node, Loop):
            return self._loop(node, place)
        if isinstance(node, Items):
            return PartialList(tuple(self._of(item, place) for item in node.items))
        if isinstance(node, Literal):
            return of_raw(node.value)
        return Undetermined(node.names if isinstance(node, Other) else ())

    def _choice(self, node: Choice, place: _Place) -> Partial:
        condition = self._of(node.condition, place)
        yes, no = self._of(node.yes, place), self._of(node.no, place)
        if isinstance(condition, PartialText) and condition.known in ("true", "false"):
            return yes if condition.known == "true" else no
        if is_same(yes, no):
            return yes
        undecided = Undetermined(condition.needs if isinstance(condition, (Undetermined, PartialText)) else ())
        if isinstance(yes, PartialObject) and isinstance(no, PartialObject):
            common = {
                key: value if is_same(no.entries[key], value) else undecided
                for key, value in yes.entries.items()
                if key in no.entries
            }
            return PartialObject(common, undecided)
        return undecided

    def _compared(self, node: Comparison, place: _Place) -> Partial:
        sides = self._of(node.left, place), self._of(node.right, place)
        unsure = [side for side in sides if side is not None and (not isinstance(side, PartialText) or side.known is None)]
        if unsure:
            return Undetermined(
                tuple(
                    dict.fromkeys(name for side in unsure if isinstance(side, (Undetermined, PartialText)) for name in side.needs)
                )
            )
        return of_raw((sides[0] == sides[1]) is node.equal)

    def _indexed(self, node: Index, place: _Place) -> Partial:
        key = as_text(self._of(node.key, place))
        if not isinstance(key, str) or not re.fullmatch(r"[^\"\\$%\[\]]+", key):
            return Undetermined(node.names)
        return self._name(f"{node.base}[{key}]{node.rest}" if key.isdecimal() else f'{node.base}["{key}"]{node.rest}', place)

    def _loop(self, node: Loop, place: _Place) -> Partial:
        """The object or list that a `for` makes, where its conditions and keys can be told."""
        over = self._of(node.over, place)
        if isinstance(over, PartialList):
            over = PartialObject({str(number): item for number, item in enumerate(over.items)})
        elif isinstance(over, PartialObject):  # Terraform goes through an object by its sorted keys
            over = over._replace(entries=dict(sorted(over.entries.items())))
        self._turns += len(over.entries) if isinstance(over, PartialObject) else 0
        if not isinstance(over, PartialObject) or over.rest or self._turns > _MOST_TURNS:
            return Undetermined(node.names)
        found: list[tuple[str, Partial]] = []
        for key, value in over.entries.items():
            inner = place._replace(bound={**place.bound, node.key: PartialText((key,)), node.value: value})
            kept, name = as_text(self._of(node.condition, inner)), as_text(self._of(node.name, inner)) if node.name else ""
            if kept == "false":
                continue
            if kept != "true" or not isinstance(name, str):
                return Undetermined(node.names)
            found.append((name, self._of(node.result, inner)))
        return PartialObject(dict(found)) if node.name else PartialList(tuple(value for _, value in found))

    # --- functions ---

    def _call(self, node: Call, place: _Place) -> Partial:
        arguments = [self._of(a, place) for a in node.arguments]
        if node.function == "merge":
            return merged(arguments)
        if node.function == "join" and len(arguments) == 2 and isinstance(arguments[1], PartialList):
            return joined(arguments[0], list(arguments[1].items))
        if node.function in OF_LISTS and (made := OF_LISTS[node.function](arguments)) is not None:
            return made
        if node.function == "try" and arguments and (not isinstance(arguments[0], Undetermined) or arguments[0].instance):
            return arguments[0]
        if node.function == "format":
            return formatted(arguments)
        if node.function == "coalesce":
            return next((a for a in arguments if a is not None and not (isinstance(a, PartialText) and a.known == "")), None)
        if node.function in SAME and len(arguments) == 1:
            return arguments[0]
        if node.function in BY_PART and arguments and isinstance(arguments[0], PartialText):
            return BY_PART[node.function](arguments[0], arguments[1:])
        needs = dict.fromkeys(name for a in arguments if isinstance(a, (Undetermined, PartialText)) for name in a.needs)
        return Undetermined(tuple(needs or dict.fromkeys(_names(node))))

    # --- names ---

    def _name(self, name: str, place: _Place) -> Partial:
        first, *rest = (self._fixed(step, place) for step in steps_of(name))
        if str(first) in place.bound:
            return part_at(place.bound[str(first)], rest, name)
        if first == "var" and rest:
            return part_at(self._variable(place.module, str(rest[0])), rest[1:], name)
        if first == "local" and rest:
            return part_at(self._local(place.module, str(rest[0])), rest[1:], name)
        if first == "module" and rest:
            return self._output(str(rest[0]), rest[1:], place, name)
        if name in ("each.key", "count.index"):
            return of_raw(place.key) if place.key is not None else Undetermined((name,))
        if first == "each":
            return self._each_value(rest[1:], place, name)
        if first in ("path", "terraform", "self"):
            return Undetermined((name,))
        return self._resource([first, *rest], place, name)

    def _local(self, module: Module, name: str) -> Partial:
        source = self._module_source(module)
        if source is None or name not in source.locals:
            return Undetermined((f"local.{name}",))
        return self._remembered(("local", module.address, name), lambda: self._raw(source.locals[name], _Place(module)))

    def _variable(self, module: Module, name: str) -> Partial:
        if module.parent is None:
            value = self._plan.variables.get(name)
            return of_value(value, f"var.{name}") if value else Undetermined((f"var.{name}",))
        return self._remembered(("var", module.address, name), lambda: self._input(module, name))

    def _input(self, module: Module, name: str) -> Partial:
        """What the call of the module gives for its variable, else the variable's default."""
        assert module.parent is not None
        caller = self._module_source(module.parent)
        block = caller.block("module", module.name) if caller else None
        if block and name in block.body:
            return self._raw(block.body[name], _Place(module.parent, module.key, block))
        if block is None and module.call and name in module.call.expressions:
            return Undetermined((f"var.{name} of {module.address}",))
        declared = module.config.variables.get(name)
        return of_raw(declared.get("default")) if isinstance(declared, dict) else Undetermined((f"var.{name}",))

    def _output(self, name: str, rest: list[Step], place: _Place, shown: str) -> Partial:
        key = self._key(rest[0], place) if rest and isinstance(rest[0], (int, Dynamic)) else None
        rest = rest[1:] if key is not None else rest
        module = place.module.children.get(name, {}).get(key)
        if module is None and rest and key is None:  # module.m["a"].out
            module, rest = place.module.children.get(name, {}).get(str(rest[0])), rest[1:]
        source = self._module_source(module) if module else None
        block = source.block("output", str(rest[0])) if source and rest else None
        if module is None or block is None or "value" not in block.body:
            return Undetermined((shown,))
        found = self._remembered(("output", module.address, str(rest[0])), lambda: self._raw(block.body["value"], _Place(module)))
        return part_at(found, rest[1:], shown)

    def _each_value(self, rest: list[Step], place: _Place, shown: str) -> Partial:
        """The element of `for_each` under the key; of a set, the key itself."""
        if place.block is None or place.key is None or "for_each" not in place.block.body:
            return Undetermined((shown,))
        repetition = place.block.body["for_each"]
        key = ("for_each", place.module.address, str(id(place.block)))
        found = self._remembered(key, lambda: self._raw(repetition, _Place(place.module)))
        if isinstance(found, PartialObject) and str(place.key) in found.entries:
            return part_at(found.entries[str(place.key)], rest, shown)
        node = parse(expression_of(repetition).raw)
        is_set = isinstance(node, Call) and node.function == "toset"
        return of_raw(place.key) if is_set and not rest else Undetermined((shown,))

    def _resource(self, steps: list[Step], place: _Place, shown: str) -> Partial:
        """The attribute's value; where that is not known, the argument that makes it."""
        size = 3 if steps[0] == "data" else 2
        instances = place.module.resources.get(".".join(str(s) for s in steps[:size]), {})
        rest = steps[size:]
        indexed = rest and not (isinstance(rest[0], str) and None in instances)
        key = self._key(rest[0], place) if indexed else None
        instance = instances.get(key)
        path = rest[1:] if indexed else rest
        if not rest and None not in instances:
            return self._all(instances, shown)
        if instance is None or not path or any(isinstance(step, Dynamic) for step in path):
            return Undetermined((shown,))
        return self._read(instance, path, shown)

    def _all(self, instances: Mapping[Key, Instance], shown: str) -> Partial:
        return Undetermined((shown,))

    def _read(self, instance: Instance, path: list[Step], shown: str) -> Partial:
        value = instance.get(*(step for step in path if not isinstance(step, Dynamic)))
        if not value.is_unknown:
            return of_value(value, shown)
        name = "bucket" if instance.type == "aws_s3_bucket" and path[0] == "id" else str(path[0])
        found = self.argument(instance, name) if instance.configured(name) else Undetermined((shown,))
        return Undetermined((shown,)) if isinstance(found, Undetermined) else part_at(found, path[1:], shown)

    def _fixed(self, step: Step, place: _Place) -> Step:
        """A step, the key of the block in place of `each.key` and `count.index`."""
        if not isinstance(step, Dynamic) or step.text not in ("each.key", "count.index") or place.key is None:
            return step
        return Quoted(place.key) if isinstance(place.key, str) else place.key

    def _key(self, step: Step, place: _Place) -> Key:
        if isinstance(step, Dynamic):
            return place.key if step.text in ("each.key", "count.index", "each.value") else None
        return step

    def _remembered(self, key: tuple[str, str, str], find: Callable[[], Partial]) -> Partial:
        if key not in self._seen:
            self._seen[key] = Undetermined()  # what it is to itself, should it refer to itself
            self._seen[key] = find()
        return self._seen[key]


class InstanceEvaluator(Evaluator):
    """Which instance an argument is read of, where conditions, functions and loops choose among several; what is read of a resource
    is an end here."""

    def instance(self, instance: Instance, name: str) -> Instance | None:
        """The instance whose attribute the argument is; None where it is no such, or that cannot be told."""
        found = self.argument(instance, name)
        return found.instance if isinstance(found, Undetermined) else None

    def _all(self, instances: Mapping[Key, Instance], shown: str) -> Partial:
        found = {key: Undetermined((shown,), instance) for key, instance in instances.items()}
        counted = sorted(key for key in found if isinstance(key, int))
        if len(counted) == len(found):
            return PartialList(tuple(found[key] for key in counted))
        return PartialObject({str(key): read for key, read in found.items()})

    def _read(self, instance: Instance, path: list[Step], shown: str) -> Partial:
        return Undetermined((shown,), instance)


def _names(node: object) -> Iterator[str]:
    """What an expression refers to, by name."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, (Other, Loop)):
        yield from node.names
    elif isinstance(node, tuple):  # as each node is, and what is in it
        for part in node:
            yield from _names(part)
