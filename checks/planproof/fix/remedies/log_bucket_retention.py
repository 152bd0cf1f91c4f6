"""Writes the lifecycle of a log bucket, or adds the rule that it lacks."""

from __future__ import annotations

from planproof.aws.log_buckets import is_log_bucket, writers_to
from planproof.aws.s3 import BUCKET, LIFECYCLE, VERSIONING, Prefixes, lifecycle, versioned
from planproof.fix.edits import Edit
from planproof.fix.ignored import refuse_ignored
from planproof.fix.job import Job, Remedy
from planproof.fix.left_out import refuse_left_out
from planproof.fix.owners import owner
from planproof.fix.places import NotMechanical, Place, added_block, joined, replaced
from planproof.fix.style import block, bucket_days, resource
from planproof.fix.values import at_least, behind, nested
from planproof.plan.model import Instance
from planproof.plan.value import State
from planproof.syntax.nodes import Body

_NONCURRENT_DAYS = 30
_WITH_NONCURRENT = (
    "no_lifecycle",
    "only_disabled_rules",
    "only_partial_rules",
    "only_cleanup",
    "fixed_date",
    "applies_to_nothing",
    "transition_not_accepted",
    "noncurrent_versions_kept",
)
"""The codes whose remedy is a rule that expires noncurrent versions too."""


def whole_lifecycle(job: Job) -> list[Edit]:
    """A lifecycle with one rule for the whole bucket, beside it."""
    place, belongs = job.place, owner(job)
    if not _takes_companions(job.instance):
        return _added_rule(job, place, "lifecycle_rule")
    refuse_left_out(job, LIFECYCLE, job.instance, "bucket")
    days, declared = bucket_days(job, job.instance.module)
    label = job.bench.files_of(job.instance.module).free(LIFECYCLE, place.labels[-1])
    after = _versioning(job)
    head = "\n".join(filter(None, (f"bucket = {belongs.ref}.id", f"depends_on = [{after}]" if after else "")))
    return [place.after(resource(LIFECYCLE, label, belongs.head, head, _rule("expire-logs", days))), *declared]


def added_rule(job: Job) -> list[Edit]:
    """One more rule, for the whole bucket, beside the rules that are there."""
    companion = _companion(job)
    if companion is None:
        return _added_rule(job, job.place, "lifecycle_rule")
    return _added_rule(job, job.place_of(companion), "rule")


def _added_rule(job: Job, place: Place, kind: str) -> list[Edit]:
    _refuse_others(job, place)
    days, declared = bucket_days(job, job.instance.module)
    name = "expire-logs" if '"expire-logs"' not in place.top.block.text else "expire-all-logs"
    text = _inline_rule(name, days) if kind == "lifecycle_rule" else _rule(name, days)
    return [*added_block(place.body, text), *declared]


def with_versions(job: Job) -> list[Edit]:
    """The rule for noncurrent versions that a lifecycle needs once its bucket is versioned; the other remedies write it themselves.
    Raises NotMechanical if an incomplete plan does not show the lifecycle."""
    if not is_log_bucket(job.instance, job.context) or job.fails("log_bucket_retention", job.instance, *_WITH_NONCURRENT):
        return []
    if job.fails("log_bucket_retention", job.instance, "expires_too_early") and not _covers_all(job):
        return []
    found = lifecycle(job.instance, job.context)
    if found.undetermined and not job.context.plan.is_complete:
        raise NotMechanical("the plan leaves out a lifecycle that may keep each old version; plan without -target")
    return noncurrent(job) if found.rules and not any(rule.whole and rule.noncurrent for rule in found.rules) else []


def noncurrent(job: Job) -> list[Edit]:
    """A rule that only expires noncurrent versions."""
    companion = _companion(job)
    if companion is None:
        text = block("lifecycle_rule", 'id = "expire-noncurrent-versions"\nenabled = true', _noncurrent("days"))
        return added_block(job.place.body, text)
    text = block("rule", 'id = "expire-noncurrent-versions"\nstatus = "Enabled"', "filter {}", _noncurrent("noncurrent_days"))
    return added_block(job.place_of(companion).body, text)


def later(job: Job) -> list[Edit]:
    """Each rule that deletes too early keeps objects for as long as the policy requires; what no rule covers gets one."""
    least = int(job.settings("log_bucket_retention")["retention_days"])
    found = lifecycle(job.instance, job.context)
    if found.undetermined or any(rule.undetermined for rule in found.rules):
        raise NotMechanical(
            "a part of the lifecycle is known only after apply; the rule that deletes early is not all that is open"
        )
    edits = joined(
        at_least(job, instance.module, expiration, "days", least)
        for instance, expiration, days in _expirations(job)
        if days < least
    )
    if not edits:
        raise NotMechanical("the rule that deletes early is not written as a block with a number of days")
    if not _covers_all(job):
        return [*edits, *added_rule(job)]
    is_versioned = versioned(job.instance, job.context) or job.fails("versioning_coverage", job.instance)
    return [*edits, *(with_versions(job) if is_versioned else ())]


