"""The data events of a trail: its selectors, so that it logs reads and writes of a bucket's objects."""

from __future__ import annotations

from collections.abc import Sequence

from planproof.aws.alerts.chain import best_chain, ways_of
from planproof.fix.alert_parts import selector
from planproof.fix.edits import Edit
from planproof.fix.exports import reference, reference_to
from planproof.fix.job import Job
from planproof.fix.objects import with_items
from planproof.fix.places import NotMechanical, Place, added_block, joined, replaced
from planproof.fix.style import block
from planproof.plan.model import Instance
from planproof.syntax.nodes import Body, Literal

COVER = ("no_data_events", "bucket_not_covered", "only_part_covered", "only_writes_covered")
"""The codes of a trail that does not log the bucket."""


def covered(job: Job, trail: Instance, place: Place) -> list[Edit]:
    """The trail logs reads and writes of the objects of each bucket that fails by it."""
    body, dynamic = place.body, ("event_selector", "advanced_event_selector", "data_resource", "field_selector")
    if any(
        each.type == "dynamic" and each.labels[0] in dynamic
        for outer in (body, *(b.body for b in body.blocks))
        for each in outer.blocks
    ):
        raise NotMechanical(f"a dynamic block writes the selectors of {trail.address}; change the values that they are made from")
    arns = [_arn_for(job, job.bench.by_address[address], trail) for address in _uncovered(job, trail)]
    edits = joined(made for _, made in arns)
    values = [f'"${{{arn}}}/"' for arn, _ in arns]
    if body.blocks_of("advanced_event_selector"):
        return [*edits, *added_block(body, _advanced(values))]
    selectors = body.blocks_of("event_selector")
    if not selectors:
        return [*edits, *added_block(body, selector(", ".join(values)))]
    objects = [(each, data) for each in selectors for data in each.body.blocks_of("data_resource") if _is_of_objects(data.body)]
    chosen = objects[0][0] if objects else selectors[0]
    read_write = chosen.body.attributes.get("read_write_type")
    if read_write is not None and read_write.expression.text != '"All"':
        edits.append(replaced(read_write.expression, '"All"'))
    if not objects:
        data = block("data_resource", f'type = "AWS::S3::Object"\nvalues = [{", ".join(values)}]')
        return [*edits, *added_block(chosen.body, data)]
    return [
        *edits,
        *with_items(objects[0][1].body, "values", values, {arn: value for (arn, _), value in zip(arns, values, strict=True)}),
    ]


def _uncovered(job: Job, trail: Instance) -> list[str]:
    """The failing buckets whose chain breaks at this trail."""
    found = []
    for finding in job.bench.failures:
        if finding.check_id == job.finding.check_id and (bucket := job.bench.by_address.get(finding.subject)):
            first = best_chain(bucket, job.context.once(ways_of), job.context)[0]
            if (
                first.code in COVER
                and first.to is not None
                and first.to.local_address == trail.local_address
                and first.to.module.path == trail.module.path
            ):
                found.append(bucket.address)
    return found


def _arn_for(job: Job, bucket: Instance, trail: Instance) -> tuple[str, list[Edit]]:
    """The bucket's ARN where the trail is written."""
    if trail.module.parent is None:
        return reference(job, bucket, "arn")
    if bucket.module is trail.module:
        return reference_to(job, bucket, trail) + ".arn", []
    raise NotMechanical(f"{trail.address} is in a module that does not know the bucket; hand the bucket's ARN to it")


def _is_of_objects(body: Body) -> bool:
    kind = body.attributes.get("type")
    return kind is not None and isinstance(kind.expression, Literal) and kind.expression.value == "AWS::S3::Object"


def _advanced(values: Sequence[str]) -> str:
    fields = {
        "eventCategory": 'equals = ["Data"]',
        "resources.type": 'equals = ["AWS::S3::Object"]',
        "resources.ARN": f"starts_with = [{', '.join(values)}]",
    }
    blocks = (block("field_selector", f'field = "{name}"\n{test}') for name, test in fields.items())
    return block("advanced_event_selector", 'name = "Reads and writes of log buckets"', *blocks)
