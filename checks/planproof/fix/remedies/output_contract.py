"""Outputs as the contract promises them: renamed, pointed at the right attribute, or added."""

from __future__ import annotations

import re
from typing import Any

from planproof.aws.log_buckets import is_log_bucket
from planproof.aws.s3 import BUCKET
from planproof.evaluation.origin import Kind, deciding
from planproof.fix.edits import Edit
from planproof.fix.exports import reference
from planproof.fix.job import Job, Remedy
from planproof.fix.places import ModuleFiles, NotMechanical, Place, removed, replaced, set_argument
from planproof.fix.remedies.unauthorized_access_alert import created
from planproof.fix.style import block
from planproof.plan.model import Instance

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def _name(job: Job) -> str:
    """The output of the finding: that of the contract, or one that is not in it."""
    names = {*job.settings("output_contract")["outputs"], *job.context.plan.outputs}
    said = job.finding.reason.removeprefix("there is no output ")
    return str(max((name for name in names if re.match(rf"{re.escape(name)}[ ;]", said)), key=len))


def _promise(job: Job, name: str) -> Any:
    return job.settings("output_contract")["outputs"][name]


def _files(job: Job) -> ModuleFiles:
    return job.bench.files_of(job.context.plan.root)


_OF_ALERTS = ("aws_kms_key", "aws_sns_topic")
"""What an output is about even if the patch of an alert makes it; the role and the bucket of a trail are for the trail alone."""
_ACRONYM = 3  # letters of a service: S3, KMS, SNS


def missing(job: Job) -> list[Edit]:
    """A new output or, if the contract allows no others, the one that is closest by the new name."""
    name = _name(job)
    promise, near = _promise(job, name), _near(job, name)
    place = job.block(job.context.plan.root, "output", near) if near else None
    keeps = near and _keeps(job, promise, near)
    if place and job.settings("output_contract")["exact"]:
        job.notes.append(f"the output {near} is called {name} now; its readers must follow{_readers(job, near)}")
        rest = _sensitivity(place, promise) if keeps else _pointed(job, place, promise, near)
        return [_label(place, near, name), *rest]
    value, edits = (place.text_of("value"), []) if place and keeps else _value(job, promise, near)
    sensitive = "\nsensitive = true" if promise.get("sensitive") else ""
    text = block(f'output "{name}"', f'description = "{_description(promise)}"\nvalue = {value}{sensitive}')
    return [_files(job).added("outputs.tf", text), *edits]


def _near(job: Job, name: str) -> str:
    """The output that is not in the contract and that the finding names as the closest; empty if it is about something else."""
    near = job.finding.evidence[0].removeprefix("output.") if job.finding.evidence else ""
    if near not in job.context.plan.outputs or near in job.settings("output_contract")["outputs"]:
        return ""
    kind = str(_promise(job, name)["exports"][0]).partition(".")[0]
    origins = deciding(job.context.expressions.output(near).all_origins)
    return near if all(_may_be(job, i, name) for o in origins if o.type == kind for i in o.instances) else ""


def _readers(job: Job, output: str) -> str:
    """Where in the folder something may read an output."""
    texts: dict[str, str] = job.remembered("texts of the folder", lambda: _texts(job))
    reads = re.compile(rf"\b(?:output|outputs|module\.[\w-]+(?:\[[^]]*\])?)\.{re.escape(output)}\b")
    found = [file for file, text in texts.items() if reads.search(text)]
    return f": {', '.join(found[:5])}" if found else ""


def _texts(job: Job) -> dict[str, str]:
    folder = job.context.source.folder if job.context.source else None
    return {file: folder.text(file) for file in folder.files if file.endswith((".tf", ".tofu", ".hcl"))} if folder else {}


def _label(place: Place, before: str, name: str) -> Edit:
    file = place.top.file
    at = file.text.index(before, place.top.start + len("output"))
    return Edit(file.path, at, at + len(before), name)


def pointed(job: Job) -> list[Edit]:
    """The value of the output is the attribute that the contract promises."""
    name = _name(job)
    place = job.block(job.context.plan.root, "output", name)
    return _pointed(job, place, _promise(job, name), name)


def _pointed(job: Job, place: Place, promise: Any, output: str) -> list[Edit]:
    value, edits = _value(job, promise, output)
    found = place.argument("value")
    if found is None:
        raise NotMechanical(f"the output {output} has no value in the source")
    changed = [replaced(found.expression, value)] if found.expression.text != value else []
    return [*changed, *edits, *_sensitivity(place, promise)]


