"""The chain from a bucket to whoever is alerted, link by link.

    bucket -> trail -> log group -> metric filter -> alarm -> topic -> subscription
    bucket -> trail -> EventBridge rule -> topic -> subscription

Each link is a function: from the thing that the chain has come to, to every thing that may come next, with whether the link holds,
is broken (and why) or cannot be told. `best_chain` walks them and answers with the chain that comes furthest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from planproof.access_events import Judgement, judge_event_pattern, judge_filter_pattern
from planproof.alarms import ALARM, COMPOSITE, Watch, composites, trouble, watches
from planproof.check import Context
from planproof.glob import matches
from planproof.iam import Document, service
from planproof.iam_documents import read
from planproof.links import spellings
from planproof.plan import Instance, Value
from planproof.references import Kind
from planproof.regions import same_region
from planproof.trails import TRAIL, Coverage, arn_name, coverage, trail_index

GROUP = "aws_cloudwatch_log_group"
FILTER = "aws_cloudwatch_log_metric_filter"
TOPIC = "aws_sns_topic"
SUBSCRIPTION = "aws_sns_topic_subscription"
RULE = "aws_cloudwatch_event_rule"
TARGET = "aws_cloudwatch_event_target"
KEYS = ("aws_kms_key", "aws_kms_external_key", "aws_kms_replica_key")
SETTINGS = "unauthorized_access_alert"
ALARMS_PRINCIPAL = "cloudwatch.amazonaws.com"


class Place(NamedTuple):
    """A log group or a topic: of the plan, or one outside of it that is known by its name or ARN."""

    instance: Instance | None = None
    name: str = ""

    @property
    def address(self) -> str:
        return self.instance.address if self.instance else ""


class Target(NamedTuple):
    """A topic with who publishes to it: the service, and whether it does so by a role of its own."""

    topic: Place
    publisher: str
    by_role: bool = False

    @property
    def address(self) -> str:
        return f"{self.topic.address}{self.topic.name} {self.publisher} {self.by_role}"


class Link(NamedTuple):
    """One link: what it leads to, and the code and reason where it does not hold for sure.

    Broken: `code`, and nothing comes after it. Open: `code` and `open`; the chain goes on where `to` is given. `nearness` orders
    broken links of one kind. `where`: evidence.
    """

    to: Any = None
    code: str = ""
    reason: str = ""
    where: tuple[str, ...] = ()
    open: bool = False
    nearness: int = 0

    @property
    def broken(self) -> bool:
        return bool(self.code) and not self.open


Chain = tuple[Link, ...]
Links = Iterable[Link]


def holds(to: Any, *where: str) -> Link:
    return Link(to, where=where)


def broken(code: str, reason: str, *where: str, nearness: int = 0) -> Link:
    return Link(None, code, reason, where, nearness=nearness)


def cannot_tell(code: str, reason: str, *where: str, to: Any = None) -> Link:
    return Link(to, code, reason, where, open=True)


def best_chain(bucket: Instance, context: Context) -> Chain:
    """The chain that comes furthest: a whole one, else one that may be whole, else the one that breaks last."""
    chain = _either_way(bucket, context)
    left_out = context.once(_left_out)
    if left_out and any(link.broken for link in chain):
        reason = f"this plan leaves {left_out} out (-target), and without it {chain[-1].reason}"
        return (*chain[:-1], cannot_tell("unknown_left_out", reason, *chain[-1].where))
    return chain


def _left_out(context: Context) -> str:
    """A resource that could mend a chain and that an incomplete plan leaves out."""
    kinds = (TRAIL, GROUP, FILTER, ALARM, COMPOSITE, TOPIC, SUBSCRIPTION, RULE, TARGET)
    return next((each.address for kind in kinds for each in context.plan.left_out(kind)), "")


def _either_way(bucket: Instance, context: Context) -> Chain:
    """Through an alarm or, where the policy accepts it, through an EventBridge rule."""
    alarm = _walk(ALARMS, bucket, bucket, context)
    if is_whole(alarm) or not context.settings(SETTINGS).get("accept_eventbridge", True):
        return alarm
    rule = _walk(RULES, bucket, bucket, context)
    if any(link.broken for link in alarm) is not any(link.broken for link in rule):
        return alarm if any(link.broken for link in rule) else rule
    # Both break, or may. A rule that fits counts for as much as a filter that does, which is a link further along its own way.
    fits = len(rule) > 2 or (len(rule) == 2 and rule[-1].nearness > 1)
    return rule if is_whole(rule) or (fits and len(rule) + 1 > len(alarm)) else alarm


def is_whole(chain: Chain) -> bool:
    return not any(link.code for link in chain)


class Stage(NamedTuple):
    """A kind of link: what it leads to, in words, and the function that finds such links from a thing.

    `of_bucket`: what it answers depends on the bucket that the chain begins at, and is worked out for each anew.
    """

    name: str
    links: Callable[[Any, Instance, Context], Links]
    of_bucket: bool = False


def _walk(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    """The best chain from `at` on. What does not depend on the bucket is worked out once for all buckets."""
    if stages[0].of_bucket:
        return _best(stages, at, bucket, context)
    memory: dict[tuple[str, str], Chain] = context.memory("alert_chain")
    key = (stages[0].name, at.address)
    if key not in memory:
        memory[key] = _best(stages, at, bucket, context)
    return memory[key]


def _best(stages: tuple[Stage, ...], at: Any, bucket: Instance, context: Context) -> Chain:
    best: Chain = ()
    for link in stages[0].links(at, bucket, context):
        ends = link.to is None or len(stages) == 1
        chain = (link,) if ends else (link, *_walk(stages[1:], link.to, bucket, context))
        if not best or _merit(chain) > _merit(best):
            best = chain
        if is_whole(best):
            break
    return best


def _merit(chain: Chain) -> tuple[bool, int, int, int]:
    """Not broken is better than broken, then what holds for longer, comes further, and is nearer to holding where it breaks."""
    sure = next((number for number, link in enumerate(chain) if link.code), len(chain))
    return not chain[-1].broken, sure, len(chain), chain[-1].nearness


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
    here = True if everywhere.raw is True else same_region(trail, bucket, context)
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
    found = context.links.resolve(trail, ("cloud_watch_logs_group_arn",), GROUP)
    for group in found.targets:
        if same_region(trail, group, context) is False:
            yield broken("log_group_elsewhere", f"{group.address} is in another region than {trail.address}", group.address)
        else:
            yield holds(Place(group), group.address)
    for group in found.candidates:
        yield cannot_tell("unknown_log_group", found.reason, group.address, to=Place(group))
    if value.text and not found.targets:
        yield holds(Place(None, spellings(value.text.removesuffix(":*"))[-1]), f"{trail.address}.cloud_watch_logs_group_arn")
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
        found = context.links.companions(group.instance, FILTER, "log_group_name")
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
    if group.instance and same_region(each, group.instance, context) is False:
        text = f"{each.address} is in another region than {group.address}"
        return broken("no_metric_filter", text, each.address)
    link = _of_pattern(judge_filter_pattern(each, bucket, context), each, where)
    if link.broken:
        return link
    value = context.argument(each, "metric_transformation", 0, "value")
    if not value.is_unknown and not value.number:
        where = f"{each.address}.metric_transformation[0].value"
        text = f"{where} is {context.shown(each, 'metric_transformation', 0, 'value')}, which counts nothing; 1 counts events"
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


def _alarms(each: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The alarms on exactly the filter's metric that one event can trip."""
    index = context.once(watches)
    name, namespace = (context.argument(each, "metric_transformation", 0, part) for part in ("name", "namespace"))
    found = [*index.by_metric.get((namespace.text or "", name.text or ""), ())] if name.text and namespace.text else []
    candidates = [(watch, "") for watch in found]
    for watch in (
        index.open if name.text and namespace.text else [*index.open, *(w for ws in index.by_metric.values() for w in ws)]
    ):
        candidates += [(watch, doubt) for doubt in [_same_metric(watch, each, context)] if doubt is not None]
    # Those beside the filter first: elsewhere the same names may be another account's.
    for watch, doubt in sorted(candidates, key=lambda pair: pair[0].alarm.module is not each.module):
        yield _alarm(watch, each, doubt, context)
    if not candidates:
        yield _no_alarm(each, name, namespace, context)


