"""The data events of a trail: its selectors, so that it logs reads and writes of a bucket's objects."""

from __future__ import annotations

from collections.abc import Collection

from planproof.aws.alerts.chain import best_chain, ways_of
from planproof.fix.alert_parts import OTHER_ACCOUNT, is_of_account, objects_of, selector
from planproof.fix.edits import Edit
from planproof.fix.exports import Reference, every, reference_to
from planproof.fix.job import Job
from planproof.fix.objects import with_items
from planproof.fix.places import NotMechanical, Place, added_block, joined, replaced, set_argument
from planproof.fix.style import block
from planproof.plan.model import Instance
from planproof.syntax.nodes import Body, Literal

COVER = ("no_data_events", "bucket_not_covered", "only_part_covered", "only_writes_covered")
"""The codes of a trail that does not log the bucket."""


def covered(job: Job, trail: Instance, place: Place) -> list[Edit]:
    """The trail logs reads and writes of the objects of each bucket of its account that fails by it."""
    if not is_of_account(job, job.instance, trail):
        raise NotMechanical(OTHER_ACCOUNT)
    body, dynamic = place.body, ("event_selector", "advanced_event_selector", "data_resource", "field_selector")
    if any(
        each.type == "dynamic" and each.labels[0] in dynamic
        for outer in (body, *(b.body for b in body.blocks))
        for each in outer.blocks
    ):
        raise NotMechanical(f"a dynamic block writes the selectors of {trail.address}; change the values that they are made from")
    uncovered = _uncovered(job, trail)
    arns = list(dict.fromkeys(_arn_for(job, bucket, of, uncovered.keys()) for bucket, of in uncovered.values()))
    edits = joined(arn.edits for arn in arns)
    values = objects_of(arns)
    if body.blocks_of("advanced_event_selector"):
        return [*edits, *added_block(body, _advanced(values))]
    selectors = body.blocks_of("event_selector")
    if not selectors:
        return [*edits, *added_block(body, selector(values))]
    objects = [(each, data) for each in selectors for data in each.body.blocks_of("data_resource") if _is_of_objects(data.body)]
    chosen = objects[0][0] if objects else selectors[0]
    read_write = chosen.body.attributes.get("read_write_type")
    if read_write is not None and read_write.expression.text != '"All"':
        edits.append(replaced(read_write.expression, '"All"'))
    if not objects:
        data = block("data_resource", f'type = "AWS::S3::Object"\nvalues = {values}')
        return [*edits, *added_block(chosen.body, data)]
    data_body = objects[0][1].body
    if any(arn.is_list for arn in arns):
        there = data_body.attributes.get("values")
        return [*edits, *set_argument(data_body, "values", f"concat({there.expression.text}, {values})" if there else values)]
    each_value = {arn.text: f'"${{{arn.text}}}/"' for arn in arns}
    return [*edits, *with_items(data_body, "values", list(each_value.values()), each_value)]


def _uncovered(job: Job, trail: Instance) -> dict[str, tuple[Instance, Instance]]:
    """The failing buckets whose chain breaks at an instance of this trail, with that, by their addresses."""
    found = {}
    for finding in job.bench.failures:
        if finding.check_id == job.finding.check_id and (bucket := job.bench.by_address.get(finding.subject)):
            first = best_chain(bucket, job.context.once(ways_of), job.context)[0]
            if (
                first.code in COVER
                and isinstance(first.to, Instance)
                and first.to.local_address == trail.local_address
                and first.to.module.path == trail.module.path
                and is_of_account(job, bucket, trail)
            ):
                found[bucket.address] = bucket, first.to
    return found


def _arn_for(job: Job, bucket: Instance, trail: Instance, meant: Collection[str]) -> Reference:
    """The bucket's ARN where the trail is written."""
    is_one_of_several = len(trail.module.resources[trail.local_address]) > 1
    if bucket.module is trail.module and is_one_of_several and bucket.index is not None:
        return Reference(f"{reference_to(job, bucket, trail)}.arn", False)
    return every(job, bucket, "arn", trail.module, meant)


def _is_of_objects(body: Body) -> bool:
    kind = body.attributes.get("type")
    return kind is not None and isinstance(kind.expression, Literal) and kind.expression.value == "AWS::S3::Object"


def _advanced(values: str) -> str:
    fields = {
        "eventCategory": 'equals = ["Data"]',
        "resources.type": 'equals = ["AWS::S3::Object"]',
        "resources.ARN": f"starts_with = {values}",
    }
    blocks = (block("field_selector", f'field = "{name}"\n{test}') for name, test in fields.items())
    return block("advanced_event_selector", 'name = "Reads and writes of log buckets"', *blocks)
