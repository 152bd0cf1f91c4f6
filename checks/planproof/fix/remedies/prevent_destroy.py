"""Takes `prevent_destroy` out of a block."""

from __future__ import annotations

from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.places import NotMechanical, removed

_NOTE = (
    "prevent_destroy is taken out in every environment; to keep it for a resource that exists only in production, put it back behind "
    'count = var.environment == "prod" ? 1 : 0'
)


def taken_out(job: Job) -> list[Edit]:
    body = job.place.body
    for block in body.blocks_of("lifecycle"):
        guard = block.body.attributes.get("prevent_destroy")
        if guard is not None:
            job.notes.append(_NOTE)
            is_alone = len(block.body.attributes) == 1 and not block.body.blocks
            return removed(block, body) if is_alone else removed(guard, block.body)
    raise NotMechanical("prevent_destroy is not written in the block of the resource")


REMEDIES: dict[str, Remedy | str] = {"unconditional": taken_out, "gate_not_environment": taken_out}
