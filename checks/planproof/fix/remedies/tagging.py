"""Adds the tags that the policy requires, and spells keys as it does."""

from __future__ import annotations

import json
import re

from planproof.aws.tags import AllTags
from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.objects import added_entries, key_of, objects_in, pair, removed_entries, renamed_key
from planproof.fix.places import NotMechanical, Place, added_block, joined, replaced, set_argument
from planproof.fix.style import block
from planproof.fix.tags import by_default, completed, home_of, objects_in_local, tags_in, value_of
from planproof.plan.model import Module
from planproof.syntax.nodes import GetAttr, Literal, Node, ObjectNode, Variable


def added(job: Job) -> list[Edit]:
    """The tags that are missing: in the module's own tags if it has such, else in the provider's default tags."""
    attribute = _where(job)
    if not attribute.startswith("tags"):
        return _in_blocks(job, attribute)
    module, place = job.instance.module, job.place
    renamed = _near_misses(job, place)
    missing = [key for key in _missing(job) if key not in renamed]
    edits = [edit for edit in renamed.values() if edit]
    if not missing:
        return edits
    home = home_of(job, job.bench.files_of(module))
    own = place.argument("tags")
    if not home:
        return [*edits, *_emptied(job, own and own.expression, missing), *by_default(job, job.instance)]
    edits += completed(job, module, home)
    if own is None:
        return [*edits, *set_argument(place.body, "tags", f"local.{home}")]
    if re.search(rf"\blocal\.{home}\b", own.expression.text):
        return edits
    file, start, end = own.expression.file.path, own.expression.start, own.expression.end
    if own.expression.text == "null" or (isinstance(own.expression, ObjectNode) and not own.expression.items):
        return [*edits, replaced(own.expression, f"local.{home}")]
    return [
        *edits,
        *_emptied(job, own.expression, missing),
        Edit(file, start, start, f"merge(local.{home}, "),
        Edit(file, end, end, ")"),
    ]


def _where(job: Job) -> str:
    """The argument of the finding: `tags_all`, `tag`, `tag_specifications[0].tags`."""
    return job.finding.evidence[0].removeprefix(f"{job.instance.address}.")


def _missing(job: Job) -> list[str]:
    everything: AllTags = job.context.once(tags_in)
    where = _where(job)
    found = next(tags for tags in everything.by_address[job.instance.address] if tags.where == where)
    return [key for key in everything.required if found.values.get(key, "") == ""]


def _objects(job: Job, place: Place) -> list[ObjectNode]:
    """The objects that the resource's own tags are written in, those of locals among them."""
    found = place.argument("tags")
    return _reached(job, job.instance.module, found.expression) if found else []


def _reached(job: Job, module: Module, node: Node) -> list[ObjectNode]:
    objects = objects_in(node)
    for part in (node, *(getattr(node, "arguments", ()) if getattr(node, "name", "") == "merge" else ())):
        if isinstance(part, GetAttr) and isinstance(part.source, Variable) and part.source.name == "local":
            objects += objects_in_local(job.bench.files_of(module), part.name)
    return objects


def _near_misses(job: Job, place: Place) -> dict[str, Edit | None]:
    """Required keys that are there in another case, each with the edit that spells it right."""
    found: dict[str, Edit | None] = {}
    for each in _objects(job, place):
        for node, _ in each.items:
            key = key_of(node)
            right = next((wanted for wanted in _missing(job) if key and wanted != key and wanted.lower() == key.lower()), None)
            if right:
                found[right] = renamed_key(node, right)
    return found


def _emptied(job: Job, node: Node | None, missing: list[str]) -> list[Edit]:
    """Takes empty values out, which would hide those of the defaults."""
    if node is None:
        return []
    return joined(removed_entries(each, [key for key in missing if _is_empty(each, key)]) for each in objects_in(node))


def _is_empty(node: ObjectNode, key: str) -> bool:
    found = pair(node, key)
    return found is not None and isinstance(found[1], Literal) and found[1].value == ""


def _in_blocks(job: Job, attribute: str) -> list[Edit]:
    """Default tags do not reach these blocks: an Auto Scaling group's `tag`, a launch template's `tag_specifications`."""
    module, place = job.instance.module, job.place
    values = {key: value_of(job, module, key) for key in _missing(job)}
    declared = joined(edits for _, edits in values.values())
    name, _, rest = attribute.partition("[")
    if any(each.type == "dynamic" and each.labels == (name,) for each in place.body.blocks):
        raise NotMechanical(f"a dynamic block writes {name}; add the tags to what it is made from")
    if not rest:
        text = (
            block(name, f"key = {json.dumps(key)}\nvalue = {value}\npropagate_at_launch = true")
            for key, (value, _) in values.items()
        )
        return [*declared, *joined(added_block(place.body, each) for each in text)]
    body = place.body.blocks_of(name)[int(rest.partition("]")[0])].body
    tags = body.attributes.get("tags")
    entries = {key: value for key, (value, _) in values.items()}
    if tags is None:
        return [*declared, *set_argument(body, "tags", block("", "\n".join(f"{k} = {v}" for k, v in entries.items())).strip())]
    objects = objects_in(tags.expression)
    if not objects:
        raise NotMechanical(f"{attribute} is an expression; add the tags to what it is built from")
    return [*declared, *added_entries(objects[-1], entries)]


def respelled(job: Job) -> list[Edit]:
    """Keys that differ in case alone become one."""
    everything: AllTags = job.context.once(tags_in)
    values = next(iter(everything.by_address[job.instance.address])).values
    edits: list[Edit] = []
    for each in _objects(job, job.place):
        for node, _ in each.items:
            key = key_of(node)
            right = _right(key, everything) if key else None
            if key and right and right != key:
                edits += removed_entries(each, [key]) if right in values else [renamed_key(node, right)]
    if not edits:
        raise NotMechanical("the key is not written in the tags of the resource; rename it where the value comes from")
    return edits


def _right(key: str, everything: AllTags) -> str:
    """The spelling of a key that the policy requires, else the one that most of the plan uses."""
    required = next((wanted for wanted in everything.required if wanted.lower() == key.lower()), None)
    if required:
        return required
    counts: dict[str, int] = {}
    for places in everything.by_address.values():
        for tags in places:
            for other in tags.values:
                if other.lower() == key.lower():
                    counts[other] = counts.get(other, 0) + 1
    return max(counts, key=lambda each: (counts[each], each), default=key)


def allowed(job: Job) -> list[Edit]:
    """The one value that the policy allows."""
    key = job.finding.evidence[0].rpartition(".")[2]
    demand = job.context.once(tags_in).required.get(key) or {}
    values = list(demand.get("values") or ())
    if len(values) != 1:
        raise NotMechanical(f"the policy allows several values of {key}; which one is right, only the team knows")
    found = next((found for each in _objects(job, job.place) if (found := pair(each, key))), None)
    if found is None:
        raise NotMechanical(f"{key} is not written in the tags of the resource; change it where the value comes from")
    return [replaced(found[1], json.dumps(values[0]))]


REMEDIES: dict[str, Remedy | str] = {"missing": added, "other_case": respelled, "two_cases": respelled, "does_not_fit": allowed}
