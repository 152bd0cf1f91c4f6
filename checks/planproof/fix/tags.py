"""The tags that the policy requires: where a module keeps its tags, and how they get those that they lack."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from planproof.aws.tags import AllTags, Defaults
from planproof.evaluation.result import EvaluationError, OpenObject, Result
from planproof.fix.cycles import is_built_on
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.objects import added_entries, key_of, objects_in, renamed_key, written_inline, written_object
from planproof.fix.places import ModuleFiles, NotMechanical, added_block, set_argument
from planproof.fix.style import block
from planproof.fix.tag_values import default_objects, objects_behind, objects_in_local, provider_of, tags_in, value_of
from planproof.plan.model import Instance, Module
from planproof.syntax.expressions import parse_expression
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Call, GetAttr, Node, ObjectNode, Variable


def tags_line(job: Job, module: Module, alike: Instance) -> tuple[str, list[Edit]]:
    """The `tags` of a new resource that has the provider of another, and the edits by which they are all that the policy requires, if this
    run judges tags."""
    everything: AllTags = job.context.once(tags_in)
    if not everything.required:
        return "", []
    home, is_judged = home_of(job, job.bench.files_of(module)), job.bench.judges("tagging")
    if home:
        there = {*kept(job, module, home), *job.context.once(Defaults).of(alike).values}
        lacking = [key for key in everything.required if key not in there]
        return f"tags = local.{home}", completed(job, module, home, lacking) if is_judged else []
    return "", by_default(job, alike) if is_judged else []


# --- the module's own tags --------------------------------------------------------------------------------------------


def home_of(job: Job, files: ModuleFiles) -> str:
    """The local that the module's resources take their tags from; empty if there is none."""
    return str(job.remembered(("home of tags", id(files)), lambda: _home(files)))


def _home(files: ModuleFiles) -> str:
    counts: Counter[str] = Counter()
    for top in files.tops:
        if top.type == "resource" and re.search(r"\btags\s*=\s*(?:merge\(\s*)?local\.", top.file.text[top.start : top.end]):
            tags = top.block.body.attributes.get("tags")
            counts.update(locals_read(tags.expression) if tags else ())
    known = [(name, count) for name, count in counts.items() if objects_in_local(files, name)]
    return max(known, key=lambda each: each[1])[0] if known else ""


def locals_read(node: Node) -> list[str]:
    """The locals whose entries are all in an expression of tags."""
    parts = node.arguments if isinstance(node, Call) and node.name == "merge" else (node,)
    return [
        part.name
        for part in parts
        if isinstance(part, GetAttr) and isinstance(part.source, Variable) and part.source.name == "local"
    ]


def kept(job: Job, module: Module, home: str) -> Mapping[str, object]:
    """The tags that the local has in this instance of the module; an empty one is none."""
    found: Mapping[str, object] = job.remembered(("kept", module.address, home), lambda: _kept(job, module, home))
    return found


def _kept(job: Job, module: Module, home: str) -> Mapping[str, object]:
    try:
        raw = job.context.expressions.local(module, home).raw
    except EvaluationError:
        return {}
    entries = raw.entries if isinstance(raw, OpenObject) else raw if isinstance(raw, dict) else {}
    values = {key: value.raw if isinstance(value, Result) else value for key, value in entries.items()}
    return {key: value for key, value in values.items() if value not in (None, "")}


def lacking(job: Job, module: Module, home: str) -> list[str]:
    """The required tags that some resource lacks of those that are tagged by the local, or will be."""
    alike = job.bench.alike(module)
    found = job.remembered(
        ("lacking", alike[0].address, home),
        lambda: {key for each in alike for instance in _of(each) for key in _missing(job, instance, each, home)},
    )
    return [key for key in job.context.once(tags_in).required if key in found]


def _of(module: Module) -> Iterator[Instance]:
    for by_key in module.resources.values():
        yield from by_key.values()


def _missing(job: Job, instance: Instance, module: Module, home: str) -> list[str]:
    everything: AllTags = job.context.once(tags_in)
    if not job.fails("tagging", instance, "missing"):
        return []
    there = kept(job, module, home)
    own = [tags.values for tags in everything.by_address[instance.address] if tags.where.startswith("tags")][:1]
    return [key for key in everything.required for values in own if values.get(key, "") == "" and key not in there]


