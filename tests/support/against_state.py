"""A plan as Terraform would make it after another one was applied: what differs is updated, created or deleted, the rest stays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from support.mutants import bare

Json = Any


def planned_against(good: Json, plan: Json) -> Json:
    """`plan`, where all of `good` is there already. What `good` did not know before its apply is left out of the values before."""
    plan = copy.deepcopy(plan)
    before, after = _managed(good), _managed(plan)
    needed, needed_now = _needed(good), _needed(plan)
    blocks_before, blocks_after = _blocks(good), _blocks(plan)
    old, new = _changes(good), _changes(plan)
    changes = []
    for address, resource in after.items():
        change = new.get(address, {"address": address, "type": resource["type"], "change": {}})
        masks = [each.get(address, {}).get("change", {}).get("after_unknown") or {} for each in (old, new)]
        blocks = [each.get(bare(address), {}) for each in (blocks_before, blocks_after)]
        is_linked_anew = _is_linked_anew(*blocks, masks[0]) or (
            any(masks) and needed.get(bare(address)) != needed_now.get(bare(address))
        )
        if address not in before:
            actions = ["create"]
        elif before[address]["values"] != resource["values"] or masks[0] != masks[1] or is_linked_anew:
            actions = ["update"]
        else:
            actions = ["no-op"]
        values = before[address]["values"] if address in before else None
        changes.append({**change, "change": {**change["change"], "actions": actions, "before": values}})
    for address in before.keys() - after.keys():
        change = {**old.get(address, {}), "address": address, "type": before[address]["type"]}
        changes.append({**change, "change": {"actions": ["delete"], "before": before[address]["values"], "after": None}})
    plan["resource_changes"] = changes
    plan["output_changes"] = {name: {"actions": ["no-op"]} for name in plan["planned_values"].get("outputs", {})}
    state = [{"address": a, "mode": "managed", "depends_on": sorted(needed[bare(a)])} for a in before]
    module = plan.setdefault("prior_state", {}).setdefault("values", {}).setdefault("root_module", {})
    module["resources"] = [r for r in module.get("resources", []) if r.get("mode") == "data"] + state
    return plan


def as_constants(good: Json) -> Json:
    """The plan with each argument written out whose value it knows: other words for what is there."""
    plan = copy.deepcopy(good)
    resources = _managed(plan)
    for path, module, _ in _modules(plan):
        for block in module.get("resources", []):
            values = next((r["values"] for a, r in resources.items() if bare(a) == path + block["address"]), {})
            for name, expression in block.get("expressions", {}).items():
                if isinstance(expression, dict) and isinstance(values.get(name), (str, int, float)):
                    block["expressions"][name] = {"constant_value": values[name]}
    return plan


def _is_linked_anew(before: Json, after: Json, mask: Json) -> bool:
    """Whether an argument whose value the apply made comes from elsewhere now."""
    one, other = (block.get("expressions", {}) for block in (before, after))
    return any(one.get(name) != other.get(name) for name in mask)


def _managed(plan: Json) -> dict[str, Json]:
    pending = [plan["planned_values"].get("root_module", {})]
    found = {}
    for module in pending:
        found.update({r["address"]: {"values": {}, **r} for r in module.get("resources", [])})
        pending.extend(module.get("child_modules", []))
    return found


def _changes(plan: Json) -> dict[str, Json]:
    return {c["address"]: c for c in plan["resource_changes"] if not c.get("deposed")}


def _modules(plan: Json) -> Iterator[tuple[str, Json, Json]]:
    """Each module's path, its configuration and the call that makes it."""
    pending: list[tuple[str, Json, Json]] = [("", plan["configuration"].get("root_module", {}), {})]
    for path, module, call in pending:
        yield path, module, call
        pending.extend((f"{path}module.{name}.", c.get("module", {}), c) for name, c in module.get("module_calls", {}).items())


def _blocks(plan: Json) -> dict[str, Json]:
    return {path + block["address"]: block for path, module, _ in _modules(plan) for block in module.get("resources", [])}


def _needed(plan: Json) -> dict[str, set[str]]:
    """The blocks that each block depends on, through variables, outputs and other blocks, as a state lists them."""
    graph: dict[str, set[str]] = {}
    blocks = []
    for path, module, call in _modules(plan):
        for block in module.get("resources", []):
            blocks.append(path + block["address"])
            graph[blocks[-1]] = {path + _head(name) for name in _names(block)}
        for name, output in module.get("outputs", {}).items():
            graph[f"{path}output.{name}"] = {path + _head(r) for r in _names(output)}
        for name in module.get("variables", {}) if path else ():
            outer = path[: path.rindex("module.")]
            graph[f"{path}var.{name}"] = {outer + _head(r) for r in _names(call.get("expressions", {}).get(name, {}))}
    return {block: _reached(graph, block) for block in blocks}


def _reached(graph: dict[str, set[str]], block: str) -> set[str]:
    pending, found = [block], {block}
    for node in pending:
        new = graph.get(node, set()) - found
        found |= new
        pending.extend(new)
    return {node for node in found - {block} if "output." not in node and "var." not in node and not node.endswith(".")}


def _names(part: Json) -> Iterator[str]:
    """All names in the expressions of a part of the configuration."""
    if isinstance(part, dict):
        yield from part.get("references", ()) if isinstance(part.get("references"), list) else ()
        for value in part.values():
            yield from _names(value)
    elif isinstance(part, list):
        for value in part:
            yield from _names(value)


def _head(name: str) -> str:
    """`module.logs.arn` as `module.logs.output.arn`, `aws_s3_bucket.logs[0].id` as `aws_s3_bucket.logs`."""
    steps = bare(name).split(".")
    if steps[0] == "module":
        return f"module.{steps[1]}.output.{steps[2]}" if len(steps) > 2 else "module."
    return ".".join(steps[: 3 if steps[0] == "data" else 2])
