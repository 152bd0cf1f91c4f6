"""Mutants of a plan: one control removed, weakened, made unknown, linked to a sibling or moved, as if the configuration had said so.

Mutated are, in every module: each argument that a resource or a data source sets, in nested blocks and in documents of JSON too; each
nested block; each resource as a whole; each argument of a module's call that refers to something; and each output.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Json = Any
Path = tuple[Any, ...]
Operator = Callable[["Draft", Path], bool]
UNKNOWN_SOURCE = "elsewhere"
SIBLING = "_sibling"
ELSEWHERE = "module.elsewhere."

_INDEX = re.compile(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]')
_HEAD = re.compile(r"(?:data\.)?[\w-]+\.[\w-]+")


@dataclass(frozen=True)
class Mutant:
    """`place` says what is mutated, as `aws_s3_bucket.logs` or `module.logs.aws_s3_bucket.logs.versioning.0.enabled`, `operator` how.
    `kind` is the place without modules and names: `aws_s3_bucket.versioning.0.enabled`, `output`, `module.output`, `call`."""

    place: str
    operator: str
    kind: str
    plan: Json


def mutants(plan: Json) -> Iterator[Mutant]:
    plan = _in_order(copy.deepcopy(plan))
    text = json.dumps(plan)
    for module, block in _blocks(plan):
        address = module + block["address"]
        if not _values(plan, address):
            continue
        kind = f"data.{block['type']}" if block["mode"] == "data" else block["type"]
        for instance, path, operators in _places(plan, address, block):
            for operator in operators:
                draft = Draft(json.loads(text), module, address, instance)
                if operator(draft, path):
                    shown = "".join(f".{step}" for step in path)
                    yield Mutant((instance or address) + shown, operator.__name__, kind + shown, draft.plan)
    yield from _mutants_of_modules(plan, text)


def _places(plan: Json, address: str, block: Json) -> Iterator[tuple[str, Path, tuple[Operator, ...]]]:
    """An instance, or `""` for all of them, what is mutated there, and how. Each instance has documents of its own."""
    yield "", (), (dropped, count_0, moved)
    for path, is_block in _paths(block.get("expressions", {})):
        yield "", path, (deleted,) if is_block else (deleted, null, unknown, weakened, relinked)
        for instance, values in _values(plan, address):
            for inner in paths_in(None if is_block else _document(_at_path(values, path))):
                yield instance, (*path, JSON, *inner), (deleted, weakened, renamed)


def _mutants_of_modules(plan: Json, text: str) -> Iterator[Mutant]:
    for module, configuration in _modules(plan):
        for call, body in configuration.get("module_calls", {}).items():
            for path, is_block in _paths(body.get("expressions", {})):
                draft = Draft(json.loads(text), module, "")
                expression = get(draft.configuration["module_calls"][call]["expressions"], path)
                if not is_block and _relink(draft, expression):
                    shown = f"{module}module.{call}.{'.'.join(map(str, path))}"
                    yield Mutant(shown, "relinked", "call", draft.plan)
        for name in configuration.get("outputs", {}):
            operators = (relinked_output,) if module else (dropped_output, constant_output, relinked_output, sensitive_output)
            for change in operators:
                draft = Draft(json.loads(text), module, "")
                if change(draft, name):
                    kind = "module.output" if module else "output"
                    yield Mutant(f"{module}output.{name}", change.__name__.split("_")[0], kind, draft.plan)


class Draft:
    """A plan that is changed in place, and the block that is mutated: its module (`""` or `module.logs.`), its address without indexes,
    and the one instance, where it is not all of them."""

    def __init__(self, plan: Json, module: str, address: str, instance: str = "") -> None:
        self.plan, self.module, self.address, self.instance = plan, module, address, instance

    def is_mutated(self, resource: Json) -> bool:
        address: str = resource["address"]
        return address == self.instance if self.instance else bare(address) == self.address

    def value(self, path: Path) -> Json:
        """What the plan knows of the argument in the first instance; None where it is null, unknown or absent."""
        return _at_path(next((values for at, values in _values(self.plan, self.address) if self.instance in ("", at)), {}), path)

    @property
    def configuration(self) -> Json:
        return next(configuration for module, configuration in _modules(self.plan) if module == self.module)

    @property
    def block(self) -> Json:
        return self.block_of(self.address.removeprefix(self.module))

    def block_of(self, name: str) -> Json:
        return next(b for b in self.configuration["resources"] if b["address"] == name)

    @property
    def names(self) -> set[str]:
        """The addresses in the module of its blocks."""
        return {b["address"] for b in self.configuration.get("resources", [])}

    @property
    def expressions(self) -> Json:
        return self.block["expressions"]


# --- operators on an argument ------------------------------------------------------------------------------------------

JSON = "json"


def deleted(draft: Draft, path: Path) -> bool:
    """As if the argument, the block or the part of a document were not written: an argument is null in the plan then."""
    if JSON in path:
        return _in_document(draft, path, lambda part, step: part.pop(step))
    is_block = dict(_paths(draft.expressions))[path]
    del get(draft.expressions, path[:-1])[path[-1]]
    if is_block:
        _each(draft, path, lambda part, step: _removed(part, step), lambda mask, step: _removed(mask, step))
    else:
        _put(draft, path, None, is_unknown=False)
    return True


def null(draft: Draft, path: Path) -> bool:
    """As `argument = null`."""
    return _constant(draft, path, None)


def unknown(draft: Draft, path: Path) -> bool:
    """Made from something of which nothing is known before the apply."""
    value = draft.value(path)
    if value is None:
        return False
    _hand_on(draft, path, value, None, is_unknown=True)
    _set_expression(draft, path, {"references": [f"aws_instance.{UNKNOWN_SOURCE}.private_dns", f"aws_instance.{UNKNOWN_SOURCE}"]})
    _put(draft, path, None, is_unknown=True)
    _add_unknown_source(draft)
    return True


def weakened(draft: Draft, path: Path) -> bool:
    """Another constant: a flag turned, a number down to 1 (or up from it), a text that is no name here, an empty list or map."""
    if JSON in path:
        document = _document(draft.value(path[: path.index(JSON)]))
        if isinstance(get(document, path[path.index(JSON) + 1 :]), (dict, list)):
            return False
        return _in_document(draft, path, lambda part, step: part.__setitem__(step, _other(part[step])))
    value = draft.value(path)
    if value is not None:
        _hand_on(draft, path, value, _other(value), is_unknown=False)
        _constant(draft, path, _other(value))
    return value is not None


def renamed(draft: Draft, path: Path) -> bool:
    """A key of a document by its opposite: `Bool` as `BoolIfExists`, `AWS` as `Service`, `Principal` as `NotPrincipal`."""
    if path[-1] not in _OPPOSITES:
        return False
    return _in_document(draft, path, lambda part, step: part.__setitem__(_OPPOSITES[step], part.pop(step)))


def relinked(draft: Draft, path: Path) -> bool:
    """Every reference to a resource goes to a sibling of it that is otherwise the same."""
    expression = get(draft.expressions, path)
    return draft.value(path) is None and _relink(draft, expression)


_PAIRS = [
    ("1", "0"),
    ("true", "false"),
    ("Allow", "Deny"),
    ("AWS", "Service"),
    ("Principal", "NotPrincipal"),
    ("Action", "NotAction"),
]
_PAIRS += [(f"{test}IfExists", test) for test in ("Bool", "NumericLessThan", "StringEquals", "ArnLike")]
_PAIRS += [("GreaterThanOrEqualToThreshold", "LessThanThreshold"), ("GreaterThanThreshold", "LessThanOrEqualToThreshold")]
_PAIRS += [
    ("Sum", "Minimum"),
    ("notBreaching", "breaching"),
    ("Data", "Management"),
    ("AWS::S3::Object", "AWS::Lambda::Function"),
]
_OPPOSITES = {"Enabled": "Suspended", "All": "WriteOnly", **dict(_PAIRS), **{b: a for a, b in _PAIRS}}


def _other(value: Json) -> Json:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return 1 if value != 1 else 1000
    if isinstance(value, str):
        return _OPPOSITES.get(value, "weakened")
    if isinstance(value, list):
        turned = [_OPPOSITES[v] for v in value if isinstance(v, str) and v in _OPPOSITES]
        return turned if len(turned) == len(value) else []
    return {}


def _constant(draft: Draft, path: Path, value: Json) -> bool:
    _set_expression(draft, path, {"constant_value": value})
    _put(draft, path, value, is_unknown=False)
    return True


def _hand_on(draft: Draft, path: Path, value: Json, other: Json, is_unknown: bool) -> None:
    """To whatever is set to this argument of the block, in the same module."""
    reference = f"{draft.address.removeprefix(draft.module)}.{path[0]}"
    for user, inner, expression in _arguments(draft):
        if reference in map(bare, expression.get("references", [])) and len(path) == 1 and user.value(inner) == value:
            _put(user, inner, other, is_unknown)


def _set_expression(draft: Draft, path: Path, expression: Json) -> None:
    get(draft.expressions, path[:-1])[path[-1]] = expression


def _relink(draft: Draft, expression: Json) -> bool:
    targets = {_head(name) for name in expression.get("references", [])} & draft.names
    targets.discard(draft.address.removeprefix(draft.module))
    for target in targets:
        _add_sibling(draft, target)
    expression["references"] = [_to_sibling(name, targets) for name in expression.get("references", [])]
    return bool(targets)


# --- operators on a resource -------------------------------------------------------------------------------------------


def dropped(draft: Draft, path: Path) -> bool:
    """Gone from the configuration with all its instances; what refers to it refers to nothing."""
    del path
    _remove_instances(draft)
    draft.configuration["resources"].remove(draft.block)
    return True


def count_0(draft: Draft, path: Path) -> bool:
    """`count = 0`, and whatever takes a value from it takes `one(x[*].id)`, which is null; there is none in the middle of a text."""
    del path
    _remove_instances(draft)
    draft.block.pop("for_each_expression", None)
    draft.block["count_expression"] = {"constant_value": 0}
    name = draft.address.removeprefix(draft.module)
    for user, inner, expression in _arguments(draft):
        if name in map(_head, expression.get("references", [])):
            expression["references"] = _without_rest(expression["references"], name)
            if expression["references"] == [name]:
                _put(user, inner, None, is_unknown=False)
            elif user.value(inner) is not None:
                return False
    for found in _other_expressions(draft.configuration):
        found["references"] = _without_rest(found["references"], name)
    return True


def moved(draft: Draft, path: Path) -> bool:
    """Into a module of its own, with a copy of whatever it refers to; what refers to it does so by an output of that module."""
    del path
    name = draft.address.removeprefix(draft.module)
    along = _closure(draft, name)
    if any(_referred(draft.block_of(n), ("module.", "each.", "count.")) for n in along):
        return False
    configuration = draft.configuration
    blocks = [copy.deepcopy(draft.block_of(n)) for n in along]
    variables = {v.split(".")[1] for n in along for v in _referred(draft.block_of(n), ("var.",))}
    configuration["resources"].remove(draft.block)
    outputs: Json = {}
    for expression in [*_expressions(configuration["resources"]), *_other_expressions(configuration)]:
        expression["references"] = _by_outputs(expression["references"], name, outputs)
    configuration.setdefault("module_calls", {})["elsewhere"] = {
        "source": "./elsewhere",
        "expressions": {variable: {"references": [f"var.{variable}"]} for variable in sorted(variables)},
        "module": {"resources": blocks, "outputs": outputs, "variables": {variable: {} for variable in sorted(variables)}},
    }
    _move_instances(draft, name, along)
    return True


def _by_outputs(names: list[str], moved_name: str, outputs: Json) -> list[str]:
    """`aws_x.y.arn`, `aws_x.y` as `module.elsewhere.aws_x_y_arn`, `module.elsewhere`."""
    found, used = [], [name for name in names if _head(name) == moved_name and (_rest(name) or names == [name])]
    for name in names:
        if name in used:
            output = re.sub(r"\W+", "_", name).strip("_")
            outputs[output] = {"expression": {"references": list(dict.fromkeys((name, moved_name)))}}
            found += [f"{ELSEWHERE}{output}", ELSEWHERE.rstrip(".")]
        elif _head(name) != moved_name:
            found.append(name)
    return found


def _closure(draft: Draft, name: str) -> list[str]:
    """The block's address and those of all that it refers to, directly or not, itself first."""
    found = [name]
    for known in found:
        heads = {_head(reference) for reference in _referred(draft.block_of(known), ("",))}
        found.extend(sorted((heads & draft.names) - set(found)))
    return found


