"""Where a root variable gets its value: a literal of a .tfvars file, or its default. Plan JSON has the value, and not whence it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from planproof.errors import SyntaxProblem
from planproof.evaluation.result import same_value
from planproof.fix.job import Job
from planproof.syntax import hcl, json_reader
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Literal, Node, ObjectNode


class _Setting(NamedTuple):
    """What a file sets a variable to. `is_auto`: Terraform reads the file unasked, the later over the earlier."""

    node: Node
    is_auto: bool


def literal_of(job: Job, name: str, default: Literal | None) -> Literal | None:
    """The literal that gives a root variable the value that it has in the plan; None if it is none, or if that cannot be told."""
    value = job.context.plan.variables.get(name)
    settings: list[_Setting] = job.remembered("variable files", lambda: _settings(job)).get(name, [])
    auto = [each.node for each in settings if each.is_auto][-1:]
    nodes = [*auto, *(each.node for each in settings if not each.is_auto)]
    same = [node for node in nodes if value is not None and isinstance(node, Literal) and same_value(node.value, value.raw)]
    if same:
        return same[0] if len(same) == 1 and not same[0].file.path.endswith(".json") else None
    if auto or default is None or (value is not None and value.raw != default.value):
        return None
    note = f"the default of the variable {name} is changed; where -var or TF_VAR_{name} sets it too, change that"
    job.notes += [] if note in job.notes else [note]
    return default


def _settings(job: Job) -> dict[str, list[_Setting]]:
    """What the .tfvars files of the source folder set, by variable; those that Terraform reads unasked in its order."""
    folder = job.context.source.folder if job.context.source else None
    files = [file for file in (folder.files if folder else ()) if file.endswith((".tfvars", ".tfvars.json"))]
    found: dict[str, list[_Setting]] = {}
    for file in sorted(files, key=lambda file: (not file.startswith("terraform.tfvars"), file)):
        is_auto = "/" not in file and (file.startswith("terraform.tfvars") or ".auto.tfvars" in file)
        for name, node in _set_in(SourceFile(os.path.join(job.bench.root, file), folder.text(file) if folder else "")):
            found.setdefault(name, []).append(_Setting(node, is_auto))
    return found


def _set_in(file: SourceFile) -> Iterator[tuple[str, Node]]:
    """The variables of a file; none of one that Terraform would not read either."""
    try:
        if not file.path.endswith(".json"):
            yield from ((name, each.expression) for name, each in hcl.parse(file).attributes.items())
        elif isinstance(root := json_reader.read(file), ObjectNode):
            yield from (
                (key.value, value) for key, value in root.items if isinstance(key, Literal) and isinstance(key.value, str)
            )
    except SyntaxProblem:
        return
