"""The links of a chain of alerts that goes through EventBridge: the rule on CloudTrail's events, or on GuardDuty's findings, and whom its
targets reach.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html and
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from planproof.aws.alerts.links import Link, broken, cannot_tell, holds, together
from planproof.aws.alerts.metric_links import of_pattern
from planproof.aws.alerts.pattern_trial import Judgement, judge_event_pattern, judge_finding_pattern
from planproof.aws.alerts.topics import EVENTS_PRINCIPAL, Target, reached
from planproof.context import Context
from planproof.plan.model import Instance

RULE = "aws_cloudwatch_event_rule"
TARGET = "aws_cloudwatch_event_target"
DETECTOR = "aws_guardduty_detector"
FEATURE = "aws_guardduty_detector_feature"

Judge = Callable[[Instance, Instance, Context], tuple[Judgement, str]]


def rules(_: object, bucket: Instance, context: Context) -> Iterator[Link]:
    """The rules that CloudTrail's events of denied calls reach."""
    yield from _rules(judge_event_pattern, bucket, context)


def finding_rules(_: object, bucket: Instance, context: Context) -> Iterator[Link]:
    """The rules that GuardDuty's findings on the bucket reach."""
    yield from _rules(judge_finding_pattern, bucket, context)


def _rules(judge: Judge, bucket: Instance, context: Context) -> Iterator[Link]:
    found = context.once(_with_patterns)
    if not found:
        yield broken("no_rule", "no EventBridge rule has an event_pattern")
    for rule in found:
        pattern = of_pattern(judge(rule, bucket, context), rule, f"{rule.address}.event_pattern")
        links = [pattern] if pattern.code else []
        yield together(*links, *_in_force(rule, bucket, context), holds(rule, rule.address))


def _with_patterns(context: Context) -> list[Instance]:
    return [rule for rule in context.plan.of_type(RULE) if not context.argument(rule, "event_pattern").is_unset]


def _in_force(rule: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    """It is on, on the bus that AWS's services send to, in the bucket's region."""
    state, enabled = context.argument(rule, "state"), context.argument(rule, "is_enabled")
    if state.text == "DISABLED" or (enabled.raw is False and not state.text):
        where = f"{rule.address}.{'state' if state.text else 'is_enabled'}"
        yield broken("rule_disabled", f"{where} disables the rule", where, nearness=4)
    bus, where = context.argument(rule, "event_bus_name"), f"{rule.address}.event_bus_name"
    if bus.text and bus.text.rsplit("/", 1)[-1] != "default":
        shown = context.display_value(rule, "event_bus_name")
        yield broken("rule_on_other_bus", f"{where} is {shown}; AWS services send events to the default bus", where, nearness=3)
    here = context.regions.same(rule, bucket)
    if here is False:
        yield broken("rule_elsewhere", f"{rule.address} is in a different region from the bucket", rule.address, nearness=3)
    unknown = next((name for name, value in (("state", state), ("event_bus_name", bus)) if value.is_unknown), None)
    if unknown or here is None:
        what = f"{rule.address}.{unknown} is known after apply" if unknown else "the region of the rule is not in the plan"
        yield cannot_tell("unknown_rule", what, rule.address)


def rule_topics(settings: Mapping[str, Any], findings: bool, rule: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """Whom the rule's targets reach. `findings`: what the rule sends are GuardDuty's."""
    found = context.relations.companions(rule, TARGET, "rule")
    targets = [(target, "") for target in found.sure] + list(found.perhaps)
    if not targets:
        yield broken("no_rule_target", f"{rule.address} has no target", rule.address)
    for target, doubt in targets:
        by_role = not context.argument(target, "role_arn").is_unset
        to = partial(Target, speaker=target, publisher=EVENTS_PRINCIPAL, by_role=by_role, findings=findings)
        for link in reached(to, "arn", settings, context):
            yield link if link.broken or not doubt else cannot_tell("unknown_rule_target", doubt, target.address, to=link.to)


# --- GuardDuty --------------------------------------------------------------------------------------------------------


def detectors(_: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    """The detectors of the bucket's region that look at reads and writes of objects. S3 protection comes with a new detector unless it
    is switched off: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html"""
    for detector in context.plan.of_type(DETECTOR):
        switches = list(_switches(detector, context))
        if context.regions.same(detector, bucket) is False or any(is_on is False for _, is_on in switches):
            continue
        unknown = next((where for where, is_on in switches if is_on is None), None)
        if unknown:
            yield cannot_tell("unknown_detector", f"{unknown} is known after apply", detector.address, to=detector)
        else:
            yield holds(detector, detector.address)


def _switches(detector: Instance, context: Context) -> Iterator[tuple[str, bool | None]]:
    """What switches the detector or its S3 protection, and whether it is on; None if that is known after apply."""
    features = context.relations.companions(detector, FEATURE, "detector_id").sure
    of_s3 = [each for each in features if context.argument(each, "name").text == "S3_DATA_EVENTS"]
    values = [(detector, "enable", context.argument(detector, "enable"))]
    values += [(each, "status", context.argument(each, "status")) for each in of_s3]
    if not of_s3:
        values.append((detector, "datasources", context.argument(detector, "datasources", 0, "s3_logs", 0, "enable")))
    for each, name, value in values:
        yield f"{each.address}.{name}", None if value.is_unknown else value.raw not in (False, "DISABLED")
