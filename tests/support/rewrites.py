"""The same configuration written another way, on plan JSON: what each rewrite gives is what Terraform would have planned for it.

A rewrite is a function from a plan document to (new document, the new address of a subject).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

Json = Any
Address = Callable[[str], str]
Rewrite = Callable[[Json], tuple[Json, Address]]


def reordered(plan: Json) -> tuple[Json, Address]:
    """Keys of objects and lists of resources the other way round."""
    lists = {"resources", "child_modules", "resource_changes"}

    def turned(part: Json, name: str = "") -> Json:
        if isinstance(part, dict):
            return {key: turned(part[key], key) for key in reversed(part)}
        if isinstance(part, list):
            found = [turned(element) for element in part]
            return found[::-1] if name in lists else found
        return part

    return turned(plan), str


def pretty(plan: Json) -> tuple[Json, Address]:
    """With line breaks and every character outside ASCII escaped."""
    return json.loads(json.dumps(plan, indent=4)), str


def among_others(plan: Json) -> tuple[Json, Address]:
    """With resources of another provider before and after."""
    new = copy.deepcopy(plan)
    before, after = ([_other(n) for n in range(start, start + 20)] for start in (0, 20))
    root = new["planned_values"].setdefault("root_module", {})
    root["resources"] = [r for r, _, _ in before] + root.get("resources", []) + [r for r, _, _ in after]
    new["resource_changes"] = [c for _, c, _ in before] + new.get("resource_changes", []) + [c for _, c, _ in after]
    configuration = new["configuration"]["root_module"]
    configuration["resources"] = [b for _, _, b in before + after] + configuration.get("resources", [])
    return new, str


def _other(number: int) -> tuple[Json, Json, Json]:
    common = {"address": f"null_resource.other_{number}", "mode": "managed", "type": "null_resource", "name": f"other_{number}"}
    common["provider_name"] = "registry.terraform.io/hashicorp/null"
    change = {"actions": ["create"], "before": None, "after": {"triggers": None}, "after_unknown": {"id": True}}
    block = {**common, "provider_config_key": "null", "schema_version": 0}
    return {**common, "values": {"triggers": None}, "sensitive_values": {}}, {**common, "change": change}, block


def in_a_module(plan: Json) -> tuple[Json, Address]:
    """All of it called as a module, with every variable and output handed through."""
    new = copy.deepcopy(plan)
    for values in _states(new):
        root = values.get("root_module", {})
        for module in _modules(root):
            module["address"] = _below(module.get("address", ""))
            for resource in module.get("resources", []):
                resource["address"] = _below(resource["address"])
        values["root_module"] = {"child_modules": [root]}
    for change in new.get("resource_changes", []):
        change["address"] = _below(change["address"])
        change["module_address"] = _below(change.get("module_address", ""))
    configuration = new["configuration"]["root_module"]
    variables = configuration.get("variables", {})
    outputs = configuration.get("outputs", {})
    call = {
        "source": "./wrap",
        "module": configuration,
        "expressions": {name: {"references": [f"var.{name}"]} for name in variables},
    }
    new["configuration"]["root_module"] = {
        "module_calls": {"wrap": call},
        "variables": copy.deepcopy(variables),
        "outputs": {n: {**o, "expression": {"references": [f"module.wrap.{n}", "module.wrap"]}} for n, o in outputs.items()},
    }
    return new, lambda address: address if address == "plan" else _below(address)


def in_two_modules(plan: Json) -> tuple[Json, Address]:
    once, first = in_a_module(plan)
    twice, second = in_a_module(once)
    return twice, lambda address: second(first(address))


def _below(address: str) -> str:
    return f"module.wrap.{address}" if address else "module.wrap"


def counted(plan: Json) -> tuple[Json, Address]:
    """Each single resource of the root with `count = 1`."""
    return _indexed(plan, 0, {"count_expression": {"constant_value": 1}})


def keyed(plan: Json) -> tuple[Json, Address]:
    """Each single resource of the root with `for_each = toset(["only"])`."""
    return _indexed(plan, "only", {"for_each_expression": {}})


def _indexed(plan: Json, key: str | int, repetition: Json) -> tuple[Json, Address]:
    new = copy.deepcopy(plan)
    blocks = new["configuration"]["root_module"].get("resources", [])
    # `for_each = toset([...])` leaves no expression in the plan; the instances tell.
    managed = {block["address"] for block in blocks if block["mode"] == "managed"}
    repeated = {r["address"].split("[")[0] for r in _root_resources(new) if "index" in r}
    single = (
        managed - repeated - {block["address"] for block in blocks if {"count_expression", "for_each_expression"} & block.keys()}
    )
    index = f"[{json.dumps(key)}]"
    for block in blocks:
        if block["address"] in single:
            block.update(repetition)
    for resource in _root_resources(new):
        if resource["address"] in single:
            resource["address"] += index
            resource["index"] = key
    _rename_references(new["configuration"]["root_module"], lambda name: _with_index(name, single, index))
    return new, lambda address: address + index if address in single else address


def _with_index(name: str, single: set[str], index: str) -> list[str]:
    head = ".".join(name.split(".")[:2])
    if head not in single:
        return [name]
    rest = name[len(head) :]
    return [f"{head}{index}{rest}"] if rest else [f"{head}{index}", head]


def renamed(plan: Json) -> tuple[Json, Address]:
    """Each resource of the root under another name."""
    new = copy.deepcopy(plan)
    blocks = new["configuration"]["root_module"].get("resources", [])
    names = {block["address"] for block in blocks}

    def address(old: str) -> str:
        match = re.match(r"^(?:data\.)?[\w-]+\.[\w-]+", old)
        return f"{match[0]}_renamed{old[match.end() :]}" if match and match[0] in names else old

    for block in blocks:
        block["address"], block["name"] = address(block["address"]), f"{block['name']}_renamed"
    for resource in _root_resources(new):
        resource["address"], resource["name"] = address(resource["address"]), f"{resource['name']}_renamed"
    _rename_references(new["configuration"]["root_module"], lambda name: [address(name)])
    return new, address


def _states(plan: Json) -> list[Json]:
    return [plan["planned_values"], plan.get("prior_state", {}).get("values", {})]


def _modules(root: Json) -> list[Json]:
    return [root, *(m for child in root.get("child_modules", []) for m in _modules(child))]


def _root_resources(plan: Json) -> list[Json]:
    """Those of the root in the planned values, the prior state and the changes; a deposed or destroyed one too."""
    found = [r for values in _states(plan) for r in values.get("root_module", {}).get("resources", [])]
    return found + [c for c in plan.get("resource_changes", []) if not c.get("module_address")]


def _rename_references(module: Json, new: Callable[[str], list[str]]) -> None:
    """In every expression of the module's own blocks, calls and outputs, but not in the modules that it calls."""
    calls = [{key: part for key, part in call.items() if key != "module"} for call in module.get("module_calls", {}).values()]
    pending: list[Json] = [module.get("resources"), module.get("outputs"), calls]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            if isinstance(part.get("references"), list):
                part["references"] = [name for old in part["references"] for name in new(old)]
            pending.extend(part.values())


REWRITES: dict[str, Rewrite] = {
    rewrite.__name__: rewrite
    for rewrite in (reordered, pretty, among_others, in_a_module, in_two_modules, counted, keyed, renamed)
}
