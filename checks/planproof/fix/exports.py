"""How one block refers to another: from the root module through outputs, and within a module by the key of its instance."""

from __future__ import annotations

import json
import re

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical
from planproof.fix.style import block
from planproof.plan.model import Instance, Module


def reference(job: Job, target: Instance, attribute: str) -> tuple[str, list[Edit]]:
    """The expression in the root module, and the outputs that it needs on its way there. Raises NotMechanical."""
    index = "" if target.index is None else f"[{json.dumps(target.index)}]"
    value, module, edits = f"{target.local_address}{index}.{attribute}", target.module, list[Edit]()
    name = re.sub(r"\W+", "_", "_".join((target.name, *([] if target.index is None else [str(target.index)]), attribute)))
    while module.parent is not None:
        name, made = _exported(job, module, value, name)
        edits += made
        key = "" if module.key is None else f"[{json.dumps(module.key)}]"
        value, module = f"module.{module.name}{key}.{name}", module.parent
    return value, edits


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
    if len(target.module.resources.get(target.local_address, {})) == 1 and reader.index is None:
        return f"{theirs.address}[{target.index if isinstance(target.index, int) else chr(34) + target.index + chr(34)}]"
    raise NotMechanical(f"{theirs.address} and {ours.address} are repeated differently; refer to the instance that is meant")
