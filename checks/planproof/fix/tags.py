"""The tags that the policy requires: what values they get, and where the module keeps them."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from planproof.aws.names import Names, names_of
from planproof.aws.tags import AllTags, Defaults, all_tags
from planproof.evaluation.result import Result
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.objects import added_entries, key_of, objects_in, renamed_key, written_key
from planproof.fix.places import ModuleFiles, NotMechanical, Place, added_block, set_argument
from planproof.fix.style import block
from planproof.plan.model import Instance, Module
from planproof.syntax.nodes import ObjectNode
from planproof.text.pattern import compiled


def tags_in(context: Any) -> AllTags:
    return all_tags(context.settings("tagging"), context)


def names_in(context: Any) -> Names:
    return names_of(context.settings("naming_convention"), context)


def tags_line(job: Job, module: Module, near: Place) -> tuple[str, list[Edit]]:
    """The `tags` of a new resource, and the edits by which they are all that the policy requires."""
    everything: AllTags = job.context.once(tags_in)
    if not everything.required:
        return "", []
    home = home_of(job, job.bench.files_of(module))
    if home:
        return f"tags = local.{home}", completed(job, module, home)
    return "", by_default(job, job.instance if not job.is_plan_wide else next(iter(job.context.plan.managed)))


def home_of(job: Job, files: ModuleFiles) -> str:
    """The local that the module's resources take their tags from; empty if there is none."""
    return str(job.remembered(("home of tags", id(files)), lambda: _home(files)))


def _home(files: ModuleFiles) -> str:
    counts: Counter[str] = Counter()
    for top in files.tops:
        if top.type == "resource":
            counts.update(re.findall(r"\btags\s*=\s*(?:merge\(\s*)?local\.(\w+)", top.file.text[top.start : top.end]))
    known = [(name, count) for name, count in counts.items() if objects_in_local(files, name)]
    return max(known, key=lambda each: each[1])[0] if known else ""


def objects_in_local(files: ModuleFiles, name: str) -> list[ObjectNode]:
    found = files.source.locals.get(name)
    return objects_in(found) if found is not None and found.file.path.endswith((".tf", ".tofu")) else []


def completed(job: Job, module: Module, home: str) -> list[Edit]:
    """Adds to the module's tags what the policy requires and they lack."""
    objects = objects_in_local(job.bench.files_of(module), home)
    keys = {key: node for each in objects for node, _ in each.items if (key := key_of(node)) is not None}
    required = job.context.once(tags_in).required
    lacking = [key for key in required if key not in keys]
    renamed = {key: node for key in lacking for other, node in keys.items() if other.lower() == key.lower()}
    edits = [renamed_key(node, key) for key, node in renamed.items()]
    entries: dict[str, str] = {}
    for key in lacking:
        if key not in renamed:
            entries[key], declared = value_of(job, module, key)
            edits += declared
    return [*edits, *added_entries(objects[-1], entries)]


def by_default(job: Job, instance: Instance) -> list[Edit]:
    """Adds what the policy requires to the `default_tags` of the instance's provider."""
    context = job.context
    module, labels = _provider(job, instance)
    files = job.bench.files_of(module)
    required = context.once(tags_in).required
    there = context.once(Defaults).of(instance)
    lacking = [key for key in required if key not in there.values]
    objects = _default_objects(files, labels)
    keys = {key: node for each in objects for node, _ in each.items if (key := key_of(node)) is not None}
    entries: dict[str, str] = {}
    edits: list[Edit] = []
    for key in lacking:
        near = next((node for other, node in keys.items() if other.lower() == key.lower()), None)
        if near is not None:
            edits.append(renamed_key(near, key))
        else:
            entries[key], declared = value_of(job, module, key)
            edits += declared
    text = block("default_tags", block("tags =", "\n".join(f"{written_key(key)} = {value}" for key, value in entries.items())))
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
        return [*edits, *set_argument(found[0].body, "tags", block("", *(f"{k} = {v}" for k, v in entries.items())).strip())]
    raise NotMechanical("the provider's default_tags are an expression; add the tags to what it is built from")


