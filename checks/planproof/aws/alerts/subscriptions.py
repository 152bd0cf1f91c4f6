"""Whether somebody is subscribed to a topic, and gets what an alarm or a rule publishes there.

An alarm's message and an event are JSON without message attributes; a filter policy on the body sees their fields.
https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html and, for what an alarm sends,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.alerts import event_pattern
from planproof.aws.alerts.alarms import COMPOSITE
from planproof.aws.alerts.findings import findings
from planproof.aws.alerts.links import Link, broken, cannot_tell, holds, strongest
from planproof.aws.alerts.pattern_trial import CONDITIONS, denied_reads
from planproof.aws.alerts.topics import ALARMS_PRINCIPAL, TOPIC, Target
from planproof.context import Context
from planproof.errors import PatternError
from planproof.plan.model import Instance

SUBSCRIPTION = "aws_sns_topic_subscription"
CHANNELS = (
    "aws_chatbot_slack_channel_configuration",
    "aws_chatbot_teams_channel_configuration",
    "awscc_chatbot_slack_channel_configuration",
    "awscc_chatbot_microsoft_teams_channel_configuration",
)
"""Channels of Amazon Q Developer in chat applications (AWS Chatbot), which subscribe themselves to the topics that they name:
https://docs.aws.amazon.com/chatbot/latest/adminguide/slack-setup.html"""


def subscription(target: Target, topic: Instance, bucket: Instance, context: Context) -> Link:
    """The one that gets through, else what is wrong with the nearest."""
    found = context.relations.companions(topic, SUBSCRIPTION, "topic_arn")
    too_many = context.tries("pairs of publisher and subscription", len(found.sure) + len(found.perhaps))
    if too_many:
        return cannot_tell("unknown_subscription", too_many, topic.address)
    links = [_subscribed(each, target, topic, bucket, context) for each in found.sure]
    links += [cannot_tell("unknown_subscription", reason, each.address) for each, reason in found.perhaps]
    links += _channels_on(topic, context)
    return strongest(links) or broken("no_subscription", f"{topic.address} has no subscription", topic.address)


def _channels_on(topic: Instance, context: Context) -> Iterator[Link]:
    sure, perhaps = context.once(_channels)
    for channel in sure.get(topic.address, ()):
        yield holds(True, channel.address)
    for channel, reason in (*perhaps.get(topic.address, ()), *perhaps.get("", ())):
        yield cannot_tell("unknown_subscription", reason, channel.address)


def _channels(context: Context) -> tuple[dict[str, list[Instance]], dict[str, list[tuple[Instance, str]]]]:
    """The chat channels by the topic that they name: for sure, and perhaps (with the reason; under "", any)."""
    sure: dict[str, list[Instance]] = {}
    perhaps: dict[str, list[tuple[Instance, str]]] = {}
    for channel in context.plan.of_type(*CHANNELS):
        found = context.relations.resolve_each(channel, ("sns_topic_arns",), TOPIC)
        for topic in found.targets:
            sure.setdefault(topic.address, []).append(channel)
        for address in ("",) if found.open_ended else [topic.address for topic in found.candidates]:
            perhaps.setdefault(address, []).append((channel, found.reason))
    return sure, perhaps


def _subscribed(each: Instance, target: Target, topic: Instance, bucket: Instance, context: Context) -> Link:
    """Gets what is published."""
    if context.regions.same(each, topic) is False:
        text = f"{each.address} is in a different region from {topic.address}: create the subscription in the region of its topic"
        return broken("subscription_elsewhere", text, each.address)
    policy, where = context.argument(each, "filter_policy"), f"{each.address}.filter_policy"
    if policy.is_unset or policy.text == "{}":
        return holds(True, each.address)
    answer = _lets_through(each, policy.text, target, bucket, context)
    if answer is None:
        return cannot_tell("unknown_subscription", f"the plan does not show whether {where} lets the alert through", where)
    if answer:
        return holds(True, each.address)
    what = "message attributes, which alarms and rules do not send"
    if context.argument(each, "filter_policy_scope").text == "MessageBody":
        what = f"content that {target.speaker.address} does not send"
    return broken("subscription_filters", f"{where} requires {what}", where)


