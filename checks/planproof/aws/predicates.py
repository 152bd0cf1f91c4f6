"""Predicates: what a policy demands of a resource, as data.

    {path: point_in_time_recovery.enabled, equals: true}
    {path: backup_retention_period, at_least: 7, default: 1}
    {companion: aws_efs_backup_policy, by: file_system_id, path: backup_policy.status, equals: ENABLED}
    {backed_up: true}
    {any: [{...}, {...}]}

`path` leads through blocks; where there are several, all must hold (`blocks: any`: one is enough). All operators that a predicate
holds must hold. `default` is what AWS or the provider takes where nobody set the attribute; without it such an attribute satisfies
`set: false` alone. With `companion` the predicate is about the resources of that type whose argument `by` names the instance;
where there is none, `otherwise` decides, a predicate about the instance itself, else `default`. `backed_up` asks whether a backup
selection of the plan, or a backup plan that the policy declares, covers the instance. Of several of which `any` is enough and none
holds, the first is what is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from planproof.aws.backups import backed_up
from planproof.aws.s3 import inline_counts
from planproof.context import Context
from planproof.errors import PolicyError
from planproof.evaluation.arguments import Path, path_of
from planproof.evaluation.origin import Kind
from planproof.evaluation.resolution import Companions
from planproof.plan.model import Instance
from planproof.plan.value import Value
from planproof.policy.operators import Predicate, as_json, demand, operators_of, satisfies, satisfies_unset


class Basis(Enum):
    """What an answer stands on."""

    VALUE = "a value"
    NOT_SET = "the attribute is not set"
    NO_COMPANION = "there is no companion resource"
    UNKNOWN = "a value that is known after apply"
    UNKNOWN_COMPANION = "a resource that may or may not belong to it"


class PredicateResult(NamedTuple):
    """Whether a predicate holds; None where the plan does not determine it. `found` says what was found, `wanted` what must be."""

    holds: bool | None
    basis: Basis
    found: str
    wanted: str = ""
    where: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return f"{self.found} and must {self.wanted}" if self.holds is False and self.wanted else self.found


def answer(predicate: Predicate, instance: Instance, context: Context) -> PredicateResult:
    """Whether the predicate holds for the instance."""
    if predicate.get("any"):
        return any_of([answer(part, instance, context) for part in filter(None, predicate["any"])])
    if predicate.get("backed_up"):
        return _of_backups(instance, context)
    if predicate.get("companion"):
        return _of_companions(predicate, instance, context)
    return _of_attribute(predicate, instance, context)


def all_of(answers: Iterable[PredicateResult]) -> PredicateResult:
    """What holds only where each of the answers (one at least) does."""
    found = list(answers)
    for verdict in (False, None):
        if any(a.holds is verdict for a in found):
            return _joined([a for a in found if a.holds is verdict])
    return _joined(found)


def any_of(answers: Iterable[PredicateResult]) -> PredicateResult:
    """What holds where one of the answers (one at least) does."""
    found = list(answers)
    for verdict in (True, None):
        if any(a.holds is verdict for a in found):
            return next(a for a in found if a.holds is verdict)
    return found[0]


def _joined(answers: list[PredicateResult]) -> PredicateResult:
    first = answers[0]
    if len(answers) == 1 or first.holds is None:
        return first
    text = "; ".join(dict.fromkeys(a.text for a in answers))
    return first._replace(found=text, wanted="", where=tuple(dict.fromkeys(w for a in answers for w in a.where)))


# --- attributes ------------------------------------------------------------------------------------------------------


def _of_attribute(predicate: Predicate, instance: Instance, context: Context, owner: str = "") -> PredicateResult:
    """`owner` is the address to name the attribute by, where that is not the subject's own."""
    if not isinstance(predicate.get("path"), str):
        raise PolicyError(f"a predicate needs a path, a companion or any: {as_json(predicate)}")
    steps = path_of(predicate["path"])
    combine = any_of if predicate.get("blocks") == "any" else all_of
    return combine(_of_leaf(predicate, instance, path, value, context, owner) for path, value in leaves(instance, steps, context))


def leaves(instance: Instance, steps: Path, context: Context) -> list[tuple[Path, Value]]:
    """The attributes at the end of the path, one for each of the blocks that it leads through."""
    ended: list[tuple[Path, Value]] = []
    found: list[tuple[Path, Value]] = [((), instance.value)]
    for number, step in enumerate(steps):
        following: list[Path] = []
        for path, value in found:
            if isinstance(value.raw, list) and value.raw and isinstance(step, str):
                following.extend((*path, index, step) for index in range(len(value.raw)))
            elif not path or (value.is_known and not value.is_unset):  # of a resource, nothing at all may be known
                following.append((*path, step))
            else:  # nobody wrote the block, or it is unknown as a whole
                ended.append(((*path, *steps[number:]), value if value.is_unknown else Value(None)))
        found = [(path, context.argument(instance, *path)) for path in following]
    return ended + found