def _no_alarm(each: Instance, name: Value, namespace: Value, context: Context) -> Link:
    near = context.once(watches).by_name.get((name.text or "").lower(), ())
    if near:
        alarm = near[0].alarm
        part = "namespace" if near[0].get("metric_name", context).raw == name.raw else "metric_name"
        theirs = context.shown(alarm, *near[0].path, part)
        ours = context.shown(each, "metric_transformation", 0, part.removeprefix("metric_"))
        text = f"{alarm.address} has {part} = {theirs}, and {each.address} writes {ours}; they have to be equal to the letter"
        return broken("wrong_metric", text, f"{alarm.address}.{part}", nearness=1)
    return broken("no_alarm", f"no alarm watches the metric that {each.address} writes", f"{each.address}.metric_transformation")


def _same_metric(watch: Watch, each: Instance, context: Context) -> str | None:
    """ "" where the alarm watches the filter's metric, None where it does not, else why that cannot be told."""
    doubt = ""
    for theirs, ours in (("metric_name", "name"), ("namespace", "namespace")):
        left, right = watch.get(theirs, context), context.argument(each, "metric_transformation", 0, ours)
        if left.text is not None and right.text is not None:
            if left.text != right.text:
                return None
            continue
        origins = context.references.origins(watch.alarm, *watch.path, theirs)
        filters = {o.instance.address for o in origins if o.type == FILTER and o.instance}
        if filters and each.address not in filters:
            return None
        if filters and len(origins) == 1:
            continue
        mine = context.references.origins(each, "metric_transformation", 0, ours)
        both_open = left.text is None and right.text is None
        if both_open and not filters and origins and mine and not {_made_of(o) for o in origins} & {_made_of(o) for o in mine}:
            return None
        if not _written_alike(watch, theirs, each, ours, context):
            doubt = f"{watch.alarm.address}.{theirs} is known after the apply, and so is whether it is {each.address}'s"
    return doubt


