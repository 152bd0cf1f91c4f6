"""The text of new blocks, what the policy requires in them, and variables for what is the choice of the team."""

from __future__ import annotations

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.lock_file import Version, locked
from planproof.fix.objects import written
from planproof.plan.model import Module
from planproof.plan.value import State


def resource(kind: str, label: str, *parts: str) -> str:
    """A resource block; its parts are separated by blank lines, and indented here."""
    return block(f'resource "{kind}" "{label}"', *parts)


def block(header: str, *parts: str) -> str:
    body = "\n\n".join(part.strip("\n") for part in parts if part.strip())
    inside = "\n".join(f"  {line}" if line else line for line in body.split("\n"))
    return f"{header} {{\n{inside}\n}}"


def protections(job: Job, kind: str) -> str:
    """The arguments that the policy requires of a new resource of a type, if the version of the provider has them."""
    rule = job.settings("versioning_coverage")["types"].get(kind) or {}
    found: list[str] = []
    for demand in (rule.get("must") or {}).values():
        path = str((demand or {}).get("path", "."))
        if "." in path or "equals" not in demand or demand.get("when"):
            continue
        if not demand.get("if_offered") or _is_offered(job, kind, path):
            found.append(f"{path} = {written(demand['equals'])}")
    return "\n".join(found)


_SINCE: dict[tuple[str, str], Version] = {("aws_cloudwatch_log_group", "deletion_protection_enabled"): (6, 25, 0)}
"""Of arguments that the policy requires where they are offered: the version of the AWS provider that has them first, by its CHANGELOG."""


def _is_offered(job: Job, kind: str, argument: str) -> bool:
    """The resources of the type in the plan tell; if there are none, the lock file does."""
    there = job.context.plan.of_type(kind)
    if there:
        return any(i.get(argument).state is not State.ABSENT for i in there)
    version = job.remembered("version of the AWS provider", lambda: locked(job.bench.root, "hashicorp/aws"))
    return version is not None and (kind, argument) in _SINCE and version >= _SINCE[kind, argument]


def bucket_days(job: Job, module: Module) -> tuple[str, list[Edit]]:
    """The variable that says how long log buckets keep their objects, and the edit that declares it if the module has none."""
    settings = job.settings("log_bucket_retention")
    least, most = int(settings["retention_days"]), settings["max_days"]
    return _days(job, module, "log_retention_days", "Days that log buckets keep their objects", least, most)


def group_days(job: Job, module: Module) -> tuple[str, list[Edit]]:
    """The same of log groups and their events."""
    least, description = (
        int(job.settings("log_group_retention")["retention_days"]),
        "Days that CloudWatch log groups keep their events",
    )
    return _days(job, module, "log_group_retention_days", description, least, None)


def _days(job: Job, module: Module, name: str, description: str, least: int, most: int | None) -> tuple[str, list[Edit]]:
    files = job.bench.files_of(module)
    if files.has("variable", name):
        values = [job.context.expressions.variable(each, name).raw for each in job.bench.alike(module)]
        if all(type(days) in (int, float) and least <= days <= (most or days) for days in values):
            return f"var.{name}", []
        return _days(job, module, f"{name}_required", description, least, most)
    text = block(f'variable "{name}"', f'description = "{description}"\ntype = number\ndefault = {least}')
    return f"var.{name}", [files.added("variables.tf", text)]