def _lets_through(each: Instance, policy: str | None, target: Target, bucket: Instance, context: Context) -> bool | None:
    scope = context.argument(each, "filter_policy_scope")
    if policy is None or scope.is_unknown:
        return None
    pattern = context.remembered("filter_policies", policy, lambda: None if context.tries(CONDITIONS, 0) else _compiled(policy))
    if pattern is None or context.tries(CONDITIONS, 1 + pattern.size // 10):
        return None
    if scope.text != "MessageBody":
        return pattern.matches({})
    if target.publisher == ALARMS_PRINCIPAL:
        return _of_alarm(pattern, target.speaker, context)
    changed = ("input", "input_path", "input_transformer")
    if any(not context.argument(target.speaker, name).is_unset for name in changed):
        return None
    return _of_event(pattern, [*findings(bucket)] if target.findings else denied_reads(bucket, context))


def _compiled(policy: str) -> event_pattern.EventPattern | None:
    try:
        return event_pattern.compile(policy)
    except PatternError:
        return None


# --- the body ---------------------------------------------------------------------------------------------------------

# Fields of an alarm's message whose values no plan tells.
_TOLD_LATER = frozenset(
    (
        "AWSAccountId",
        "AlarmArn",
        "AlarmActions",
        "AlarmConfigurationUpdatedTimestamp",
        "InsufficientDataActions",
        "NewStateReason",
        "NewStateReasonData",
        "OKActions",
        "Region",
        "StateChangeTime",
        "Trigger",
        "TriggeringChildren",
        "AlarmRule",
        "$or",
    )
)


def _of_alarm(pattern: event_pattern.EventPattern, alarm: Instance, context: Context) -> bool | None:
    """Whether the message lets the alarm's message through: `NewStateValue` is ALARM, and what comes before it is OK or nothing."""
    message: dict[str, Any] = {"NewStateValue": "ALARM"}
    later = set(_TOLD_LATER)
    for field, argument in (("AlarmName", "alarm_name"), ("AlarmDescription", "alarm_description")):
        value = context.argument(alarm, argument)
        message[field] = value.text
        later |= {field} if value.is_unknown else set()
    trigger = _trigger(alarm, context)
    asked = pattern.document.get("Trigger")
    if trigger and isinstance(asked, Mapping) and asked.keys() <= trigger.keys():
        message["Trigger"] = trigger
        later.discard("Trigger")
    known = {field: below for field, below in pattern.document.items() if field not in later}
    told = event_pattern.compile(known) if known else None
    passes = [told is None or told.matches({**message, "OldStateValue": state}) for state in ("OK", "INSUFFICIENT_DATA")]
    if not any(passes):
        return False
    return True if all(passes) and len(known) == len(pattern.document) else None


def _trigger(alarm: Instance, context: Context) -> dict[str, str]:
    """What the message tells of the metric, as far as it is known here."""
    if alarm.type == COMPOSITE:
        return {}
    names = {"MetricName": "metric_name", "Namespace": "namespace"}
    texts = {field: context.argument(alarm, argument).text for field, argument in names.items()}
    return {field: text for field, text in texts.items() if text}


# Fields of an event that are the same for all denied reads, or all findings.
_OF_THE_KIND = ("source", "detail-type")
_OF_THE_CALL = ("eventSource", "eventName", "eventType", "errorCode", "readOnly", "requestParameters", "type")


def _of_event(pattern: event_pattern.EventPattern, events: list[Mapping[str, Any]]) -> bool | None:
    if any(pattern.matches(event) for event in events):
        return True
    document = pattern.document
    sure: dict[str, Any] = {field: document[field] for field in _OF_THE_KIND if field in document}
    detail = document.get("detail")
    if isinstance(detail, Mapping):
        of_call = {field: detail[field] for field in _OF_THE_CALL if field in detail}
        sure |= {"detail": of_call} if of_call else {}
    if not sure:
        return None
    return None if any(event_pattern.compile(sure).matches(event) for event in events) else False
