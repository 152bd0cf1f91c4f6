"""The values of tags that are added: what the module or the plan already says, else a variable that someone has to set."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from planproof.aws.names import Names, names_of
from planproof.aws.tags import AllTags, Defaults, all_tags
from planproof.evaluation.origin import Kind
from planproof.evaluation.result import OpenObject, Reference, Result
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.objects import objects_in, pair, written
from planproof.fix.places import NATIVE, ModuleFiles, NotMechanical
from planproof.fix.style import block
from planproof.plan.model import Instance, Module
from planproof.syntax.nodes import Call, GetAttr, Literal, Node, ObjectNode, Variable
from planproof.syntax.traversals import references
from planproof.text.pattern import compiled

_SCALARS = ("string", "number", "bool", "any", "")


def tags_in(context: Any) -> AllTags:
    return all_tags(context.settings("tagging"), context)


def names_in(context: Any) -> Names:
    return names_of(context.settings("naming_convention"), context)


def value_of(job: Job, module: Module, key: str) -> tuple[str, list[Edit]]:
    """The expression for a tag that is added to what a module writes, and the variable that it may need."""
    context, files = job.context, job.bench.files_of(module)
    demand = context.once(tags_in).required[key]
    name = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key)).strip("_").lower()
    variables = [
        name,
        *(context.policy.section("environments").get("variables") or () if name in ("environment", "env", "stage") else ()),
    ]
    for variable in variables:
        if files.has("variable", variable) and _is_value(job, module, variable, demand):
            return f"var.{variable}", []
    seen = job.remembered(("tag value", module.path, key), lambda: next(_seen(job, module, key, demand), None))
    if seen is not None:
        return seen, []
    if module.parent is not None or demand.get("values") or demand.get("pattern"):
        raise NotMechanical(
            f"no resource of the plan shows a value for the tag {key} that holds there; someone who knows it must set it"
        )
    name = f"tag_{name}" if files.has("variable", name) else name
    job.notes.append(f"set the variable {name}: the plan shows no value for the tag {key}")
    text = block(f'variable "{name}"', f'description = "The tag {key} of every resource"\ntype = string')
    return f"var.{name}", [files.added("variables.tf", text)]


def objects_behind(job: Job, module: Module, node: Node) -> list[tuple[Module, ObjectNode]]:
    """The objects that an expression of tags is or merges, those of locals and of the module's call among them, each with the module
    that writes it. Of two with one key, the last counts."""
    if isinstance(node, ObjectNode):
        return [(module, node)]
    if isinstance(node, Call) and node.name == "merge":
        return [found for argument in node.arguments for found in objects_behind(job, module, argument)]
    if not (isinstance(node, GetAttr) and isinstance(node.source, Variable)):
        return []
    files, kind = job.bench.files_of(module), node.source.name
    if kind == "local" and (found := files.source.locals.get(node.name)) and _is_native(found):
        return objects_behind(job, module, found)
    given = job.given(module, node.name) if kind == "var" else None
    return objects_behind(job, *given) if given else []


def objects_in_local(files: ModuleFiles, name: str) -> list[ObjectNode]:
    """The objects that a local of tags is, or merges; none if it is a map of other maps."""
    found = files.source.locals.get(name)
    objects = objects_in(found) if found is not None and _is_native(found) else []
    return [] if any(isinstance(value, ObjectNode) for each in objects for _, value in each.items) else objects


def default_objects(files: ModuleFiles, labels: list[str]) -> list[ObjectNode]:
    """The objects that the default tags of a provider are written in."""
    blocks = files.place("provider", *labels).body.blocks_of("default_tags") if files.has("provider", *labels) else []
    tags = blocks[0].body.attributes.get("tags") if blocks else None
    if tags is None:
        return []
    text = tags.expression.text
    return objects_in(tags.expression) or (
        objects_in_local(files, text.removeprefix("local.")) if text.startswith("local.") else []
    )


def provider_of(job: Job, instance: Instance) -> tuple[Module, list[str]]:
    """The module that configures the provider of an instance, and the labels of that block."""
    key = job.context.plan.provider_key(instance) or "aws"
    path, _, name = key.rpartition(":")
    if path:
        raise NotMechanical(f"{path} configures its own provider; add the tags to its default_tags")
    return job.context.plan.root, name.split(".")


def _is_native(node: Node) -> bool:
    return node.file.path.endswith(NATIVE)


def _is_value(job: Job, module: Module, variable: str, demand: Any) -> bool:
    """Whether a variable is a value of a tag, whoever calls the module."""
    if job.block(module, "variable", variable).text_of("type") not in _SCALARS:
        return False
    return all(_fits(demand, job.context.expressions.variable(each, variable)) for each in job.bench.alike(module))


def _fits(demand: Any, value: Result) -> bool:
    """Whether the policy allows the value; one that is not known does if the policy allows all. An empty value is no tag."""
    if value.raw in (None, "") or isinstance(value.raw, (dict, list, OpenObject, Reference)):
        return False
    patterns = [demand.get("pattern"), "|".join(map(re.escape, demand["values"])) if demand.get("values") else None]
    return all(value.text is not None and compiled(pattern).fits(value.text) for pattern in filter(None, patterns))


def _seen(job: Job, module: Module, key: str, demand: Any) -> Iterator[str]:
    """How the values can be written in a module that the plan's resources have for a tag, the most common first; then what can only be so."""
    shown = job.remembered(("tag values", key), lambda: _values(job, key))
    for value, instances in shown.items():
        if _fits(demand, Result(value)):
            yield from _readable(job, module, key, value, instances)
    constants = ["terraform"] if key.lower().replace("_", "") == "managedby" else []
    token = job.context.once(names_in).token
    constants += [token] if key.lower() == "project" and token else []
    constants += list(demand.get("values") or ()) if len(demand.get("values") or ()) == 1 else []
    yield from (written(each) for each in constants if _fits(demand, Result(each)))


