"""Mends the chain from a log bucket to whoever is alerted: each link that is broken, and those that are missing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from planproof.aws.alerts.chain import best_chain, ways_of
from planproof.aws.alerts.delivery import delivery_parts
from planproof.aws.alerts.links import Chain, Link
from planproof.aws.alerts.links import Place as Reached
from planproof.aws.alerts.rule_links import DETECTOR, RULE
from planproof.aws.alerts.same_metric import FILTER
from planproof.aws.alerts.topics import TOPIC, Target
from planproof.fix.alert_parts import ALARM, EVENTS, PATTERN, Parts
from planproof.fix.data_events import COVER, covered
from planproof.fix.edits import Edit
from planproof.fix.exports import Reference, reference_to
from planproof.fix.job import Job, Remedy
from planproof.fix.left_out import refuse_left_out
from planproof.fix.new_trail import new_trail, without_trail
from planproof.fix.objects import with_items
from planproof.fix.places import NotMechanical, Place, removed, replaced, set_argument
from planproof.fix.remedies.dead_alarm import at_metric
from planproof.fix.values import required
from planproof.plan.model import Instance
from planproof.registry import all_checks

_COSTS = "a trail costs money for each event; if another configuration has one, declare it in elsewhere.trails instead"


def mended(job: Job) -> list[Edit]:
    chain = best_chain(job.instance, job.context.once(ways_of), job.context)
    if _leads_by(chain, DETECTOR, 0):
        raise NotMechanical(
            "the alert goes by GuardDuty; whether CloudTrail or GuardDuty watches the bucket, only the team knows"
        )
    if _leads_by(chain, RULE, 1):
        return _by_rule(job, chain)
    mends = (_trail, _group, _filter, _alarm, _topic, _delivery)
    edits: list[Edit] = []
    before: object = job.instance
    for mend, link in zip(mends, chain, strict=False):
        if link.broken:
            edits += mend(job, link, before)
        before = link.to
    return edits


def _leads_by(chain: Chain, kind: str, number: int) -> bool:
    return len(chain) > number and any(f"{kind}." in where for where in chain[number].where)


def _instance(job: Job, link: Link) -> Instance:
    """What a link is about: what it leads to, else the resource that its evidence names."""
    to = link.to
    found = to.instance if isinstance(to, Reached) else to.speaker if isinstance(to, Target) else to
    if isinstance(found, Instance):
        return found
    for where in link.where:
        named = [i for address, i in job.bench.by_address.items() if where == address or where.startswith(f"{address}.")]
        if named:
            return max(named, key=lambda each: len(each.address))
    raise NotMechanical("the plan does not show which resource the broken link is about")


def _single(instance: Instance) -> None:
    if instance.index is not None:
        raise NotMechanical(f"{instance.address} is repeated; add the missing link to each where it is written")


def _same_region(job: Job, *codes: str) -> None:
    if job.finding.code in codes:
        raise NotMechanical("the link is in another region; which of the two to move, only the team knows")


# --- the trail -------------------------------------------------------------------------------------------------------


def _trail(job: Job, link: Link, _: object) -> list[Edit]:
    if link.code == "no_trail":
        refuse_left_out(job, "aws_cloudtrail", everywhere=True)
        job.notes.append(_COSTS)
        found: dict[str, Reference | NotMechanical] = job.remembered("without trail", lambda: without_trail(job))
        mine = found[job.instance.address]
        if isinstance(mine, NotMechanical):
            raise mine
        buckets = {address: each for address, each in found.items() if isinstance(each, Reference)}
        made, notes = job.remembered("new trail", lambda: new_trail(job, buckets))
        job.notes += notes
        return list(made)
    trail = _instance(job, link)
    place, module = job.place_of(trail), trail.module
    edits: list[Edit] = []
    if job.context.argument(trail, "enable_logging").raw is False:
        edits += required(job, module, place.body, "enable_logging", "true")
    is_elsewhere = job.context.regions.same(trail, job.instance) is False
    if is_elsewhere and job.context.argument(trail, "is_multi_region_trail").raw is not True:
        edits += required(job, module, place.body, "is_multi_region_trail", "true")
    return [*edits, *(covered(job, trail, place) if link.code in COVER else ())]


def created(job: Job, kind: str) -> str:
    """The address of the one resource of a type that the patches of alerts make in the root module; empty if they make none, or
    several."""
    found = re.findall(rf'^resource "{kind}" "(\w+)"', _created(job), re.MULTILINE)
    return f"{kind}.{found[0]}" if len(found) == 1 else ""


def _created(job: Job) -> str:
    """All that the patches of alerts add to the root module."""
    return str(job.remembered("created", lambda: "\n".join(_texts(job))))


def _texts(job: Job) -> Iterator[str]:
    number = next(check.id for check in all_checks() if check.key == "unauthorized_access_alert")
    own = [f for f in job.bench.failures if f.check_id == number and f.subject in job.bench.by_address]
    edits: dict[Edit, None] = {}
    for finding in own:
        try:
            edits.update(dict.fromkeys(mended(Job(finding, job.bench))))
        except Exception:  # which the finding itself tells of
            continue
    for edit in edits:
        if os.path.realpath(os.path.dirname(edit.file)) == os.path.realpath(job.bench.root):
            yield edit.text


# --- log group, filter, alarm ----------------------------------------------------------------------------------------


def _group(job: Job, link: Link, trail: object) -> list[Edit]:
    _same_region(job, "log_group_elsewhere")
    if link.code == "log_class_without_filters":
        raise NotMechanical("the class of a log group cannot be changed; deliver to a group of class STANDARD")
    if not isinstance(trail, Instance):
        raise NotMechanical("another configuration makes the trail; change it there")
    place, module = job.place_of(trail), trail.module
    parts = Parts(job, module, trail)
    label = parts.label(f"{trail.name}_events" if trail.name != "this" else "trail_events")
    if link.code == "no_log_group":
        _single(trail)
        refuse_left_out(job, "aws_cloudwatch_log_group", trail)
        group = parts.log_group(label, f'"/aws/cloudtrail/{parts.name("events")}"')
        role = parts.delivery_role(label, group)
        parts.watch(label, group)
        edits = set_argument(place.body, "cloud_watch_logs_group_arn", f'"${{{group}.arn}}:*"')
        edits += set_argument(place.body, "cloud_watch_logs_role_arn", f"{role}.arn")
        return [*edits, *with_items(place.body, "depends_on", [f"aws_iam_role_policy.{label}"]), *parts.after(place)]
    edits = []
    if job.context.argument(trail, "cloud_watch_logs_role_arn").is_unset:
        _single(trail)
        refuse_left_out(job, "aws_iam_role", trail)
        group_instance = _instance(job, link)
        role = parts.delivery_role(label, reference_to(job, group_instance, trail))
        edits += set_argument(place.body, "cloud_watch_logs_role_arn", f"{role}.arn")
        edits += with_items(place.body, "depends_on", [f"aws_iam_role_policy.{label}"])
    if _lacks_star(job, trail, place):
        edits += _starred(job, trail, place)
    elif link.code == "log_group_without_star":
        raise NotMechanical("the ARN of the log group is an expression; add the star where the ARN comes from")
    return [*edits, *parts.after(place)]


def _lacks_star(job: Job, trail: Instance, place: Place) -> bool:
    """Whether the ARN of the log group ends without `:*`, as far as the plan, or a plain reference, tells."""
    text = job.context.argument(trail, "cloud_watch_logs_group_arn").text
    if text is not None:
        return not text.endswith(":*")
    return (
        re.fullmatch(r"aws_cloudwatch_log_group\.\w+(\[[^]]*\])?\.arn", place.text_of("cloud_watch_logs_group_arn")) is not None
    )


def _starred(job: Job, trail: Instance, place: Place) -> list[Edit]:
    every = trail.module.resources.get(trail.local_address, {}).values()
    texts = [each.get("cloud_watch_logs_group_arn").text for each in every]
    if len(texts) > 1 and not all(text and not text.endswith(":*") for text in texts):
        raise NotMechanical(f"{trail.local_address} is repeated, and not all its ARNs lack the star; add it where they come from")
    found = place.argument("cloud_watch_logs_group_arn")
    if found is None:
        raise NotMechanical("cloud_watch_logs_group_arn is not written in the block of the trail")
    text = found.expression.text
    return [replaced(found.expression, f'{text[:-1]}:*"' if text.startswith('"') else f'"${{{text}}}:*"')]


def _filter(job: Job, link: Link, group: object) -> list[Edit]:
    if link.code == "no_metric_filter":
        if not isinstance(group, Reached) or group.instance is None:
            raise NotMechanical("the log group is not in the plan; write the metric filter where the group is")
        _single(group.instance)
        refuse_left_out(job, FILTER, group.instance, "log_group_name", everywhere=True)
        place = job.place_of(group.instance)
        parts = Parts(job, group.instance.module, group.instance)
        parts.watch(parts.label("denied_access"), place.address)
        return parts.after(place)
    metric_filter = _instance(job, link)
    place = job.place_of(metric_filter)
    edits: list[Edit] = []
    if ".pattern" in " ".join(link.where):
        edits += set_argument(place.body, "pattern", PATTERN)
    if "metric_transformation" in " ".join(link.where):
        transformations = place.body.blocks_of("metric_transformation")
        if not transformations:
            raise NotMechanical("a dynamic block writes metric_transformation; change the values that it is made from")
        edits += set_argument(transformations[0].body, "value", '"1"')
    return edits


def _alarm(job: Job, link: Link, metric_filter: object) -> list[Edit]:
    if not isinstance(metric_filter, Instance) or metric_filter.type != FILTER:
        raise NotMechanical("the plan does not show which metric filter the alarm is about")
    if link.code == "no_alarm":
        _single(metric_filter)
        refuse_left_out(job, "aws_cloudwatch_metric_alarm", metric_filter, "metric_name", everywhere=True)
        place = job.place_of(metric_filter)
        parts = Parts(job, metric_filter.module, metric_filter)
        label = parts.label("denied_access")
        topic = parts.listening_topic()
        if not topic:
            groups = list(job.context.relations.resolve(metric_filter, ("log_group_name",), "aws_cloudwatch_log_group").targets)
            if not groups:
                raise NotMechanical("the module has no topic on which someone listens; add one, and an alarm that acts on it")
            topic = parts.topic(label, f"{reference_to(job, groups[0], metric_filter)}.arn")
        parts.alarm(label, place.address, topic)
        return parts.after(place)
    alarm = _instance(job, link)
    place = job.place_of(alarm)
    if place.argument("metric_name") is None:
        raise NotMechanical("the alarm watches metrics in metric_query blocks; correct them there")
    edits = at_metric(job, alarm, metric_filter) if link.code in ("wrong_metric", "wrong_unit") else []
    most = job.settings("unauthorized_access_alert")["max_period"]
    for name, value in {**ALARM, "period": str(min(300, most))}.items():
        found = job.context.argument(alarm, name)
        if name == "period" and found.number and found.number <= most:
            continue
        if str(found.raw) not in (value.strip('"'), f"{value}.0"):
            edits += required(job, alarm.module, place.body, name, value)
    if job.context.argument(alarm, "treat_missing_data").raw == "breaching":
        edits += required(job, alarm.module, place.body, "treat_missing_data", '"notBreaching"')
    if job.context.argument(alarm, "actions_enabled").raw is False:
        edits += required(job, alarm.module, place.body, "actions_enabled", "true")
    for name in ("datapoints_to_alarm", "extended_statistic", "evaluate_low_sample_count_percentiles"):
        found_here = place.argument(name)
        edits += removed(found_here, place.body) if found_here is not None else []
    return edits


# --- topic and delivery ----------------------------------------------------------------------------------------------


def _topic(job: Job, link: Link, alarm: object) -> list[Edit]:
    """One more action of the alarm: a topic on which someone listens."""
    speaker = alarm if isinstance(alarm, Instance) else _instance(job, link)
    place = job.place_of(speaker)
    if link.code == "actions_off":
        return required(job, speaker.module, place.body, "actions_enabled", "true")
    parts = Parts(job, speaker.module, speaker)
    topic = parts.listening_topic()
    if not topic:
        refuse_left_out(job, TOPIC, speaker)
        topic = parts.topic(parts.label("denied_access"), _account(job, speaker))
    every = speaker.module.resources.get(speaker.local_address, {}).values()
    is_open = any(job.context.argument(each, "alarm_actions").is_unset for each in every)
    return [*with_items(place.body, "alarm_actions", [f"{topic}.arn"], may_be_null=is_open), *parts.after(place)]


def _account(job: Job, reader: Instance) -> str:
    """An ARN of the account: that of a resource of the module that needs neither key nor topic."""
    for kind in ("aws_cloudwatch_log_group", "aws_iam_role"):
        for each in job.context.plan.of_type(kind):
            if each.module is reader.module and each.index is None:
                return f"{each.local_address}.arn"
    raise NotMechanical(
        "the module has no resource from whose ARN a new key's policy could read the account; write the topic by hand"
    )


def _delivery(job: Job, link: Link, target: object) -> list[Edit]:
    if not isinstance(target, Target) or target.topic.instance is None:
        raise NotMechanical("the topic is not in the plan; change it where it is made")
    topic = target.topic.instance
    settings = job.settings("unauthorized_access_alert")
    place = job.place_of(topic)
    parts = Parts(job, topic.module, topic)
    edits: list[Edit] = []
    for fault in delivery_parts(settings, target, topic, job.instance, job.context):
        if not fault.broken:
            continue
        if fault.code == "topic_refuses":
            raise NotMechanical(
                f"the policy of {topic.address} was written to keep others out; allow {target.publisher} to publish in it"
            )
        if fault.code in ("aws_managed_key", "key_refuses", "key_elsewhere"):
            refuse_left_out(job, "aws_kms_key", topic)
            key = parts.key(parts.label(f"{topic.name}_key" if topic.name != "this" else "alerts_key"), _account(job, topic))
            edits += set_argument(place.body, "kms_master_key_id", f"{key}.id")
        else:
            _single(topic)
            refuse_left_out(job, "aws_sns_topic_subscription", topic, "topic_arn", everywhere=True)
            parts.subscription(parts.label(f"{topic.name}_email" if topic.name != "this" else "alerts_email"), place.address)
    return [*edits, *parts.after(place)]


# --- EventBridge -----------------------------------------------------------------------------------------------------


def _by_rule(job: Job, chain: Chain) -> list[Edit]:
    edits: list[Edit] = _trail(job, chain[0], job.instance) if chain[0].broken else []
    rule = _instance(job, chain[1])
    place = job.place_of(rule)
    if chain[1].broken:
        if job.context.regions.same(rule, job.instance) is False:
            raise NotMechanical("the link is in another region; which of the two to move, only the team knows")
        if any(where.endswith(".event_pattern") for where in chain[1].where):
            edits += set_argument(place.body, "event_pattern", EVENTS)
        if job.context.argument(rule, "state").text == "DISABLED":
            edits += required(job, rule.module, place.body, "state", '"ENABLED"')
        elif job.context.argument(rule, "is_enabled").raw is False:
            edits += required(job, rule.module, place.body, "is_enabled", "true")
        bus = place.argument("event_bus_name")
        if bus is not None and job.context.argument(rule, "event_bus_name").text != "default":
            edits += removed(bus, place.body)
    if len(chain) > 2 and chain[2].broken:
        raise NotMechanical(
            "whom the rule calls, only the team knows; add an aws_cloudwatch_event_target with a topic that lets it publish"
        )
    if len(chain) > 3 and chain[3].broken:
        edits += _delivery(job, chain[3], chain[2].to)
    return edits


CODES = (
    *COVER,
    *("actions_off", "always_in_alarm", "aws_managed_key", "cannot_trip", "counts_nothing", "fifo_topic", "function_elsewhere"),
    *("function_refuses", "key_elsewhere", "key_refuses", "log_class_without_filters", "log_group_elsewhere"),
    *(
        "log_group_without_star",
        "no_alarm",
        "no_alarm_actions",
        "no_delivery_role",
        "no_log_group",
        "no_metric_filter",
        "no_rule",
    ),
    *("no_rule_target", "no_subscription", "no_topic", "no_trail", "pattern_is_noise", "pattern_misses_denied_calls"),
    *("pattern_refused", "period_too_long", "rule_disabled", "rule_elsewhere", "rule_on_other_bus", "subscription_elsewhere"),
    *("subscription_filters", "too_many_periods", "topic_elsewhere", "topic_refuses", "trail_elsewhere", "trail_not_logging"),
    *("wrong_metric", "wrong_unit"),
)
REMEDIES: dict[str, Remedy | str] = dict.fromkeys(CODES, mended)
