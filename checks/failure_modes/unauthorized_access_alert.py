"""Denied access to a log bucket reaches somebody: the whole chain from the trail to a subscription holds."""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.alerts.chain import Ways, best_chain, ways
from planproof.aws.alerts.links import Chain, Link, faults
from planproof.aws.log_buckets import is_log_bucket, judged_as_log_bucket
from planproof.aws.s3 import BUCKET
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown

# A trail of all buckets, a detector or a pattern names no bucket, and the reason tells the breaks of one way of several.
_LINKS = (
    "aws_cloudtrail",
    "aws_cloudwatch_*",
    "aws_guardduty_*",
    "aws_sns_*",
    "aws_kms_*",
    "aws_lambda_*",
    "aws_chatbot_*",
    "aws_iam_role",
    "aws_ssmincidents_response_plan",
)


@check(
    id="CKV_PLAN_6",
    name="Unauthorized access to a log bucket alerts someone",
    severity="HIGH",
    category="LOGGING",
    types=(BUCKET,),
    applies=is_log_bucket,
    also_decided_by=_LINKS,
)
def unauthorized_access_alert(bucket: Instance, context: Context) -> Outcome:
    """For each log bucket the whole chain has to hold: a trail that logs the reads of the bucket's objects, its log group, a metric
    filter that matches denied calls and no ordinary ones, an alarm on exactly that metric which one event can trip, a topic that the
    alarm can use, and a subscription that gets the alert. The reason lists all that is broken in the chain that comes furthest.
    Where the policy accepts it, other ways will do: an EventBridge rule on the same events, GuardDuty's S3 protection with a rule on
    its findings, and in place of the topic a Lambda function, an incident response plan or an OpsItem.

    Why: each link is silent when it is wrong. A trail without S3 data events never sees a read, a metric name in another case is
    another metric, an alarm with a unit that the filter does not write has no data, and an alarm cannot publish to a topic of another
    region or to one that is encrypted with alias/aws/sns; little of this shows in an apply.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html and
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html

    Cannot see: whether the trail's role may write to the log group, whether an e-mail subscription has been confirmed, and what
    an organisation's trail in another account does. Where a value is known only after apply and refers to the bucket's ARN,
    the text around it (a prefix inside the bucket) is in the source alone: without it the whole bucket is taken to be meant, as
    an alarm's actions are taken to be those that it refers to. A topic's own policy counts against an alarm only where it is
    known. A pattern is tried on sample CloudTrail records, so one that tells events apart by what no sample has is judged by those.
    What a Lambda function does with the alert is not seen.

    Fix: complete the links that the reason names; `planproof explain CKV_PLAN_6` shows the shortest whole chain.
    For a trail, a log group or a topic that another configuration makes, declare it under `elsewhere` in the policy.

    Controls: CIS AWS Foundations 4.1, NIST 800-53 AU-6 and SI-4, PCI DSS 10.4.1.
    """
    return judged_as_log_bucket(
        bucket, _outcome(best_chain(bucket, context.once(_ways), context)), "denied access to it alerts no one", context
    )


def _ways(context: Context) -> Ways:
    return ways(context.settings("unauthorized_access_alert"))


def _outcome(chain: Chain) -> Outcome:
    """The verdict on the best chain; the evidence is the chain itself, in its order."""
    evidence = [where for link in chain for where in link.where]
    weak = next((link for link in chain if link.broken), None) or next((link for link in chain if link.undetermined), None)
    if weak is None:
        return passed("alert_reaches_somebody", f"denied access triggers an alert: {_drawn(chain)}", *evidence)
    held = _drawn(link for link in chain[: chain.index(weak)] if not link.code)
    so_far = f"; intact links: {held}" if held else ""
    judged = failed if weak.broken else unknown
    return judged(weak.code, f"{_listed(faults(chain)) or weak.reason}{so_far}", *evidence)


def _listed(reasons: tuple[str, ...]) -> str:
    """One reason as it is; several with their numbers."""
    if len(reasons) < 2:
        return "".join(reasons)
    return "; ".join(f"({number}) {reason}" for number, reason in enumerate(reasons, 1))


def _drawn(links: Iterable[Link]) -> str:
    return " -> ".join(link.where[0] for link in links if link.where)
