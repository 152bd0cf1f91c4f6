"""Mutants of a plan: one control removed, weakened, made unknown or linked to a sibling, as if the configuration had said so.

Every argument that the configuration of a resource sets is mutated, in nested blocks too, and every resource is dropped.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = Any
Path = tuple[Any, ...]
ELSEWHERE = "aws_instance.elsewhere"
SIBLING = "_sibling"


@dataclass(frozen=True)
class Mutant:
    """`address` and `path` say what is mutated, `operator` how."""

    address: str
    path: str
    operator: str
    plan: Json

    @property
    def name(self) -> str:
        return f"{self.address}{'.' if self.path else ''}{self.path} {self.operator}"


def mutants(plan: Json) -> Iterator[Mutant]:
    """Of the root module's resources and deferred data sources."""
    for block in plan["configuration"]["root_module"].get("resources", []):
        address = block["address"]
        if not any(r["address"].split("[")[0] == address for r in _resources(plan)):
            continue
        yield Mutant(address, "", "dropped", _dropped(plan, address))
        for path in _leaves(block.get("expressions", {})):
            shown = ".".join(str(step) for step in path)
            for operator in (deleted, unknown, weakened, relinked):
                mutated = copy.deepcopy(plan)
                if operator(mutated, address, path):
                    yield Mutant(address, shown, operator.__name__, mutated)


def deleted(plan: Json, address: str, path: Path) -> bool:
    """As if the argument were not written: gone from the configuration, and null in the plan."""
    _remove(_block(plan, address)["expressions"], path)
    _each(plan, address, path, value=None, is_unknown=False)
    return True


def unknown(plan: Json, address: str, path: Path) -> bool:
    """Made from something of which nothing is known before the apply."""
    if _value(plan, address, path) is None:
        return False
    _add_elsewhere(plan)
    _put(_block(plan, address)["expressions"], path, {"references": [f"{ELSEWHERE}.private_dns", ELSEWHERE]})
    _each(plan, address, path, value=None, is_unknown=True)
    return True


def weakened(plan: Json, address: str, path: Path) -> bool:
    """Another constant: a flag turned, a number down to 1 (or up from it), a text that is no name here, an empty list or map."""
    value = _value(plan, address, path)
    if value is None:
        return False
    other = _other(value)
    _put(_block(plan, address)["expressions"], path, {"constant_value": other})
    _each(plan, address, path, value=other, is_unknown=False)
    return True


def relinked(plan: Json, address: str, path: Path) -> bool:
    """Every reference to a resource goes to a sibling of it that is otherwise the same."""
    expression = _get(_block(plan, address)["expressions"], path)
    blocks = {b["address"] for b in plan["configuration"]["root_module"]["resources"]}
    targets = {_head(name) for name in expression.get("references", [])} & blocks - {address}
    if not targets or _value(plan, address, path) is not None:
        return False
    for target in targets:
        _add_sibling(plan, target)
    expression["references"] = [_to_sibling(name, targets) for name in expression["references"]]
    return True


_OPPOSITES = {"1": "0", "0": "1", "true": "false", "false": "true", "Enabled": "Suspended", "All": "WriteOnly", "Allow": "Deny"}


def _other(value: Json) -> Json:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return 1 if value != 1 else 1000
    if isinstance(value, str):
        return _OPPOSITES.get(value, "weakened")
    if isinstance(value, list):
        turned = [_OPPOSITES[v] for v in value if isinstance(v, str) and v in _OPPOSITES]
        return turned if len(turned) == len(value) else []
    return {}


# --- parts of a plan ---------------------------------------------------------------------------------------------------


def _resources(plan: Json) -> list[Json]:
    return list(plan["planned_values"]["root_module"].get("resources", []))


def _changes(plan: Json, address: str) -> list[Json]:
    return [c for c in plan["resource_changes"] if c["address"].split("[")[0] == address and not c.get("module_address")]


def _block(plan: Json, address: str) -> Json:
    return next(b for b in plan["configuration"]["root_module"]["resources"] if b["address"] == address)


def _dropped(plan: Json, address: str) -> Json:
    """Gone from the configuration with all its instances; what refers to it refers to nothing."""
    new = copy.deepcopy(plan)
    root, configuration = new["planned_values"]["root_module"], new["configuration"]["root_module"]
    root["resources"] = [r for r in root["resources"] if r["address"].split("[")[0] != address]
    new["resource_changes"] = [c for c in new["resource_changes"] if c["address"].split("[")[0] != address]
    configuration["resources"] = [b for b in configuration["resources"] if b["address"] != address]
    return new


