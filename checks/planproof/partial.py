"""What can be told of a value that the plan leaves unknown: its expression in the source, worked out as far as it goes.

`"${local.name}-${random_id.a.hex}"` comes to the text `corp-logs-` and a part that is not known; `merge(local.tags, {Name =
random_pet.a.id})` to an object whose keys are all known, and one of whose values is not. Locals, variables, module arguments and
outputs, `each` and `count`, and the functions that names and tags are made with are followed; known parts stand by their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.code import Call, Choice, Comparison, Index, Items, Literal, Loop, Name, Node, Other, Table, Template, node_of
from planproof.hcl import expression_of
from planproof.pattern import MAX_TEXT
from planproof.plan import Instance, Json, Key, Module, Plan, Value
from planproof.references import Dynamic, Quoted, Step, steps_of
from planproof.source import Block, ModuleSource, Source

_MAX_DEPTH = 60
_MOST_PARTS = 200
_MOST_TURNS = 20_000  # of all loops
_MOST_ITEMS = 10_000  # of a list that functions make
NO_SOURCE = "the plan does not hold the text around what it refers to; give the source (the folder, or the saved plan)"


class Open(NamedTuple):
    """Nothing is known of it; `needs` are the names that would decide it. `instance` is what it is read of, where InstanceEvaluator tells."""

    needs: tuple[str, ...] = ()
    instance: Instance | None = None


class Text(NamedTuple):
    """A text whose parts are known or, where they are an Open, not."""

    parts: tuple[str | Open, ...]

    @property
    def known(self) -> str | None:
        """The whole of it, where it is known."""
        if all(isinstance(part, str) for part in self.parts):
            return "".join(part for part in self.parts if isinstance(part, str))
        return None

    @property
    def needs(self) -> tuple[str, ...]:
        """What would decide the parts that are not known."""
        return tuple(dict.fromkeys(name for part in self.parts if isinstance(part, Open) for name in part.needs))


class Keyed(NamedTuple):
    """An object. `rest` says what else may be in it; None where these entries are all."""

    entries: Mapping[str, Partial]
    rest: Open | None = None


class Listed(NamedTuple):
    """A list, all of whose elements are told apart."""

    items: tuple[Partial, ...]


Partial = Text | Keyed | Listed | Open | None
"""None is null."""


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
        """The argument of an instance's block, or a part of it; Open, needing nothing, where there is no source of it."""
        block = self._source.block_of(instance) if self._source else None
        if block is None or name not in block.body:
            return Open()
        place = _Place(instance.module, instance.index, block)
        found = self._remembered(("argument", instance.address, name), lambda: self._raw(block.body[name], place))
        return _part(found, list(steps), name)

    def value(self, body: Mapping[str, Any], name: str, module: Module) -> Partial:
        """The argument of a block that is not repeated, such as a provider's."""
        return self._raw(body[name], _Place(module)) if name in body else None

    def _module_source(self, module: Module) -> ModuleSource | None:
        return self._source.of(module) if self._source else None

    def _raw(self, raw: Any, place: _Place) -> Partial:
        return self._of(node_of(expression_of(raw).raw), place)

    def _of(self, node: Node, place: _Place) -> Partial:
        if self._depth > _MAX_DEPTH:
            return Open()
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
            return Keyed(entries, Open(tuple(name for key in computed for name in key.names)) if computed else None)
        if isinstance(node, Choice):
            return self._choice(node, place)
        if isinstance(node, Comparison):
            return self._compared(node, place)
        if isinstance(node, Index):
            return self._indexed(node, place)
        if isinstance(node, Loop):
            return self._loop(node, place)
        if isinstance(node, Items):
            return Listed(tuple(self._of(item, place) for item in node.items))
        if isinstance(node, Literal):
            return _known(node.value)
        return Open(node.names if isinstance(node, Other) else ())

    def _choice(self, node: Choice, place: _Place) -> Partial:
        condition = self._of(node.condition, place)
        yes, no = self._of(node.yes, place), self._of(node.no, place)
        if isinstance(condition, Text) and condition.known in ("true", "false"):
            return yes if condition.known == "true" else no
        if _is_same(yes, no):
            return yes
        undecided = Open(condition.needs if isinstance(condition, (Open, Text)) else ())
        if isinstance(yes, Keyed) and isinstance(no, Keyed):
            common = {
                key: value if _is_same(no.entries[key], value) else undecided
                for key, value in yes.entries.items()
                if key in no.entries
            }
            return Keyed(common, undecided)
        return undecided

    def _compared(self, node: Comparison, place: _Place) -> Partial:
        sides = self._of(node.left, place), self._of(node.right, place)
        unsure = [side for side in sides if side is not None and (not isinstance(side, Text) or side.known is None)]
        if unsure:
            return Open(tuple(dict.fromkeys(name for side in unsure if isinstance(side, (Open, Text)) for name in side.needs)))
        return _known((sides[0] == sides[1]) is node.equal)

    def _indexed(self, node: Index, place: _Place) -> Partial:
        key = as_text(self._of(node.key, place))
        if not isinstance(key, str) or not re.fullmatch(r"[^\"\\$%\[\]]+", key):
            return Open(node.names)
        return self._name(f"{node.base}[{key}]{node.rest}" if key.isdecimal() else f'{node.base}["{key}"]{node.rest}', place)

    def _loop(self, node: Loop, place: _Place) -> Partial:
        """The object or list that a `for` makes, where its conditions and keys can be told."""
        over = self._of(node.over, place)
        if isinstance(over, Listed):
            over = Keyed({str(number): item for number, item in enumerate(over.items)})
        elif isinstance(over, Keyed):  # Terraform goes through an object by its sorted keys
            over = over._replace(entries=dict(sorted(over.entries.items())))
        self._turns += len(over.entries) if isinstance(over, Keyed) else 0
        if not isinstance(over, Keyed) or over.rest or self._turns > _MOST_TURNS:
            return Open(node.names)
        found: list[tuple[str, Partial]] = []
        for key, value in over.entries.items():
            inner = place._replace(bound={**place.bound, node.key: Text((key,)), node.value: value})
            kept, name = as_text(self._of(node.condition, inner)), as_text(self._of(node.name, inner)) if node.name else ""
            if kept == "false":
                continue
            if kept != "true" or not isinstance(name, str):
                return Open(node.names)
            found.append((name, self._of(node.result, inner)))
        return Keyed(dict(found)) if node.name else Listed(tuple(value for _, value in found))

    # --- functions ---

    def _call(self, node: Call, place: _Place) -> Partial:
        arguments = [self._of(a, place) for a in node.arguments]
        if node.function == "merge":
            return _merged(arguments)
        if node.function == "join" and len(arguments) == 2 and isinstance(arguments[1], Listed):
            return _joined(arguments[0], list(arguments[1].items))
        if node.function in _OF_LISTS and (made := _OF_LISTS[node.function](arguments)) is not None:
            return made
        if node.function == "try" and arguments and (not isinstance(arguments[0], Open) or arguments[0].instance):
            return arguments[0]
        if node.function == "format":
            return _formatted(arguments)
        if node.function == "coalesce":
            return next((a for a in arguments if a is not None and not (isinstance(a, Text) and a.known == "")), None)
        if node.function in _SAME and len(arguments) == 1:
            return arguments[0]
        if node.function in _BY_PART and arguments and isinstance(arguments[0], Text):
            return _BY_PART[node.function](arguments[0], arguments[1:])
        needs = dict.fromkeys(name for a in arguments if isinstance(a, (Open, Text)) for name in a.needs)
        return Open(tuple(needs or dict.fromkeys(_names(node))))

    # --- names ---

    def _name(self, name: str, place: _Place) -> Partial:
        first, *rest = (self._fixed(step, place) for step in steps_of(name))
        if str(first) in place.bound:
            return _part(place.bound[str(first)], rest, name)
        if first == "var" and rest:
            return _part(self._variable(place.module, str(rest[0])), rest[1:], name)
        if first == "local" and rest:
            return _part(self._local(place.module, str(rest[0])), rest[1:], name)
        if first == "module" and rest:
            return self._output(str(rest[0]), rest[1:], place, name)
        if name in ("each.key", "count.index"):
            return _known(place.key) if place.key is not None else Open((name,))
        if first == "each":
            return self._each_value(rest[1:], place, name)
        if first in ("path", "terraform", "self"):
            return Open((name,))
        return self._resource([first, *rest], place, name)

    def _local(self, module: Module, name: str) -> Partial:
        source = self._module_source(module)
        if source is None or name not in source.locals:
            return Open((f"local.{name}",))
        return self._remembered(("local", module.address, name), lambda: self._raw(source.locals[name], _Place(module)))

    def _variable(self, module: Module, name: str) -> Partial:
        if module.parent is None:
            value = self._plan.variables.get(name)
            return _of_value(value, f"var.{name}") if value else Open((f"var.{name}",))
        return self._remembered(("var", module.address, name), lambda: self._input(module, name))

    def _input(self, module: Module, name: str) -> Partial:
        """What the call of the module gives for its variable, else the variable's default."""
        assert module.parent is not None
        caller = self._module_source(module.parent)
        block = caller.block("module", module.name) if caller else None
        if block and name in block.body:
            return self._raw(block.body[name], _Place(module.parent, module.key, block))
        if block is None and module.call and name in module.call.expressions:
            return Open((f"var.{name} of {module.address}",))
        declared = module.config.variables.get(name)
        return _known(declared.get("default")) if isinstance(declared, dict) else Open((f"var.{name}",))

    def _output(self, name: str, rest: list[Step], place: _Place, shown: str) -> Partial:
        key = self._key(rest[0], place) if rest and isinstance(rest[0], (int, Dynamic)) else None
        rest = rest[1:] if key is not None else rest
        module = place.module.children.get(name, {}).get(key)
        if module is None and rest and key is None:  # module.m["a"].out
            module, rest = place.module.children.get(name, {}).get(str(rest[0])), rest[1:]
        source = self._module_source(module) if module else None
        block = source.block("output", str(rest[0])) if source and rest else None
        if module is None or block is None or "value" not in block.body:
            return Open((shown,))
        found = self._remembered(("output", module.address, str(rest[0])), lambda: self._raw(block.body["value"], _Place(module)))
        return _part(found, rest[1:], shown)

    def _each_value(self, rest: list[Step], place: _Place, shown: str) -> Partial:
        """The element of `for_each` under the key; of a set, the key itself."""
        if place.block is None or place.key is None or "for_each" not in place.block.body:
            return Open((shown,))
        repetition = place.block.body["for_each"]
        key = ("for_each", place.module.address, str(id(place.block)))
        found = self._remembered(key, lambda: self._raw(repetition, _Place(place.module)))
        if isinstance(found, Keyed) and str(place.key) in found.entries:
            return _part(found.entries[str(place.key)], rest, shown)
        node = node_of(expression_of(repetition).raw)
        is_set = isinstance(node, Call) and node.function == "toset"
        return _known(place.key) if is_set and not rest else Open((shown,))

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
            return Open((shown,))
        return self._read(instance, path, shown)

    def _all(self, instances: Mapping[Key, Instance], shown: str) -> Partial:
        return Open((shown,))

    def _read(self, instance: Instance, path: list[Step], shown: str) -> Partial:
        value = instance.get(*(step for step in path if not isinstance(step, Dynamic)))
        if not value.is_unknown:
            return _of_value(value, shown)
        name = "bucket" if instance.type == "aws_s3_bucket" and path[0] == "id" else str(path[0])
        found = self.argument(instance, name) if instance.configured(name) else Open((shown,))
        return Open((shown,)) if isinstance(found, Open) else _part(found, path[1:], shown)

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
            self._seen[key] = Open()  # what it is to itself, should it refer to itself
            self._seen[key] = find()
        return self._seen[key]


