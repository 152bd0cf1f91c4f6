"""The middle links of a chain of alerts: the metric filter on the log group, and the alarm on its metric.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from planproof.aws.alerts.alarms import Watch, troubles, watches
from planproof.aws.alerts.dimensions import shares_data_points
from planproof.aws.alerts.links import Link, Place, broken, cannot_tell, holds, together
from planproof.aws.alerts.pattern_trial import Judgement, judge_filter_pattern
from planproof.aws.alerts.same_metric import FILTER, same_metric
from planproof.context import Context
from planproof.plan.model import Instance
from planproof.plan.value import Value


def filters(group: Place, bucket: Instance, context: Context) -> Iterator[Link]:
    """The metric filters that read the log group."""
    sure, perhaps = _on_group(group, context)
    for each in sure:
        yield _filter(each, group, bucket, context)
    for each, reason in perhaps:
        link = _filter(each, group, bucket, context)
        yield link if link.broken else cannot_tell("unknown_metric_filter", reason, each.address, to=each)
    if not sure and not perhaps:
        others = context.plan.of_type(FILTER)
        near = f" ({others[0].address} reads another log group)" if others else ""
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
    if group.instance and context.regions.same(each, group.instance) is False:
        text = f"{each.address} is in a different region from {group.address}"
        return broken("no_metric_filter", text, each.address)
    pattern = of_pattern(judge_filter_pattern(each, bucket, context), each, f"{each.address}.pattern")
    return together(*([pattern] if pattern.code else []), *_counts(each, context), holds(each, each.address))


def _counts(each: Instance, context: Context) -> Iterator[Link]:
    value, where = context.argument(each, "metric_transformation", 0, "value"), f"{each.address}.metric_transformation[0].value"
    if value.is_unknown:
        yield cannot_tell("unknown_metric_filter", f"the value of {each.address} is known after apply", each.address)
    elif not value.number:
        shown = context.display_value(each, "metric_transformation", 0, "value")
        yield broken("counts_nothing", f"{where} is {shown}, which does not count events; set it to 1", where, nearness=3)


_PATTERNS = {
    Judgement.REFUSED: ("pattern_refused", 0),
    Judgement.MISSES: ("pattern_misses_denied_calls", 1),
    Judgement.NOISE: ("pattern_is_noise", 2),
}


def of_pattern(found: tuple[Judgement, str], each: Instance, where: str) -> Link:
    """The link that a filter or rule is by its pattern."""
    judgement, reason = found
    if judgement in _PATTERNS:
        code, nearness = _PATTERNS[judgement]
        return broken(code, f"{where} {reason}", where, nearness=nearness, to=each)
    if judgement is Judgement.OPEN:
        return cannot_tell("unknown_pattern", f"{where} {reason}", each.address, to=each)
    return holds(each, each.address)


# --- the alarm --------------------------------------------------------------------------------------------------------


def data_points(each: Instance, context: Context) -> Hashable:
    """Equal for two filters that write the same data points, beside the same alarms; None if that cannot be told."""
    written = context.argument(each, "metric_transformation", 0)
    return None if written.has_unknown else (str(written.raw), context.regions.of(each), each.module)


def alarms(settings: Mapping[str, Any], each: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    """The alarms on exactly the filter's metric that one event can trip."""
    index = context.once(watches)
    name, namespace = (context.argument(each, "metric_transformation", 0, part) for part in ("name", "namespace"))
    is_known = name.text and namespace.text
    sure = index.by_metric.get((namespace.text or "", name.text or ""), []) if is_known else []
    perhaps = index.undetermined if is_known else [*index.undetermined, *(w for found in index.by_metric.values() for w in found)]
    too_many = context.tries("pairs of metric filter and alarm", len(sure) + len(perhaps))
    if too_many:
        yield cannot_tell("unknown_alarm", too_many, each.address)
        return
    told = [(watch, same_metric(watch, each, context)) for watch in perhaps]
    candidates = [*((watch, "") for watch in sure), *((watch, doubt) for watch, doubt in told if doubt is not None)]
    # Those beside the filter first: elsewhere the same names may be another account's.
    for watch, doubt in sorted(candidates, key=lambda pair: pair[0].alarm.module is not each.module):
        yield _alarm(watch, each, bucket, doubt, settings, context)
    if not candidates:
        yield _no_alarm(each, name, namespace, context)


def _no_alarm(each: Instance, name: Value, namespace: Value, context: Context) -> Link:
    near = context.once(watches).by_name.get((name.text or "").lower(), ())
    if near:
        alarm = near[0].alarm
        part = "namespace" if near[0].get("metric_name", context).raw == name.raw else "metric_name"
        theirs = context.display_value(alarm, *near[0].path, part)
        ours = context.display_value(each, "metric_transformation", 0, part.removeprefix("metric_"))
        text = f"{alarm.address} has {part} = {theirs}, but {each.address} publishes {ours}; they must be identical"
        return broken("wrong_metric", text, f"{alarm.address}.{part}", nearness=1, to=alarm)
    return broken(
        "no_alarm", f"no alarm watches the metric that {each.address} publishes", f"{each.address}.metric_transformation"
    )


def _alarm(watch: Watch, each: Instance, bucket: Instance, doubt: str, settings: Mapping[str, Any], context: Context) -> Link:
    alarm = watch.alarm
    links = [cannot_tell("unknown_alarm", doubt, alarm.address)] if doubt else []
    if context.regions.same(alarm, each) is False:
        text = f"{alarm.address} is in a different region from {each.address}"
        links.append(broken("wrong_metric", text, alarm.address))
    links += [*shares_data_points(watch, each, bucket, context), *_switched_off(alarm, context)]
    links += _goes_off(watch, each, settings, context)
    return together(*links, holds(alarm, alarm.address))


def _switched_off(alarm: Instance, context: Context) -> Iterator[Link]:
    enabled, where = context.argument(alarm, "actions_enabled"), f"{alarm.address}.actions_enabled"
    if enabled.raw is False:
        yield broken("actions_off", f"{where} is false: the alarm notifies no one", where, nearness=3)
    elif enabled.is_unknown:
        yield cannot_tell("unknown_alarm", f"{where} is known after apply", alarm.address)


def _goes_off(watch: Watch, each: Instance, settings: Mapping[str, Any], context: Context) -> Iterator[Link]:
    alarm = watch.alarm
    weight = context.argument(each, "metric_transformation", 0, "value")
    default = context.argument(each, "metric_transformation", 0, "default_value")
    for found in troubles(watch, weight.number or 1, default.number, settings, context):
        if found.undetermined or (weight.is_unknown and found.code == "cannot_trip"):
            yield cannot_tell("unknown_alarm", found.reason, alarm.address)
        else:
            yield broken(found.code, found.reason, f"{alarm.address}.{found.attribute}", nearness=4)
