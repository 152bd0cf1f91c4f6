"""Which instances of a plan AWS takes for one: those of a type that agree in what tells its resources apart, where names have to differ.

What is compared are values that are known, and values that are not known and are made of the same attributes in the same way. Of a
name that went through a function, or that plan JSON does not tell, nothing is said.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from itertools import islice
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.evaluation.arguments import path_of
from planproof.evaluation.origin import Kind, Origin, Through
from planproof.evaluation.resolution import made_of
from planproof.evaluation.result import Result, text_parts
from planproof.plan.model import Instance

Rule = Mapping[str, Any]
# The arguments of a provider configuration that decide whose account it is, or what answers in AWS's place.
_ACCOUNT = (
    "access_key",
    "allowed_account_ids",
    "assume_role",
    "assume_role_with_web_identity",
    "endpoints",
    "profile",
    "shared_credentials_files",
    "token",
)
_MOST_NAMED = 5


class Namesakes(NamedTuple):
    """Those that share a name with an instance: for sure, itself among them, and perhaps (it is open whether the region is the same): the
    first of those, and how many they are. All who share it have the same tuples."""

    sure: tuple[Instance, ...] = ()
    perhaps: tuple[Instance, ...] = ()
    doubtful: int = 0


def namesakes(context: Context, types: Mapping[str, Rule | None]) -> dict[str, Namesakes]:
    """By address, of every instance whose name is told."""
    found: dict[str, Namesakes] = {}
    for kind, rule in types.items():
        by_name: dict[object, list[Instance]] = {}
        for instance in context.plan.of_type(kind) if rule else ():
            name = _name(instance, rule or {}, context)
            if name is not None:
                by_name.setdefault(name, []).append(instance)
        for group in by_name.values():
            found.update(_in_group(group, (rule or {}).get("within", "region"), context))
    return found


def _in_group(group: list[Instance], within: str, context: Context) -> dict[str, Namesakes]:
    """Of instances that are called the same; compared by place, each with those whose region may be its own."""
    if len(group) == 1:
        return {group[0].address: Namesakes(tuple(group))}
    accounts: dict[str, dict[Hashable, list[Instance]]] = {}
    for instance in group:
        account, region = _place(instance, within, context)
        accounts.setdefault(account, {}).setdefault(region, []).append(instance)
    found: dict[str, Namesakes] = {}
    for places in accounts.values():
        everyone = [each for place in places.values() for each in place]
        unsure = [each for region, place in places.items() if not isinstance(region, str) for each in place]
        for region, place in places.items():
            others = unsure if isinstance(region, str) else everyone
            own = {each.address for each in place} if others is everyone else set()
            near = tuple(islice((each for each in others if each.address not in own), _MOST_NAMED))
            shared = Namesakes(tuple(place), near, len(others) - len(own))
            found.update((instance.address, shared) for instance in place)
    return found


def _place(instance: Instance, within: str, context: Context) -> tuple[str, Hashable]:
    """The account and the region in which a name has to differ from others; a region that is not known is no text."""
    if within == "partition":
        return "", _partition(context.regions.name(instance) or "")
    return _account(instance, context), "" if within == "account" else context.regions.of(instance)


def _partition(region: str) -> str:
    return next((start for start in ("cn-", "us-gov-", "us-iso") if region.startswith(start)), "")


def _account(instance: Instance, context: Context) -> str:
    """What the provider configuration says of the account; the same text is the same account."""
    key = context.plan.provider_key(instance)
    return context.remembered("accounts", key, lambda: _account_of(key, context))


def _account_of(provider: str, context: Context) -> str:
    written = context.plan.provider(provider).expressions
    return json.dumps({name: written[name] for name in _ACCOUNT if name in written}, sort_keys=True)


# --- names -----------------------------------------------------------------------------------------------------------


def _name(instance: Instance, rule: Rule, context: Context) -> object:
    """What tells the instance from others of its type; None if nobody gives it, or if the plan does not tell."""
    parts = [_part(instance, str(argument), number == 0, rule, context) for number, argument in enumerate(rule["by"])]
    return None if None in parts else tuple(parts)


def _part(instance: Instance, argument: str, is_first: bool, rule: Rule, context: Context) -> object:
    path = path_of(argument)
    if is_first and rule.get("target"):
        found = context.relations.resolve(instance, path, rule["target"])
        if len(found.targets) == 1:
            return ("resource", found.targets[0].address)
    value = context.argument(instance, *path)
    if value.is_unset:
        return None if is_first else str((rule.get("defaults") or {}).get(argument, ""))
    if value.is_known and not value.has_unknown:
        text = json.dumps(value.raw, sort_keys=True) if not isinstance(value.raw, str) else value.raw
        return text.lower() if rule.get("ignore_case") else text
    result = context.evaluated(instance, *path)
    return None if result is None else _made_of(result)


def _made_of(result: Result) -> object:
    """The parts of a value that is not known: what they are made of, if that tells one from another."""
    parts: list[object] = []
    for part in text_parts(result):
        if isinstance(part, Result):
            if not part.origins or not all(map(_is_exact, part.origins)):
                return None
            parts.append(made_of(part.origins))
        else:
            parts.append(part)
    return tuple(parts)


def _is_exact(origin: Origin) -> bool:
    """Whether it is one value, and stands there as it is."""
    if origin.through not in (Through.AS_IS, Through.TEXT):
        return False
    return origin.kind is Kind.NAMED or (origin.instance is not None and bool(origin.attribute))
