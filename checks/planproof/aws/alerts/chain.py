"""The chain from a bucket to whoever is alerted, link by link.

    bucket -> trail -> log group -> metric filter -> alarm -> topic -> subscription
    bucket -> trail -> EventBridge rule -> topic -> subscription
    bucket -> GuardDuty detector -> EventBridge rule -> topic -> subscription

Each link is a function: from the thing that the chain has come to, to every thing that may come next, with whether the link holds,
is broken (and why) or cannot be told. `best_chain` walks them and answers with the chain that comes furthest.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from planproof.aws.alerts.alarms import ALARM, COMPOSITE
from planproof.aws.alerts.delivery import delivery
from planproof.aws.alerts.links import Chain, Stage, cannot_tell, faults, first_broken, is_whole, walk
from planproof.aws.alerts.metric_links import alarms, data_points, filters
from planproof.aws.alerts.pattern_trial import seen_after, seen_as
from planproof.aws.alerts.rule_links import DETECTOR, RULE, TARGET, detectors, finding_rules, rule_topics, rules
from planproof.aws.alerts.same_metric import FILTER
from planproof.aws.alerts.subscriptions import SUBSCRIPTION
from planproof.aws.alerts.topics import TOPIC, alarm_topics
from planproof.aws.alerts.trail_links import groups, seen_by_trails, trails
from planproof.aws.alerts.trails import TRAIL
from planproof.aws.log_groups import LOG_GROUP
from planproof.context import Context
from planproof.plan.model import Instance


class Ways(NamedTuple):
    """The stages of the ways from a bucket to whoever is alerted; one that the policy does not accept is empty."""

    alarms: tuple[Stage, ...]
    rules: tuple[Stage, ...]
    findings: tuple[Stage, ...]


def ways(settings: Mapping[str, Any]) -> Ways:
    """The ways that a section of the policy admits. Made once for a plan, as chains are remembered by their stages."""
    trail = Stage("trail", partial(trails, settings), seen_by_trails)
    end = Stage("delivery", partial(delivery, settings), seen_after)
    by_alarm = (
        trail,
        Stage("log group", groups, seen_as),
        Stage("metric filter", filters, seen_as),
        Stage("alarm", partial(alarms, settings), seen_after, data_points),
        Stage("topic", partial(alarm_topics, settings), seen_after),
        end,
    )
    by_rule = (
        trail,
        Stage("rule", rules, seen_as),
        Stage("rule's topic", partial(rule_topics, settings, False), seen_after),
        end,
    )
    by_finding = (
        Stage("detector", detectors, seen_as),
        Stage("rule on findings", finding_rules, seen_as),
        Stage("topic of the rule on findings", partial(rule_topics, settings, True), seen_after),
        end,
    )
    return Ways(by_alarm, by_rule if settings["accept_eventbridge"] else (), by_finding if settings["accept_guardduty"] else ())


def ways_of(context: Context) -> Ways:
    """The ways that the policy admits; use as `context.once(ways_of)`."""
    return ways(context.settings("unauthorized_access_alert"))


def best_chain(bucket: Instance, ways: Ways, context: Context) -> Chain:
    """The chain that comes furthest: a whole one, else one that may be whole, else the one that breaks last."""
    chain = _any_way(bucket, ways, context)
    at = first_broken(chain)
    missing = _left_out(at, context) if at < len(chain) else None
    if missing:
        reason = f"-target excludes {missing} from this plan; without it, {chain[at].reason}"
        return (*chain[:at], cannot_tell("unknown_left_out", reason, *chain[at].where))
    return chain


# What could mend the chains at each of their links.
_MENDS = (
    (
        (TRAIL,),
        (LOG_GROUP, TRAIL),
        (FILTER,),
        (ALARM,),
        (TOPIC, COMPOSITE),
        (SUBSCRIPTION, "aws_sns_topic_policy", "aws_kms_key_policy"),
    ),
    ((TRAIL,), (RULE,), (TARGET, TOPIC), (SUBSCRIPTION, "aws_sns_topic_policy", "aws_kms_key_policy")),
)


def _left_out(at: int, context: Context) -> str | None:
    """A resource that an incomplete plan leaves out and that could mend a chain that breaks at that link."""
    kinds = [kind for links in _MENDS for kind in links[min(at, len(links) - 1)]]
    return next((each.address for kind in kinds for each in context.left_out.of_type(kind)), None)


def _any_way(bucket: Instance, ways: Ways, context: Context) -> Chain:
    """By CloudTrail's events or, if the policy accepts it, by GuardDuty's findings."""
    chain = _by_trail(bucket, ways, context)
    if is_whole(chain) or not ways.findings or not context.plan.of_type(DETECTOR):
        return chain
    finding = walk(ways.findings, bucket, bucket, context)
    if not finding:
        return chain
    if is_whole(finding) or (_is_broken(chain) and not _is_broken(finding)):
        return finding
    return finding if first_broken(chain) == 0 and first_broken(finding) > 1 else chain


def _by_trail(bucket: Instance, ways: Ways, context: Context) -> Chain:
    """Through an alarm or, if the policy accepts it, through an EventBridge rule."""
    alarm = walk(ways.alarms, bucket, bucket, context)
    if is_whole(alarm) or not ways.rules:
        return alarm
    rule = walk(ways.rules, bucket, bucket, context)
    if _is_broken(alarm) is not _is_broken(rule):
        return alarm if _is_broken(rule) else rule
    if is_whole(rule):
        return rule
    # Both break, or may. A rule that fits counts for as much as a filter that does, which is a link further along its own way.
    fits = len(rule) > 2 and not (rule[1].broken and rule[1].nearness < 2)
    further = first_broken(rule) + 1 > first_broken(alarm) if first_broken(rule) else len(faults(rule)) < len(faults(alarm))
    return rule if fits and further else alarm


def _is_broken(chain: Chain) -> bool:
    return first_broken(chain) < len(chain)
