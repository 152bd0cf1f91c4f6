"""The chain from a bucket to whoever is alerted, link by link.

    bucket -> trail -> log group -> metric filter -> alarm -> topic -> subscription
    bucket -> trail -> EventBridge rule -> topic -> subscription

Each link is a function: from the thing that the chain has come to, to every thing that may come next, with whether the link holds,
is broken (and why) or cannot be told. `best_chain` walks them and answers with the chain that comes furthest.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

from planproof.aws.alerts.alarms import ALARM, COMPOSITE, Watch, trouble, watches
from planproof.aws.alerts.links import Chain, Link, Place, Stage, broken, cannot_tell, holds, is_whole, walk
from planproof.aws.alerts.pattern_trial import Judgement, judge_event_pattern, judge_filter_pattern, seen_as
from planproof.aws.alerts.same_metric import FILTER, same_metric
from planproof.aws.alerts.topics import SUBSCRIPTION, TOPIC, alarm_topics, delivery, topics
from planproof.aws.alerts.trails import TRAIL, Coverage, arn_name, coverage, trail_index
from planproof.context import Context
from planproof.evaluation.identifiers import identifier, name_of
from planproof.plan.model import Instance
from planproof.plan.value import Value

GROUP = "aws_cloudwatch_log_group"
RULE = "aws_cloudwatch_event_rule"
TARGET = "aws_cloudwatch_event_target"


def best_chain(bucket: Instance, ways: Ways, context: Context) -> Chain:
    """The chain that comes furthest: a whole one, else one that may be whole, else the one that breaks last."""
    chain = _either_way(bucket, ways, context)
    missing = _left_out(chain, context) if any(link.broken for link in chain) else None
    if missing:
        reason = f"this plan leaves {missing} out (-target), and without it {chain[-1].reason}"
        return (*chain[:-1], cannot_tell("unknown_left_out", reason, *chain[-1].where))
    return chain


# What could mend the chains at each of their links.
_MENDS = (
    (
        (TRAIL,),
        (GROUP, TRAIL),
        (FILTER,),
        (ALARM,),
        (TOPIC, COMPOSITE),
        (SUBSCRIPTION, "aws_sns_topic_policy", "aws_kms_key_policy"),
    ),
    ((TRAIL,), (RULE,), (TARGET, TOPIC), (SUBSCRIPTION, "aws_sns_topic_policy", "aws_kms_key_policy")),
)


def _left_out(chain: Chain, context: Context) -> str | None:
    """A resource that an incomplete plan leaves out and that could mend the chain where it breaks."""
    kinds = [kind for links in _MENDS for kind in links[min(len(chain), len(links)) - 1]]
    return next((each.address for kind in kinds for each in context.left_out.of_type(kind)), None)


def _either_way(bucket: Instance, ways: Ways, context: Context) -> Chain:
    """Through an alarm or, where the policy accepts it, through an EventBridge rule."""
    alarm = walk(ways.alarms, bucket, bucket, context)
    if is_whole(alarm) or not ways.rules:
        return alarm
    rule = walk(ways.rules, bucket, bucket, context)
    if any(link.broken for link in alarm) is not any(link.broken for link in rule):
        return alarm if any(link.broken for link in rule) else rule
    # Both break, or may. A rule that fits counts for as much as a filter that does, which is a link further along its own way.
    fits = len(rule) > 2 or (len(rule) == 2 and rule[-1].nearness > 1)
    return rule if is_whole(rule) or (fits and len(rule) + 1 > len(alarm)) else alarm


# --- the trail --------------------------------------------------------------------------------------------------------

_NOT_COVERED = {
    Coverage.NO_DATA_EVENTS: ("no_data_events", "logs no S3 data events, so no read or write of an object"),
    Coverage.OTHER_BUCKETS: ("bucket_not_covered", "logs S3 data events, but not of this bucket"),
    Coverage.REFUSED_ARN: (
        "bucket_not_covered",
        'names the bucket by its ARN without the "/" behind it, which CloudTrail refuses',
    ),
    Coverage.PART: ("only_part_covered", "logs the data events of a part of the bucket alone"),
    Coverage.WRITES_ONLY: ("only_writes_covered", "logs writes of the bucket's objects but no reads"),
}


def _trails(bucket: Instance, _: Instance, context: Context) -> Iterator[Link]:
    index = context.once(trail_index)
    candidates = [*index.named.get(arn_name(bucket), ()), *index.general]
    if not candidates:
        yield _no_trail(context)
    for trail in candidates:
        yield _trail(trail, bucket, context)


def _seen_by_trails(bucket: Instance, context: Context) -> Hashable:
    """Equal for two buckets that neither the plan's trails nor what comes after them tell apart."""
    index = context.once(trail_index)
    told_apart = index.tells_apart or arn_name(bucket) in index.named
    return bucket.address if told_apart else "", seen_as(bucket, context)


