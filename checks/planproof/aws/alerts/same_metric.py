"""Whether an alarm watches the metric that a filter writes: equal to the letter, or made of the same."""

from __future__ import annotations

from planproof.aws.alerts.alarms import Watch
from planproof.context import Context
from planproof.evaluation.origin import Origin, deciding
from planproof.evaluation.resolution import same_made
from planproof.evaluation.result import Result
from planproof.plan.model import Instance
from planproof.plan.value import Value

FILTER = "aws_cloudwatch_log_metric_filter"


def same_metric(watch: Watch, each: Instance, context: Context) -> str | None:
    """ "" where the alarm watches the filter's metric, None where it does not, else why that cannot be told."""
    doubt = ""
    for theirs, ours in (("metric_name", "name"), ("namespace", "namespace")):
        left, right = watch.get(theirs, context), context.argument(each, "metric_transformation", 0, ours)
        if left.text is not None and right.text is not None:
            same: bool | None = left.text == right.text
        else:
            written = (
                context.evaluated(watch.alarm, *watch.path, theirs),
                context.evaluated(each, "metric_transformation", 0, ours),
            )
            same = _same_text(_text(left, written[0], context), _text(right, written[1], context), written, each)
        if same is False:
            return None
        if same is None:
            doubt = f"{watch.alarm.address}.{theirs} is known after apply, so the plan does not show whether it matches the metric of {each.address}"
    return doubt


def _text(value: Value, result: Result | None, context: Context) -> str | None:
    """The text, by the plan or by what the expression comes to."""
    known = value.text if value.text is not None else result.text if result is not None else None
    if known is not None or result is None:
        return known
    origins = deciding(result.all_origins)
    return context.expressions.value(origins[0]).text if len(origins) == 1 and origins[0].is_itself else None


def _same_text(left: str | None, right: str | None, written: tuple[Result | None, Result | None], each: Instance) -> bool | None:
    """Whether two texts are the same, as far as they are known or made of the same; None if that cannot be told."""
    if left is not None and right is not None:
        return left == right
    mine, theirs = (deciding(result.all_origins) if result is not None else () for result in written)
    filters = {o.instance.address: o for o in mine if o.type == FILTER and o.instance}
    if filters and each.address not in filters:
        return False
    if filters and len(mine) == 1:
        return _is_metric(filters[each.address].attribute, each, right)
    if left is None and right is None and mine and theirs and not {_made_of(o) for o in mine} & {_made_of(o) for o in theirs}:
        return False
    return True if all(written) and same_made(*written) else None  # type: ignore[arg-type]


def _is_metric(attribute: tuple[str, ...] | None, each: Instance, metric: str | None) -> bool | None:
    """Whether an attribute of a metric filter is its metric's name, and not its own."""
    if attribute and attribute[0] == "metric_transformation":
        return True
    return True if metric is not None and each.get("name").text == metric else None


def _made_of(origin: Origin) -> object:
    return (origin.kind, origin.block, origin.name)
