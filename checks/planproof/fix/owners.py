"""Companions: how a new resource refers to the one that it belongs to, repeated as that is, and with its provider."""

from __future__ import annotations

import json
from typing import NamedTuple

from planproof.fix.exports import ONLY_SOME, has_fixed_keys
from planproof.fix.job import Job
from planproof.fix.names import renamed
from planproof.fix.places import NotMechanical
from planproof.plan.value import Key


class Owner(NamedTuple):
    """How a companion refers to the resource that it belongs to: `ref` in its arguments, and `head`, its first arguments."""

    ref: str
    head: str


def owner(job: Job) -> Owner:
    """For a companion of each instance that fails. Raises NotMechanical if only some callers of a module would need it."""
    if job.fails("name_taken_twice", job.instance) and not _is_renamed(job):
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


def _is_renamed(job: Job) -> bool:
    """Whether the same patch gives the bucket a name that no other has."""
    if not job.fails("bucket_name_collision", job.instance):
        return False
    try:
        return bool(renamed(job))
    except NotMechanical:
        return False


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
    if not has_fixed_keys(job.place):
        raise NotMechanical(ONLY_SOME.format(job.place.address))
    return sorted(found.pop(), key=lambda key: (isinstance(key, str), key))


def _some(address: str, keys: list[Key]) -> str:
    if all(isinstance(key, int) for key in keys):
        listed = ", ".join(map(str, keys))
        return f"{{ for index in [{listed}] : tostring(index) => {address}[index] }}"
    return f"{{ for key in {json.dumps(keys)} : key => {address}[key] }}"