def _no_trail(context: Context) -> Link:
    trails = context.plan.of_type(TRAIL)
    if not trails:
        return broken("no_trail", "there is no aws_cloudtrail in the plan")
    selectors = context.once(trail_index).selectors
    trail = next((t for t in trails if selectors[t.address]), trails[0])
    found = Coverage.OTHER_BUCKETS if selectors[trail.address] else Coverage.NO_DATA_EVENTS
    code, reason = _NOT_COVERED[found]
    return broken(code, f"{trail.address} {reason}", trail.address, nearness=found)


def _trail(trail: Instance, bucket: Instance, context: Context) -> Link:
    """Logs, here, the reads of the bucket's objects."""
    found, doubt = coverage(trail, bucket, context)
    if found in _NOT_COVERED:
        code, reason = _NOT_COVERED[found]
        return broken(code, f"{trail.address} {reason}", trail.address, nearness=found)
    logging, everywhere = (context.argument(trail, name) for name in ("enable_logging", "is_multi_region_trail"))
    if logging.raw is False:
        where = f"{trail.address}.enable_logging"
        return broken("trail_not_logging", f"{where} is false: the trail logs nothing", where, nearness=Coverage.WHOLE)
    here = True if everywhere.raw is True else context.regions.same(trail, bucket)
    if here is False and not everywhere.is_unknown:
        where = f"{trail.address}.is_multi_region_trail"
        text = f"{trail.address} logs its own region alone (is_multi_region_trail), and the bucket is in another"
        return broken("trail_elsewhere", text, where, nearness=Coverage.WHOLE)
    if logging.is_unknown:
        doubt = f"{trail.address}.enable_logging is known after the apply"
    elif here is not True:
        doubt = doubt or f"whether {trail.address} and the bucket are in one region is not in the plan"
    if doubt:
        return cannot_tell("unknown_trail", doubt, trail.address, to=trail)
    return holds(trail, trail.address)


# --- the log group ----------------------------------------------------------------------------------------------------


