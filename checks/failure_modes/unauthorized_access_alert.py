"""Denied access to a log bucket alerts someone: the whole chain from trail to subscription works."""

from __future__ import annotations

from collections.abc import Iterable

from planproof.aws.alerts.chain import best_chain, ways_of
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
    """For each log bucket, every link of the chain works: a trail that logs reads of the bucket's objects; its log group; a
    metric filter that matches denied calls and does not match routine ones; an alarm on exactly that metric, which one event
    can trigger; a topic that the alarm can use; and a subscription that receives the alert.

    The reason lists everything that is broken in the chain with the most intact links. If the policy accepts them, other
    ways count too: an EventBridge rule on the same events, GuardDuty's S3 protection with a rule on its findings, and,
    instead of the topic, a Lambda function, an incident response plan or an OpsItem.

    Why: no link reports that it is broken. A trail without S3 data events never sees a read, a metric name in another case
    is another metric, an alarm with a unit that the filter does not publish has no data, and an alarm cannot publish to a
    topic in another region or to one that is encrypted with alias/aws/sns. Most of these mistakes apply without an error.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html and
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html

    Cannot see: whether the role of the trail can write to the log group, whether an email subscription is confirmed, what an
    organization trail in another account does, and what a Lambda function does with the alert. If a value is known only
    after apply and refers to the ARN of the bucket, only the source shows the text around it, such as a prefix in the
    bucket. Without the source, the check assumes the whole bucket, and assumes that an alarm calls the actions that it
    refers to. The policy of a topic counts against an alarm only if it is known. The check tries patterns on sample
    CloudTrail records, so it cannot see differences that no sample contains.

    Fix: complete the links that the reason names; `planproof explain CKV_PLAN_6` shows the shortest complete chain. If
    another configuration creates the trail, log group or topic, declare it under `elsewhere` in the policy.

    Controls: CIS AWS Foundations 4.1, NIST 800-53 AU-6 and SI-4, PCI DSS 10.4.1.
    """
    return judged_as_log_bucket(
        bucket, _outcome(best_chain(bucket, context.once(ways_of), context)), "denied access to it alerts no one", context
    )


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
