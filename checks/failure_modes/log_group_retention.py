"""CloudWatch log groups keep their events for the demanded time, and not for ever."""

from __future__ import annotations

from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_12",
    name="CloudWatch log groups have a retention of at least the demanded days",
    severity="MEDIUM",
    category="LOGGING",
    types=("aws_cloudwatch_log_group",),
)
def log_group_retention(group: Instance, context: Context) -> Outcome:
    """CloudWatch log groups keep their events for the demanded days: `retention_in_days` is set, and at least what the policy says.

    Why: without `retention_in_days`, or with 0, events never expire, and their storage is paid for ever; with too few days they
    are gone before anybody looks. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html

    Cannot see: log groups that a service makes by itself, such as Lambda's where the configuration has none, and a retention that
    is set outside Terraform.

    Fix: set `retention_in_days` to 90 or more, of the values that CloudWatch knows (90, 120, 150, 180, 365, 400, ...).

    Controls: NIST 800-53 AU-11, SI-12; AWS FSBP CloudWatch.16.
    """
    demanded = context.settings("log_group_retention")["retention_days"]
    days = context.argument(group, "retention_in_days")
    where = f"{group.address}.retention_in_days"
    if days.is_unknown:
        return unknown("unknown_retention", f"known after the apply: {where}", where)
    if not days.number:
        return failed("never_expires", "retention_in_days is not set or 0: events are kept for ever", where)
    if days.number < demanded:
        shown = context.display_value(group, "retention_in_days")
        return failed("retention_too_short", f"retention_in_days is {shown}, less than the {demanded} demanded", where)
    return passed("retention_set", f"retention_in_days is {context.display_value(group, 'retention_in_days')}", where)
