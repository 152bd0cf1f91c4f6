"""Sets `retention_in_days`, and writes the log group of a function."""

from __future__ import annotations

import json
import shlex

from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.left_out import refuse_left_out
from planproof.fix.names import renamed
from planproof.fix.owners import owner
from planproof.fix.places import NotMechanical
from planproof.fix.style import group_days, protections, resource
from planproof.fix.tags import tags_line
from planproof.fix.values import at_least

GROUP = "aws_cloudwatch_log_group"


def retained(job: Job) -> list[Edit]:
    """At least as many days as the policy requires; of a group without any, as a variable says."""
    module, place, least = job.instance.module, job.place, _required(job)
    reference, declared = group_days(job, job.instance.module)
    edits = at_least(job, module, place.body, "retention_in_days", least, unset=reference)
    return [*edits, *declared] if any(reference in edit.text for edit in edits) else edits


def own_group(job: Job) -> list[Edit]:
    """The log group of a Lambda function, of that name."""
    module, place = job.instance.module, job.place
    if job.fails("naming_convention", job.instance):
        _refuse_misfit(job)
    refuse_left_out(job, GROUP, job.instance, "name")
    belongs = owner(job)
    reference, declared = group_days(job, job.instance.module)
    label = job.bench.files_of(module).free(GROUP, place.labels[-1])
    arguments = f'name = "/aws/lambda/${{{belongs.ref}.function_name}}"\nretention_in_days = {reference}'
    tags, tag_edits = tags_line(job, module, job.instance)
    _note_import(job, label, belongs.head)
    text = resource(GROUP, label, belongs.head, "\n".join(filter(None, (arguments, protections(job, GROUP), tags))))
    return [place.after(text), *declared, *tag_edits]


def _note_import(job: Job, label: str, head: str) -> None:
    """Lambda makes the group of a function by its first call. An `import` block would fail where it has not."""
    function = job.instance
    if function.actions and function.actions != ("create",) and not function.get("function_name").is_sensitive:
        name = function.get("function_name").text or "NAME"
        key = str(function.index) if head.startswith("for_each") else function.index
        index = "" if function.index is None else f"[{json.dumps(key)}]"
        address = ".".join(filter(None, (function.module.address, f"{GROUP}.{label}{index}")))
        job.notes.append(
            f"if {name} was called before, AWS has made its log group already; then import it: terraform import "
            f"{shlex.quote(address)} {shlex.quote(f'/aws/lambda/{name}')}"
        )


def _refuse_misfit(job: Job) -> None:
    """The group has the name of the function, which another remedy may not be able to change."""
    try:
        renamed(job)
    except NotMechanical:
        reason = (
            "the function's name breaks the naming convention, and the log group must have the same; rename the function first"
        )
        raise NotMechanical(reason) from None


def _required(job: Job) -> int:
    return int(job.settings("log_group_retention")["retention_days"])


REMEDIES: dict[str, Remedy | str] = {
    "never_expires": retained,
    "retention_too_short": retained,
    "no_log_group": own_group,
    "delivery_class": "the class of a log group cannot be changed: choose the class STANDARD and move what delivers to the group, or "
    "accept that events are kept for two days",
}
