"""The end of a chain of alerts: the topics that an alarm or a rule names, and whether what is published there reaches somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from planproof.aws.alerts.alarms import COMPOSITE, composites
from planproof.aws.alerts.links import Link, Place, broken, cannot_tell, holds, strongest
from planproof.aws.iam.documents import read
from planproof.aws.iam.language import Document, service
from planproof.context import Context
from planproof.evaluation.origin import Kind, Through
from planproof.evaluation.result import entries
from planproof.plan.model import Instance
from planproof.text.wildcards import matches

TOPIC = "aws_sns_topic"
SUBSCRIPTION = "aws_sns_topic_subscription"
KEYS = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key")
ALARMS_PRINCIPAL = "cloudwatch.amazonaws.com"


class Target(NamedTuple):
    """A topic with who publishes to it: the service, and whether it does so by a role of its own."""

    topic: Place
    publisher: str
    by_role: bool = False

    @property
    def address(self) -> str:
        return f"{self.topic.address}{self.topic.name} {self.publisher} {self.by_role}"


def alarm_topics(alarm: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The topics among the alarm's actions, and among those of a composite alarm that goes off with it."""
    name = context.argument(alarm, "alarm_name").text
    for speaker in (alarm, *(context.once(composites).get(name, ()) if name else ())):
        yield from _actions(speaker, context)
    for each in context.plan.of_type(COMPOSITE):
        if context.argument(each, "alarm_rule").is_unknown and alarm in _referred(each, "alarm_rule", context):
            reason = f"{each.address}.alarm_rule is known after the apply"
            yield from (link._replace(code="unknown_alarm", reason=reason, undetermined=True) for link in _actions(each, context))


def _referred(instance: Instance, attribute: str, context: Context) -> list[Instance]:
    return [i for origin in context.origins(instance, attribute) for i in origin.instances]


def _actions(alarm: Instance, context: Context) -> Iterator[Link]:
    where = f"{alarm.address}.alarm_actions"
    if context.argument(alarm, "actions_enabled").raw is False:
        yield broken("actions_off", f"{alarm.address}.actions_enabled is false: the alarm tells nobody", where)
        return
    value = context.argument(alarm, "alarm_actions")
    if value.is_unset:
        others = [a for a in ("ok_actions", "insufficient_data_actions") if not context.argument(alarm, a).is_unset]
        instead = f"; {' and '.join(others)} tell when it is over" if others else ""
        yield broken("no_alarm_actions", f"{where} is empty{instead}", where)
        return
    yield from topics(alarm, "alarm_actions", ALARMS_PRINCIPAL, context)


def topics(instance: Instance, attribute: str, publisher: str, context: Context, by_role: bool = False) -> Iterator[Link]:
    where = f"{instance.address}.{attribute}"
    value = context.argument(instance, attribute)
    resolve = context.relations.resolve if attribute == "arn" else context.relations.resolve_each
    found = resolve(instance, (attribute,), TOPIC)
    to = partial(Target, publisher=publisher, by_role=by_role)
    for topic in found.targets:
        yield holds(to(Place(topic)), topic.address)
    all_of_them = resolve == context.relations.resolve_each and _is_every_instance(instance, attribute, context)
    for topic in found.candidates:
        link = to(Place(topic))
        yield holds(link, topic.address) if all_of_them else cannot_tell("unknown_topic", found.reason, topic.address, to=link)
    literal = [*_literal_topics(instance, attribute, found.targets, context)]
    for place, sure in literal:
        at, doubt = place.address or where, f"{where} is known after the apply"
        yield holds(to(place), at) if sure else cannot_tell("unknown_topic", doubt, at, to=to(place))
    others = not found.targets and not found.candidates
    if found.open_ended or (value.has_unknown and others and not _is_something_else(instance, attribute, context)):
        yield cannot_tell("unknown_topic", found.reason or f"{where} is known after the apply", where)
    elif others and not literal:
        yield broken("no_topic", f"{where} names no SNS topic", where)


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