def _covers_all(job: Job) -> bool:
    """Whether the rules that end the life of objects are for all that is written to the bucket."""
    may_move = job.settings("log_bucket_retention")["accept_transition"]
    rules = [rule for rule in lifecycle(job.instance, job.context).rules if rule.days or (rule.moves and may_move)]
    writers, covered = writers_to(job.instance, job.context), Prefixes(rules)
    return any(rule.whole for rule in rules) or (bool(writers) and all(covered.cover(each.keys.text) for each in writers))


def sooner(job: Job) -> list[Edit]:
    """Each rule that keeps objects for too long keeps them for no longer than the policy allows."""
    most = int(job.settings("log_bucket_retention")["max_days"])
    edits: list[Edit] = []
    for instance, expiration, days in _expirations(job):
        found = expiration.attributes.get("days")
        if days > most and found is not None:
            refuse_ignored(job, instance.module, expiration, "days")
            literal = behind(job, instance.module, found.expression)
            edits.append(
                replaced(literal, str(most)) if literal else replaced(found.expression, f"min({found.expression.text}, {most})")
            )
    return edits or added_rule(job)


def _expirations(job: Job) -> list[tuple[Instance, Body, float]]:
    """The `expiration` blocks of the bucket's rules, with their instance and days."""
    found: list[tuple[Instance, Body, float]] = []
    companion = _companion(job)
    instance, kind = (companion, "rule") if companion else (job.instance, "lifecycle_rule")
    place = job.place_of(instance)
    if any(each.type == "dynamic" for each in place.body.blocks):
        raise NotMechanical(f"a dynamic block writes the rules of {instance.address}; change the values that it is made from")
    for number, rule in enumerate(place.body.blocks_of(kind)):
        expiration = nested(rule.body, "expiration")
        days = instance.get(kind, number, "expiration", 0, "days").number
        if expiration is not None and days:
            found.append((instance, expiration, days))
    return found


def _companion(job: Job) -> Instance | None:
    """The lifecycle that the plan has for the bucket; None if the bucket's own blocks are."""
    linked = job.context.relations.companions(job.instance, LIFECYCLE, "bucket")
    if linked.sure:
        return linked.sure[0]
    return None


def _refuse_others(job: Job, place: Place) -> None:
    """A new rule would shorten the retention of buckets that pass, if the block serves them too."""
    failing = {f.subject for f in job.bench.failures if f.check_id == job.finding.check_id}
    kind, label = place.labels
    for bucket in job.context.plan.of_type(BUCKET):
        linked = job.context.relations.companions(bucket, LIFECYCLE, "bucket").sure
        served = [
            i for i in (*linked, bucket) if i.type == kind and i.name == label and i.module.path == job.instance.module.path
        ]
        if served and bucket.address not in failing:
            raise NotMechanical(f"the block also configures {bucket.address}, which passes; write a lifecycle for each bucket")


def _takes_companions(bucket: Instance) -> bool:
    """Whether the provider has resources of their own for the parts of a bucket: from version 4 on."""
    return bucket.get("object_lock_enabled").state is not State.ABSENT


def _versioning(job: Job) -> str:
    linked = job.context.relations.companions(job.instance, VERSIONING, "bucket").sure
    same = [i for i in linked if i.module is job.instance.module]
    return same[0].local_address if same else ""


def _rule(name: str, days: str) -> str:
    expiration = block("expiration", f"days = {days}")
    return block("rule", f'id = "{name}"\nstatus = "Enabled"', "filter {}", expiration, _noncurrent("noncurrent_days"))


def _inline_rule(name: str, days: str) -> str:
    return block("lifecycle_rule", f'id = "{name}"\nenabled = true', block("expiration", f"days = {days}"), _noncurrent("days"))


def _noncurrent(argument: str) -> str:
    return block("noncurrent_version_expiration", f"{argument} = {_NONCURRENT_DAYS}")


REMEDIES: dict[str, Remedy | str] = {
    "no_lifecycle": whole_lifecycle,
    "only_disabled_rules": added_rule,
    "only_partial_rules": added_rule,
    "only_cleanup": added_rule,
    "fixed_date": added_rule,
    "applies_to_nothing": added_rule,
    "transition_not_accepted": added_rule,
    "noncurrent_versions_kept": noncurrent,
    "expires_too_early": later,
    "expires_too_late": sooner,
}