def completed(job: Job, module: Module, home: str, keys: Collection[str]) -> list[Edit]:
    """Adds tags to the module's own. No resource that has them already gets other values. Raises NotMechanical."""
    files = job.bench.files_of(module)
    expression = files.source.locals[home]
    written_keys = {
        key: node for _, each in objects_behind(job, module, expression) for node, _ in each.items if (key := key_of(node))
    }
    edits: list[Edit] = []
    first: dict[str, str] = {}
    for key in keys:
        other = next((other for other in (*written_keys, *kept(job, module, home)) if other.lower() == key.lower()), None)
        if other is not None:
            if other not in written_keys:
                raise NotMechanical(f"local.{home} has the tag {key} as {other!r} from elsewhere; rename it there")
            edits += [] if other == key else [renamed_key(written_keys[other], key)]
            continue
        having = [each for each in job.bench.alike(module) if key in kept(job, each, home)]
        at_call = _of_call(job, module, expression) if having and all(each.path != module.path for each in having) else None
        _refuse_change(job, [m for m in job.bench.alike(module) if m.path == module.path or not at_call], home, key)
        value, declared = value_of(job, at_call[0] if at_call else module, key)
        edits += declared
        if at_call:
            edits += added_entries(at_call[1], {key: value})
        elif is_built_on(files, parse_expression(SourceFile("", value)), f"local.{home}"):
            raise NotMechanical(f"the value of the tag {key} is {value}, which reads local.{home}; write it where it is missing")
        else:
            first[key] = value
    return [*edits, *_put(expression, first, _is_static(job, module, expression))]


def _of_call(job: Job, module: Module, expression: Node) -> tuple[Module, ObjectNode] | None:
    """The object in the module's call that gives it tags."""
    for part in expression.arguments if isinstance(expression, Call) else ():
        given = job.given(module, part.name) if isinstance(part, GetAttr) and part.text == f"var.{part.name}" else None
        objects = objects_in(given[1]) if given else []
        if given and objects:
            return given[0], objects[-1]
    return None


def _is_static(job: Job, module: Module, node: Node) -> bool:
    """Whether the keys of tags are all written there, so that no caller gives others."""
    if isinstance(node, Call) and node.name == "merge":
        return all(_is_static(job, module, argument) for argument in node.arguments)
    if isinstance(node, GetAttr) and node.text == f"local.{node.name}":
        found = job.bench.files_of(module).source.locals.get(node.name)
        return found is not None and _is_static(job, module, found)
    return isinstance(node, ObjectNode) and all(key_of(key) is not None for key, _ in node.items)


def _put(node: Node, entries: Mapping[str, str], is_static: bool) -> list[Edit]:
    """Adds entries to an expression of tags; in front of what may give the same keys, and so counts."""
    if not entries:
        return []
    objects = objects_in(node)
    if is_static or isinstance(node, ObjectNode):
        return added_entries(objects[-1], entries)
    start = node.arguments[0] if isinstance(node, Call) else node
    if isinstance(start, ObjectNode):
        return added_entries(start, entries)
    return [Edit(start.file.path, start.start, start.start, f"{written_inline(entries)}, ")]


def _refuse_change(job: Job, modules: Sequence[Module], home: str, key: str) -> None:
    """Raises NotMechanical if a resource that reads the local has the tag from elsewhere, and would not keep its value."""
    memory = ("changed", modules[0].address, len(modules), home, key)
    found = job.remembered(memory, lambda: next(_changed(job, modules, home, key), ""))
    if found:
        raise NotMechanical(
            f"{found} has the tag {key} from elsewhere, and local.{home} would change it; add the tag where it is missing"
        )


def _changed(job: Job, modules: Sequence[Module], home: str, key: str) -> Iterator[str]:
    for module in modules:
        for instance in _readers(job, module, home) if key not in kept(job, module, home) else ():
            places = job.context.once(tags_in).by_address.get(instance.address, ())
            if any(tags.values.get(key, "") != "" for tags in places) and not _is_later(job, instance, home, key):
                yield instance.address


def _is_later(job: Job, instance: Instance, home: str, key: str) -> bool:
    """Whether the resource's own tags are merged over those of the local, and have the tag."""
    own = job.place_of(instance).argument("tags")
    node = own.expression if own else None
    is_first = isinstance(node, Call) and node.name == "merge" and node.arguments[0].text == f"local.{home}"
    return is_first and key in instance.get("tags").names()