def _referred(block: Json, starts: tuple[str, ...]) -> list[str]:
    return [name for expression in _expressions(block) for name in expression["references"] if name.startswith(starts)]


def _move_instances(draft: Draft, name: str, along: list[str]) -> None:
    for module, values in list(_planned_modules(draft.plan)):
        if bare(module) != draft.module:
            continue
        chosen = [r for r in values.get("resources", []) if bare(r["address"]).removeprefix(draft.module) in along]
        if not chosen:
            continue
        child = {"address": f"{module}module.elsewhere", "resources": [_moved(r, module) for r in chosen]}
        values["resources"] = [r for r in values["resources"] if bare(r["address"]).removeprefix(draft.module) != name]
        values.setdefault("child_modules", []).append(child)
    for change in list(draft.plan["resource_changes"]):
        address = bare(change["address"])
        if address.startswith(draft.module) and address.removeprefix(draft.module) in along:
            module = f"{change['module_address']}." if "module_address" in change else ""
            draft.plan["resource_changes"].append({**_moved(change, module), "module_address": f"{module}module.elsewhere"})
            if address == draft.address:
                draft.plan["resource_changes"].remove(change)


def _moved(resource: Json, module: str) -> Json:
    return {**copy.deepcopy(resource), "address": f"{module}{ELSEWHERE}{resource['address'].removeprefix(module)}"}


