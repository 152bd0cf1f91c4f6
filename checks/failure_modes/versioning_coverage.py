"""Versioning, backups and immutability wherever AWS offers them, not on S3 alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.predicates import Basis, PredicateResult, all_of, answer
from planproof.aws.s3 import BUCKET, lifecycle
from planproof.aws.without_versions import why_no_versions
from planproof.check import LISTED_TYPES, Context, Instance, Outcome, check, failed, passed, unknown
from planproof.plan.value import State


@check(
    id="CKV_PLAN_5",
    name="Versioning, backups or immutability are enabled wherever resources support them",
    severity="MEDIUM",
    category="BACKUP_AND_RECOVERY",
    types=LISTED_TYPES,
    also_decided_by=("aws_backup_*", "aws_dlm_*"),  # which choose by tags
)
def versioning_coverage(resource: Instance, context: Context) -> Outcome:
    """Versioning on the S3 bucket alone leaves the rest of the data without a way back: each resource whose type the policy lists
    keeps versions, point-in-time recovery or backups, or cannot be altered, as its type allows.

    Why: what was overwritten, deleted or encrypted by mistake or by an intruder comes back only from a copy that was made before,
    and AWS makes almost none by itself. https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/back-up-data.html

    What each type has to have is data, `checks.versioning_coverage.types` of the policy; a policy of your own adds a type, changes
    a number, or switches a type off (`aws_lambda_function: null`), with no code. A setting counts by its value, never by its
    presence: `Suspended` versioning, a `DISABLED` backup policy and an unfinished Glacier lock fail. KMS keys that cannot rotate
    (asymmetric, HMAC, custom key stores), read replicas, node-based memcached, FSx scratch file systems and those that are linked to
    S3, websites that only redirect, and Terraform's own lock table pass as not applicable. File systems, tables, volumes and
    databases that a backup selection of this plan covers, by reference, ARN or tags, or a backup plan of another configuration that
    `elsewhere.backup_plans` declares, are backed up. Each replica of a DynamoDB table has to have its own point-in-time recovery. `IMMUTABLE_WITH_EXCLUSION` on an ECR repository passes unless it excludes every tag.
    OpenSearch takes automated snapshots always, and since Elasticsearch 5.3 hourly ones: an older engine is what fails.

    The profile `general` demands less: no published versions of Lambda functions, no vault locks, and no versions of buckets that
    receive nothing but access, traffic or load balancer logs (`delivered_logs`) or what can be made again, such as inventories and
    results of queries (`remade`), or whose objects all expire within a month (`short_lived_days`).

    Cannot see: copies that are made outside this plan and not declared in the policy, and settings of the account.

    Fix: set what the reason names; the policy gives a remedy with each type. The values are those of AWS's own foundational
    controls, such as seven days of database backups.

    Controls: NIST 800-53 CP-9, CP-10, SI-12; CIS AWS Foundations 3.0, 3.2 (log file validation) and 3.6 (key rotation); AWS FSBP
    CloudTrail.4, DocumentDB.2, DynamoDB.2, DynamoDB.6, ECR.2, ElastiCache.1, Kinesis.3, KMS.4, Neptune.5, RDS.8, RDS.11, Redshift.3,
    S3.14.
    """
    settings = context.settings("versioning_coverage")
    rule = settings["types"][resource.type]
    reason = why_no_versions(resource, settings, context) if resource.type == BUCKET else None
    if reason:
        return passed("not_applicable", f"{reason}: nothing is required", resource.address)
    conditions = [answer(condition, resource, context) for condition in filter(None, rule.get("when") or ())]
    if resource.type == BUCKET:
        conditions.append(_keeps_objects(resource, settings["short_lived_days"], context))
    excluded = next((condition for condition in conditions if condition.holds is False), None)
    if excluded:
        return passed("not_applicable", f"{excluded.found}: nothing is required", *excluded.where)
    answers = list(_answers(rule, resource, context))
    if not answers:
        return passed("not_applicable", "no requirement of the policy applies", resource.address)
    found = all_of(answers)
    if found.holds is True:
        return passed("covered", found.text, *found.where)
    doubt = next((condition for condition in conditions if condition.holds is None), found)
    return _short(doubt, str(rule.get("remedy") or ""))


def _keeps_objects(bucket: Instance, days: int, context: Context) -> PredicateResult:
    """Whether a bucket keeps an object for longer than so many days: if not, nobody would want an old version of it."""
    found = lifecycle(bucket, context)
    soon = [rule for rule in found.rules if rule.whole and (rule.days or 0) <= days]
    sure = next((rule for rule in soon if rule.days and rule.on and not rule.undetermined), None)
    if sure:
        return PredicateResult(
            False, Basis.VALUE, f"rule {sure.name!r} expires all objects after {sure.said_days} days", "", found.where
        )
    perhaps = [*found.undetermined, *(f"known after apply: {at}" for rule in soon for at in rule.undetermined)]
    if days and perhaps:
        return PredicateResult(None, Basis.UNKNOWN, perhaps[0], "", found.where)
    return PredicateResult(True, Basis.VALUE, "", "", found.where)


def _answers(rule: Mapping[str, Any], resource: Instance, context: Context) -> Iterator[PredicateResult]:
    """One for each demand that applies; where it is open whether it does, and it does not hold, that is the answer."""
    for name, demand in rule["must"].items():
        if not demand or (demand.get("if_offered") and not _is_offered(resource, demand)):
            continue
        applies = answer(demand["when"], resource, context) if demand.get("when") else None
        if applies is None or applies.holds:
            yield _named(name, answer(demand, resource, context))
        elif applies.holds is None:
            found = answer(demand, resource, context)
            yield found if found.holds else applies


def _is_offered(resource: Instance, demand: Mapping[str, Any]) -> bool:
    """Whether this version of the provider has the attribute; what it has stands in a plan, unset too."""
    name = demand["path"].split(".")[0]
    return resource.get(name).state is not State.ABSENT or resource.configured(name)


def _named(name: str, found: PredicateResult) -> PredicateResult:
    """The answer, with what is missing as the policy calls it: `no versioning: no aws_s3_bucket_versioning belongs to it`."""
    missing = found.holds is False and found.basis is Basis.NO_COMPANION
    return found._replace(found=f"no {name.replace('_', ' ')}: {found.found}") if missing else found


def _short(found: PredicateResult, remedy: str) -> Outcome:
    """The outcome for a demand that does not hold, or of which that cannot be told."""
    text = f"{found.text}; {remedy}" if remedy else found.text
    if found.basis is Basis.UNKNOWN:
        return unknown("unknown_setting", found.text, *found.where)
    if found.basis is Basis.UNKNOWN_COMPANION:
        return unknown("unknown_companion", found.text, *found.where)
    if found.basis is Basis.NO_COMPANION:
        return failed("no_companion", text, *found.where)
    if found.basis is Basis.NOT_SET:
        return failed("not_set", text, *found.where)
    return failed("wrong_value", text, *found.where)