def _literal_topics(
    instance: Instance, attribute: str, found: tuple[Instance, ...], context: Context
) -> Iterator[tuple[Place, bool]]:
    """Further topics whose ARNs are written out, and whether each is surely among the actions."""
    value = context.argument(instance, attribute)
    known = [element.text or "" for element in value.items() or [value]]
    result = context.evaluated(instance, attribute) if value.is_unknown else None
    if result is not None:
        written = [element for _, element in entries(result) or ()] if isinstance(result.raw, list) else [result]
        known = [element.text or "" for element in written]
    by_name: dict[str, Instance] = context.once(_topics_by_name)
    for arn in dict.fromkeys(text for text in known if _TOPIC_ARN.fullmatch(text)):
        topic = by_name.get(arn.rpartition(":")[2])
        if topic is None or topic not in found:
            yield Place(None, arn), True


_TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]*:\d*:[\w-]+(?:\.fifo)?")


def _topics_by_name(context: Context) -> dict[str, Instance]:
    return {topic.get("name").text or "": topic for topic in context.plan.of_type(TOPIC)}


# --- delivery ---------------------------------------------------------------------------------------------------------


def delivery(settings: Mapping[str, Any], target: Target, _: Instance, context: Context) -> Iterator[Link]:
    """The publisher may use the topic and its key, and somebody is subscribed."""
    topic = target.topic.instance
    if topic is None or topic.mode == "data":
        yield _outside(target.topic, settings["known_topics"])
        return
    links = [
        _key(topic, target.publisher, context),
        _admits(topic, target, context),
        _subscription(topic, context, settings["require_subscription"]),
    ]
    yield next((link for link in links if link.broken), None) or next((link for link in links if link.undetermined), links[-1])


def _outside(topic: Place, known: Iterable[str]) -> Link:
    arn = topic.name or (topic.instance.get("arn").text if topic.instance else None) or ""
    if any(matches(str(glob), arn) for glob in known):
        return holds(True)
    reason = (
        "the topic is not made by this plan: whether it has a subscription, and a key that the publisher may use, is not in it"
    )
    return cannot_tell("unknown_topic", f"{reason} (known_topics in the policy can say so)", *filter(None, [topic.address]))


def _subscription(topic: Instance, context: Context, required: bool) -> Link:
    if not required:
        return holds(True)
    found = context.relations.companions(topic, SUBSCRIPTION, "topic_arn")
    links = [_subscribed(each, context) for each in found.sure]
    links += [cannot_tell("unknown_subscription", reason, each.address) for each, reason in found.perhaps]
    return strongest(links) or broken("no_subscription", f"nobody is subscribed to {topic.address}", topic.address)


def _subscribed(each: Instance, context: Context) -> Link:
    """Gets what is published: alarms and rules send no message attributes, which is what a filter looks at by default."""
    policy, scope = context.argument(each, "filter_policy"), context.argument(each, "filter_policy_scope")
    if policy.is_unset or policy.text == "{}":
        return holds(True, each.address)
    where = f"{each.address}.filter_policy"
    if policy.is_known and scope.text != "MessageBody":
        return broken("subscription_filters", f"{where} asks for message attributes, which no alarm and no rule sends", where)
    return cannot_tell("unknown_subscription", f"whether {where} lets the alert through is not worked out here", where)


