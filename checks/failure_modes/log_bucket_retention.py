"""Log buckets keep their logs for the demanded time, and not for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.aws.log_buckets import is_log_bucket, judged_as_log_bucket
from planproof.aws.s3 import BUCKET, Lifecycle, Rule, lifecycle, versioned
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_1",
    name="Log buckets have an enabled lifecycle rule that keeps logs for the demanded time and no longer than needed",
    severity="HIGH",
    category="LOGGING",
    types=(BUCKET,),
    applies=is_log_bucket,
)
def log_bucket_retention(bucket: Instance, context: Context) -> Outcome:
    """Logs are kept for the demanded time, and not for ever: an Enabled lifecycle rule covers the whole bucket and expires objects after
    at least `retention_days`, or moves them to a colder class where the policy accepts that.

    Why: without a lifecycle S3 keeps every log, and its cost, for ever; with one that expires too early the evidence is gone when
    somebody asks for it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html

    A rule with a prefix, a tag or a size filter covers a part only, and no number of parts counts as the whole; an empty filter
    covers all. A rule that deletes any part before the retention fails, whatever the other rules do. On a versioned bucket an
    expiration only writes a delete marker, so noncurrent versions have to expire or move too. A rule that acts on a fixed `date`
    does nothing for what is written later. Both shapes count: the resource `aws_s3_bucket_lifecycle_configuration`, and the bucket's
    own `lifecycle_rule` of AWS provider 3.

    Which buckets are log buckets: those that a trail, a flow log, a load balancer, S3 access logging and the like write to, and
    those whose name, address or tags say so (`log_buckets` of the policy).

    Cannot see: a lifecycle that something outside this plan puts on the bucket; a bucket that is written to from another plan and
    whose name does not give it away.

    Fix: give the bucket an `aws_s3_bucket_lifecycle_configuration` with an Enabled rule, `filter {}`, `expiration { days = 90 }`
    and `noncurrent_version_expiration { noncurrent_days = 30 }`. Where logs may not be deleted at all, an exception of the
    policy says so, with its reason.

    Controls: NIST 800-53 AU-11, SI-12; PCI DSS 10.5.1; AWS FSBP S3.10, S3.13.
    """
    found = lifecycle(bucket, context)
    return judged_as_log_bucket(bucket, _judge(bucket, found, context), "has no sound retention", context)


def _judge(bucket: Instance, found: Lifecycle, context: Context) -> Outcome:
    settings = context.settings("log_bucket_retention")
    sure = [rule for rule in found.rules if not rule.undetermined]
    early = next((rule for rule in found.rules if rule.on and _is_early(rule, settings)), None)
    if early:
        text = (
            f"rule {early.name!r} expires objects after {early.said_days} days, before the {settings['retention_days']} demanded"
        )
        return failed("expires_too_early", text, *found.where)
    open_ended = [*found.undetermined, *(f"known after the apply: {at}" for rule in found.rules for at in rule.undetermined)]
    keeper = next((rule for rule in sure if _keeps(rule, settings)), None)
    if keeper is None:
        return unknown("unknown_lifecycle", open_ended[0], *found.where) if open_ended else _why_not(found, settings)
    if any("expiration" in at or _is_early(rule, settings) for rule in found.rules for at in rule.undetermined):
        return unknown("unknown_lifecycle", open_ended[0], *found.where)
    if any(rule.whole and rule.noncurrent for rule in sure):
        return _kept(keeper, found)
    return _without_noncurrent(bucket, keeper, open_ended, found, context)


def _is_early(rule: Rule, settings: Mapping[str, Any]) -> bool:
    return rule.days is not None and rule.days < settings["retention_days"]


def _keeps(rule: Rule, settings: Mapping[str, Any]) -> bool:
    """The rule is what is wanted: for the whole bucket, late enough, and not too late."""
    if settings["max_days"] is not None:
        return rule.whole and rule.days is not None and rule.days <= settings["max_days"]
    return rule.whole and (rule.days is not None or (rule.moves and settings["accept_transition"]))


def _why_not(found: Lifecycle, settings: Mapping[str, Any]) -> Outcome:
    """The code and reason for a lifecycle in which no rule is what is wanted."""
    whole = [rule for rule in found.rules if rule.whole]
    if not found.rules and not found.disabled:
        return failed("no_lifecycle", "no lifecycle rule: logs are kept for ever, at the owner's cost", *found.where)
    if not found.rules:
        return failed("only_disabled_rules", "no lifecycle rule is Enabled", *found.where)
    if not whole:
        return failed(
            "only_partial_rules", "no lifecycle rule covers the whole bucket (prefix, tag or size filter)", *found.where
        )
    if settings["max_days"] is not None and any(rule.days or rule.moves for rule in whole):
        return failed("expires_too_late", f"objects are kept for longer than {settings['max_days']} days", *found.where)
    if any(rule.dated for rule in whole):
        return failed("fixed_date", "the rule acts on one fixed date; objects written later are kept for ever", *found.where)
    if any(rule.moves for rule in whole):
        return failed(
            "transition_not_accepted", "objects move to another class but never expire, as the policy demands", *found.where
        )
    return failed(
        "only_cleanup", "the rule only clears delete markers, old versions or unfinished uploads; logs never expire", *found.where
    )


def _without_noncurrent(bucket: Instance, keeper: Rule, open_ended: list[str], found: Lifecycle, context: Context) -> Outcome:
    """The outcome where no rule is sure to expire or move noncurrent versions."""
    keeps_versions = versioned(bucket, context)
    if keeps_versions is None:
        reason = "whether the bucket is versioned is known after the apply, and no rule expires noncurrent versions"
        return unknown("unknown_versioning", reason, *found.where)
    if keeps_versions and open_ended:
        return unknown("unknown_lifecycle", open_ended[0], *found.where)
    if keeps_versions:
        reason = "the bucket is versioned and no rule for the whole of it expires or moves noncurrent versions: their bytes stay for ever"
        return failed("noncurrent_versions_kept", reason, *found.where)
    return _kept(keeper, found)


def _kept(keeper: Rule, found: Lifecycle) -> Outcome:
    how = f"expires objects after {keeper.said_days} days" if keeper.days else "moves objects to a colder class"
    return passed("retention_set", f"rule {keeper.name!r} {how}", *found.where)
