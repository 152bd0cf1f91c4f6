"""CloudWatch log groups keep their events for the demanded time, and not for ever."""

from __future__ import annotations

from planproof.aws.lambda_logs import FUNCTION, own_group
from planproof.aws.log_groups import LAMBDA, LOG_GROUP, holds_records
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_12",
    name="CloudWatch log groups have a retention of at least the demanded days",
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
    demanded = context.settings("log_group_retention")["retention_days"]
    days, kind = context.argument(group, "retention_in_days"), context.argument(group, "log_group_class")
    where, shown = f"{group.address}.retention_in_days", context.display_value(group, "retention_in_days")
    if kind.raw != "DELIVERY" and (days.is_unknown or (kind.is_unknown and not days.number)):
        return unknown("unknown_retention", f"known after the apply: {where}", where)
    record = holds_records(group, context)
    if kind.raw == "DELIVERY" and (record.holds or (days.number or 0) > 2):
        return failed("delivery_class", "a group of class DELIVERY keeps events for a day or two, whatever is written", where)
    if kind.raw == "DELIVERY":
        return passed("retention_set", "a group of class DELIVERY keeps events for a day or two", where)
    if not days.number:
        return failed("never_expires", "retention_in_days is not set or 0: events are kept for ever", where)
    if days.number >= demanded or record.holds is False:
        return passed("retention_set", f"retention_in_days is {shown}", where)
    if record.holds is None:
        return unknown("maybe_records", f"retention_in_days is {shown}, and the group may hold records: {record.reason}", where)
    text = f"retention_in_days is {shown}, less than the {demanded} demanded"
    return failed("retention_too_short", f"{text} ({record.reason})" if record.reason else text, where)


def _function(function: Instance, context: Context) -> Outcome:
    found = own_group(function, context)
    if found.group:
        return passed("own_log_group", f"it logs to {found.group}", function.address)
    if found.doubt:
        return unknown("unknown_log_group", f"whether it has a log group: {found.doubt}", function.address)
    name = function.get("function_name").is_known and context.display_value(function, "function_name").strip('"')
    group = f"{LAMBDA}{name}" if name else "log group for it"
    reason = f"no {group} is in the plan: Lambda makes that group at the first call, and it never expires"
    return failed("no_log_group", reason, function.address)