def _groups(trail: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The log group that the trail delivers to, with a role to do so."""
    for attribute, code in (("cloud_watch_logs_group_arn", "no_log_group"), ("cloud_watch_logs_role_arn", "no_delivery_role")):
        if context.argument(trail, attribute).is_unset:
            where = f"{trail.address}.{attribute}"
            yield broken(code, f"{where} is not set: the trail delivers to no log group", where)
            return
    value = context.argument(trail, "cloud_watch_logs_group_arn")
    found = context.relations.resolve(trail, ("cloud_watch_logs_group_arn",), GROUP)
    for group in found.targets:
        if context.regions.same(trail, group) is False:
            yield broken("log_group_elsewhere", f"{group.address} is in another region than {trail.address}", group.address)
        else:
            yield holds(Place(group), group.address)
    for group in found.candidates:
        yield cannot_tell("unknown_log_group", found.reason, group.address, to=Place(group))
    if value.text and not found.targets:
        name = name_of(identifier(value.text), GROUP) or value.text
        elsewhere = next((group for group in context.plan.of_type(GROUP) if group.get("name").text == name), None)
        if elsewhere is not None:
            text = f"{elsewhere.address} is in another region than {trail.address}"
            yield broken("log_group_elsewhere", text, elsewhere.address)
            return
        yield holds(Place(None, name), f"{trail.address}.cloud_watch_logs_group_arn")
    elif not found.targets and (found.open_ended or not found.candidates):
        reason = found.reason or f"{trail.address}.cloud_watch_logs_group_arn is known after the apply"
        yield cannot_tell("unknown_log_group", reason, f"{trail.address}.cloud_watch_logs_group_arn")


# --- the metric filter ------------------------------------------------------------------------------------------------


def _filters(group: Place, bucket: Instance, context: Context) -> Iterator[Link]:
    sure, perhaps = _on_group(group, context)
    for each in sure:
        yield _filter(each, group, bucket, context)
    for each, reason in perhaps:
        link = _filter(each, group, bucket, context)
        yield link if link.broken else cannot_tell("unknown_metric_filter", reason, each.address, to=each)
    if not sure and not perhaps:
        others = context.plan.of_type(FILTER)
        near = f" ({others[0].address} reads another)" if others else ""
        what = group.address or "the log group that the trail delivers to"
        yield broken("no_metric_filter", f"no metric filter reads {what}{near}", *[o.address for o in others[:1]])


def _on_group(group: Place, context: Context) -> tuple[tuple[Instance, ...], tuple[tuple[Instance, str], ...]]:
    if group.instance:
        found = context.relations.companions(group.instance, FILTER, "log_group_name")
        return found.sure, found.perhaps
    by_name: dict[str, list[Instance]] = context.once(_filters_by_group)
    return tuple(by_name.get(group.name, ())), ()


def _filters_by_group(context: Context) -> dict[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for each in context.plan.of_type(FILTER):
        found.setdefault(context.argument(each, "log_group_name").text or "", []).append(each)
    return found


def _filter(each: Instance, group: Place, bucket: Instance, context: Context) -> Link:
    """Matches denied calls alone, and adds a number to its metric for each."""
    where = f"{each.address}.pattern"
    if group.instance and context.regions.same(each, group.instance) is False:
        text = f"{each.address} is in another region than {group.address}"
        return broken("no_metric_filter", text, each.address)
    link = _of_pattern(judge_filter_pattern(each, bucket, context), each, where)
    if link.broken:
        return link
    value = context.argument(each, "metric_transformation", 0, "value")
    if not value.is_unknown and not value.number:
        where = f"{each.address}.metric_transformation[0].value"
        text = f"{where} is {context.display_value(each, 'metric_transformation', 0, 'value')}, which counts nothing; 1 counts events"
        return broken("counts_nothing", text, where, nearness=3)
    if value.is_unknown and not link.code:
        return cannot_tell("unknown_metric_filter", f"the value of {each.address} is known after the apply", where, to=each)
    return link


_PATTERNS = {
    Judgement.REFUSED: ("pattern_refused", 0),
    Judgement.MISSES: ("pattern_misses_denied_calls", 1),
    Judgement.NOISE: ("pattern_is_noise", 2),
}


def _of_pattern(found: tuple[Judgement, str], each: Instance, where: str) -> Link:
    judgement, reason = found
    if judgement in _PATTERNS:
        code, nearness = _PATTERNS[judgement]
        return broken(code, f"{where} {reason}", where, nearness=nearness)
    if judgement is Judgement.OPEN:
        return cannot_tell("unknown_pattern", f"{where} {reason}", each.address, to=each)
    return holds(each, each.address)


# --- the alarm --------------------------------------------------------------------------------------------------------


def _alarms(settings: Mapping[str, Any], each: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The alarms on exactly the filter's metric that one event can trip."""
    index = context.once(watches)
    name, namespace = (context.argument(each, "metric_transformation", 0, part) for part in ("name", "namespace"))
    found = [*index.by_metric.get((namespace.text or "", name.text or ""), ())] if name.text and namespace.text else []
    candidates = [(watch, "") for watch in found]
    for watch in (
        index.undetermined
        if name.text and namespace.text
        else [*index.undetermined, *(w for ws in index.by_metric.values() for w in ws)]
    ):
        candidates += [(watch, doubt) for doubt in [same_metric(watch, each, context)] if doubt is not None]
    # Those beside the filter first: elsewhere the same names may be another account's.
    for watch, doubt in sorted(candidates, key=lambda pair: pair[0].alarm.module is not each.module):
        yield _alarm(watch, each, doubt, settings, context)
    if not candidates:
        yield _no_alarm(each, name, namespace, context)


def _no_alarm(each: Instance, name: Value, namespace: Value, context: Context) -> Link:
    near = context.once(watches).by_name.get((name.text or "").lower(), ())
    if near:
        alarm = near[0].alarm
        part = "namespace" if near[0].get("metric_name", context).raw == name.raw else "metric_name"
        theirs = context.display_value(alarm, *near[0].path, part)
        ours = context.display_value(each, "metric_transformation", 0, part.removeprefix("metric_"))
        text = f"{alarm.address} has {part} = {theirs}, and {each.address} writes {ours}; they have to be equal to the letter"
        return broken("wrong_metric", text, f"{alarm.address}.{part}", nearness=1)
    return broken("no_alarm", f"no alarm watches the metric that {each.address} writes", f"{each.address}.metric_transformation")


def _alarm(watch: Watch, each: Instance, doubt: str, settings: Mapping[str, Any], context: Context) -> Link:
    alarm = watch.alarm
    if context.regions.same(alarm, each) is False:
        text = f"{alarm.address} is in another region than {each.address}"
        return broken("wrong_metric", text, alarm.address)
    dimensions = [
        _dimensions(watch.get("dimensions", context)),
        _dimensions(context.argument(each, "metric_transformation", 0, "dimensions")),
    ]
    if dimensions[0] != dimensions[1]:
        text = f"{alarm.address} watches the metric with dimensions {dimensions[0] or 'none'}; {each.address} writes it with {dimensions[1] or 'none'}"
        return broken("wrong_metric", text, f"{alarm.address}.dimensions", nearness=2)
    enabled = context.argument(alarm, "actions_enabled")
    if enabled.raw is False:
        where = f"{alarm.address}.actions_enabled"
        return broken("actions_off", f"{where} is false: the alarm tells nobody", where, nearness=3)
    weight = context.argument(each, "metric_transformation", 0, "value")
    default = context.argument(each, "metric_transformation", 0, "default_value")
    found = trouble(watch, weight.number or 1, default.number, settings, context)
    if found and not found.undetermined and not (weight.is_unknown and found.code == "cannot_trip"):
        return broken(found.code, found.reason, f"{alarm.address}.{found.attribute}", nearness=4)
    if found or doubt or enabled.is_unknown:
        reason = doubt or (found.reason if found else f"{alarm.address}.actions_enabled is known after the apply")
        return cannot_tell("unknown_alarm", reason, alarm.address, to=alarm)
    return holds(alarm, alarm.address)


def _dimensions(value: Value) -> str:
    return ", ".join(sorted(value.names()))


# --- EventBridge ------------------------------------------------------------------------------------------------------


def _rules(_: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    """The rules that CloudTrail's events of denied calls reach."""
    rules = [rule for rule in context.plan.of_type(RULE) if not context.argument(rule, "event_pattern").is_unset]
    if not rules:
        yield broken("no_rule", "no EventBridge rule has an event_pattern")
    for rule in rules:
        yield _rule(rule, bucket, context)


def _rule(rule: Instance, bucket: Instance, context: Context) -> Link:
    link = _of_pattern(judge_event_pattern(rule, bucket, context), rule, f"{rule.address}.event_pattern")
    if link.broken:
        return link
    state, enabled = context.argument(rule, "state"), context.argument(rule, "is_enabled")
    if state.text == "DISABLED" or (enabled.raw is False and not state.text):
        where = f"{rule.address}.{'state' if state.text else 'is_enabled'}"
        return broken("rule_disabled", f"{where} switches the rule off", where, nearness=4)
    bus = context.argument(rule, "event_bus_name")
    if bus.text and bus.text.rsplit("/", 1)[-1] != "default":
        where = f"{rule.address}.event_bus_name"
        return broken(
            "rule_on_other_bus",
            f"{where} is {context.display_value(rule, 'event_bus_name')}; AWS services send to the default bus",
            where,
            nearness=3,
        )
    here = context.regions.same(rule, bucket)
    if here is False:
        return broken("rule_elsewhere", f"{rule.address} is in another region than the bucket", rule.address, nearness=3)
    unknown = next((n for n, v in (("state", state), ("event_bus_name", bus)) if v.is_unknown), None)
    if not link.code and (unknown or here is None):
        what = f"{rule.address}.{unknown} is known after the apply" if unknown else "the region of the rule is not in the plan"
        return cannot_tell("unknown_rule", what, rule.address, to=rule)
    return link


def _rule_topics(rule: Instance, _: Instance, context: Context) -> Iterator[Link]:
    found = context.relations.companions(rule, TARGET, "rule")
    targets = [(target, "") for target in found.sure] + list(found.perhaps)
    if not targets:
        yield broken("no_rule_target", f"{rule.address} has no target", rule.address)
    for target, doubt in targets:
        by_role = not context.argument(target, "role_arn").is_unset
        for link in topics(target, "arn", "events.amazonaws.com", context, by_role):
            yield link if link.broken or not doubt else cannot_tell("unknown_rule_target", doubt, target.address, to=link.to)


class Ways(NamedTuple):
    """The stages of both ways from a bucket to whoever is alerted. `rules` is empty where the policy accepts no EventBridge rule."""

    alarms: tuple[Stage, ...]
    rules: tuple[Stage, ...]


def ways(settings: Mapping[str, Any]) -> Ways:
    """The ways that a section of the policy admits. Made once for a plan, as chains are remembered by their stages."""
    trail, end = Stage("trail", _trails, _seen_by_trails), Stage("delivery", partial(delivery, settings))
    alarms = (
        trail,
        Stage("log group", _groups, seen_as),
        Stage("metric filter", _filters, seen_as),
        Stage("alarm", partial(_alarms, settings)),
        Stage("topic", alarm_topics),
        end,
    )
    rules = (trail, Stage("rule", _rules, seen_as), Stage("rule's topic", _rule_topics), end)
    return Ways(alarms, rules if settings["accept_eventbridge"] else ())
