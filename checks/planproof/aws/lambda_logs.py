"""Where a Lambda function logs to: `/aws/lambda/` and its name, or the group that `logging_config` names.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
"""

from __future__ import annotations

from typing import NamedTuple

from planproof.aws.log_groups import LAMBDA, LOG_GROUP
from planproof.context import Context
from planproof.evaluation.resolution import part_key
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance
from planproof.verdict import listed

FUNCTION = "aws_lambda_function"
_EDGE = "us-east-1."
"""What stands before the name of a function at the edge of CloudFront:
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html"""
_CUSTOM = ("logging_config", 0, "log_group")
_Made = tuple[object, ...]


class OwnGroup(NamedTuple):
    """The group that a function logs to, if somebody has made it; `doubt`: why that cannot be told."""

    group: str = ""
    doubt: str = ""


class _Groups(NamedTuple):
    """The log groups of a plan by what their names are made of, and by the functions that those refer to. `untold` are those of whose name
    the plan does not tell what it is made of."""

    by_name: dict[_Made, list[Instance]]
    by_function: dict[str, Instance]
    untold: list[str]


def own_group(function: Instance, context: Context) -> OwnGroup:
    """The group that a function logs to, of those that the configuration makes or looks up."""
    groups: _Groups = context.once(_groups)
    wanted = _made_of(function, "function_name", LAMBDA, context)
    custom = context.argument(function, *_CUSTOM)
    if context.may_be_set(function, *_CUSTOM) and not custom.is_unset and (custom.text,) != wanted:
        return _custom(function, context)
    if function.address in groups.by_function:
        return OwnGroup(groups.by_function[function.address].address)
    at_edge = _made_of(function, "function_name", LAMBDA + _EDGE, context)
    for group in (*groups.by_name.get(wanted, ()), *groups.by_name.get(at_edge, ())):
        if context.regions.same(function, group) is not False:
            return OwnGroup(group.address)
    if groups.untold:
        return OwnGroup(
            doubt=f"plan JSON does not show what the name of {listed(groups.untold)} is built from; {context.expressions.remedy}"
        )
    return OwnGroup()


def _custom(function: Instance, context: Context) -> OwnGroup:
    """The group that `logging_config` names."""
    if context.argument(function, *_CUSTOM).is_unknown and context.evaluated(function, *_CUSTOM) is None:
        return OwnGroup(doubt=f"known after apply: {function.address}.logging_config")
    found = context.relations.resolve(function, _CUSTOM, LOG_GROUP).targets
    return OwnGroup(found[0].address if found else "the group that logging_config names")


def _groups(context: Context) -> _Groups:
    found = _Groups({}, {}, [])
    looked_up = (data for data in context.plan.data_sources if data.type == LOG_GROUP)
    for group in (*context.plan.of_type(LOG_GROUP), *context.left_out.of_type(LOG_GROUP), *looked_up):
        made = _made_of(group, "name", "", context)
        found.by_name.setdefault(made, []).append(group)
        if isinstance(made[0], str) and not made[0].startswith(LAMBDA):
            continue
        origins = context.relations.settled(context.origins(group, "name"), FUNCTION)
        functions = [origin.instance.address for origin in origins if origin.type == FUNCTION and origin.instance]
        found.by_function.update(dict.fromkeys(functions, group))
        if not functions and not isinstance(made[0], str):
            found.untold.append(group.address)
    return found


def _made_of(instance: Instance, argument: str, head: str, context: Context) -> _Made:
    """What a name is made of, behind `head`: one text if it is known, parts if the source tells them."""
    text = instance.get(argument).text
    result = context.evaluated(instance, argument)
    if text is not None:
        return (head + text,)
    if result is None:
        return (object(),)
    parts: list[object] = [part if isinstance(part, str) else part_key(part) for part in text_parts(result)]
    if parts and isinstance(parts[0], str):
        return (head + parts[0], *parts[1:])
    return (head, *parts) if head else tuple(parts)
