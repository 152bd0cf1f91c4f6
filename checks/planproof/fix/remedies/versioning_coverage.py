"""Sets what the policy requires of a type, or writes the companion resource that it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.predicates import answer
from planproof.aws.s3 import BUCKET
from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.left_out import refuse_left_out
from planproof.fix.objects import written
from planproof.fix.owners import owner
from planproof.fix.places import NotMechanical, added_block, joined
from planproof.fix.remedies.log_bucket_retention import with_versions
from planproof.fix.style import block, resource
from planproof.fix.values import at_least, nested, required
from planproof.plan.model import Instance
from planproof.plan.value import State
from planproof.syntax.nodes import Body

_BY = {"bucket": "id", "backup_vault_name": "name", "vault_name": "name"}
_COMPLETE = ("aws_s3_bucket_versioning", "aws_efs_backup_policy", "aws_backup_vault_lock_configuration")
"""Companions that need no more than the resource and what the policy requires."""
_NEEDS_MORE = ("add_on",)
"""Blocks that need more than what the policy requires."""
_BACKUPS = "which backup plan covers it, and for how long, is the team's choice; add it to an aws_backup_selection, or declare the plan in elsewhere.backup_plans of the policy"


def met(job: Job) -> list[Edit]:
    """Each requirement of the type that does not hold is met."""
    rule = job.settings("versioning_coverage")["types"][job.instance.type]
    demands = [demand for demand in rule["must"].values() if demand and _applies(demand, job)]
    answers = [(demand, answer(demand, job.instance, job.context).holds) for demand in demands]
    if any(holds is None for _, holds in answers):
        raise NotMechanical("another requirement of the type is known only after apply, so a patch would not settle it")
    edits = joined(_meet(demand, job) for demand, holds in answers if holds is False)
    return [*edits, *with_versions(job)] if job.instance.type == BUCKET else edits


def _applies(demand: Mapping[str, Any], job: Job) -> bool:
    """Whether it is required of this resource, and the version of the provider has the argument."""
    if demand.get("if_offered") and job.instance.get(str(demand["path"]).split(".")[0]).state is State.ABSENT:
        return False
    return not demand.get("when") or answer(demand["when"], job.instance, job.context).holds is True


def _meet(demand: Mapping[str, Any], job: Job) -> list[Edit]:
    ways = list(_ways(demand))
    if not ways:
        raise NotMechanical(_BACKUPS)
    if ways[0].get("companion"):
        return _companion(ways[0], job)
    return _set(job.place.body, ways[0], job.instance, job)


def _ways(demand: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The ways to meet a demand in the configuration of the resource."""
    for part in demand.get("any") or (demand,):
        if part and (part.get("path") or part.get("companion")):
            yield part


def _set(body: Body, demand: Mapping[str, Any], instance: Instance, job: Job) -> list[Edit]:
    """Sets the argument at the demand's path, through blocks."""
    *blocks, name = str(demand["path"]).split(".")
    value = _wanted(demand)
    for number, step in enumerate(blocks):
        inner = nested(body, step)
        if inner is None and step in _NEEDS_MORE:
            raise NotMechanical(f"the block {step} also needs what only the team can choose; add it with {name} = {value}")
        if inner is None:
            text = f"{name} = {value}"
            for outer in reversed(blocks[number:]):
                text = block(outer, text)
            return added_block(body, text)
        same = body.blocks_of(step)
        if len(same) > 1:
            rest = {**demand, "path": ".".join([*blocks[number + 1 :], name])}
            return joined(_set(each.body, rest, instance, job) for each in same)
        body = inner
    if "at_least" in demand:
        return at_least(job, instance.module, body, name, int(demand["at_least"]))
    return required(job, instance.module, body, name, value)


def _wanted(demand: Mapping[str, Any]) -> str:
    for operator in ("equals", "at_least"):
        if operator in demand:
            return written(demand[operator])
    if demand.get("in"):
        return written(demand["in"][0])
    if "not_equals" in demand and demand.get("default") is not None:
        return written(demand["default"])
    raise NotMechanical("the policy says what must not be, and not what must be; choose a value")


def _companion(demand: Mapping[str, Any], job: Job) -> list[Edit]:
    """The companion, or what an existing one lacks."""
    kind, by = str(demand["companion"]), str(demand.get("by", ""))
    linked = job.context.relations.companions(job.instance, kind, by)
    if linked.sure:
        return joined(_set(job.place_of(companion).body, demand, companion, job) for companion in linked.sure)
    if job.place.body.blocks_of("versioning") and kind == "aws_s3_bucket_versioning":
        raise NotMechanical("the bucket has a block of provider 3 for it; set it there, or move it to the companion")
    if kind not in _COMPLETE:
        raise NotMechanical(f"{kind} also needs what only the team can choose; add it with {demand['path']}")
    refuse_left_out(job, kind, job.instance, by)
    *blocks, name = str(demand["path"]).split(".")
    text = f"{name} = {_wanted(demand)}"
    for outer in reversed(blocks):
        text = block(outer, text)
    belongs = owner(job)
    label = job.bench.files_of(job.instance.module).free(kind, job.place.labels[-1])
    head = f"{by} = {belongs.ref}.{_BY.get(by, 'id')}"
    parts = (belongs.head, head, text) if blocks else (belongs.head, f"{head}\n{text}")
    return [job.place.after(resource(kind, label, *parts))]


REMEDIES: dict[str, Remedy | str] = {"not_set": met, "wrong_value": met, "no_companion": met}