# --- operators on an output --------------------------------------------------------------------------------------------


def dropped_output(draft: Draft, name: str) -> bool:
    del draft.configuration["outputs"][name]
    draft.plan["planned_values"].get("outputs", {}).pop(name, None)
    draft.plan.get("output_changes", {}).pop(name, None)
    return True


def constant_output(draft: Draft, name: str) -> bool:
    draft.configuration["outputs"][name]["expression"] = {"constant_value": "weakened"}
    planned = draft.plan["planned_values"]["outputs"][name]
    change = draft.plan["output_changes"][name]
    planned.update(value="weakened", type="string")
    change.update(after="weakened", after_unknown=False)
    return True


def relinked_output(draft: Draft, name: str) -> bool:
    return _relink(draft, draft.configuration["outputs"][name].get("expression", {}))


def sensitive_output(draft: Draft, name: str) -> bool:
    """Marked `sensitive`, or not marked any more."""
    output = draft.configuration["outputs"][name]
    output["sensitive"] = not output.get("sensitive", False)
    draft.plan["planned_values"]["outputs"][name]["sensitive"] = output["sensitive"]
    draft.plan["output_changes"][name]["after_sensitive"] = output["sensitive"]
    return True


# --- parts of a plan ---------------------------------------------------------------------------------------------------


