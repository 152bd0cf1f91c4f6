"""The facts of a plan, as one JSON document: what planproof works out and a rule in another language would have to.

`policies/schemas/facts.schema.json` describes it. Nothing sensitive is in it. Its size grows with the plan: each reference is stated twice,
once from either end, and one whose instance cannot be told is stated once for the whole block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.aws.names import Names, names_of
from planproof.context import Context
from planproof.errors import SourceError
from planproof.evaluation.origin import deciding, lost_reason
from planproof.facts.links import Fact, block_name, links, turned
from planproof.facts.roles import alerts, lifecycles, log_bucket_roles
from planproof.facts.suite import asserted, tests_of
from planproof.facts.values import marked, public
from planproof.plan.model import Instance, Output
from planproof.version import version

FORMAT = 1
"""Raised if a key goes or changes its meaning; keys may come at any time."""


def facts(context: Context) -> Fact:
    """All facts of a plan, by the context's policy and source."""
    plan = context.plan
    instances = [*plan.instances, *plan.data_sources]
    companions = _companions(context)
    refers_to = {i.address: found for i in instances if (found := links(i, companions, context))}
    return {
        "format": FORMAT,
        "version": version(),
        "plan": plan.name,
        "policy": context.policy.name,
        "profile": context.policy.profile,
        "complete": plan.is_complete,
        "source": context.source is not None,
        "instances": {i.address: _instance(i, context) for i in instances},
        "refers_to": refers_to,
        "referred_by": turned(refers_to),
        "outputs": {name: _output(output, context) for name, output in plan.outputs.items()},
        "names": _names(context),
        "log_buckets": log_bucket_roles(context),
        "alerts": alerts(context),
        "lifecycle": lifecycles(context),
        "tests": _tests(context),
    }


def _companions(context: Context) -> dict[str, list[tuple[str, str]]]:
    """Arguments that name what a resource belongs to, by the type of the resource: S3's own, and those of the policy."""
    found: dict[str, list[tuple[str, str]]] = {
        kind: [("bucket", "aws_s3_bucket")] for kind in context.plan.types if kind.startswith("aws_s3_bucket_")
    }
    for target, rule in context.settings("versioning_coverage")["types"].items():
        for companion, by in _named_in(rule):
            pair = (by, str(target))
            if pair not in found.setdefault(companion, []):
                found[companion].append(pair)
    return found


def _named_in(rule: Any) -> list[tuple[str, str]]:
    """The pairs of `companion` and `by` in a rule of the policy, at any depth."""
    found, pending = [], [rule]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            if "companion" in part:
                found.append((str(part["companion"]), str(part["by"])))
            pending += part.values()
        elif isinstance(part, list):
            pending += part
    return found


def _instance(instance: Instance, context: Context) -> Fact:
    value = instance.value
    fact: Fact = {
        "type": instance.type,
        "mode": instance.mode,
        "module": instance.module.address,
        "block": block_name(instance.module.address, instance.local_address),
        "actions": list(instance.actions),
        "values": public(value),
        "unknown": marked(value.unknown_mask),
        "sensitive": marked(value.sensitive_mask),
    }
    if instance.index is not None:
        fact["key"] = instance.index
    place = _place(instance, context)
    return fact | {"file": place[0], "line": place[1]} if place else fact


def _place(instance: Instance, context: Context) -> tuple[str, int] | None:
    """Where the block begins, if there is source."""
    if context.source is None:
        return None
    local = instance.local_address.split(".")
    try:
        source = context.source.of(instance.module)
        found = source.where(*(local if local[0] == "data" else ["resource", *local])) if source else None
    except SourceError:
        return None
    return (context.source.display_path(found.file), found.line) if found else None


def _output(output: Output, context: Context) -> Fact:
    """What it exports, by the names of the attributes that decide it."""
    origins = deciding(context.expressions.output(output.name).all_origins)
    value = output.value
    fact: Fact = {
        "sensitive": output.sensitive,
        "known": value.is_known and not value.has_unknown,
        "exports": sorted({o.display_name for o in origins if o.display_name}),
    }
    if lost_reason(origins):
        fact["lost"] = lost_reason(origins)
    return fact if output.sensitive or not fact["known"] else fact | {"value": public(value)}


def _names(context: Context) -> dict[str, Fact]:
    """What each resource is called, as far as it is known, and what would decide the rest."""
    found: Names = names_of(context.settings("naming_convention"), context)
    return {
        address: {
            "argument": name.attribute,
            "text": name.public,
            "known": None not in name.parts,
            "random": name.is_random,
            "needs": list(name.needs),
        }
        for address, name in found.by_address.items()
        if not name.secret
    }


def _tests(context: Context) -> Fact | None:
    """How many tests of each kind assert something, and the resources that they refer to; null without a source folder."""
    try:
        suite = tests_of(context)
    except SourceError as error:
        return {"problems": [str(error)]}
    if suite is None:
        return None
    return {
        "unit": suite.of("unit"),
        "integration": suite.of("integration"),
        "problems": list(suite.problems),
        "asserted": sorted(asserted(suite, context)),
    }