def _keeps(job: Job, promise: Any, output: str) -> bool:
    """Whether the output exports what is promised already, and only its name is another."""
    origins = job.context.expressions.output(output).all_origins
    types = {str(export).partition(".")[0] for export in promise["exports"]}
    resources = [o for o in deciding(job.context.relations.settled(origins, *types)) if o.kind is Kind.RESOURCE]
    fit = [o for o in resources if o.is_itself and ".".join((o.type, *(o.attribute or ()))) in promise["exports"]]
    return bool(resources) and len(fit) == len(resources)


def sensitive(job: Job) -> list[Edit]:
    name = _name(job)
    return _sensitivity(job.block(job.context.plan.root, "output", name), _promise(job, name))


def _sensitivity(place: Place, promise: Any) -> list[Edit]:
    wanted, found = promise.get("sensitive"), place.argument("sensitive")
    if wanted is True:
        return set_argument(place.body, "sensitive", "true")
    if wanted is False and found is not None:
        return removed(found, place.body)
    return []


def _value(job: Job, promise: Any, output: str) -> tuple[str, list[Edit]]:
    """The expression of the promised attribute, and the outputs of modules on its way."""
    kind, _, attribute = str(promise["exports"][0]).partition(".")
    made = created(job, kind) if kind in _OF_ALERTS else ""
    if made and not job.context.plan.of_type(kind):
        return f"{made}.{attribute}", []
    target = _target(job, kind, output)
    if len(target.module.resources.get(target.local_address, {})) > 1:
        raise NotMechanical(f"{target.local_address} is repeated; which instance the output exports, only the team knows")
    return reference(job, target, attribute)


def _target(job: Job, kind: str, output: str) -> Instance:
    """The resource that the output is about: the one it exports already, else the only one of the type."""
    plan = job.context.plan
    origins = deciding(job.context.expressions.output(output).all_origins) if output in plan.outputs else ()
    exported = {i.address: i for o in origins if o.kind is Kind.RESOURCE and o.type == kind for i in o.instances}
    related = {i.address: i for o in origins for i in _related(job, o.instances, kind)} if not exported else {}
    every = {
        instance.address: instance for instance in plan.of_type(kind) if kind == BUCKET or _may_be(job, instance, _name(job))
    }
    for found in (exported, related, every):
        if len(found) == 1:
            return next(iter(found.values()))
    if not every:
        raise NotMechanical(f"the configuration has no {kind} that the output could export; write it first")
    raise NotMechanical(
        f"the configuration has several resources of type {kind}; which one the output exports, only the team knows"
    )


def _may_be(job: Job, instance: Instance, output: str) -> bool:
    """Whether the output may be about the resource: a bucket is for logs, and the output's name says for whom a role is."""
    if instance.type == BUCKET:
        return is_log_bucket(instance, job.context)
    words = set(output.split("_")) - {"role", "arn", "name", "id"}
    if instance.type != "aws_iam_role" or not words:
        return True
    said = {word.lower().rstrip("s") for word in _WORD.findall(f"{instance.address} {instance.get('name').text or ''}")}
    return {word.rstrip("s") for word in words} <= said


def _related(job: Job, instances: tuple[Instance, ...], kind: str) -> list[Instance]:
    """What a resource of another type stands for: the key of an alias, the role of a profile."""
    for instance in instances:
        for argument in instance.value.names():
            found = job.context.relations.resolve(instance, (argument,), kind).targets if instance.configured(argument) else ()
            if found:
                return list(found)
    return []


def _description(promise: Any) -> str:
    kind, _, attribute = str(promise["exports"][0]).partition(".")
    said = {"arn": "ARN", "id": "ID", "bucket": "name"}.get(attribute, attribute.replace("_", " "))
    service, _, rest = kind.removeprefix("aws_").partition("_")
    return f"The {said} of the {service.upper() if len(service) <= _ACRONYM else service} {rest.replace('_', ' ')}".strip()


def unexpected(job: Job) -> list[Edit]:
    """An output that is renamed to one of the contract is settled by that."""
    name = _name(job)
    for other in job.bench.failures:
        if other.check_id == job.finding.check_id and other.code == "missing":
            owed = Job(other, job.bench)
            if _near(owed, _name(owed)) == name:
                return missing(owed)
    raise NotMechanical(
        f"someone may read the output {name}; remove it after asking, or add it to checks.output_contract.outputs of the policy"
    )


REMEDIES: dict[str, Remedy | str] = {
    "missing": missing,
    "wrong_attribute": pointed,
    "wrong_type": pointed,
    "altered": pointed,
    "constant": pointed,
    "wrong_sensitivity": sensitive,
    "unexpected": unexpected,
    "exports_nothing": "the output is empty in this plan, because what it exports is not created here; decide whether it must be",
}
