"""Adds the tags that the policy requires, and spells keys as it does."""

from __future__ import annotations

from collections.abc import Mapping

from planproof.aws.tags import AllTags
from planproof.fix.cycles import is_built_on
from planproof.fix.edits import Edit
from planproof.fix.ignored import refuse_ignored
from planproof.fix.job import Job, Remedy
from planproof.fix.objects import (
    added_entries,
    key_of,
    objects_in,
    pair,
    removed_entries,
    renamed_key,
    written,
    written_inline,
    written_object,
)
from planproof.fix.places import NotMechanical, added_block, joined, replaced, set_argument
from planproof.fix.style import block
from planproof.fix.tag_values import objects_behind, tags_in, value_of
from planproof.fix.tags import by_default, completed, home_of, kept, lacking, locals_read, renames
from planproof.plan.model import Instance
from planproof.syntax.nodes import Call, Literal, Node, ObjectNode


def added(job: Job) -> list[Edit]:
    """The tags that are missing: in the module's own tags if it has such, else in the provider's default tags."""
    attribute = _where(job)
    if not attribute.startswith("tags"):
        return _in_blocks(job, attribute)
    module, own = job.instance.module, job.place.argument("tags")
    renamed = renames(job, job.instance, _missing(job))
    missing = [key for key in _missing(job) if key not in renamed]
    edits = [*renamed.values(), *_emptied(job, own and own.expression, missing)]
    if not missing:
        refuse_ignored(job, module, job.place.body, "tags")
        return edits
    home = home_of(job, job.bench.files_of(module))
    refuse_ignored(job, module, job.place.body, "tags" if home else "tags_all")
    if not home:
        return [*edits, *by_default(job, job.instance)]
    try:
        return [*edits, *_by_home(job, home, missing)]
    except NotMechanical as reason:
        return [*edits, *_by_itself(job, missing, reason)]


def _by_home(job: Job, home: str, missing: list[str]) -> list[Edit]:
    """The tags come from the module's own. Raises NotMechanical if that would change others."""
    module, own = job.instance.module, job.place.argument("tags")
    reads = own is not None and home in locals_read(own.expression)
    block = (module.path, job.instance.local_address)
    changed = job.remembered(
        ("tags changed", *block), lambda: next((i.address for i in job.siblings if _changes(job, i, home)), "")
    )
    if changed and not reads:
        raise NotMechanical(
            f"{changed} has tags from elsewhere, and local.{home} would change them; add the tag where it is missing"
        )
    files = job.bench.files_of(module)
    if not reads and is_built_on(files, files.source.locals[home], job.place.address):
        raise NotMechanical(f"local.{home} reads {job.place.address}, so that cannot read the local")
    there = kept(job, module, home)
    is_whole = all(key in there for key in missing)
    edits = [] if is_whole else completed(job, module, home, lacking(job, module, home))
    if own is None:
        return [*edits, *set_argument(job.place.body, "tags", f"local.{home}")]
    if reads:
        return edits
    if own.expression.text == "null" or (isinstance(own.expression, ObjectNode) and not own.expression.items):
        return [*edits, replaced(own.expression, f"local.{home}")]
    return [*edits, *_merged(own.expression, before=f"local.{home}, ")]


def _changes(job: Job, instance: Instance, home: str) -> bool:
    """Whether the local has another value for a tag that does not stand in the resource's own, as one of default tags."""
    own, everything = instance.get("tags"), _tags(job, instance)
    values = {key: value for key, value in everything.items() if value != "" and (own.is_unknown or key not in own.names())}
    return any(key in values and values[key] != value for key, value in kept(job, instance.module, home).items())


def _by_itself(job: Job, missing: list[str], reason: NotMechanical) -> list[Edit]:
    """The tags stand in the resource's own block. Raises the reason if an instance of the block has one of them from elsewhere."""
    memory = ("has tags", job.instance.module.path, job.instance.local_address, *missing)
    if job.remembered(memory, lambda: any(_tags(job, each).get(key, "") != "" for each in job.siblings for key in missing)):
        raise reason
    values = {key: value_of(job, job.instance.module, key) for key in missing}
    entries, declared = {key: value for key, (value, _) in values.items()}, joined(edits for _, edits in values.values())
    own = job.place.argument("tags")
    if own is None or own.expression.text == "null":
        return [*declared, *set_argument(job.place.body, "tags", written_object(entries))]
    node = own.expression
    last = node.arguments[-1] if isinstance(node, Call) and node.name == "merge" else node
    if isinstance(last, ObjectNode):
        return [*declared, *added_entries(last, entries)]
    text = f", {written_inline(entries)}"
    return [*declared, *(_merged(node, behind=text) if last is node else [Edit(last.file.path, last.end, last.end, text)])]


def _merged(node: Node, before: str = "", behind: str = "") -> list[Edit]:
    file, start, end = node.file.path, node.start, node.end
    return [Edit(file, start, start, f"merge({before}"), Edit(file, end, end, f"{behind})")]


def _tags(job: Job, instance: Instance) -> Mapping[str, object]:
    """The tags that a resource ends up with."""
    places = job.context.once(tags_in).by_address.get(instance.address, ())
    return next((tags.values for tags in places if tags.where.startswith("tags")), {})


def _where(job: Job) -> str:
    """The argument of the finding: `tags_all`, `tag`, `tag_specifications[0].tags`."""
    return job.finding.evidence[0].removeprefix(f"{job.instance.address}.")


def _missing(job: Job) -> list[str]:
    everything: AllTags = job.context.once(tags_in)
    where = _where(job)
    found = next(tags for tags in everything.by_address[job.instance.address] if tags.where == where)
    return [key for key in everything.required if found.values.get(key, "") == ""]


def _objects(job: Job) -> list[ObjectNode]:
    """The objects that the resource's own tags are written in, those of locals and of the module's call among them."""
    found = job.place.argument("tags")
    return [each for _, each in objects_behind(job, job.instance.module, found.expression)] if found else []


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
            block(name, f"key = {written(key)}\nvalue = {value}\npropagate_at_launch = true")
            for key, (value, _) in values.items()
        )
        return [*declared, *joined(added_block(place.body, each) for each in text)]
    body = place.body.blocks_of(name)[int(rest.partition("]")[0])].body
    tags = body.attributes.get("tags")
    entries = {key: value for key, (value, _) in values.items()}
    if tags is None:
        return [*declared, *set_argument(body, "tags", written_object(entries))]
    objects = objects_in(tags.expression)
    if not objects:
        raise NotMechanical(f"{attribute} is an expression; add the tags to what it is built from")
    return [*declared, *added_entries(objects[-1], entries)]


def respelled(job: Job) -> list[Edit]:
    """Keys that differ in case alone become one."""
    everything: AllTags = job.context.once(tags_in)
    values = next(iter(everything.by_address[job.instance.address])).values
    edits: list[Edit] = []
    for each in _objects(job):
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
    found = next((found for each in _objects(job) if (found := pair(each, key))), None)
    if found is None:
        raise NotMechanical(f"{key} is not written in the tags of the resource; change it where the value comes from")
    return [replaced(found[1], written(values[0]))]


REMEDIES: dict[str, Remedy | str] = {"missing": added, "other_case": respelled, "two_cases": respelled, "does_not_fit": allowed}
