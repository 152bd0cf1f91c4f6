"""The first links of a chain of alerts: the trail that logs reads of the bucket's objects, and the log group that it delivers to.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/monitor-cloudtrail-log-files-with-cloudwatch-logs.html
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from planproof.aws.alerts.links import Link, Place, broken, cannot_tell, holds, together
from planproof.aws.alerts.pattern_trial import seen_as
from planproof.aws.alerts.same_metric import FILTER
from planproof.aws.alerts.trails import TRAIL, Coverage, arn_name, coverage, trail_index
from planproof.aws.log_groups import LOG_GROUP
from planproof.context import Context
from planproof.evaluation.identifiers import identifier, name_of
from planproof.evaluation.origin import Through
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance
from planproof.policy.model import Declared
from planproof.text.wildcards import matches

_NOT_COVERED = {
    Coverage.NO_DATA_EVENTS: ("no_data_events", "logs no S3 data events, so it records no object reads or writes"),
    Coverage.OTHER_BUCKETS: ("bucket_not_covered", "logs S3 data events, but not for this bucket"),
    Coverage.REFUSED_ARN: (
        "bucket_not_covered",
        'names the bucket by an ARN without a trailing "/", which CloudTrail rejects',
    ),
    Coverage.PART: ("only_part_covered", "logs data events for only part of the bucket"),
    Coverage.WRITES_ONLY: ("only_writes_covered", "logs writes to the bucket's objects but not reads"),
}


def trails(settings: Mapping[str, Any], bucket: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The trails that may log the bucket, and those that another configuration makes."""
    index = context.once(trail_index)
    candidates = [*index.named.get(arn_name(bucket), ()), *index.general]
    declared = context.policy.elsewhere("trails")
    for trail in candidates:
        yield _trail(trail, bucket, context)
    for each in declared:
        yield holds(None if each.alerts else each, "elsewhere.trails")
    if not candidates and not declared:
        yield _no_trail(settings, context)


def seen_by_trails(bucket: Instance, context: Context) -> Hashable:
    """Equal for two buckets that neither the plan's trails nor what comes after them tell apart."""
    index = context.once(trail_index)
    told_apart = index.tells_apart or arn_name(bucket) in index.named
    return bucket.address if told_apart else "", seen_as(bucket, context)


def _no_trail(settings: Mapping[str, Any], context: Context) -> Link:
    trails = context.plan.of_type(TRAIL)
    if not trails:
        reason = "the plan has no aws_cloudtrail"
        if settings["no_trail"] == "fail":
            return broken("no_trail", reason, TRAIL)
        return cannot_tell(
            "unknown_trail",
            f"{reason}; if another configuration creates the trail, declare it in elsewhere.trails of the policy",
            TRAIL,
        )
    selectors = context.once(trail_index).selectors
    trail = next((t for t in trails if selectors[t.address]), trails[0])
    found = Coverage.OTHER_BUCKETS if selectors[trail.address] else Coverage.NO_DATA_EVENTS
    return _not_covered(trail, found)


def _not_covered(trail: Instance, found: Coverage) -> Link:
    code, reason = _NOT_COVERED[found]
    return broken(code, f"{trail.address} {reason}", trail.address, nearness=found, to=trail)


def _trail(trail: Instance, bucket: Instance, context: Context) -> Link:
    """Logs, here, the reads of the bucket's objects."""
    found, doubt = coverage(trail, bucket, context)
    links = [_not_covered(trail, found)] if found in _NOT_COVERED else []
    links += [*_off(trail, context), *_elsewhere(trail, bucket, context)]
    if doubt:
        links.insert(0, cannot_tell("unknown_trail", doubt, trail.address, to=trail))
    return together(*links, holds(trail, trail.address))


def _off(trail: Instance, context: Context) -> Iterator[Link]:
    logging, where = context.argument(trail, "enable_logging"), f"{trail.address}.enable_logging"
    if logging.raw is False:
        yield broken("trail_not_logging", f"{where} is false: the trail logs nothing", where, nearness=Coverage.WHOLE)
    elif logging.is_unknown:
        yield cannot_tell("unknown_trail", f"{where} is known after apply", trail.address)


