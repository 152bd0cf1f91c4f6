"""The end of a chain of alerts: whether what is published to a topic reaches somebody.

https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.alerts.links import Link, Place, broken, cannot_tell, holds, strongest, together
from planproof.aws.alerts.subscriptions import subscription
from planproof.aws.alerts.topics import ALARMS_PRINCIPAL, Target
from planproof.aws.iam.documents import read
from planproof.aws.iam.language import Answer, Document, service
from planproof.context import Context
from planproof.plan.model import Instance
from planproof.text.wildcards import matches

KEYS = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key")


def delivery(settings: Mapping[str, Any], target: Target, bucket: Instance, context: Context) -> Iterator[Link]:
    """The publisher may use the topic and its key, and somebody is subscribed."""
    topic = target.topic.instance
    if topic is None or topic.mode == "data":
        yield _outside(target.topic, settings, context)
        return
    yield together(*delivery_parts(settings, target, topic, bucket, context))


def delivery_parts(
    settings: Mapping[str, Any], target: Target, topic: Instance, bucket: Instance, context: Context
) -> list[Link]:
    """What a delivery needs, each by itself: the topic's key, its policy, and a subscription."""
    listens = subscription(target, topic, bucket, context) if settings["require_subscription"] else holds(True)
    return [_key(topic, target.publisher, context), _admits(topic, target, context), listens]


def _outside(topic: Place, settings: Mapping[str, Any], context: Context) -> Link:
    arn = topic.name or (topic.instance.get("arn").text if topic.instance else None) or ""
    declared = [*settings.get("known_topics", ()), *(each.name for each in context.policy.elsewhere("topics"))]
    if any(matches(str(glob), arn) for glob in declared):
        return holds(True)
    reason = "this plan does not create the topic, so it does not show the topic's subscriptions and encryption key"
    text = f"{reason} (declare it in elsewhere.topics of the policy)"
    return cannot_tell("unknown_topic", text, *filter(None, [topic.address]))


def _key(topic: Instance, publisher: str, context: Context) -> Link:
    """The topic is not encrypted by a key that the publisher may not use: it would then be silent, and no error shown."""
    where = f"{topic.address}.kms_master_key_id"
    value = context.argument(topic, "kms_master_key_id")
    if value.is_unset:
        return holds(True)
    found = context.relations.resolve(topic, ("kms_master_key_id",), "aws_kms_alias", *KEYS)
    if (value.text or "").endswith("alias/aws/sns") or _is_of_aws(topic, context):
        text = f"{where} is alias/aws/sns, the AWS managed key, which {publisher} cannot use: nothing is delivered"
        return broken("aws_managed_key", text, where)
    keys = [key for target in found.targets or found.candidates for key in _keys_of(target, context)]
    away = next((key for key in keys if found.targets and context.regions.same(key, topic) is False), None)
    if away is not None:
        return broken("key_elsewhere", f"{away.address}, the encryption key of {topic.address}, is in another region", where)
    too_many = context.tries("pairs of topic and key", len(keys))
    if too_many:
        return cannot_tell("unknown_key", too_many, where)
    links = [_usable(key, topic, publisher, context) for key in keys]
    if not links or found.open_ended or (not found.targets and len({link.code for link in links}) > 1):
        reason = found.reason or f"{where} names a key that this plan does not create, so its key policy is not in the plan"
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
    document, answers = context.remembered("key_policies", (key.address, publisher), lambda: _key_policy(key, publisher, context))
    where = document.where if document else (key.address,)
    if False in answers:
        text = f"the policy of {key.address}, which encrypts {topic.address}, does not allow {publisher} to decrypt and to generate data keys"
        return broken("key_refuses", text, *where)
    if None in answers:
        reason = (document.problem if document else "") or "its policy is known after apply"
        return cannot_tell("unknown_key", f"the plan does not show whether {publisher} can use {key.address}: {reason}", *where)
    return holds(True)


def _key_policy(key: Instance, publisher: str, context: Context) -> tuple[Document | None, list[Answer]]:
    """The policy of a key, and whether it lets the publisher decrypt and generate data keys."""
    document = _document(key, "aws_kms_key_policy", "key_id", context)
    actions = ("kms:Decrypt", "kms:GenerateDataKey") if document else ()
    allowed = [document.allows(service(publisher), each, _NOT_IN_SERVICE_REQUESTS) for each in actions if document]
    return document, allowed or [False]


def _admits(topic: Instance, target: Target, context: Context) -> Link:
    """The topic lets the publisher in. Its default policy admits the alarms of its own account, and no EventBridge rule; so a
    policy that is known only after apply is in the way of a rule, and not of an alarm."""
    document = _document(topic, "aws_sns_topic_policy", "arn", context)
    if target.by_role or (document is None and target.publisher == ALARMS_PRINCIPAL):
        return holds(True)
    answer = document.allows(service(target.publisher), "sns:Publish") if document else False
    where = document.where if document else (topic.address,)
    if answer is False:
        return broken("topic_refuses", f"the policy of {topic.address} does not allow {target.publisher} to publish", *where)
    if answer is None and target.publisher != ALARMS_PRINCIPAL:
        reason = (document.problem if document else "") or "its policy is known after apply"
        return cannot_tell(
            "unknown_topic", f"the plan does not show whether {target.publisher} can publish to {topic.address}: {reason}", *where
        )
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
