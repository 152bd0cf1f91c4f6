"""Versioning, backups and immutability wherever AWS supports them, not only on S3."""

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
    """Each resource whose type the policy lists has versioning, point-in-time recovery, backups or immutability enabled, as
    its type supports. Versioning on the S3 bucket alone leaves the rest of the data without recovery.

    Why: data that is overwritten, deleted or encrypted, by mistake or by an attacker, can be recovered only from an earlier
    copy, and AWS creates almost none by default.
    https://docs.aws.amazon.com/wellarchitected/latest/reliability-pillar/back-up-data.html

    The policy lists the requirements of each type in `checks.versioning_coverage.types`. Your own policy can add a type,
    change a number, or disable a type (`aws_lambda_function: null`) without code. The value of a setting counts, not its
    presence: `Suspended` versioning, a `DISABLED` backup policy and an incomplete Glacier lock fail.

    These pass as not applicable: KMS keys that cannot rotate (asymmetric, HMAC, custom key stores), read replicas,
    node-based memcached, FSx scratch file systems and those that are linked to S3, websites that only redirect, and
    Terraform's own lock table. File systems, tables, volumes and databases are backed up if a backup selection of this plan
    covers them by reference, ARN or tags, or if `elsewhere.backup_plans` declares a backup plan of another configuration
    that covers them.

    Each replica of a DynamoDB table must have its own point-in-time recovery. `IMMUTABLE_WITH_EXCLUSION` on an ECR
    repository passes unless it excludes every tag. OpenSearch always takes automated snapshots, hourly since Elasticsearch
    5.3, so only an older engine fails.

    The profile `general` requires less: no published versions of Lambda functions and no vault locks. It requires no
    versioning for buckets that receive only access, traffic or load balancer logs (`delivered_logs`), or only data that can
    be recreated, such as inventories and query results (`remade`), or whose objects all expire within a month
    (`short_lived_days`).

    Cannot see: copies that are made outside this plan and are not declared in the policy, and account settings.

    Fix: set what the reason names; the policy has a remedy for each type. The default values are those of AWS's foundational
    controls, such as seven days of database backups.

    Controls: NIST 800-53 CP-9, CP-10, SI-12; CIS AWS Foundations 3.0, 3.2 (log file validation) and 3.6 (key rotation); AWS
    FSBP CloudTrail.4, DocumentDB.2, DynamoDB.2, DynamoDB.6, ECR.2, ElastiCache.1, Kinesis.3, KMS.4, Neptune.5, RDS.8,
    RDS.11, Redshift.3, S3.14.
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
