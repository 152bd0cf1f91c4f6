"""Log buckets keep their logs for the required time, and not indefinitely."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Any

from planproof.aws.log_buckets import Writer, is_log_bucket, judged_as_log_bucket, writers_to
from planproof.aws.s3 import BUCKET, Lifecycle, Prefixes, Rule, lifecycle, versioned
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_1",
    name="Log buckets expire logs after the required retention",
    severity="HIGH",
    category="LOGGING",
    types=(BUCKET,),
    applies=is_log_bucket,
)
def log_bucket_retention(bucket: Instance, context: Context) -> Outcome:
    """An enabled lifecycle rule covers the whole log bucket. It expires objects after at least `retention_days`, or moves
    them to a colder storage class if the policy accepts that.

    Why: without a lifecycle rule, S3 keeps every log indefinitely, and its cost too. If logs expire too early, evidence is
    missing when an investigation needs it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html

    A rule with a prefix, tag or size filter covers only a part of the bucket; an empty filter covers all of it. Rules with a
    prefix count as complete if everything that the plan writes to the bucket is under these prefixes, such as `trail/` for a
    trail with `s3_key_prefix = "trail"`. A rule that deletes any part before the retention period ends fails, regardless of
    other rules.

    On a versioned bucket, expiration only adds a delete marker, so noncurrent versions must expire or move too. A rule with
    a fixed `date` does not apply to objects that are written later. The check reads the resource
    `aws_s3_bucket_lifecycle_configuration` and the inline `lifecycle_rule` of AWS provider 3.

    A log bucket is a bucket that a trail, flow log, load balancer, S3 access logging or similar source writes to, or a
    bucket whose name, address or tags say so (`log_buckets` in the policy).

    Cannot see: a lifecycle that is configured outside this plan, and a log bucket that only another plan writes to and whose
    name does not identify it.

    Fix: add an `aws_s3_bucket_lifecycle_configuration` with an Enabled rule, `filter {}`, `expiration { days = 90 }` and
    `noncurrent_version_expiration { noncurrent_days = 30 }`. If logs must never be deleted, add an exception with the reason
    to the policy.

    Controls: NIST 800-53 AU-11, SI-12; PCI DSS 10.5.1; AWS FSBP S3.10, S3.13.
    """
    found = lifecycle(bucket, context)
    return judged_as_log_bucket(bucket, _judge(bucket, found, context), "it has no valid retention", context)


def _judge(bucket: Instance, found: Lifecycle, context: Context) -> Outcome:
    settings, writers = context.settings("log_bucket_retention"), writers_to(bucket, context)
    sure = [rule for rule in found.rules if not rule.undetermined]
    idle = set(_idle(found.rules, writers))
    early = next((rule for rule in found.rules if rule.on and _is_early(rule, settings) and rule not in idle), None)
    if early:
        text = f"rule {early.name!r} expires objects after {early.said_days} days; the policy requires at least {settings['retention_days']}"
        return failed("expires_too_early", text, *found.where)
    open_ended = [*found.undetermined, *(f"known after apply: {at}" for rule in found.rules for at in rule.undetermined)]
    keepers = [rule for rule in sure if _keeps(rule, settings)]
    if not _cover_all(keepers, writers):
        open_ended += _open_writers(keepers, writers)
        return unknown("unknown_lifecycle", open_ended[0], *found.where) if open_ended else _why_not(found, writers, settings)
    if any("expiration" in at or _is_early(rule, settings) for rule in found.rules for at in rule.undetermined):
        return unknown("unknown_lifecycle", open_ended[0], *found.where)
    if _cover_all([rule for rule in sure if rule.noncurrent], writers):
        return _kept(keepers, found)
    return _without_noncurrent(bucket, keepers, open_ended, found, context)


def _is_early(rule: Rule, settings: Mapping[str, Any]) -> bool:
    return rule.days is not None and rule.days < settings["retention_days"]


def _keeps(rule: Rule, settings: Mapping[str, Any]) -> bool:
    """The rule is what is wanted of the objects that it covers: late enough, and not too late."""
    if settings["max_days"] is not None:
        return rule.days is not None and rule.days <= settings["max_days"]
    return rule.days is not None or (rule.moves and settings["accept_transition"])


def _cover_all(rules: Iterable[Rule], writers: Iterable[Writer]) -> bool:
    """The rules cover the whole bucket, or all that its writers write."""
    rules, writers = list(rules), list(writers)
    covered = Prefixes(rules)
    written = bool(writers) and all(covered.cover(writer.keys.text) for writer in writers)
    return written or any(rule.whole for rule in rules)


def _open_writers(rules: Iterable[Rule], writers: Iterable[Writer]) -> list[str]:
    """Why it is open whether rules for parts of the bucket cover all that is written; empty if they do not in any case."""
    rules = [rule for rule in rules if not rule.narrow]
    covered = Prefixes(rules)
    missed = [writer for writer in writers if not covered.cover(writer.keys.text)]
    if not rules or not missed or not all(writer.keys.open or writer.doubt for writer in missed):
        return []
    return [writer.doubt or f"known after apply: the key prefix that {writer.address} writes to" for writer in missed]


def _idle(rules: Iterable[Rule], writers: Iterable[Writer]) -> list[Rule]:
    """Those with a prefix that no key begins with: it is written as a path or a pattern, and is neither."""
    odd = [rule for rule in rules if rule.prefix.startswith("/") or "*" in rule.prefix]
    keys = sorted(writer.keys.text for writer in writers) if odd else []
    return [rule for rule in odd if not _begins_one(rule.prefix, keys)]


def _begins_one(prefix: str, texts: list[str]) -> bool:
    """Whether one of the texts, which are sorted, begins with it."""
    at = bisect_left(texts, prefix)
    return at < len(texts) and texts[at].startswith(prefix)


def _why_not(found: Lifecycle, writers: list[Writer], settings: Mapping[str, Any]) -> Outcome:
    """The code and reason for a lifecycle in which no rule is what is wanted."""
    parts = found.rules if _cover_all(found.rules, writers) else ()
    whole = [rule for rule in found.rules if rule.whole] or parts
    if not found.rules and not found.disabled:
        return failed("no_lifecycle", "no lifecycle rule: logs are kept indefinitely", *found.where)
    if not found.rules:
        return failed("only_disabled_rules", "no lifecycle rule is enabled", *found.where)
    if not whole:
        return _why_partial(found, writers)
    if settings["max_days"] is not None and any(rule.days or rule.moves for rule in whole):
        return failed(
            "expires_too_late",
            f"objects are kept for more than {settings['max_days']} days, the maximum that the policy allows",
            *found.where,
        )
    if any(rule.dated for rule in whole):
        return failed("fixed_date", "the rule acts on one fixed date; objects written later are kept indefinitely", *found.where)
    if any(rule.moves for rule in whole):
        return failed(
            "transition_not_accepted",
            "objects move to another storage class but never expire; the policy requires expiration",
            *found.where,
        )
    return failed(
        "only_cleanup",
        "the rule only removes delete markers, old versions or incomplete uploads; logs never expire",
        *found.where,
    )


def _why_partial(found: Lifecycle, writers: list[Writer]) -> Outcome:
    """The code and reason for a lifecycle in which each rule is for a part of the bucket."""
    idle = _idle(found.rules, writers)
    if idle and len(idle) == len(found.rules):
        text = f"rule {idle[0].name!r} applies to nothing: no key begins with {idle[0].said_prefix!r}; use an empty filter to cover all objects"
        return failed("applies_to_nothing", text, *found.where)
    text = "no lifecycle rule covers the whole bucket (prefix, tag or size filter)"
    covered = Prefixes(found.rules)
    missed = next((w for w in writers if not covered.cover(w.keys.text)), None)
    return failed("only_partial_rules", f"{text} or everything that {missed.address} writes" if missed else text, *found.where)


def _without_noncurrent(
    bucket: Instance, keepers: list[Rule], open_ended: list[str], found: Lifecycle, context: Context
) -> Outcome:
    """The outcome where no rule is sure to expire or move noncurrent versions."""
    keeps_versions = versioned(bucket, context)
    if keeps_versions is None:
        reason = "no rule expires noncurrent versions, and whether the bucket is versioned is known after apply"
        return unknown("unknown_versioning", reason, *found.where)
    if keeps_versions and open_ended:
        return unknown("unknown_lifecycle", open_ended[0], *found.where)
    if keeps_versions:
        reason = "the bucket is versioned, and no rule for the whole bucket expires or moves noncurrent versions: they are kept indefinitely"
        return failed("noncurrent_versions_kept", reason, *found.where)
    return _kept(keepers, found)


def _kept(keepers: list[Rule], found: Lifecycle) -> Outcome:
    keeper = next((rule for rule in keepers if rule.whole), keepers[0])
    how = f"expires objects after {keeper.said_days} days" if keeper.days else "moves objects to a colder storage class"
    return passed("retention_set", f"rule {keeper.name!r} {how}", *found.where)