def _of_leaf(predicate: Predicate, instance: Instance, path: Path, value: Value, context: Context, owner: str) -> PredicateResult:
    where = (f"{instance.address}.{_dotted(path)}",)
    name = f"{owner}.{_dotted(path)}" if owner else _dotted(path)
    if value.is_unknown and operators_of(predicate) == ["set"] and _is_reference(instance, path, context):
        return _answer(bool(predicate["set"]), Basis.VALUE, f"{name} is set", predicate, where)
    if value.is_unset:
        default = predicate.get("default")
        assumed = f" (the default is {as_json(default)})" if default is not None else ""
        return _answer(satisfies_unset(predicate), Basis.NOT_SET, f"{name} is not set{assumed}", predicate, where)
    holds = value.is_known and satisfies(value.raw, predicate)
    if not holds and value.has_unknown:
        return PredicateResult(None, Basis.UNKNOWN, f"known after apply: {where[0]}", "", where)
    return _answer(holds, Basis.VALUE, f"{name} is {context.display_value(instance, *path)}", predicate, where)


def _answer(holds: bool, basis: Basis, found: str, predicate: Predicate, where: tuple[str, ...]) -> PredicateResult:
    return PredicateResult(holds, basis, found, "" if holds else demand(predicate), where)


def _is_reference(instance: Instance, path: Path, context: Context) -> bool:
    """The argument draws on one resource alone, if need be on a condition of known things: unknown, but not null."""
    kinds = [origin.kind for origin in context.origins(instance, *path)]
    return kinds.count(Kind.RESOURCE) == 1 and not {Kind.LOST, Kind.NAMED} & set(kinds)


# --- backups ---------------------------------------------------------------------------------------------------------


def _of_backups(instance: Instance, context: Context) -> PredicateResult:
    found = backed_up(instance, context)
    where = (instance.address, *found.where)
    if found.answer is False:
        return PredicateResult(False, Basis.NO_COMPANION, "no backup selection covers it", "", where)
    if found.answer is None:
        return PredicateResult(None, Basis.UNKNOWN_COMPANION, f"the plan does not show whether {found.by} backs it up", "", where)
    return PredicateResult(True, Basis.VALUE, f"{found.by} backs it up", "", where)


# --- companions ------------------------------------------------------------------------------------------------------


def _of_companions(predicate: Predicate, instance: Instance, context: Context) -> PredicateResult:
    linked = context.relations.companions(instance, predicate["companion"], *path_of(str(predicate.get("by", ""))))
    if linked.sure:
        return all_of(_of_companion(predicate, companion, context) for companion in linked.sure)
    fallback = _without_companion(predicate, instance, context)
    if {fallback.holds} >= _held(predicate, linked.candidates, context) | _held_anywhere(predicate, linked, context):
        return _of_companion(predicate, linked.perhaps[0][0], context) if linked.perhaps else fallback
    companion, reason = linked.perhaps[0]
    text = f"the plan does not show whether {companion.address} belongs to it: {reason}"
    return PredicateResult(None, Basis.UNKNOWN_COMPANION, text, "", (instance.address, companion.address))


def _held_anywhere(predicate: Predicate, linked: Companions, context: Context) -> set[bool | None]:
    """What holds of those that may belong to any instance, asked once for all instances."""
    key = (id(predicate), id(linked.anywhere))
    return context.remembered("predicates_anywhere", key, lambda: _held(predicate, linked.anywhere, context))


def _held(predicate: Predicate, companions: Iterable[tuple[Instance, str]], context: Context) -> set[bool | None]:
    return {_of_companion(predicate, companion, context).holds for companion, _ in companions}


def _of_companion(predicate: Predicate, companion: Instance, context: Context) -> PredicateResult:
    """Asked once for each companion: where it is open what they belong to, each may belong to any instance."""
    key = (id(predicate), companion.address)
    return context.remembered("predicates", key, lambda: _of_attribute(predicate, companion, context, companion.address))


def _without_companion(predicate: Predicate, instance: Instance, context: Context) -> PredicateResult:
    """What holds where no companion says anything: what the instance itself says, else the default."""
    kind, inner, default = predicate["companion"], predicate.get("otherwise"), predicate.get("default")
    none, where = f"no {kind} belongs to it", (instance.address,)
    if not inner:
        assumed = f" (the default of {predicate['path']} is {as_json(default)})" if default is not None else ""
        return PredicateResult(satisfies_unset(predicate), Basis.NO_COMPANION, none + assumed, "", where)
    parts = list(filter(None, inner.get("any") or [inner]))
    said = [p for p in parts if "path" not in p or inline_counts(instance, p["path"].split(".")[0], kind, context)]
    found = [answer(part, instance, context) for part in said]
    chosen = any_of(found) if found else None
    if chosen and (chosen.holds is not False or said[0] is parts[0]):
        return chosen
    return PredicateResult(False, Basis.NO_COMPANION, none, "", where)


def _dotted(path: Path) -> str:
    """As HCL writes it: `rule[1].status`. The number is left out where the block stands first."""
    return "".join(f".{step}" if isinstance(step, str) else f"[{step}]" if step else "" for step in path)[1:]
