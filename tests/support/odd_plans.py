"""Plans that Terraform does not write: something in them is null, of another type, or gone."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

Json = Any
Path = tuple[str | int, ...]
NAMES = ["", "x", "local.", "each.value", "var.", "module.", "module.a[", "aws_s3_bucket.", "data."]
ODD: list[Json] = [None, True, 0, -1, 1.5, 1e30, "", "x", "{", "null", "arn:", "\u0000", "a" * 5000]
ODD += [[], {}, [None], [[]], [{}], {"x": None}, {"constant_value": []}, {"references": NAMES}, {"references": [None, 1]}]
ODD += [{"references": "x"}, {"references": None, "constant_value": None}]
MASKS: list[Json] = [True, True, False, None, "x", [], [True], {}, {"a": True}]


def odd_plans(plan: Json, seed: int, number: int) -> Iterator[tuple[str, Json]]:
    """So many of them, the same ones for a seed, each with what was done last."""
    draw = random.Random(seed)
    for _ in range(number):
        odd, done = copy.deepcopy(plan), ""
        for _ in range(draw.choice([1, 1, 2, 5])):
            done = draw.choice([_anywhere, _in_values, _in_values, _in_configuration, _in_masks])(odd, draw) or done
        yield done, odd


def of_opentofu(plan: Json) -> Json:
    """The same plan, as OpenTofu names the providers in it."""
    return json.loads(json.dumps(plan).replace("registry.terraform.io/", "registry.opentofu.org/"))


def _anywhere(plan: Json, draw: random.Random) -> str:
    return _spoil([plan], draw, ODD)


def _in_configuration(plan: Json, draw: random.Random) -> str:
    return _spoil([plan.get("configuration")], draw, ODD)


def _in_masks(plan: Json, draw: random.Random) -> str:
    changes = [change for change in _dicts(plan.get("resource_changes")) if isinstance(change.get("change"), dict)]
    return _spoil([draw.choice(changes)["change"].get("after_unknown")], draw, MASKS) if changes else ""


def _in_values(plan: Json, draw: random.Random) -> str:
    """At the same place of what is planned and of the change, so that the two do not contradict each other."""
    after = {
        str(c.get("address")): c["change"].get("after") for c in _dicts(plan.get("resource_changes")) if _dicts([c.get("change")])
    }
    resources = [r for r in _resources(plan) if isinstance(r.get("values"), dict)]
    if not resources:
        return ""
    resource = draw.choice(resources)
    return _spoil([resource["values"], after.get(str(resource.get("address")))], draw, ODD)


def _resources(plan: Json) -> Iterator[Json]:
    pending = _dicts([(plan.get("planned_values") or {}).get("root_module")] if _dicts([plan.get("planned_values")]) else [])
    while pending:
        module = pending.pop()
        yield from _dicts(module.get("resources"))
        pending += _dicts(module.get("child_modules"))


def _dicts(found: Json) -> list[Json]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _spoil(documents: list[Json], draw: random.Random, values: list[Json]) -> str:
    """One place of the first document, and the same of the others, is deleted or given another value."""
    paths = [path for path in _paths(documents[0]) if path]
    if not paths:
        return ""
    path, is_deleted, value = draw.choice(paths), draw.random() < 0.25, draw.choice(values)
    for document in documents:
        try:
            part = document
            for step in path[:-1]:
                part = part[step]
            if is_deleted:
                del part[path[-1]]
            else:
                part[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue  # the change has it no longer
    return f"{'.'.join(map(str, path))} {'deleted' if is_deleted else value}"


def _paths(part: Json, path: Path = ()) -> Iterator[Path]:
    yield path
    for step, inner in part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ():
        yield from _paths(inner, (*path, step))