def bare(address: str) -> str:
    """Without the indexes of instances and of modules."""
    return _INDEX.sub("", address)


def _modules(plan: Json) -> Iterator[tuple[str, Json]]:
    """The configuration of each module, after its prefix: `""`, `module.logs.`, `module.logs.module.bucket.`."""
    pending = [("", plan["configuration"]["root_module"])]
    while pending:
        prefix, module = pending.pop(0)
        yield prefix, module
        pending += [(f"{prefix}module.{name}.", call.get("module", {})) for name, call in module.get("module_calls", {}).items()]


def _blocks(plan: Json) -> Iterator[tuple[str, Json]]:
    for prefix, module in _modules(plan):
        for block in module.get("resources", []):
            yield prefix, block


def _planned_modules(plan: Json, trees: tuple[str, ...] = ("planned_values", "prior_state")) -> Iterator[tuple[str, Json]]:
    """The values of each module's instance, after its prefix, as they are planned and as they were."""
    for tree in trees:
        values = plan.get(tree, {})
        pending = [values.get("values", values).get("root_module", {})]
        while pending:
            module = pending.pop(0)
            yield f"{module['address']}." if "address" in module else "", module
            pending += module.get("child_modules", [])


def _resources(plan: Json, trees: tuple[str, ...] = ("planned_values", "prior_state")) -> Iterator[tuple[Json, Json]]:
    """Each resource after the list that it is in."""
    for _, module in _planned_modules(plan, trees):
        for resource in module.get("resources", []):
            yield module["resources"], resource


