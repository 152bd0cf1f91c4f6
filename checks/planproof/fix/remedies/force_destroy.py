"""Takes `force_destroy` from a log bucket."""

from __future__ import annotations

from planproof.fix.edits import Edit
from planproof.fix.ignored import refuse_ignored
from planproof.fix.job import Job, Remedy
from planproof.fix.places import NotMechanical, removed, replaced
from planproof.fix.values import behind
from planproof.syntax.nodes import Literal

_NOTE = 'force_destroy is taken out; if short-lived environments need it, write force_destroy = var.environment != "prod"'


def taken_out(job: Job) -> list[Edit]:
    found = job.place.argument("force_destroy")
    if found is None:
        raise NotMechanical("force_destroy is not written in the block of the bucket")
    refuse_ignored(job, job.instance.module, job.place.body, "force_destroy")
    job.notes.append(_NOTE)
    if isinstance(found.expression, Literal):
        return removed(found, job.place.body)
    literal = behind(job, job.instance.module, found.expression)
    if literal is None or literal.value is not True:
        raise NotMechanical(f"force_destroy is {found.expression.text}; decide there which environments may delete their logs")
    return [replaced(literal, "false")]


REMEDIES: dict[str, Remedy | str] = {"force_destroy": taken_out}
