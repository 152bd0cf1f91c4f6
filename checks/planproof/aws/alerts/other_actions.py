"""What an alarm or a rule may call beside a topic: a function, an incident response plan, an OpsItem.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (AlarmActions) and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from planproof.aws.alerts.links import Link, broken, cannot_tell, holds, strongest
from planproof.aws.lambda_logs import FUNCTION
from planproof.context import Context
from planproof.evaluation.identifiers import identifier
from planproof.evaluation.resolution import Resolution
from planproof.evaluation.result import Result, items_of, text_parts
from planproof.plan.model import Instance
from planproof.text.wildcards import matches

ALIAS = "aws_lambda_alias"
PERMISSION = "aws_lambda_permission"
RESPONSE_PLAN = "aws_ssmincidents_response_plan"
_CALLERS = {"cloudwatch.amazonaws.com": "lambda.alarms.cloudwatch.amazonaws.com", "events.amazonaws.com": "events.amazonaws.com"}
_INVOKES = ("lambda:InvokeFunction", "lambda:*", "*")


def other_actions(
    speaker: Instance, attribute: str, publisher: str, accepted: Collection[str], context: Context
) -> Iterator[Link]:
    """Those that the argument names, of the kinds that the policy accepts. A chain ends with them."""
    caller = _CALLERS[publisher]
    if "function" in accepted:
        found = named(speaker, attribute, context, FUNCTION, ALIAS)
        for each in found.targets:
            yield _called(each, speaker, caller, context)
        for each in found.candidates:
            yield cannot_tell("unknown_action", found.reason, each.address)
    if "response_plan" in accepted:
        for each in named(speaker, attribute, context, RESPONSE_PLAN).targets:
            yield holds(None, each.address)
    for text in _written(speaker, attribute, context):
        yield from _literal(text, speaker, attribute, accepted, context)


def named(speaker: Instance, attribute: str, context: Context, *types: str) -> Resolution:
    """What the argument names: an alarm's actions are a list, a target's `arn` is one."""
    resolve = context.relations.resolve if attribute == "arn" else context.relations.resolve_each
    return resolve(speaker, (attribute,), *types)


def _called(each: Instance, speaker: Instance, caller: str, context: Context) -> Link:
    """The function is in the region, and lets the caller invoke it."""
    if context.regions.same(each, speaker) is False:
        return broken("function_elsewhere", f"{each.address} is in a different region from {speaker.address}", each.address)
    function = each
    if each.type == ALIAS:
        of = context.relations.resolve(each, ("function_name",), FUNCTION)
        if not of.targets:
            return cannot_tell("unknown_action", f"the plan does not show which function {each.address} is for", each.address)
        function = of.targets[0]
    found = context.relations.companions(function, PERMISSION, "function_name")
    links = [link for permission in found.sure for link in _permits(permission, each, speaker, caller, context)]
    links += [cannot_tell("unknown_action", reason, permission.address) for permission, reason in found.perhaps]
    refused = f"no {PERMISSION} allows {caller} to invoke {each.address} for {speaker.address}"
    best = strongest(links) or broken("function_refuses", refused, each.address)
    return best._replace(where=(each.address,))


def _permits(permission: Instance, called: Instance, speaker: Instance, caller: str, context: Context) -> Iterator[Link]:
    principal, action, qualifier = (context.argument(permission, name) for name in ("principal", "action", "qualifier"))
    unknown = any(value.is_unknown for value in (principal, action, qualifier))
    if not unknown:
        for_alias = called.type == ALIAS
        if principal.text != caller or action.text not in _INVOKES or qualifier.is_unset is for_alias:
            return
    if _is_for_another(permission, speaker, context):
        return
    if unknown:
        yield cannot_tell(
            "unknown_action", f"the permission that {permission.address} grants is known after apply", permission.address
        )
    else:
        yield holds(None, permission.address)


def _is_for_another(permission: Instance, speaker: Instance, context: Context) -> bool:
    """Whether `source_arn` is that of another alarm or rule. A rule's target speaks for its rule."""
    value = context.argument(permission, "source_arn")
    if value.is_unset:
        return False
    types = ("aws_cloudwatch_metric_alarm", "aws_cloudwatch_composite_alarm", "aws_cloudwatch_event_rule")
    found = context.relations.resolve(permission, ("source_arn",), *types)
    if not found.targets:
        kind = identifier(value.text).service if value.text else ""
        return kind not in ("", "cloudwatch", "events")
    speakers: tuple[Instance, ...] = (speaker,)
    if speaker.type == "aws_cloudwatch_event_target":
        speakers = context.relations.resolve(speaker, ("rule",), "aws_cloudwatch_event_rule").targets or speakers
    return found.targets[0].type == speakers[0].type and not any(each in found.targets for each in speakers)


# --- ARNs that are written out ----------------------------------------------------------------------------------------

_OPS_ITEM = re.compile(r"arn:[\w-]+:ssm:(?P<region>[^:]*):[^:]*:opsitem:\d.*", re.DOTALL)
_OUTSIDE = re.compile(r"arn:[\w-]+:(?:lambda:[^:]*:[^:]*:function:.+|ssm-incidents:[^:]*:[^:]*:response-plan/.+)", re.DOTALL)
_KIND = {"lambda": "function", "ssm-incidents": "response_plan"}


def _written(speaker: Instance, attribute: str, context: Context) -> list[str]:
    """The texts of the argument, those that are known in part with `...` in the place of what is not."""
    value = context.argument(speaker, attribute)
    known = [element.text for element in value.items() or [value] if element.text]
    result = context.evaluated(speaker, attribute) if value.has_unknown else None
    if result is None:
        return known
    elements = items_of(result)
    parts = [result] if elements is None else elements
    return list(dict.fromkeys([*known, *("".join(map(_shown, text_parts(part))) for part in parts)]))


def _shown(part: str | Result) -> str:
    return part if isinstance(part, str) else "..."


def _literal(text: str, speaker: Instance, attribute: str, accepted: Collection[str], context: Context) -> Iterator[Link]:
    where, own = f"{speaker.address}.{attribute}", context.regions.name(speaker)
    item = _OPS_ITEM.fullmatch(text)
    if item and "ops_item" in accepted:
        if own and item["region"] not in (own, "..."):
            yield broken(
                "function_elsewhere", f"{where} creates an OpsItem in {item['region']}, but the alarm is in {own}", where
            )
        else:
            yield holds(None, where)
    elif (
        _OUTSIDE.fullmatch(text)
        and _KIND[identifier(text).service] in accepted
        and not _is_of_plan(text, speaker, attribute, context)
    ):
        if any(matches(each.name, text) for each in context.policy.elsewhere("topics")):
            yield holds(None, where)
        else:
            reason = f"{where} calls a target that this plan does not create, so it does not show whether the call is allowed and alerts someone"
            yield cannot_tell("unknown_action", f"{reason} (declare it in elsewhere.topics of the policy)", where)


def _is_of_plan(text: str, speaker: Instance, attribute: str, context: Context) -> bool:
    found = named(speaker, attribute, context, FUNCTION, ALIAS, RESPONSE_PLAN)
    names = [target.get(name).text for target in found.targets for name in ("function_name", "name")]
    return any(name and name in re.split("[:/]", text) for name in names)
