"""CloudWatch log groups keep their events for the demanded time, and not for ever."""

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
    """CloudWatch log groups keep their events for the demanded days: `retention_in_days` is set, and at least what the policy says. A
    Lambda function has a log group of its own.

    Why: without `retention_in_days`, or with 0, events never expire, and their storage is paid for ever; with too few days they
    are gone before anybody looks. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html

    A group of class DELIVERY keeps its events for a day or two, whatever is written. Where the policy demands the days only of groups
    that hold records (`every_group: false`, as `general` does), those are the groups that a trail, a flow log, an access log or an audit
    log goes to, and those whose name says so. A function for whose logs the configuration has no group, `/aws/lambda/` and its name or what
    `logging_config` says, has Lambda make one at the first call, which never expires.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html

    Cannot see: groups that other services make by themselves, those of functions at the edge of CloudFront in regions other than
    us-east-1, a retention that is set outside Terraform, and whether a function's role may write logs at all.

    Fix: set `retention_in_days` to 90 or more, of the values that CloudWatch knows (90, 120, 150, 180, 365, 400, ...). Give a function
    an `aws_cloudwatch_log_group` named `/aws/lambda/${function_name}`.

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