def _values(job: Job, key: str) -> dict[str, list[tuple[Instance, str]]]:
    """The values that the plan's resources have for a tag, the most common first, each with the resources and how they spell the key."""
    found: dict[str, list[tuple[Instance, str]]] = {}
    for address, places in job.context.once(tags_in).by_address.items():
        instance = job.bench.by_address.get(address)
        if instance is None or instance.get("tags").is_sensitive or instance.get("tags_all").is_sensitive:
            continue
        for tags in places:
            for other, value in tags.values.items():
                if other.lower() == key.lower() and isinstance(value, str) and value and not tags.secret:
                    path = ("tags", other) if job.context.origins(instance, "tags", other) else ("tags",)
                    if job.context.redactor.public(value, instance, *path) == value:
                        found.setdefault(value, []).append((instance, other))
    return dict(sorted(found.items(), key=lambda each: -len(each[1])))


def _readable(job: Job, module: Module, key: str, value: str, instances: list[tuple[Instance, str]]) -> list[str]:
    """The expression that the value comes from, if the module can read it, else the value, if it is a constant somewhere: what comes from
    an expression is that of this environment alone."""
    is_constant = False
    blocks = {(instance.local_address, instance.module.path): (instance, other) for instance, other in instances}
    for instance, other in blocks.values():
        found = _written_at(job, instance, other)
        text = _read_in(job, *found, module) if found else ""
        if text:
            return [text]
        is_constant = is_constant or _is_constant(job, instance, other, found[1] if found else None)
    return [written(value)] if is_constant else []


def _written_at(job: Job, instance: Instance, key: str) -> tuple[Module, Node] | None:
    """Where the value of a tag is written."""
    try:
        own = job.place_of(instance).argument("tags")
        objects = objects_behind(job, instance.module, own.expression) if own else []
        if not any(pair(each, key) for _, each in objects):
            root, labels = provider_of(job, instance)
            objects = [(root, each) for each in default_objects(job.bench.files_of(root), labels)]
    except NotMechanical:
        return None
    return next(((module, found[1]) for module, each in reversed(objects) if (found := pair(each, key))), None)


def _read_in(job: Job, module: Module, node: Node, reader: Module) -> str:
    """The expression as another module can write it; empty if it cannot, or if it is a constant."""
    while module.path != reader.path:
        given = job.given(module, node.name) if isinstance(node, GetAttr) and node.text == f"var.{node.name}" else None
        if given is None:
            return ""
        module, node = given
    names = {reference.name for reference in references(node)}
    return node.text if names and names <= {"var", "local", "terraform"} and "\n" not in node.text else ""


def _is_constant(job: Job, instance: Instance, key: str, node: Node | None) -> bool:
    if isinstance(node, Literal):
        return True
    origins = job.context.origins(instance, "tags", key)
    if not origins:
        values = job.context.once(Defaults).of(instance).values
        provider = job.context.plan.provider(job.context.plan.provider_key(instance))
        constants = (provider.expression("default_tags", 0, "tags") or {}).get("constant_value") or {}
        return key in values and key in constants
    return all(origin.kind is Kind.CONSTANT for origin in origins)
