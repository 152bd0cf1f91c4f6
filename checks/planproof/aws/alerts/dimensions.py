"""Whether an alarm gets the data points that a filter writes for denied access to a bucket: their dimensions and their unit.

A filter takes a dimension's value from the event, and an alarm watches one value of it. An alarm with a unit sees data points of that
unit alone, and those of a filter without one have the unit None.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.alerts.alarms import Watch
from planproof.aws.alerts.links import Link, broken, cannot_tell
from planproof.aws.alerts.pattern_trial import denied_read_has
from planproof.aws.s3 import BUCKET
from planproof.context import Context
from planproof.evaluation.arguments import Path
from planproof.plan.model import Instance

NO_UNIT = "None"


def shares_data_points(watch: Watch, each: Instance, bucket: Instance | None, context: Context) -> Iterator[Link]:
    """What keeps the alarm from seeing them, though metric and namespace are the same; without a bucket, those of any event."""
    written, watched = dimension_names(each, context), _names(watch.alarm, (*watch.path, "dimensions"), context)
    where = f"{watch.alarm.address}.dimensions"
    if watched is None or written is None:
        unknown = where if watched is None else f"{each.address}.metric_transformation[0].dimensions"
        yield cannot_tell("unknown_alarm", f"{unknown} is known after apply", unknown)
    elif watched != written:
        text = f"{watch.alarm.address} watches the metric with dimensions {', '.join(watched) or 'none'}; {each.address} publishes it with {', '.join(written) or 'none'}"
        yield broken("wrong_metric", text, where, nearness=2)
    elif bucket is not None:
        for name in written:
            yield from _of_another(name, watch, each, bucket, context)
    yield from _other_unit(watch, each, context)


def dimension_names(each: Instance, context: Context) -> tuple[str, ...] | None:
    """Those of a filter's metric; None if that is known after apply."""
    return _names(each, ("metric_transformation", 0, "dimensions"), context)


def _names(instance: Instance, path: Path, context: Context) -> tuple[str, ...] | None:
    value = context.argument(instance, *path)
    if not value.is_unknown:
        return tuple(sorted(value.names()))
    result = context.evaluated(instance, *path)
    return tuple(sorted(result.raw)) if result is not None and isinstance(result.raw, dict) else None


def _of_another(name: str, watch: Watch, each: Instance, bucket: Instance, context: Context) -> Iterator[Link]:
    """The alarm watches another value of the dimension than a denied read of the bucket has."""
    where = f"{watch.alarm.address}.dimensions"
    selector = context.argument(each, "metric_transformation", 0, "dimensions", name).text
    sees = _sees(name, selector, watch, bucket, context)
    if sees is False:
        is_known = watch.get("dimensions", context).get(name).is_known
        shown = context.display_value(watch.alarm, *watch.path, "dimensions", name) if is_known else "another bucket's"
        text = f"{watch.alarm.address} watches only {name} = {shown}, which no denied read of the bucket has ({selector})"
        yield broken("wrong_metric", text, where, nearness=2)
    elif sees is None:
        yield cannot_tell(
            "unknown_alarm", f"the plan does not show whether a denied read of the bucket has the value of {where}.{name}", where
        )


def _sees(name: str, selector: str | None, watch: Watch, bucket: Instance, context: Context) -> bool | None:
    wanted = watch.get("dimensions", context).get(name)
    if selector is None:
        return None
    if wanted.text is not None:
        return denied_read_has(selector, wanted.text, bucket, context)
    named = context.relations.resolve(watch.alarm, (*watch.path, "dimensions", name), BUCKET)
    if not named.targets or named.open_ended:
        return None
    return denied_read_has(selector, None, bucket, context) if bucket in named.targets else False


def _other_unit(watch: Watch, each: Instance, context: Context) -> Iterator[Link]:
    """The alarm asks for a unit that the filter does not write."""
    alarm = watch.alarm
    asked, written = watch.get("unit", context), context.argument(each, "metric_transformation", 0, "unit")
    where = f"{alarm.address}.{'.'.join(map(str, watch.path))}{'.' if watch.path else ''}unit"
    if asked.is_unset:
        return
    if asked.is_unknown or written.is_unknown:
        yield cannot_tell("unknown_alarm", f"{where} may differ from the unit of {each.address}: known after apply", where)
    elif asked.text != (written.text or NO_UNIT):
        shown = context.display_value(each, "metric_transformation", 0, "unit") if written.text else "none"
        asked_for = context.display_value(alarm, *watch.path, "unit")
        text = f"{where} is {asked_for}, but {each.address} publishes {shown}: an alarm sees only data points with its own unit"
        yield broken("wrong_unit", text, where, nearness=2)
