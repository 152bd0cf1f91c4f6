"""Where an alarm or a rule sends its word: the topics that it names, and the other actions that reach somebody.

An alarm acts on topics of its own region alone, a rule on targets of its own, and neither publishes to a FIFO topic:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html and
https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from planproof.aws.alerts.alarms import COMPOSITE, composites
from planproof.aws.alerts.links import Link, Place, broken, cannot_tell, holds
from planproof.aws.alerts.other_actions import named, other_actions
from planproof.context import Context
from planproof.evaluation.identifiers import identifier
from planproof.evaluation.origin import Kind, Through
from planproof.evaluation.result import items_of
from planproof.plan.model import Instance

TOPIC = "aws_sns_topic"
ALARMS_PRINCIPAL = "cloudwatch.amazonaws.com"
EVENTS_PRINCIPAL = "events.amazonaws.com"


class Target(NamedTuple):
    """A topic with who publishes to it: an alarm or a rule's target (`speaker`), the service (`publisher`), and whether it does so by
    a role of its own. `findings`: what is published are GuardDuty's findings."""

    topic: Place
    speaker: Instance
    publisher: str
    by_role: bool = False
    findings: bool = False


def alarm_topics(settings: Mapping[str, Any], alarm: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The topics among the alarm's actions, and among those of a composite alarm that goes off with it."""
    name = context.argument(alarm, "alarm_name").text
    for speaker in (alarm, *(context.once(composites).get(name, ()) if name else ())):
        yield from _actions(speaker, settings, context)
    for each in context.once(_unknown_composites).get(alarm.address, ()):
        reason = f"{each.address}.alarm_rule is known after apply"
        yield from (
            link._replace(code="unknown_alarm", reason=reason, undetermined=True) for link in _actions(each, settings, context)
        )


def _unknown_composites(context: Context) -> dict[str, list[Instance]]:
    """The composite alarms whose rule is known after apply, by the alarms that it refers to."""
    found: dict[str, list[Instance]] = {}
    for each in context.plan.of_type(COMPOSITE):
        if context.argument(each, "alarm_rule").is_unknown:
            referred = {i.address for origin in context.origins(each, "alarm_rule") for i in origin.instances}
            for address in referred:
                found.setdefault(address, []).append(each)
    return found


def _actions(alarm: Instance, settings: Mapping[str, Any], context: Context) -> Iterator[Link]:
    where = f"{alarm.address}.alarm_actions"
    if context.argument(alarm, "actions_enabled").raw is False:
        yield broken("actions_off", f"{alarm.address}.actions_enabled is false: the alarm notifies no one", where)
        return
    value = context.argument(alarm, "alarm_actions")
    if value.is_unset:
        others = [a for a in ("ok_actions", "insufficient_data_actions") if not context.argument(alarm, a).is_unset]
        instead = f"; {' and '.join(others)} do not run in state ALARM" if others else ""
        yield broken("no_alarm_actions", f"{where} is empty{instead}", where)
        return
    yield from reached(partial(Target, speaker=alarm, publisher=ALARMS_PRINCIPAL), "alarm_actions", settings, context)


def reached(to: Callable[[Place], Target], attribute: str, settings: Mapping[str, Any], context: Context) -> Iterator[Link]:
    """Whom the argument of an alarm or a rule's target names. `to` makes a Target of a topic."""
    speaker, publisher = to(Place()).speaker, to(Place()).publisher
    others = [*other_actions(speaker, attribute, publisher, settings["accept_actions"], context)]
    links = [*_topics(to, attribute, context)]
    if others and all(link.code == "no_topic" for link in links):
        links = []
    yield from (*others, *links)


def _topics(to: Callable[[Place], Target], attribute: str, context: Context) -> Iterator[Link]:
    instance = to(Place()).speaker
    where = f"{instance.address}.{attribute}"
    value = context.argument(instance, attribute)
    found = named(instance, attribute, context, TOPIC)
    for topic in found.targets:
        yield _published(to(Place(topic)), topic.address, context)
    all_of_them = attribute != "arn" and _is_every_instance(instance, attribute, context)
    for topic in found.candidates:
        link = _published(to(Place(topic)), topic.address, context)
        yield link if all_of_them else cannot_tell("unknown_topic", found.reason, topic.address, to=link.to)
    literal = [*_literal_topics(instance, attribute, found.targets, context)]
    for place in literal:
        yield _published(to(place), place.address or where, context)
    others = not found.targets and not found.candidates
    if found.open_ended or (
        value.has_unknown and others and not literal and not _is_something_else(instance, attribute, context)
    ):
        yield cannot_tell("unknown_topic", found.reason or f"{where} is known after apply", where)
    elif others and not literal:
        yield broken("no_topic", f"{where} names no SNS topic", where)


def _published(target: Target, where: str, context: Context) -> Link:
    """The topic is one that the alarm or rule can publish to."""
    topic, speaker = target.topic, target.speaker
    is_fifo = topic.name.endswith(".fifo") or (topic.instance is not None and topic.instance.get("fifo_topic").raw is True)
    if _is_elsewhere(topic, speaker, context):
        text = f"{topic.address or topic.name} is in a different region from {speaker.address}, which publishes only in its own region"
        return broken("topic_elsewhere", text, where, nearness=1, to=target)
    if is_fifo:
        text = f"{topic.address or topic.name} is a FIFO topic, and {target.publisher} cannot publish to FIFO topics"
        return broken("fifo_topic", text, where, nearness=1, to=target)
    return holds(target, where)


def _is_elsewhere(topic: Place, speaker: Instance, context: Context) -> bool:
    region, own = identifier(topic.name).region, context.regions.name(speaker)
    if region and own:
        return region != own
    return topic.instance is not None and topic.instance.mode != "data" and context.regions.same(topic.instance, speaker) is False


def _is_something_else(instance: Instance, attribute: str, context: Context) -> bool:
    """Whether all that it refers to are the ARNs of other resources than topics."""
    origins = context.origins(instance, attribute)
    return bool(origins) and all(
        o.kind is Kind.RESOURCE and o.block[1].startswith("aws_") and o.type != TOPIC and (o.attribute or ("",))[-1] == "arn"
        for o in origins
    )


def _is_every_instance(instance: Instance, attribute: str, context: Context) -> bool:
    """Whether a list refers to a whole resource: `for` and splat leave its name alone, an index what it is made from too."""
    origins = context.origins(instance, attribute)
    return all(o.kind in (Kind.RESOURCE, Kind.CONSTANT) and o.through is not Through.CHOICE for o in origins)


def _literal_topics(instance: Instance, attribute: str, found: tuple[Instance, ...], context: Context) -> Iterator[Place]:
    """Further topics whose ARNs are written out."""
    value = context.argument(instance, attribute)
    known = [element.text or "" for element in value.items() or [value]]
    result = context.evaluated(instance, attribute) if value.is_unknown else None
    if result is not None:
        elements = items_of(result)
        known = [element.text or "" for element in ([result] if elements is None else elements)]
    by_name: dict[str, Instance] = context.once(_topics_by_name)
    for arn in dict.fromkeys(text for text in known if _TOPIC_ARN.fullmatch(text)):
        topic = by_name.get(arn.rpartition(":")[2])
        if topic is None or topic not in found:
            yield Place(None, arn)


_TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]*:\d*:[\w-]+(?:\.fifo)?")


def _topics_by_name(context: Context) -> dict[str, Instance]:
    return {topic.get("name").text or "": topic for topic in context.plan.of_type(TOPIC)}