def _default_objects(files: ModuleFiles, labels: list[str]) -> list[ObjectNode]:
    """The objects that the default tags of a provider are written in."""
    blocks = files.place("provider", *labels).body.blocks_of("default_tags") if files.has("provider", *labels) else []
    tags = blocks[0].body.attributes.get("tags") if blocks else None
    if tags is None:
        return []
    text = tags.expression.text
    return objects_in(tags.expression) or (
        objects_in_local(files, text.removeprefix("local.")) if text.startswith("local.") else []
    )


def _provider(job: Job, instance: Instance) -> tuple[Module, list[str]]:
    """The module that configures the provider of an instance, and the labels of that block."""
    key = job.context.plan.provider_key(instance) or "aws"
    path, _, name = key.rpartition(":")
    if path:
        raise NotMechanical(f"{path} configures its own provider; add the tags to its default_tags")
    return job.context.plan.root, name.split(".")


def value_of(job: Job, module: Module, key: str) -> tuple[str, list[Edit]]:
    """The expression for a tag that is added: what the module or the plan already says, else a variable that someone has to set."""
    context, files = job.context, job.bench.files_of(module)
    demand = context.once(tags_in).required[key]
    name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)).strip("_").lower()
    variables = [
        name,
        *(context.policy.section("environments").get("variables") or () if name in ("environment", "env", "stage") else ()),
    ]
    for variable in variables:
        if files.has("variable", variable) and _fits(demand, job.context.expressions.variable(module, variable)):
            return f"var.{variable}", []
    for value in job.remembered(("tag values", key), lambda: _values(job, key, demand)):
        if _fits(demand, Result(value)):
            return json.dumps(value, ensure_ascii=False), []
    if module.parent is not None or demand.get("values") or demand.get("pattern"):
        raise NotMechanical(f"no resource of the plan shows a value for the tag {key}; someone who knows it must set it")
    name = f"tag_{name}" if files.has("variable", name) else name
    job.notes.append(f"set the variable {name}: the plan shows no value for the tag {key}")
    text = block(f'variable "{name}"', f'description = "The tag {key} of every resource"\ntype = string')
    return f"var.{name}", [files.added("variables.tf", text)]


def _values(job: Job, key: str, demand: Any) -> list[str]:
    """The values that the plan's resources have for a tag, the most common first; then what can only be so."""
    everything: AllTags = job.context.once(tags_in)
    counts: Counter[str] = Counter()
    for address, places in everything.by_address.items():
        instance = job.bench.by_address.get(address)
        if instance is None or instance.get("tags").is_sensitive or instance.get("tags_all").is_sensitive:
            continue
        for tags in places:
            for other, value in tags.values.items():
                if other.lower() == key.lower() and isinstance(value, str) and value and not tags.secret:
                    path = ("tags", other) if job.context.origins(instance, "tags", other) else ("tags",)
                    if job.context.redactor.public(value, instance, *path) == value:
                        counts[value] += 1
    found = [value for value, _ in counts.most_common()]
    if key.lower().replace("_", "") == "managedby":
        found.append("terraform")
    token = job.context.once(names_in).token
    if key.lower() == "project" and token:
        found.append(token)
    return found + list(demand.get("values") or ())[:1] if len(demand.get("values") or ()) == 1 else found


def _fits(demand: Any, value: Result) -> bool:
    """Whether the policy allows the value; one that is not known does if the policy allows all. An empty value is no tag."""
    if value.raw in (None, ""):
        return False
    patterns = [demand.get("pattern"), "|".join(map(re.escape, demand["values"])) if demand.get("values") else None]
    return all(value.text is not None and compiled(pattern).fits(value.text) for pattern in filter(None, patterns))
