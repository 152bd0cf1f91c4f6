"""Plans with a canary in every place that must not be shown: its text stands nowhere else, so that finding it is a leak."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Json = Any

CANARY = "Canary7Sings"
NUMBER = 918273645546
LEAK = re.compile(f"{CANARY}|{NUMBER}|9[.]18273645546e", re.IGNORECASE)


def with_canaries(raw: Json) -> Json:
    """Each text with the canary at its end, inside a policy document too, and each number the canary's number."""
    if isinstance(raw, str):
        try:
            inner = json.loads(raw)
        except ValueError:
            inner = None
        return json.dumps(with_canaries(inner)) if isinstance(inner, (dict, list)) else raw + CANARY
    if isinstance(raw, bool) or raw is None:
        return raw
    if isinstance(raw, (int, float)):
        return NUMBER
    if isinstance(raw, list):
        return [with_canaries(part) for part in raw]
    return {key: with_canaries(part) for key, part in raw.items()}


def whole(_: Json) -> Json:
    return True


def each_leaf(raw: Json) -> Json:
    """A mask with `true` at every leaf and nowhere else."""
    if isinstance(raw, dict):
        return {key: each_leaf(part) for key, part in raw.items()}
    return [each_leaf(part) for part in raw] if isinstance(raw, list) else True


def one_attribute(raw: Json) -> Json:
    return dict.fromkeys(raw, True) if isinstance(raw, dict) else True


MASKS: tuple[Callable[[Json], Json], ...] = (whole, each_leaf, one_attribute)


def all_sensitive(plan: Json, mask: Callable[[Json], Json]) -> Json:
    """Every value of every resource, output and variable is a secret, and has the canary in it. The plan is changed in place."""
    for resource in _resources(plan):
        values = resource.get("values") or {}
        resource["values"], resource["sensitive_values"] = with_canaries(values), mask(values)
    for change in (c["change"] for c in plan.get("resource_changes", [])):
        for time in ("before", "after"):
            if change.get(time) is not None:
                change[f"{time}_sensitive"] = mask(change[time])
                change[time] = with_canaries(change[time])
    for output in plan["planned_values"].get("outputs", {}).values():
        output["sensitive"] = True
        if "value" in output:
            output["value"] = with_canaries(output["value"])
    for change in plan.get("output_changes", {}).values():
        change["after_sensitive"] = True
        change["after"] = with_canaries(change.get("after"))
    for variable in plan["configuration"]["root_module"].get("variables", {}).values():
        variable["sensitive"] = True
    return variables_with_canaries(plan)


def variables_with_canaries(plan: Json) -> Json:
    """Every root variable's value has the canary in it, wherever the plan has that value. The plan is changed in place."""
    constants = set(_texts([*_constants(plan["configuration"])]))  # what is also written in a block is no variable's alone
    texts = {text for variable in plan.get("variables", {}).values() for text in _texts(variable.get("value")) if len(text) > 2}
    texts = {text for text in texts if not any(text in constant for constant in constants)}
    for part in ("planned_values", "prior_state", "resource_changes", "output_changes"):
        if part in plan:
            plan[part] = _replaced(plan[part], texts)
    for variable in plan.get("variables", {}).values():
        if "value" in variable:
            variable["value"] = with_canaries(variable["value"])
    return plan


_NAMES = {"address", "index", "name", "type", "mode", "module_address", "provider_name"}


def _replaced(part: Json, texts: set[str]) -> Json:
    """What a resource is called stays: an address is no secret."""
    if isinstance(part, str):
        for text in texts:
            part = re.sub(rf"(?<![A-Za-z0-9]){re.escape(text)}(?![A-Za-z0-9])", lambda found: found[0] + CANARY, part)
        return part
    if isinstance(part, list):
        return [_replaced(inner, texts) for inner in part]
    if isinstance(part, dict):
        named = "address" in part
        return {key: inner if named and key in _NAMES else _replaced(inner, texts) for key, inner in part.items()}
    return part


def _texts(raw: Json) -> Iterator[str]:
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, (dict, list)):
        for part in raw.values() if isinstance(raw, dict) else raw:
            yield from _texts(part)


def _constants(configuration: Json) -> Iterator[Json]:
    pending = [configuration]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            yield from (part["constant_value"],) if "constant_value" in part else ()
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


def _resources(plan: Json) -> Iterator[Json]:
    pending = [plan["planned_values"].get("root_module"), plan.get("prior_state", {}).get("values", {}).get("root_module")]
    while pending:
        module = pending.pop() or {}
        yield from module.get("resources", [])
        pending.extend(module.get("child_modules", []))