def _made_of(origin: Any) -> object:
    return (origin.kind, origin.block, origin.name) if origin.kind is not Kind.CONSTANT else Kind.CONSTANT


def _written_alike(watch: Watch, theirs: str, each: Instance, ours: str, context: Context) -> bool:
    """Whether the source writes both in the same words, in one module."""
    left, right = context.source_block(watch.alarm), context.source_block(each)
    if left is None or right is None or watch.path or watch.alarm.module is not each.module:
        return False
    transformations = right.blocks("metric_transformation")
    expression = left.argument(theirs)
    same = bool(expression and transformations and [expression.raw] == transformations[0].get(ours))
    return same and watch.alarm.index == each.index


def _alarm(watch: Watch, each: Instance, doubt: str, context: Context) -> Link:
    alarm = watch.alarm
    if same_region(alarm, each, context) is False:
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
    found = trouble(watch, weight.number or 1, default.number, context.settings(SETTINGS), context)
    if found and not found.open and not (weight.is_unknown and found.code == "cannot_trip"):
        return broken(found.code, found.reason, f"{alarm.address}.{found.attribute}", nearness=4)
    if found or doubt or enabled.is_unknown:
        reason = doubt or (found.reason if found else f"{alarm.address}.actions_enabled is known after the apply")
        return cannot_tell("unknown_alarm", reason, alarm.address, to=alarm)
    return holds(alarm, alarm.address)


def _dimensions(value: Value) -> str:
    return ", ".join(sorted(value.names()))


# --- the topic --------------------------------------------------------------------------------------------------------


def _alarm_topics(alarm: Instance, _: Instance, context: Context) -> Iterator[Link]:
    """The topics among the alarm's actions, and among those of a composite alarm that goes off with it."""
    name = context.argument(alarm, "alarm_name").text
    for speaker in (alarm, *(context.once(composites).get(name, ()) if name else ())):
        yield from _actions(speaker, context)
    for each in context.plan.of_type(COMPOSITE):
        if context.argument(each, "alarm_rule").is_unknown and alarm in _referred(each, "alarm_rule", context):
            reason = f"{each.address}.alarm_rule is known after the apply"
            yield from (link._replace(code="unknown_alarm", reason=reason, open=True) for link in _actions(each, context))


def _referred(instance: Instance, attribute: str, context: Context) -> list[Instance]:
    return [i for origin in context.references.origins(instance, attribute) for i in origin.instances]


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
    yield from _topics(alarm, "alarm_actions", ALARMS_PRINCIPAL, context)


