"""Points an alarm at the metric that the filter publishes."""

from __future__ import annotations

from collections.abc import Mapping

from planproof.fix.edits import Edit
from planproof.fix.exports import reference_to
from planproof.fix.job import Job, Remedy
from planproof.fix.places import NotMechanical, Place, joined, removed, set_argument
from planproof.plan.model import Instance
from planproof.syntax.nodes import GetAttr, Index, Literal, Node, Template, Variable

_PARTS = {"metric_name": "name", "namespace": "namespace"}


def pointed(job: Job) -> list[Edit]:
    by_address = job.bench.by_address
    metric_filter = next(
        (by_address[a] for a in reversed(job.finding.evidence) if a in by_address and a != job.finding.subject), None
    )
    if metric_filter is None:
        raise NotMechanical("the plan does not show which metric filter the alarm is about")
    return at_metric(job, job.instance, metric_filter)


def at_metric(job: Job, alarm: Instance, metric_filter: Instance) -> list[Edit]:
    """The alarm's metric is a reference to that of the filter."""
    place = job.place_of(alarm)
    if job.context.regions.same(alarm, metric_filter) is False:
        raise NotMechanical(
            f"{alarm.address} is in a different region from {metric_filter.address}; create one of them in the region of the other"
        )
    if place.argument("metric_name") is None:
        raise NotMechanical("the alarm watches metrics in metric_query blocks; correct the metric there")
    if alarm.get("dimensions").raw or metric_filter.get("metric_transformation", 0, "dimensions").raw:
        raise NotMechanical("the metric has dimensions; which of them the alarm is about, only the team knows")
    edits = joined(_reference(job, place, alarm, metric_filter, argument, part) for argument, part in _PARTS.items())
    unit = place.argument("unit")
    return [*edits, *(removed(unit, place.body) if unit is not None else ())]


def _reference(job: Job, place: Place, alarm: Instance, metric_filter: Instance, argument: str, part: str) -> list[Edit]:
    if alarm.module is not metric_filter.module:
        raise NotMechanical(f"{metric_filter.address} is in another module; hand the name of its metric to the alarm")
    if (
        alarm.get(argument).text is not None
        and alarm.get(argument).text == metric_filter.get("metric_transformation", 0, part).text
    ):
        return []
    reference = f"{reference_to(job, metric_filter, alarm)}.metric_transformation[0].{part}"
    written = place.argument(argument)
    if written is not None and not _is_plain(written.expression, place.module.source.locals):
        raise NotMechanical(f"{argument} of {place.address} is chosen by an expression; correct what it chooses from")
    return set_argument(place.body, argument, reference)


def _is_plain(node: Node, local: Mapping[str, Node]) -> bool:
    """Whether an expression is a literal, a reference, or a text of these: what decides between several is not to be lost."""
    if isinstance(node, Index) and not (isinstance(node.key, Literal) or node.key.text in ("each.key", "count.index")):
        return False
    if isinstance(node, GetAttr) and node.source.text == "local" and node.name in local:
        return _is_plain(local[node.name], local)
    is_plain = isinstance(node, (Literal, Template, GetAttr, Index, Variable))
    return is_plain and all(_is_plain(child, local) for child in node.children())


REMEDIES: dict[str, Remedy | str] = {"dead_alarm": pointed}