class InstanceEvaluator(Evaluator):
    """Which instance an argument is read of, where conditions, functions and loops choose among several; what is read of a resource
    is an end here."""

    def instance(self, instance: Instance, name: str) -> Instance | None:
        """The instance whose attribute the argument is; None where it is no such, or that cannot be told."""
        found = self.argument(instance, name)
        return found.instance if isinstance(found, Open) else None

    def _all(self, instances: Mapping[Key, Instance], shown: str) -> Partial:
        found = {key: Open((shown,), instance) for key, instance in instances.items()}
        counted = sorted(key for key in found if isinstance(key, int))
        if len(counted) == len(found):
            return Listed(tuple(found[key] for key in counted))
        return Keyed({str(key): read for key, read in found.items()})

    def _read(self, instance: Instance, path: list[Step], shown: str) -> Partial:
        return Open((shown,), instance)


def as_text(partial: Partial) -> str | Text:
    """The text, where it is known; else what is known of it."""
    text = partial if isinstance(partial, Text) else Text((partial if isinstance(partial, Open) else Open(),))
    return text if text.known is None else text.known


def text_of(parts: Any) -> Text:
    """One text of several: known parts side by side become one; what is no text is not known."""
    flat: list[str | Open] = []
    for part in parts:
        if isinstance(part, Text):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part if isinstance(part, (str, Open)) else Open())
    if len(flat) > _MOST_PARTS or sum(len(part) for part in flat if isinstance(part, str)) > MAX_TEXT:
        return Text((Open(),))  # longer than any name or tag, as texts that repeat each other soon are
    joined: list[str | Open] = []
    for part in flat:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return Text(tuple(joined))