def _changes(draft: Draft) -> list[Json]:
    return [c for c in draft.plan["resource_changes"] if draft.is_mutated(c)]


def _remove_instances(draft: Draft) -> None:
    for resources, resource in list(_resources(draft.plan)):
        if draft.is_mutated(resource):
            resources.remove(resource)
    for change in _changes(draft):
        draft.plan["resource_changes"].remove(change)


def _add_unknown_source(draft: Draft) -> None:
    """An instance in each instance of the module, of which nothing is known."""
    common = {"mode": "managed", "type": "aws_instance", "name": UNKNOWN_SOURCE}
    name = f"aws_instance.{UNKNOWN_SOURCE}"
    draft.configuration["resources"].append({"address": name, **common, "expressions": {}})
    for module, values in _planned_modules(draft.plan, ("planned_values",)):
        if bare(module) == draft.module:
            values.setdefault("resources", []).append({"address": module + name, **common, "values": {}, "sensitive_values": {}})
            change = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {"id": True, "private_dns": True}}
            where = {"module_address": module.rstrip(".")} if module else {}
            draft.plan["resource_changes"].append({"address": module + name, **where, **common, "change": change})


def _add_sibling(draft: Draft, name: str) -> None:
    """Of the block in this module, and of all its instances."""

    def twin(resource: Json) -> Json:
        module, _, _ = resource["address"].rpartition(f"{name.removeprefix('data.')}")
        module = module.removesuffix("data.") if name.startswith("data.") else module
        address = f"{module}{_to_sibling(resource['address'].removeprefix(module), {name})}"
        return {**copy.deepcopy(resource), "address": address, "name": resource["name"] + SIBLING}

    for resources, resource in list(_resources(draft.plan)):
        if bare(resource["address"]) == draft.module + name:
            resources.append(twin(resource))
    changes = draft.plan["resource_changes"]
    changes += [twin(change) for change in changes if bare(change["address"]) == draft.module + name]
    block = copy.deepcopy(draft.block_of(name))
    draft.configuration["resources"].append({**block, "address": name + SIBLING, "name": block["name"] + SIBLING})


def _head(name: str) -> str:
    """The resource that a reference names: `aws_x.y` of `aws_x.y[0].arn`."""
    found = _HEAD.match(name)
    return found[0] if found else name


def _rest(name: str) -> str:
    return name[len(_head(name)) :]


def _to_sibling(name: str, targets: set[str]) -> str:
    head = _head(name)
    return f"{head}{SIBLING}{_rest(name)}" if head in targets else name


def _without_rest(names: list[str], head: str) -> list[str]:
    return list(dict.fromkeys(head if _head(name) == head else name for name in names))


def _is_expression(part: Json) -> bool:
    return isinstance(part, dict) and (not part or bool({"references", "constant_value"} & part.keys()))


def _expressions(part: Json) -> Iterator[Json]:
    """All that refer to something, wherever they are in it, but for other modules' own."""
    if isinstance(part, list):
        for element in part:
            yield from _expressions(element)
    elif isinstance(part, dict):
        if isinstance(part.get("references"), list):
            yield part
        else:
            for key, element in part.items():
                if key != "module":
                    yield from _expressions(element)


