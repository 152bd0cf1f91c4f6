"""CloudWatch log groups keep their events for the required time, and not indefinitely."""

from __future__ import annotations

from planproof.aws.lambda_logs import FUNCTION, own_group
from planproof.aws.log_groups import LAMBDA, LOG_GROUP, holds_records
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_12",
    name="CloudWatch log groups retain events for the required period",
    severity="MEDIUM",
    category="LOGGING",
    types=(LOG_GROUP, FUNCTION),
)
def log_group_retention(subject: Instance, context: Context) -> Outcome:
    """`retention_in_days` of a CloudWatch log group is set to at least the number of days that the policy requires. A Lambda
    function has a log group in the configuration.

    Why: if `retention_in_days` is not set or 0, events never expire and their storage is charged indefinitely. If it is too
    short, events are gone before an investigation needs them.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html

    A log group of class DELIVERY keeps events for one or two days, regardless of `retention_in_days`. With `every_group:
    false` (the profile `general`), the required period applies only to groups that hold audit records: groups that a trail,
    flow log, access log or audit log writes to, and groups whose name says so.

    If the configuration has no log group for a function, named `/aws/lambda/` and the function name or as `logging_config`
    says, Lambda creates one on the first invocation, and its events never expire.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html

    Cannot see: log groups that other services create, log groups of Lambda@Edge functions in regions other than us-east-1, a
    retention that is set outside Terraform, and whether the role of a function can write logs.

    Fix: set `retention_in_days` to 90 or more, using a value that CloudWatch accepts (90, 120, 150, 180, 365, 400, ...). For
    a function, add an `aws_cloudwatch_log_group` named `/aws/lambda/${function_name}`.

    Controls: NIST 800-53 AU-11, SI-12; AWS FSBP CloudWatch.16.
    """
    return _function(subject, context) if subject.type == FUNCTION else _group(subject, context)


def _group(group: Instance, context: Context) -> Outcome:
    required = context.settings("log_group_retention")["retention_days"]
    days, kind = context.argument(group, "retention_in_days"), context.argument(group, "log_group_class")
    where, shown = f"{group.address}.retention_in_days", context.display_value(group, "retention_in_days")
    if kind.raw != "DELIVERY" and (days.is_unknown or (kind.is_unknown and not days.number)):
        return unknown("unknown_retention", f"known after apply: {where}", where)
    record = holds_records(group, context)
    if kind.raw == "DELIVERY" and (record.holds or (days.number or 0) > 2):
        return failed(
            "delivery_class", "log groups of class DELIVERY keep events for one or two days and ignore retention_in_days", where
        )
    if kind.raw == "DELIVERY":
        return passed("retention_set", "log groups of class DELIVERY keep events for one or two days", where)
    if not days.number:
        return failed("never_expires", "retention_in_days is not set or 0: events are kept indefinitely", where)
    if days.number >= required or record.holds is False:
        return passed("retention_set", f"retention_in_days is {shown}", where)
    if record.holds is None:
        return unknown(
            "maybe_records", f"retention_in_days is {shown}, and the group may hold audit records: {record.reason}", where
        )
    text = f"retention_in_days is {shown}; the policy requires at least {required}"
    return failed("retention_too_short", f"{text} ({record.reason})" if record.reason else text, where)


def _function(function: Instance, context: Context) -> Outcome:
    found = own_group(function, context)
    if found.group:
        return passed("own_log_group", f"the function logs to {found.group}", function.address)
    if found.doubt:
        return unknown("unknown_log_group", f"the function may have no log group: {found.doubt}", function.address)
    name = function.get("function_name").is_known and context.display_value(function, "function_name").strip('"')
    group = f"{LAMBDA}{name}" if name else "the function's log group"
    reason = f"{group} is not in the plan: Lambda creates it on the first invocation, and its events never expire"
    return failed("no_log_group", reason, function.address)
