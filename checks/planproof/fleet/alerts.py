"""Chains of alerts that lead from one plan into another: the plans of one account as the modules of one plan, which the check judges.

So whatever is true of a trail, a log group or a topic in one plan is true of it in another. Without a source, a verdict is the same or UNKNOWN.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from planproof.check import Check
from planproof.context import Context
from planproof.engine import evaluate
from planproof.plan.json_file import Document
from planproof.plan.model import Plan
from planproof.plan.value import Json, as_list, as_object
from planproof.policy.model import Policy
from planproof.verdict import Finding

ALERTS = "CKV_PLAN_6"
_MORE = ("aws_s3_bucket*", "aws_kms_*", "aws_iam_role*", "aws_iam_policy_document", "aws_caller_identity")
_ADDRESS = re.compile(r'module\.p(\d+)\.((?:[\w-]+|\[(?:\d+|"(?:[^"\\]|\\.)*")\]|\.(?=\w))+)')


def parts_for_alerts(context: Context) -> Json:
    """The parts of a plan that a chain of alerts is made of, with what decides its regions written out."""
    raw, plan = context.plan.raw, context.plan
    kinds = _kinds(context)
    regions: dict[str, str] = {}
    for instance in (*plan.instances, *plan.data_sources):
        region = None if instance.configured("region") else context.regions.name(instance)
        if region:
            regions[plan.provider_key(instance)] = region
    configuration = as_object(raw.get("configuration"))
    wanted = {str(c.get("address")) for c in as_list(raw.get("resource_changes")) if _is_one(as_object(c), kinds)}
    return {
        "planned": _module(as_object(raw["planned_values"]).get("root_module"), kinds),
        "prior": _module(as_object(as_object(raw.get("prior_state")).get("values")).get("root_module"), kinds),
        "changes": [c for c in as_list(raw.get("resource_changes")) if as_object(c).get("address") in wanted],
        "root": _blocks(configuration.get("root_module"), kinds),
        "providers": {key: plan.provider(key).raw for key in map(plan.provider_key, (*plan.instances, *plan.data_sources))},
        "regions": regions,
        "variables": {name: value.raw for name, value in plan.variables.items() if not value.is_sensitive},
    }


def _kinds(context: Context) -> tuple[str, ...]:
    from planproof.registry import all_checks

    check = next((check for check in all_checks() if check.id == ALERTS), None)
    return (*(check.also_decided_by if check else ()), *_MORE)


def _is_one(resource: Mapping[str, Json], kinds: Sequence[str]) -> bool:
    return any(fnmatchcase(str(resource.get("type")), kind) for kind in kinds)


def _module(module: Json, kinds: Sequence[str]) -> Json:
    """A module of the values with the resources of these types alone."""
    found = as_object(module)
    return {
        "address": found.get("address", ""),
        "resources": [resource for resource in as_list(found.get("resources")) if _is_one(as_object(resource), kinds)],
        "child_modules": [_module(child, kinds) for child in as_list(found.get("child_modules"))],
    }


def _blocks(module: Json, kinds: Sequence[str]) -> Json:
    """A module of the configuration with the blocks of these types alone."""
    found = as_object(module)
    calls = {name: as_object(call) for name, call in as_object(found.get("module_calls")).items()}
    return {
        **found,
        "resources": [block for block in as_list(found.get("resources")) if _is_one(as_object(block), kinds)],
        "module_calls": {name: {**call, "module": _blocks(call.get("module"), kinds)} for name, call in calls.items()},
    }


def together(parts: Sequence[Json]) -> dict[str, Json]:
    """One plan of which each plan is a module: `module.p0`, `module.p1` and so on."""
    whole: dict[str, Any] = {"changes": [], "planned": [], "prior": [], "calls": {}, "providers": {}, "variables": {}}
    for number, part in enumerate(parts):
        name = f"module.p{number}"
        for key in ("planned", "prior"):
            whole[key].append(_moved(part[key], name))
        whole["changes"] += [_renamed(change, name) for change in part["changes"]]
        given = {key: {"references": [f"var.p{number}_{key}"]} for key in part["variables"]}
        whole["variables"] |= {f"p{number}_{key}": {"value": value} for key, value in part["variables"].items()}
        whole["calls"][f"p{number}"] = {
            "source": f"./p{number}",
            "module": _keyed(part["root"], name, part["providers"]),
            "expressions": given,
        }
        for key, provider in part["providers"].items():
            whole["providers"][f"{name}:{key}"] = _placed(as_object(provider), name, part["regions"].get(key))
    root = {"module_calls": whole["calls"], "variables": {key: {} for key in whole["variables"]}}
    return {
        "format_version": "1.2",
        "variables": whole["variables"],  # of the root, as their values are not shown
        "planned_values": {"root_module": {"child_modules": whole["planned"]}},
        "prior_state": {"values": {"root_module": {"child_modules": whole["prior"]}}},
        "resource_changes": whole["changes"],
        "configuration": {"root_module": root, "provider_config": whole["providers"]},
    }


def _moved(module: Json, name: str) -> Json:
    found = as_object(module)
    return {
        "address": f"{name}.{found['address']}" if found.get("address") else name,
        "resources": [_renamed(as_object(resource), name) for resource in as_list(found.get("resources"))],
        "child_modules": [_moved(child, name) for child in as_list(found.get("child_modules"))],
    }


def _renamed(resource: Mapping[str, Json], name: str) -> dict[str, Json]:
    inside = resource.get("module_address")
    found = {**resource, "address": f"{name}.{resource.get('address')}"}
    return {**found, "module_address": f"{name}.{inside}" if inside else name} if "change" in resource else found


def _keyed(part: Json, name: str, providers: Mapping[str, Json]) -> Json:
    """The configuration of a module with the keys of the providers that are its own in the whole; a module without one inherits the root's."""
    if isinstance(part, list):
        return [_keyed(each, name, providers) for each in part]
    if not isinstance(part, Mapping):
        return part
    found = {key: value if key == "expressions" else _keyed(value, name, providers) for key, value in part.items()}
    key = str(part.get("provider_config_key", ""))
    own = key if key in providers else key.rpartition(":")[2]
    return {**found, "provider_config_key": f"{name}:{own}"} if key else found


def _placed(provider: Mapping[str, Json], name: str, region: str | None) -> dict[str, Json]:
    """A provider with its region as a constant; one whose region is not known has none in common with another."""
    known: Json = {"constant_value": region} if region else {"references": ["var.region"]}
    return {**provider, "module_address": name, "expressions": {**as_object(provider.get("expressions")), "region": known}}


def judged_together(
    parts: Sequence[Json], names: Sequence[str], policy: Policy, checks: Iterable[Check]
) -> list[tuple[int, Finding]]:
    """The verdicts on the log buckets of all plans, each with the number of its plan. Of other plans their workspaces are `names`."""
    document = Document(together(parts), "the estate")
    report = evaluate(Plan.of(document), policy, None, [check for check in checks if check.id == ALERTS])
    found = []
    for finding in report.findings:
        own = _ADDRESS.fullmatch(finding.subject)
        if own:
            number = int(own[1])
            reason = _ADDRESS.sub(partial(_told, number, names), finding.reason)
            found.append((number, finding._replace(subject=own[2], reason=reason)))
    return found


def _told(own: int, names: Sequence[str], found: re.Match[str]) -> str:
    """An address as the plan that it is in has it, with the name of that plan if it is another."""
    number = int(found[1])
    return found[2] if number == own else f"{found[2]} (plan {names[number]})"