def _known(raw: Json) -> Partial:
    """A value of the plan or a constant."""
    if isinstance(raw, dict):
        return Keyed({str(key): _known(value) for key, value in raw.items()})
    if isinstance(raw, list):
        return Listed(tuple(_known(item) for item in raw))
    if raw is None:
        return None
    return Text((str(raw).lower() if isinstance(raw, bool) else str(raw),))


def _of_value(value: Value, shown: str) -> Partial:
    if value.is_unknown:
        return Open((shown,))
    if isinstance(value.raw, dict) and value.has_unknown:
        return Keyed({name: _of_value(value.get(name), f"{shown}.{name}") for name in value.names()})
    return _known(value.raw)


def _is_same(one: Partial, other: Partial) -> bool:
    """Equality of two partials; a plain `==` takes an empty text for an Open, as both are tuples."""
    if isinstance(one, Keyed) and isinstance(other, Keyed):
        same = one.entries.keys() == other.entries.keys() and one.rest == other.rest
        return same and all(_is_same(value, other.entries[key]) for key, value in one.entries.items())
    if isinstance(one, Listed) and isinstance(other, Listed):
        return len(one.items) == len(other.items) and all(map(_is_same, one.items, other.items))
    return type(one) is type(other) and one == other


def _part(partial: Partial, steps: list[Step], shown: str) -> Partial:
    for step in steps:
        if isinstance(partial, Open) and partial.instance:
            return partial
        if isinstance(partial, Listed) and isinstance(step, int) and step < len(partial.items):
            partial = partial.items[step]
            continue
        if not isinstance(partial, Keyed) or isinstance(step, Dynamic) or str(step) not in partial.entries:
            return Open((shown,))
        partial = partial.entries[str(step)]
    return partial