def _topics(instance: Instance, attribute: str, publisher: str, context: Context, by_role: bool = False) -> Iterator[Link]:
    where = f"{instance.address}.{attribute}"
    value = context.argument(instance, attribute)
    resolve = context.links.resolve if attribute == "arn" else context.links.resolve_each
    found = resolve(instance, (attribute,), TOPIC)
    to = partial(Target, publisher=publisher, by_role=by_role)
    for topic in found.targets:
        yield holds(to(Place(topic)), topic.address)
    all_of_them = resolve == context.links.resolve_each and _is_every_instance(instance, attribute, context)
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
    origins = context.references.origins(instance, attribute)
    return bool(origins) and all(
        o.kind is Kind.RESOURCE and o.block[1].startswith("aws_") and o.type != TOPIC and (o.attribute or ("",))[-1] == "arn"
        for o in origins
    )


def _is_every_instance(instance: Instance, attribute: str, context: Context) -> bool:
    """Whether a list refers to a whole resource: `for` and splat leave its name alone, an index what it is made from too."""
    origins = context.references.origins(instance, attribute)
    return all(origin.kind in (Kind.RESOURCE, Kind.CONSTANT) for origin in origins)


def _literal_topics(
    instance: Instance, attribute: str, found: tuple[Instance, ...], context: Context
) -> Iterator[tuple[Place, bool]]:
    """Further topics whose ARNs are written out, and whether each is surely among the actions: a list that holds something
    unknown is unknown as a whole, and shows what is written out in the source alone."""
    value = context.argument(instance, attribute)
    known = [element.text or "" for element in value.items() or [value]]
    block = context.source_block(instance) if value.is_unknown else None
    written = block.argument(attribute) if block else None
    arns = _TOPIC_ARN.findall(" ".join(known)) or _TOPIC_ARN.findall(str(written.raw if written else ""))
    by_name: dict[str, Instance] = context.once(_topics_by_name)
    for arn in dict.fromkeys(arns):
        topic = by_name.get(spellings(arn)[-1])
        if topic is None or topic not in found:
            yield Place(topic, "" if topic else arn), not value.is_unknown or isinstance(written.raw if written else None, list)


_TOPIC_ARN = re.compile(r"""\barn:[\w-]+:sns:[\w-]*:\d*:[\w-]+(?:\.fifo)?(?![\w$.{-])""")


def _topics_by_name(context: Context) -> dict[str, Instance]:
    return {topic.get("name").text or "": topic for topic in context.plan.of_type(TOPIC)}


# --- delivery ---------------------------------------------------------------------------------------------------------


def _delivery(target: Target, _: Instance, context: Context) -> Iterator[Link]:
    """The publisher may use the topic and its key, and somebody is subscribed."""
    topic = target.topic.instance
    if topic is None or topic.mode == "data":
        yield _outside(target.topic, context)
        return
    links = [_key(topic, target.publisher, context), _admits(topic, target, context), _subscription(topic, context)]
    yield next((link for link in links if link.broken), None) or next((link for link in links if link.open), links[-1])


def _outside(topic: Place, context: Context) -> Link:
    arn = topic.name or (topic.instance.get("arn").text if topic.instance else None) or ""
    if any(matches(str(glob), arn) for glob in context.settings(SETTINGS).get("known_topics", ())):
        return holds(True)
    reason = (
        "the topic is not made by this plan: whether it has a subscription, and a key that the publisher may use, is not in it"
    )
    return cannot_tell("unknown_topic", f"{reason} (known_topics in the policy can say so)", *filter(None, [topic.address]))


def _subscription(topic: Instance, context: Context) -> Link:
    if not context.settings(SETTINGS).get("require_subscription", True):
        return holds(True)
    found = context.links.companions(topic, SUBSCRIPTION, "topic_arn")
    links = [_subscribed(each, context) for each in found.sure]
    links += [cannot_tell("unknown_subscription", reason, each.address) for each, reason in found.perhaps]
    return _strongest(links) or broken("no_subscription", f"nobody is subscribed to {topic.address}", topic.address)


def _subscribed(each: Instance, context: Context) -> Link:
    """Gets what is published: alarms and rules send no message attributes, which is what a filter looks at by default."""
    policy, scope = context.argument(each, "filter_policy"), context.argument(each, "filter_policy_scope")
    if policy.is_unset or policy.text == "{}":
        return holds(True, each.address)
    where = f"{each.address}.filter_policy"
    if policy.is_known and scope.text != "MessageBody":
        return broken("subscription_filters", f"{where} asks for message attributes, which no alarm and no rule sends", where)
    return cannot_tell("unknown_subscription", f"whether {where} lets the alert through is not worked out here", where)