def _key(topic: Instance, publisher: str, context: Context) -> Link:
    """The topic is not encrypted by a key that the publisher may not use: it would then be silent, and no error shown."""
    where = f"{topic.address}.kms_master_key_id"
    value = context.argument(topic, "kms_master_key_id")
    if value.is_unset:
        return holds(True)
    found = context.relations.resolve(topic, ("kms_master_key_id",), "aws_kms_alias", *KEYS)
    if (value.text or "").endswith("alias/aws/sns") or _is_of_aws(topic, context):
        text = f"{where} is alias/aws/sns, the key of AWS itself, which {publisher} may not use: nothing is delivered"
        return broken("aws_managed_key", text, where)
    keys = [key for target in found.targets or found.candidates for key in _keys_of(target, context)]
    links = [_usable(key, topic, publisher, context) for key in keys]
    if not links or found.open_ended or (not found.targets and len({link.code for link in links}) > 1):
        reason = found.reason or f"{where} names a key that is not made by this plan: its policy is not in it"
        return cannot_tell("unknown_key", reason, where)
    return strongest(links) or holds(True)


def _is_of_aws(topic: Instance, context: Context) -> bool:
    """Whether the key is looked up by the alias of AWS's own."""
    read = [o.instance for o in context.origins(topic, "kms_master_key_id") if o.instance]
    return any(i.get(name).text == "alias/aws/sns" for i in read for name in ("name", "key_id") if i.type in _KEY_DATA)


_KEY_DATA = ("aws_kms_alias", "aws_kms_key")


def _keys_of(target: Instance, context: Context) -> tuple[Instance, ...]:
    """The key itself, or the one that an alias stands for."""
    if target.type != "aws_kms_alias":
        return (target,) if target.mode != "data" else ()
    return context.relations.resolve(target, ("target_key_id",), *KEYS).targets


# What a request by a service does not have, whatever a condition asks for.
_NOT_IN_SERVICE_REQUESTS: dict[str, str | None] = {
    "kms:calleraccount": None,
    "aws:principalaccount": None,
    "aws:principalarn": None,
    "aws:principalorgid": None,
}


def _usable(key: Instance, topic: Instance, publisher: str, context: Context) -> Link:
    document = _document(key, "aws_kms_key_policy", "key_id", context)
    where = document.where if document else (key.address,)
    answers = [
        document.allows(service(publisher), action, _NOT_IN_SERVICE_REQUESTS) if document else False
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
    ]
    if False in answers:
        text = f"the policy of {key.address}, which encrypts {topic.address}, does not let {publisher} decrypt and make data keys"
        return broken("key_refuses", text, *where)
    if None in answers:
        reason = (document.problem if document else "") or "what its policy says is known after the apply"
        return cannot_tell("unknown_key", f"whether {publisher} may use {key.address} cannot be told: {reason}", *where)
    return holds(True)


def _admits(topic: Instance, target: Target, context: Context) -> Link:
    """The topic lets the publisher in. Its default policy admits the alarms of its own account, and no EventBridge rule; so a
    policy that is known only after the apply is in the way of a rule, and not of an alarm."""
    document = _document(topic, "aws_sns_topic_policy", "arn", context)
    if target.by_role or (document is None and target.publisher == ALARMS_PRINCIPAL):
        return holds(True)
    answer = document.allows(service(target.publisher), "sns:Publish") if document else False
    where = document.where if document else (topic.address,)
    if answer is False:
        return broken("topic_refuses", f"the policy of {topic.address} does not let {target.publisher} publish", *where)
    if answer is None and target.publisher != ALARMS_PRINCIPAL:
        reason = (document.problem if document else "") or "what its policy says is known after the apply"
        return cannot_tell("unknown_topic", f"whether {target.publisher} may publish to {topic.address}: {reason}", *where)
    return holds(True)


def _document(subject: Instance, companion: str, argument: str, context: Context) -> Document | None:
    """The policy document of a key or a topic, from a resource of its own or its own argument; None where nobody gives it one."""
    found = context.relations.companions(subject, companion, argument)
    if found.sure:
        return read(found.sure[0], context, "policy")
    if not context.argument(subject, "policy").is_unset:
        return read(subject, context, "policy")
    if found.perhaps:
        return Document(problem=found.perhaps[0][1], where=(found.perhaps[0][0].address,))
    return None
