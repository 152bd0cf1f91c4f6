"""New blocks in the style of the module: repeated as their owner is, with its provider, the module's tags, and variables for choices."""

from __future__ import annotations

import json
from typing import NamedTuple

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical, Place
from planproof.plan.model import Module
from planproof.plan.value import Key, State


class Owner(NamedTuple):
    """How a companion refers to the resource that it belongs to: `ref` in its arguments, and `head`, its first arguments."""

    ref: str
    head: str


def owner(job: Job) -> Owner:
    """For a companion of each instance that fails. Raises NotMechanical if only some callers of a module would need it."""
    is_renamed = job.fails("bucket_name_collision", job.instance)  # by the same patch
    if job.fails("name_taken_twice", job.instance) and not is_renamed:
        raise NotMechanical("another resource has the same name, so a companion would belong to both; rename one of them first")
    place, keys = job.place, _failing_keys(job)
    address, provider = place.address, place.text_of("provider")
    head, ref = "", address
    if place.argument("for_each"):
        head = f"for_each = {address}" if keys is None else f"for_each = {_some(address, keys)}"
        ref = "each.value"
    elif place.argument("count"):
        head = f"count = length({address})" if keys is None else f"for_each = {_some(address, keys)}"
        ref = f"{address}[count.index]" if keys is None else "each.value"
    if provider:
        head = "\n".join(filter(None, (head, f"provider = {provider}")))
    return Owner(ref, head)


def _failing_keys(job: Job) -> list[Key] | None:
    """The keys of the instances that fail; None if all do. The same in all instances of the module."""
    failing = {instance.address for instance in job.failing} | {job.instance.address}
    by_module: dict[str, tuple[set[Key], set[Key]]] = {}
    for instance in job.siblings:
        of_all, of_failing = by_module.setdefault(instance.module.address, (set(), set()))
        of_all.add(instance.index)
        if instance.address in failing:
            of_failing.add(instance.index)
    found = {frozenset(some) for some_all, some in by_module.values() if some_all != some}
    if not found:
        return None
    if len(by_module) > 1 or job.instance.index is None:
        raise NotMechanical("only some callers of the module need this; decide in the module how it is chosen")
    return sorted(found.pop(), key=lambda key: (isinstance(key, str), key))


def _some(address: str, keys: list[Key]) -> str:
    if all(isinstance(key, int) for key in keys):
        listed = ", ".join(map(str, keys))
        return f"{{ for index in [{listed}] : tostring(index) => {address}[index] }}"
    return f"{{ for key in {json.dumps(keys)} : key => {address}[key] }}"


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
        if not demand.get("if_offered") or any(i.get(path).state is not State.ABSENT for i in job.context.plan.of_type(kind)):
            found.append(f"{path} = {json.dumps(demand['equals'])}")
    return "\n".join(found)


def variable(
    job: Job, module: Module, near: Place, name: str, kind: str, description: str, default: object
) -> tuple[str, list[Edit]]:
    """A variable with a default: the reference to it, and the edit that declares it if the module does not have it yet."""
    files = job.bench.files_of(module)
    if files.has("variable", name):
        declared = files.place("variable", name).text_of("default")
        if declared == _literal(default):
            return f"var.{name}", []
        return variable(job, module, near, f"{name}_required", kind, description, default)
    text = block(
        f'variable "{name}"',
        f'description = "{description}"\ntype = {kind}\ndefault = {_literal(default)}',
    )
    return f"var.{name}", [files.at_end(near.top, "variables.tf", text)]


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