def _readers(job: Job, module: Module, home: str) -> Iterator[Instance]:
    """The resources whose tags come from the local, by others or by calls of modules too."""
    files, names = job.bench.files_of(module), {home}
    while more := {
        name
        for name, node in files.source.locals.items()
        if name not in names and any(re.search(rf"\blocal\.{each}\b", node.text) for each in names)
    }:
        names |= more
    pattern = re.compile(rf"\blocal\.(?:{'|'.join(sorted(names))})\b")
    for top in files.tops:
        if top.type not in ("resource", "module") or not pattern.search(top.file.text, top.start, top.end):
            continue
        if top.type == "module":
            pending = list(module.children.get(top.labels[0], {}).values())
            while pending:
                inner = pending.pop()
                yield from _of(inner)
                pending += [each for by_key in inner.children.values() for each in by_key.values()]
        elif (tags := top.block.body.attributes.get("tags")) and pattern.search(tags.text):
            yield from module.resources.get(".".join(top.labels), {}).values()


# --- the provider's default tags --------------------------------------------------------------------------------------


def by_default(job: Job, instance: Instance) -> list[Edit]:
    """Adds what the policy requires to the `default_tags` of the instance's provider."""
    module, labels = provider_of(job, instance)
    files = job.bench.files_of(module)
    there = job.context.once(Defaults).of(instance)
    lacking = [key for key in job.context.once(tags_in).required if key not in there.values]
    if not lacking:
        return []
    objects = default_objects(files, labels)
    keys = {key: node for each in objects for node, _ in each.items if (key := key_of(node)) is not None}
    entries: dict[str, str] = {}
    edits: list[Edit] = []
    for key in lacking:
        near = next((node for other, node in keys.items() if other.lower() == key.lower()), None)
        if near is not None:
            edits.append(renamed_key(near, key))
        else:
            _refuse_two_cases(job, instance, key)
            entries[key], declared = value_of(job, module, key)
            edits += declared
    if not entries:
        return edits
    text = block("default_tags", f"tags = {written_object(entries)}")
    if not files.has("provider", *labels):
        if len(labels) > 1 or not files.tops:
            raise NotMechanical("the provider of the resource is not configured in the source; add the tags where it is")
        return [*edits, files.added("providers.tf", block('provider "aws"', text))]
    body = files.place("provider", *labels).body
    found = body.blocks_of("default_tags")
    if not found:
        return [*edits, *added_block(body, text)]
    if objects:
        return [*edits, *added_entries(objects[-1], entries)]
    if "tags" not in found[0].body.attributes:
        return [*edits, *set_argument(found[0].body, "tags", written_object(entries))]
    raise NotMechanical("the provider's default_tags are an expression; add the tags to what it is built from")


def _refuse_two_cases(job: Job, near: Instance, key: str) -> None:
    """Raises NotMechanical if a resource of the same provider spells the key otherwise, where this patch does not rename it."""
    provider = job.context.plan.provider_key(near)
    found = job.remembered(("other case", provider, key), lambda: next(_in_other_case(job, near, key), ""))
    if found:
        raise NotMechanical(f"{found}, and would get both from default_tags; rename it where it is written")


def _in_other_case(job: Job, near: Instance, key: str) -> Iterator[str]:
    plan, defaults = job.context.plan, job.context.once(Defaults).of(near).values
    for address, places in job.context.once(tags_in).by_address.items():
        instance = job.bench.by_address[address]
        other = next((o for tags in places for o in tags.values if o != key and o.lower() == key.lower()), None)
        if other is None or other in defaults or plan.provider_key(instance) != plan.provider_key(near):
            continue
        if not job.fails("tagging", instance, "missing") or key not in renames(job, instance, [key]):
            yield f"{address} spells the tag {key} as {other!r}"


def renames(job: Job, instance: Instance, keys: Collection[str]) -> dict[str, Edit]:
    """Of these keys, those that are written in another case in the tags of a resource, each with the edit that spells it right."""
    own = job.place_of(instance).argument("tags")
    found: dict[str, Edit] = {}
    for _, each in objects_behind(job, instance.module, own.expression) if own else ():
        for node, _ in each.items:
            key = key_of(node) or ""
            right = next((wanted for wanted in keys if wanted != key and wanted.lower() == key.lower()), None)
            if right:
                found[right] = renamed_key(node, right)
    return found
