"""How one block refers to another: from the root module through outputs, and within a module by the key of its instance."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import NamedTuple

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import ModuleFiles, NotMechanical, Place
from planproof.fix.style import block
from planproof.plan.model import Instance, Module
from planproof.plan.value import Key
from planproof.syntax.nodes import Node
from planproof.syntax.traversals import references

ONLY_SOME = "only some instances of {} need this, and other environments may have others; decide where it is repeated"


class Reference(NamedTuple):
    """An expression for an attribute, or for the list of what all instances of the block have, and the outputs on its way."""

    text: str
    is_list: bool
    edits: tuple[Edit, ...] = ()


def reference(job: Job, target: Instance, attribute: str) -> tuple[str, list[Edit]]:
    """The expression in the root module, and the outputs that it needs on its way there. Raises NotMechanical."""
    found = _led(job, target, attribute, job.context.plan.root)
    return found.text, list(found.edits)


def every(job: Job, target: Instance, attribute: str, reader: Module, meant: Collection[str]) -> Reference:
    """The expression in the module of the reader: of the target alone if each environment has it, else of all instances of its block,
    which all have to be meant. Raises NotMechanical."""
    levels = _levels(target, reader)
    if all(_is_known(job, level) for level in levels):
        return _led(job, target, attribute, reader)
    alike = [i for i in job.bench.by_block[target.local_address] if i.module.path == target.module.path]
    if any(i.address not in meant for i in alike if _is_in(i.module, reader)):
        raise NotMechanical(ONLY_SOME.format(target.local_address))
    return _led(job, target, attribute, reader, is_all=True)


def _is_in(module: Module, reader: Module) -> bool:
    return module is reader or (module.parent is not None and _is_in(module.parent, reader))


def _levels(target: Instance, reader: Module) -> list[Instance | Module]:
    """What repeats a resource, from itself out to the module of the reader. Raises NotMechanical if that does not hold it."""
    found: list[Instance | Module] = [target]
    module = target.module
    while module is not reader:
        if module.parent is None:
            raise NotMechanical(f"the module of the block does not know {target.address}; hand what it needs of it to it")
        found.append(module)
        module = module.parent
    return found


def _led(job: Job, target: Instance, attribute: str, reader: Module, is_all: bool = False) -> Reference:
    """The expression and the outputs on its way; `is_all` takes all of what is repeated as each environment chooses."""
    text, name, is_list, edits = "", attribute, False, list[Edit]()
    for level in _levels(target, reader):
        if isinstance(level, Module):
            index = [str(target.index)] if f"[{json.dumps(target.index)}]" in text else []
            label = re.sub(r"\W+", "_", "_".join((target.name, *index, attribute))) + "s" * is_list
            name, made = _exported(job, level, text, label)
            edits += made
        if is_all and not _is_known(job, level):
            address = _address(level)[0]
            text = f"{address if _place(job, level).argument('count') else f'values({address})'}[*].{name}"
            text, is_list = f"flatten({text})" if is_list else text, True
        else:
            text = _single(job, level, name)
    return Reference(text, is_list, tuple(edits))


def _address(level: Instance | Module) -> tuple[str, Key]:
    return (f"module.{level.name}", level.key) if isinstance(level, Module) else (level.local_address, level.index)


def _place(job: Job, level: Instance | Module) -> Place:
    if isinstance(level, Instance):
        return job.place_of(level)
    assert level.parent is not None
    return job.block(level.parent, "module", level.name)


def _is_known(job: Job, level: Instance | Module) -> bool:
    """Whether each environment has it, by the same key."""
    return _address(level)[1] is None or has_fixed_keys(_place(job, level))


def has_fixed_keys(place: Place) -> bool:
    """Whether a block has the same instances for each caller and in each environment: it is repeated by constants."""
    return all(_is_constant(place.module, a.expression) for name in ("count", "for_each") if (a := place.argument(name)))


def _is_constant(files: ModuleFiles, node: Node) -> bool:
    for name, steps, _ in references(node):
        local = files.source.locals.get(str(steps[0])) if name == "local" and steps else None
        if local is None or not _is_constant(files, local):
            return False
    return True


def _single(job: Job, level: Instance | Module, attribute: str) -> str:
    """An attribute of an instance, or an output of a module, where it is one of a kind."""
    address, key = _address(level)
    if key is None:
        return f"{address}.{attribute}"
    if _is_known(job, level):
        return f"{address}[{json.dumps(key)}].{attribute}"
    if isinstance(level, Module):
        alike = len(level.parent.children[level.name]) if level.parent is not None else 1
    else:
        alike = len(level.module.resources[level.local_address])
    if alike > 1 or not _place(job, level).argument("count"):
        raise NotMechanical(f"{address} is repeated as each environment chooses; which instance is meant, only the team knows")
    if re.match(r"0\.1[0-4]\.", job.context.plan.terraform_version):
        raise NotMechanical(f"{address} is repeated; Terraform 0.15 and later can refer to the one instance of it, by one()")
    return f"one({address}[*].{attribute})"


def _exported(job: Job, module: Module, value: str, name: str) -> tuple[str, list[Edit]]:
    """The output of a module that exports a value; one that is added, if none does."""
    files = job.bench.files_of(module)
    for top in files.tops:
        if top.type == "output" and (found := top.block.body.attributes.get("value")) and found.expression.text == value:
            return top.labels[0], []
    label = _free(job, module, name, value)
    text = block(f'output "{label}"', f"value = {value}")
    return label, [files.added("outputs.tf", text)]


def _free(job: Job, module: Module, name: str, value: str) -> str:
    """The name, or one with a number behind it, that no output of the module has, and none that is added for another value."""
    made: dict[tuple[str, str], str] = job.remembered("outputs of modules", dict)
    files, label, number = job.bench.files_of(module), name, 2
    file = files.first.file.path  # which several calls may lead to
    while files.has("output", label) or made.get((file, label), value) != value:
        label, number = f"{name}_{number}", number + 1
    made[file, label] = value
    return label


def reference_to(job: Job, target: Instance, reader: Instance) -> str:
    """How the block of one resource refers to another of its module, both repeated alike or neither."""
    theirs, ours = job.place_of(target), job.place_of(reader)
    if target.index is None:
        return theirs.address
    for argument, key in (("for_each", "each.key"), ("count", "count.index")):
        if theirs.argument(argument) and theirs.text_of(argument) == ours.text_of(argument) and target.index == reader.index:
            return f"{theirs.address}[{key}]"
    indexed = f"{theirs.address}[{json.dumps(target.index)}]"
    if reader.index is None and (has_fixed_keys(theirs) or indexed in ours.top.block.text):
        return indexed
    raise NotMechanical(f"{theirs.address} and {ours.address} are repeated differently; refer to the instance that is meant")
