"""How the root module, or a module above, refers to an attribute of a resource: through the outputs of the modules between."""

from __future__ import annotations

import json
import re

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.style import block
from planproof.plan.model import Instance, Module
from planproof.plan.value import as_object


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
    label = f"{name}_exported" if name in as_object(module.config.outputs) else name
    text = block(f'output "{label}"', f"value = {value}")
    return label, [files.at_end(files.tops[-1], "outputs.tf", text)]