def _names(node: object) -> Iterator[str]:
    """What an expression refers to, by name."""
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, (Other, Loop)):
        yield from node.names
    elif isinstance(node, tuple):  # as each node is, and what is in it
        for part in node:
            yield from _names(part)


def _merged(arguments: list[Partial]) -> Partial:
    """Later objects win; a later one of which not all is known may replace what an earlier one says."""
    entries: dict[str, Partial] = {}
    rest: Open | None = None
    for argument in arguments:
        if argument is None:
            continue
        if not isinstance(argument, Keyed) or argument.rest:
            unsure = argument.rest if isinstance(argument, Keyed) and argument.rest else Open(getattr(argument, "needs", ()))
            entries = dict.fromkeys(entries, unsure)
            rest = Open(tuple(dict.fromkeys((*(rest.needs if rest else ()), *unsure.needs))))
        if isinstance(argument, Keyed):
            entries.update(argument.entries)
    return Keyed(entries, rest)


def _joined(separator: Partial, items: list[Partial]) -> Partial:
    parts: list[Partial] = []
    for item in items:
        parts += [separator, item] if parts else [item]
    return text_of(parts)


def _set(arguments: list[Partial]) -> Keyed | None:
    """`toset`: an element stands under itself, as for_each has it."""
    items = arguments[0].items if arguments and isinstance(arguments[0], Listed) else None
    texts = [as_text(item) for item in items] if items is not None else [Text(())]
    return Keyed({t: Text((t,)) for t in texts if isinstance(t, str)}) if all(isinstance(t, str) for t in texts) else None