def _strongest(links: Iterable[Link]) -> Link | None:
    """One that holds, else one that may, else a broken one."""
    return min(links, key=lambda link: (link.broken, link.open), default=None)


def _key(topic: Instance, publisher: str, context: Context) -> Link:
    """The topic is not encrypted by a key that the publisher may not use: it would then be silent, and no error shown."""
    where = f"{topic.address}.kms_master_key_id"
    value = context.argument(topic, "kms_master_key_id")
    if value.is_unset:
        return holds(True)
    found = context.links.resolve(topic, ("kms_master_key_id",), "aws_kms_alias", *KEYS)
    if (value.text or "").endswith("alias/aws/sns") or _is_of_aws(topic, context):
        text = f"{where} is alias/aws/sns, the key of AWS itself, which {publisher} may not use: nothing is delivered"
        return broken("aws_managed_key", text, where)
    keys = [key for target in found.targets or found.candidates for key in _keys_of(target, context)]
    links = [_usable(key, topic, publisher, context) for key in keys]
    if not links or found.open_ended or (not found.targets and len({link.code for link in links}) > 1):
        reason = found.reason or f"{where} names a key that is not made by this plan: its policy is not in it"
        return cannot_tell("unknown_key", reason, where)
    return _strongest(links) or holds(True)


def _is_of_aws(topic: Instance, context: Context) -> bool:
    """Whether the key is looked up by the alias of AWS's own."""
    read = [o.instance for o in context.references.origins(topic, "kms_master_key_id") if o.instance]
    return any(i.get(name).text == "alias/aws/sns" for i in read for name in ("name", "key_id") if i.type in _KEY_DATA)


_KEY_DATA = ("aws_kms_alias", "aws_kms_key")


def _keys_of(target: Instance, context: Context) -> tuple[Instance, ...]:
    """The key itself, or the one that an alias stands for."""
    if target.type != "aws_kms_alias":
        return (target,) if target.mode != "data" else ()
    return context.links.resolve(target, ("target_key_id",), *KEYS).targets


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
    found = context.links.companions(subject, companion, argument)
    if found.sure:
        return read(found.sure[0], context, "policy")
    if not context.argument(subject, "policy").is_unset:
        return read(subject, context, "policy")
    if found.perhaps:
        return Document(problem=found.perhaps[0][1], where=(found.perhaps[0][0].address,))
    return None


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
            f"{where} is {context.shown(rule, 'event_bus_name')}; AWS services send to the default bus",
            where,
            nearness=3,
        )
    here = same_region(rule, bucket, context)
    if here is False:
        return broken("rule_elsewhere", f"{rule.address} is in another region than the bucket", rule.address, nearness=3)
    unknown = next((n for n, v in (("state", state), ("event_bus_name", bus)) if v.is_unknown), None)
    if not link.code and (unknown or here is None):
        what = f"{rule.address}.{unknown} is known after the apply" if unknown else "the region of the rule is not in the plan"
        return cannot_tell("unknown_rule", what, rule.address, to=rule)
    return link


def _rule_topics(rule: Instance, _: Instance, context: Context) -> Iterator[Link]:
    found = context.links.companions(rule, TARGET, "rule")
    targets = [(target, "") for target in found.sure] + list(found.perhaps)
    if not targets:
        yield broken("no_rule_target", f"{rule.address} has no target", rule.address)
    for target, doubt in targets:
        by_role = not context.argument(target, "role_arn").is_unset
        for link in _topics(target, "arn", "events.amazonaws.com", context, by_role):
            yield link if link.broken or not doubt else cannot_tell("unknown_rule_target", doubt, target.address, to=link.to)


ALARMS = (
    Stage("trail", _trails, of_bucket=True),
    Stage("log group", _groups, of_bucket=True),
    Stage("metric filter", _filters, of_bucket=True),
    Stage("alarm", _alarms),
    Stage("topic", _alarm_topics),
    Stage("delivery", _delivery),
)
RULES = (
    Stage("trail", _trails, of_bucket=True),
    Stage("rule", _rules, of_bucket=True),
    Stage("rule's topic", _rule_topics),
    Stage("delivery", _delivery),
)

__all__ = ["ALARM", "Chain", "Link", "best_chain", "is_whole"]