def _elsewhere(trail: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    everywhere, where = context.argument(trail, "is_multi_region_trail"), f"{trail.address}.is_multi_region_trail"
    here = True if everywhere.raw is True else context.regions.same(trail, bucket)
    if here is False and not everywhere.is_unknown:
        text = f"{trail.address} logs only its own region (is_multi_region_trail), but the bucket is in another"
        yield broken("trail_elsewhere", text, where, nearness=Coverage.WHOLE)
    elif here is not True:
        text = f"the plan does not show whether {trail.address} and the bucket are in the same region"
        yield cannot_tell("unknown_trail", text, trail.address)


# --- the log group ----------------------------------------------------------------------------------------------------


def groups(trail: Instance | Declared, _: Instance, context: Context) -> Iterator[Link]:
    """The log group that the trail delivers to, with a role to do so."""
    if isinstance(trail, Declared):
        yield from _declared_groups(trail, context)
        return
    where = f"{trail.address}.cloud_watch_logs_group_arn"
    if context.argument(trail, "cloud_watch_logs_group_arn").is_unset:
        yield broken("no_log_group", f"{where} is not set: the trail delivers to no log group", where)
        return
    delivery = [*_without_role(trail, context), *_without_star(trail, where, context)]
    for link in _named_groups(trail, where, context):
        yield together(*delivery, link)


def _without_role(trail: Instance, context: Context) -> Iterator[Link]:
    where = f"{trail.address}.cloud_watch_logs_role_arn"
    if context.argument(trail, "cloud_watch_logs_role_arn").is_unset:
        yield broken("no_delivery_role", f"{where} is not set: the trail delivers to no log group", where)


def _without_star(trail: Instance, where: str, context: Context) -> Iterator[Link]:
    """CloudTrail takes the ARN of a group with `:*` behind it alone; the provider's `arn` has none:
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html"""
    value = context.argument(trail, "cloud_watch_logs_group_arn")
    if not _has_star(value.text, trail, context):
        text = f'{where} is an ARN without a trailing ":*", which CloudTrail rejects'
        yield broken("log_group_without_star", text, where)


def _has_star(text: str | None, trail: Instance, context: Context) -> bool:
    """True also if that cannot be told, as by plan JSON alone of a reference with text around it."""
    if text is not None:
        return text.endswith(":*") or identifier(text).is_plain
    result = context.evaluated(trail, "cloud_watch_logs_group_arn")
    last = text_parts(result)[-1] if result is not None else ""
    if isinstance(last, str):
        return last.endswith(":*") or result is None
    origins = last.all_origins
    return not (
        len(origins) == 1
        and origins[0].through is Through.AS_IS
        and origins[0].type == LOG_GROUP
        and (origins[0].attribute or ("",))[0] == "arn"
    )


def _named_groups(trail: Instance, where: str, context: Context) -> Iterator[Link]:
    value = context.argument(trail, "cloud_watch_logs_group_arn")
    found = context.relations.resolve(trail, ("cloud_watch_logs_group_arn",), LOG_GROUP)
    for group in found.targets:
        yield _group(group, trail, context)
    for group in found.candidates:
        link = _group(group, trail, context)
        yield link if link.broken else cannot_tell("unknown_log_group", found.reason, group.address, to=Place(group))
    if value.text and not found.targets:
        yield _outside(value.text, trail, where, context)
    elif not found.targets and (found.open_ended or not found.candidates):
        yield cannot_tell("unknown_log_group", found.reason or f"{where} is known after apply", where)


def _outside(arn: str, trail: Instance, where: str, context: Context) -> Link:
    """A group that no resource of this region is: of another configuration, unless its name is that of one in another region."""
    name = name_of(identifier(arn), LOG_GROUP) or arn
    elsewhere = next((group for group in context.plan.of_type(LOG_GROUP) if group.get("name").text == name), None)
    region, own = identifier(arn).region, context.regions.name(trail)
    if elsewhere is not None:
        return broken("log_group_elsewhere", f"{elsewhere.address} is in a different region from {trail.address}", where)
    if region and own and region != own:
        return broken("log_group_elsewhere", f"{where} is a log group in {region}, but the trail is in {own}", where)
    return holds(Place(None, name), where)


def _group(group: Instance, trail: Instance, context: Context) -> Link:
    links = []
    if context.regions.same(trail, group) is False:
        text = f"{group.address} is in a different region from {trail.address}"
        links.append(broken("log_group_elsewhere", text, group.address))
    return together(*links, *_without_filters(group, context), holds(Place(group), group.address))


def _without_filters(group: Instance, context: Context) -> Iterator[Link]:
    """Metric filters are for groups of class STANDARD alone:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"""
    kind, where = context.argument(group, "log_group_class"), f"{group.address}.log_group_class"
    if kind.is_unknown:
        yield cannot_tell("unknown_log_group", f"{where} is known after apply", group.address)
    elif not kind.is_unset and kind.text != "STANDARD":
        shown = context.display_value(group, "log_group_class")
        yield broken(
            "log_class_without_filters", f"{where} is {shown}: log groups of this class do not support metric filters", where
        )


def _declared_groups(trail: Declared, context: Context) -> Iterator[Link]:
    """Of a trail that another configuration makes: the groups that the policy declares and a filter of this plan reads."""
    declared = [each.name for each in context.policy.elsewhere("log_groups")]
    read = dict.fromkeys(context.argument(each, "log_group_name").text or "" for each in context.plan.of_type(FILTER))
    found = [name for name in read if any(matches(glob, name) for glob in declared)]
    for name in found:
        yield holds(Place(None, name), "elsewhere.log_groups")
    if not found:
        reason = f"another configuration creates the trail ({trail.reason}), and no metric filter in this plan reads a log group in elsewhere.log_groups"
        yield cannot_tell("unknown_log_group", reason)