def _add(plan: Json, planned: Json, change: Json, block: Json) -> None:
    plan["planned_values"]["root_module"]["resources"].append(planned)
    plan["resource_changes"].append(change)
    plan["configuration"]["root_module"]["resources"].append(block)


def _add_elsewhere(plan: Json) -> None:
    common = {"address": ELSEWHERE, "mode": "managed", "type": "aws_instance", "name": "elsewhere"}
    change = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {"id": True, "private_dns": True}}
    _add(plan, {**common, "values": {}, "sensitive_values": {}}, {**common, "change": change}, {**common, "expressions": {}})


def _add_sibling(plan: Json, address: str) -> None:
    for instances in (_resources(plan), _changes(plan, address)):
        for found in [r for r in instances if r["address"].split("[")[0] == address]:
            clone = copy.deepcopy(found)
            clone["address"] = _to_sibling(clone["address"], {address})
            clone["name"] += SIBLING
            where = plan["resource_changes"] if "change" in clone else plan["planned_values"]["root_module"]["resources"]
            where.append(clone)
    block = copy.deepcopy(_block(plan, address))
    block["address"], block["name"] = block["address"] + SIBLING, block["name"] + SIBLING
    plan["configuration"]["root_module"]["resources"].append(block)


def _head(name: str) -> str:
    parts = name.split("[")[0].split(".")
    return ".".join(parts[: 3 if parts[0] == "data" else 2])


def _to_sibling(name: str, targets: set[str]) -> str:
    head = _head(name)
    return f"{head}{SIBLING}{name[len(head) :]}" if head in targets else name


# --- paths -------------------------------------------------------------------------------------------------------------


def _leaves(expressions: Json, path: Path = ()) -> Iterator[Path]:
    """The paths of all arguments that are set; a block that can stand once has no number in it."""
    if isinstance(expressions, dict) and ("references" in expressions or "constant_value" in expressions):
        yield path
    elif isinstance(expressions, dict):
        for key, part in expressions.items():
            yield from _leaves(part, (*path, key))
    elif isinstance(expressions, list):
        for number, part in enumerate(expressions):
            yield from _leaves(part, (*path, number))


def _get(part: Json, path: Path) -> Json:
    for step in path:
        part = part[step]
    return part


def _put(part: Json, path: Path, value: Json) -> None:
    _get(part, path[:-1])[path[-1]] = value


def _remove(part: Json, path: Path) -> None:
    del _get(part, path[:-1])[path[-1]]


def _step(part: Json, step: Any) -> Json:
    """As `part[step]`, through a block that is a list of one in the values; None where there is nothing."""
    if isinstance(part, list) and not isinstance(step, int):
        part = part[0] if part else None
    try:
        return part[step]
    except (KeyError, IndexError, TypeError):
        return None


def _value(plan: Json, address: str, path: Path) -> Json:
    """What the plan knows of the argument in the first instance; None where it is null, unknown or absent."""
    part = next(r.get("values", {}) for r in _resources(plan) if r["address"].split("[")[0] == address)
    for step in path:
        part = _step(part, step)
    return part


def _each(plan: Json, address: str, path: Path, value: Json, is_unknown: bool) -> None:
    """Sets the value, and the mark of what is unknown, in every instance; of tags, what the provider makes of them too."""
    if path == ("tags",):
        _each(plan, address, ("tags_all",), {} if value is None and not is_unknown else value, is_unknown)
    for resource in _resources(plan):
        if resource["address"].split("[")[0] == address:
            _set(resource.setdefault("values", {}), path, value, is_unknown)
    for change in _changes(plan, address):
        after, mask = change["change"].get("after"), change["change"].setdefault("after_unknown", {})
        if isinstance(after, dict):
            _set(after, path, value, is_unknown)
        if isinstance(mask, dict):
            _mark(mask, path, is_unknown)


def _set(part: Json, path: Path, value: Json, is_unknown: bool) -> None:
    for step in path[:-1]:
        part = _step(part, step)
    if isinstance(part, list) and part and not isinstance(path[-1], int):
        part = part[0]
    if not isinstance(part, (dict, list)):
        return
    if is_unknown and isinstance(part, dict):
        part.pop(path[-1], None)
    elif isinstance(part, dict) or path[-1] < len(part):
        part[path[-1]] = value


def _mark(mask: Json, path: Path, is_unknown: bool) -> None:
    """Sets the mark, and makes the way to it; a mark that covers the whole of a block is written out first."""
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
    if isinstance(mask, list) and mask and not isinstance(path[-1], int):
        mask = mask[0]
    if isinstance(mask, dict):
        if is_unknown:
            mask[path[-1]] = True
        else:
            mask.pop(path[-1], None)