def _zipped(arguments: list[Partial]) -> Keyed | None:
    lists = [a.items for a in arguments if isinstance(a, Listed)]
    if len(lists) != 2 or len(lists[0]) != len(lists[1]):
        return None
    found = {key: value for item, value in zip(*lists, strict=True) if isinstance(key := as_text(item), str)}
    return Keyed(found) if len(found) == len(lists[0]) else None


def _concatenated(arguments: list[Partial]) -> Listed | None:
    lists = [a.items for a in arguments if isinstance(a, Listed)]
    if len(lists) < len(arguments) or sum(map(len, lists)) > _MOST_ITEMS:
        return None
    return Listed(tuple(item for items in lists for item in items))


def _compacted(arguments: list[Partial]) -> Listed | None:
    """`compact`: without null and the empty text."""
    if len(arguments) != 1 or not isinstance(arguments[0], Listed):
        return None
    return Listed(tuple(item for item in arguments[0].items if item is not None and as_text(item) != ""))


def _flat(arguments: list[Partial]) -> Listed | None:
    """`flatten`; None where an element that may be a list is open."""
    found: list[Partial] = []
    pending = arguments[:1]
    for _ in range(_MOST_ITEMS):
        if not pending:
            return Listed(tuple(found))
        item = pending.pop()
        if isinstance(item, Listed):
            pending += reversed(item.items)
        elif isinstance(item, Open) and not item.instance:
            return None
        else:
            found.append(item)
    return None


_OF_LISTS: dict[str, Callable[[list[Partial]], Partial]] = {
    "toset": _set,
    "zipmap": _zipped,
    "concat": _concatenated,
    "compact": _compacted,
    "flatten": _flat,
}


_VERB = re.compile(r"(%%|%[^a-zA-Z%]*[a-zA-Z])")


def _formatted(arguments: list[Partial]) -> Partial:
    pattern = arguments[0].known if arguments and isinstance(arguments[0], Text) else None
    if pattern is None:
        return Open()
    values = iter(arguments[1:])
    parts: list[Partial | str] = []
    for piece in _VERB.split(pattern):
        if piece == "%%":
            parts.append("%")
        elif piece.startswith("%"):
            value = next(values, Open())
            parts.append(value if piece in ("%s", "%d", "%v") else Open())
        else:
            parts.append(piece)
    return text_of(parts)


def _each(change: Callable[[str], str]) -> Callable[[Text, list[Partial]], Partial]:
    return lambda text, _: text_of(change(part) if isinstance(part, str) else part for part in text.parts)


def _trimmed(text: Text, _: list[Partial]) -> Partial:
    parts = list(text.parts)
    for at, strip in ((0, str.lstrip), (-1, str.rstrip)):
        if parts and isinstance(part := parts[at], str):
            parts[at] = strip(part)
    return text_of(parts)


def _substr(text: Text, arguments: list[Partial]) -> Partial:
    start, length = (_number(a) for a in (*arguments, None, None)[:2])
    if start != 0 or length is None:
        return Open(text.needs)
    kept: list[str | Open] = []
    for part in text.parts:
        kept.append(part[: max(length, 0)] if isinstance(part, str) else part)
        if not isinstance(part, str):
            break  # how much of it fits is not known, nor what comes after
        length -= len(part)
        if length <= 0:
            break
    return text_of(kept)


def _number(partial: Partial) -> int | None:
    text = partial.known if isinstance(partial, Text) else None
    return int(text) if text and text.isdecimal() else None


def _replace(text: Text, arguments: list[Partial]) -> Partial:
    old, new = (a.known if isinstance(a, Text) else None for a in (*arguments, None, None)[:2])
    if old is None or new is None or (len(old) > 1 and old[0] == old[-1] == "/"):
        return Open(text.needs)
    return text_of(part.replace(old, new) if isinstance(part, str) else part for part in text.parts)


# Functions that give back their argument, and those that change a text part by part.
_SAME = ("tostring", "tomap", "nonsensitive", "sensitive", "try")
_BY_PART: dict[str, Callable[[Text, list[Partial]], Partial]] = {
    "lower": _each(str.lower),
    "upper": _each(str.upper),
    "substr": _substr,
    "trimspace": _trimmed,
    "replace": _replace,
}
