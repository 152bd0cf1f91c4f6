"""Log buckets set force_destroy only in environments that allow it."""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.environments import environment_in, varies
from planproof.aws.gates import gate
from planproof.aws.log_buckets import is_log_bucket, judged_as_log_bucket
from planproof.aws.s3 import BUCKET
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Kind
from planproof.evaluation.result import Result

_FAULT = "force_destroy = true: terraform destroy deletes every log in the bucket, including all versions"


@check(
    id="CKV_PLAN_15",
    name="Log buckets set force_destroy only in environments that allow it",
    severity="HIGH",
    category="BACKUP_AND_RECOVERY",
    types=(BUCKET,),
    applies=is_log_bucket,
    reads_configuration=True,
)
def force_destroy(bucket: Instance, context: Context) -> Outcome:
    """A log bucket sets `force_destroy = true` only in environments whose logs may be deleted.

    Why: without `force_destroy`, AWS refuses to delete a bucket that contains objects. With it, one `terraform destroy`, or
    a new name for the bucket, deletes all logs and all their versions, regardless of lifecycle rules and versioning.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-bucket.html

    The condition can be the argument itself (`force_destroy = var.environment != "prod"`), or the `count` or `for_each` of
    the bucket or of a module around it. It must depend on the environment, as `environments` in the policy defines it.
    `force_destroy = var.force_destroy` fails, because nothing connects its value with an environment.

    CKV_PLAN_1 describes which buckets are log buckets.

    Cannot see: whether the selected environments are the right ones, whether `prevent_destroy` or Object Lock stops the
    deletion, and whether someone empties the bucket manually.

    Fix: remove `force_destroy`, or write `force_destroy = var.environment != "prod"`. If a bucket already has `force_destroy
    = true`, it is safe after `false` is applied.

    Controls: NIST 800-53 AU-9, CP-9; PCI DSS 10.3.2.
    """
    return judged_as_log_bucket(bucket, _judge(bucket, context), "force_destroy is true", context)


def _judge(bucket: Instance, context: Context) -> Outcome:
    where = f"{bucket.address}.force_destroy"
    value = context.argument(bucket, "force_destroy")
    if value.is_unknown:
        return unknown("unknown_setting", f"known after apply: {where}", where)
    by = varies(context, lambda expressions: _is_set(bucket, expressions), context.origins(bucket, "force_destroy"))
    if by:
        return passed("by_environment", f"force_destroy depends on {by}", where)
    if value.raw not in (True, "true"):
        return passed("not_set", "force_destroy is not set" if value.is_unset else "force_destroy is false", where)
    found = gate(bucket, context)
    if found.by:
        return passed(
            "by_environment", f"force_destroy = true, and the bucket exists only in environments selected by {found.by}", where
        )
    if context.expressions.body(bucket) is None and _may_vary(bucket, found.others, context):
        reason = (
            f"plan JSON does not show whether force_destroy = true applies to this environment only; {context.expressions.remedy}"
        )
        return unknown("no_source", reason, where)
    return failed("force_destroy", _FAULT, where)


def _may_vary(bucket: Instance, gates: Iterable[Result], context: Context) -> bool:
    """Whether the argument, or a gate, draws on the environment or on what cannot be followed; how, only the source tells."""
    drawn = [*context.origins(bucket, "force_destroy"), *(origin for gate in gates for origin in gate.all_origins)]
    return environment_in(drawn, context) is not None or any(origin.kind is Kind.LOST for origin in drawn)


def _is_set(bucket: Instance, expressions: Expressions) -> bool | None:
    found = expressions.argument(bucket, "force_destroy")
    return found.raw if found is not None and isinstance(found.raw, bool) else None