def _other_expressions(configuration: Json) -> list[Json]:
    """Of a module's outputs and of its calls of other modules."""
    return list(_expressions([configuration.get("outputs"), configuration.get("module_calls")]))


def _arguments(draft: Draft) -> Iterator[tuple[Draft, Path, Json]]:
    """All that the blocks of the module set: whose it is, the path and the expression."""
    for block in draft.configuration["resources"]:
        user = Draft(draft.plan, draft.module, draft.module + block["address"])
        for path, is_block in _paths(block.get("expressions", {})):
            if not is_block:
                yield user, path, get(block["expressions"], path)


# --- paths -------------------------------------------------------------------------------------------------------------


def _paths(expressions: Json, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """The paths of all arguments that are set, and of all nested blocks; a block that can stand once has no number in it. An argument
    that calls functions of constants alone is `{}` in the plan."""
    if path and isinstance(path[-1], str) and _is_expression(expressions):
        yield path, False
    elif isinstance(expressions, (dict, list)):
        if path and isinstance(expressions, dict):
            yield path, True
        steps = expressions.items() if isinstance(expressions, dict) else enumerate(expressions)
        for step, part in steps:
            yield from _paths(part, (*path, step))


def _document(value: Json) -> Json:
    """What a text of JSON holds; None if it holds no object."""
    try:
        document = json.loads(value) if isinstance(value, str) and value.lstrip().startswith("{") else None
    except ValueError:
        return None
    return document


def paths_in(document: Json, path: Path = ()) -> Iterator[Path]:
    """Of every part of a document of JSON, the outer ones first."""
    if path:
        yield path
    if isinstance(document, (dict, list)):
        for step, part in document.items() if isinstance(document, dict) else enumerate(document):
            yield from paths_in(part, (*path, step))


def _in_document(draft: Draft, path: Path, change: Callable[[Json, Any], Any]) -> bool:
    """Changes a part of a document of JSON that an argument holds, in its value and, if it is a constant, in its expression."""
    outer, inner = path[: path.index(JSON)], path[path.index(JSON) + 1 :]
    document = _document(draft.value(outer))
    change(get(document, inner[:-1]), inner[-1])
    text = json.dumps(document)
    expression = get(draft.expressions, outer)
    if "constant_value" in expression:
        expression["constant_value"] = text
    _put(draft, outer, text, is_unknown=False)
    return True


def get(part: Json, path: Path) -> Json:
    for step in path:
        part = part[step]
    return part


def _step(part: Json, step: Any) -> Json:
    """As `part[step]`, through a block that is a list of one in the values; None where there is nothing."""
    if isinstance(part, list) and not isinstance(step, int):
        part = part[0] if part else None
    try:
        return part[step]
    except (KeyError, IndexError, TypeError):
        return None


def _in_order(plan: Json) -> Json:
    """With the blocks of a set, whose order means nothing, as the configuration has them: an argument and its value have one path."""
    for module, block in _blocks(plan):
        address = module + block["address"]
        for _, values in _values(plan, address):
            _sort_blocks(block.get("expressions", {}), values, None)
        for change in plan["resource_changes"]:
            if bare(change["address"]) == address:
                _sort_blocks(block.get("expressions", {}), change["change"].get("after"), change["change"].get("after_unknown"))
    return plan


def _sort_blocks(expressions: Json, values: Json, mask: Json) -> None:
    for name, blocks in expressions.items():
        elements = values.get(name) if isinstance(values, dict) else None
        if not isinstance(blocks, list) or not isinstance(elements, list) or len(elements) != len(blocks):
            continue
        marks = mask.get(name) if isinstance(mask, dict) else None
        marks = marks if isinstance(marks, list) and len(marks) == len(blocks) else [None] * len(blocks)
        order = max(
            (range(len(blocks)), _matching(blocks, elements)), key=lambda o: sum(map(_alike, blocks, (elements[n] for n in o)))
        )
        elements[:], marks[:] = [elements[place] for place in order], [marks[place] for place in order]
        for block, element, mark in zip(blocks, elements, marks, strict=True):
            _sort_blocks(block, element, mark)


def _matching(blocks: list[Json], elements: list[Json]) -> list[int]:
    left = list(range(len(elements)))
    order = []
    for block in blocks:
        order.append(max(left, key=lambda place: _alike(block, elements[place])))
        left.remove(order[-1])
    return order


def _alike(block: Json, values: Json) -> int:
    """How many arguments are unset in both, or the same constant."""
    found = 0
    for name, part in values.items() if isinstance(values, dict) else ():
        expression = block.get(name)
        if isinstance(expression, list) and isinstance(part, list):
            found += sum(_alike(one, other) for one, other in zip(expression, part, strict=False))
        elif expression is None:
            found += part in (None, [], "", False)
        else:
            found += 5 * (part is not None and expression.get("constant_value") == part)
    return found


def _values(plan: Json, address: str) -> list[tuple[str, Json]]:
    """The planned values of each instance, after its address."""
    found = (r for _, r in _resources(plan, ("planned_values",)) if bare(r["address"]) == address)
    return [(r["address"], r.get("values", {})) for r in found]


def _at_path(part: Json, path: Path) -> Json:
    for step in path:
        part = _step(part, step)
    return part


def _put(draft: Draft, path: Path, value: Json, is_unknown: bool) -> None:
    """Sets the value, and the mark of what is unknown, in every instance; of tags, what the provider makes of them too."""
    if path == ("tags",):
        _put(draft, ("tags_all",), {} if value is None and not is_unknown else value, is_unknown)

    def set_value(part: Json, step: Any) -> None:
        if is_unknown and isinstance(part, dict):
            part.pop(step, None)
        elif isinstance(part, dict) or step < len(part):
            part[step] = value

    def set_mark(mask: Json, step: Any) -> None:
        if isinstance(mask, dict) and is_unknown:
            mask[step] = True
        elif isinstance(mask, dict):
            mask.pop(step, None)

    _each(draft, path, set_value, set_mark)


def _each(draft: Draft, path: Path, in_values: Callable[[Json, Any], None], in_mask: Callable[[Json, Any], None]) -> None:
    for _, resource in _resources(draft.plan, ("planned_values",)):
        if draft.is_mutated(resource):
            _at(resource.setdefault("values", {}), path, in_values)
    for change in _changes(draft):
        after, mask = change["change"].get("after"), change["change"].setdefault("after_unknown", {})
        if isinstance(after, dict):
            _at(after, path, in_values)
        if isinstance(mask, dict):
            _at(_way(mask, path), path, in_mask)
        if change["change"]["actions"] == ["no-op"] and after != change["change"].get("before"):
            change["change"]["actions"] = ["update"]


def _at(part: Json, path: Path, change: Callable[[Json, Any], None]) -> None:
    for step in path[:-1]:
        part = _step(part, step)
    if isinstance(part, list) and part and not isinstance(path[-1], int):
        part = part[0]
    if isinstance(part, (dict, list)):
        change(part, path[-1])


def _removed(part: Json, step: Any) -> None:
    """Takes a block out of its list; the only one of its kind leaves an empty list."""
    if isinstance(part, list) and isinstance(step, int) and step < len(part):
        del part[step]
    elif isinstance(part, dict) and step in part:
        part[step] = [] if isinstance(part[step], list) else None


def _way(mask: Json, path: Path) -> Json:
    """Makes the way to a mark; one that covers the whole of a block is written out first."""
    whole = mask
    for number, step in enumerate(path[:-1]):
        if isinstance(mask, list) and not isinstance(step, int):
            mask = mask[0] if mask else {}
        following = path[number + 1]
        inner = _step(mask, step)
        if not isinstance(inner, (dict, list)):
            inner = [{}] if not isinstance(following, int) else [{} for _ in range(following + 1)]
            if isinstance(mask, list):
                mask.extend({} for _ in range(step + 1 - len(mask)))
            mask[step] = inner
        mask = inner
    return whole
