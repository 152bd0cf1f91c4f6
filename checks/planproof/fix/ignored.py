"""What a block tells Terraform to ignore: a change of it would leave the next plan as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical
from planproof.plan.model import Module
from planproof.syntax.blocks import TopBlock
from planproof.syntax.nodes import Body, Literal, TupleNode
from planproof.syntax.traversals import references


def refuse_ignored(job: Job, module: Module, body: Body, name: str) -> None:
    """Raises NotMechanical if the block of a resource that exists already ignores changes of an argument in this body."""
    files = job.bench.files_of(module)
    top = next((t for t in files.tops if t.file.path == body.file.path and t.start <= body.start < t.end), None)
    if top is not None:
        _refuse(job, module, top, _argument(top, body.start, name))


def refuse_inert(job: Job, edits: Iterable[Edit]) -> None:
    """Raises NotMechanical if one of the edits changes what its block ignores."""
    for edit in edits:
        for module, top in job.remembered("blocks that ignore changes", lambda: _ignoring(job)).get(edit.file, ()):
            if top.start < edit.start < top.end:
                _refuse(job, module, top, _changed(top, edit))


def _ignoring(job: Job) -> dict[str, list[tuple[Module, TopBlock]]]:
    """The blocks of the plan's resources that ignore changes, by their files."""
    found: dict[str, list[tuple[Module, TopBlock]]] = {}
    seen: set[str] = set()
    for instance in job.context.plan.managed:
        module = job.bench.alike(instance.module)[0]
        if module.address in seen:
            continue
        seen.add(module.address)
        try:
            tops = job.bench.files_of(module).tops
        except NotMechanical:
            continue
        for top in tops:
            if top.type == "resource" and top.file.text.find("ignore_changes", top.start, top.end) >= 0:
                found.setdefault(top.file.path, []).append((module, top))
    return found


def _refuse(job: Job, module: Module, top: TopBlock, name: str) -> None:
    ignored = _ignored(top.block.body) if top.type == "resource" else set()
    if not name or not ignored & {name, "all"}:
        return
    local = ".".join(top.labels)
    instances = [i for each in job.bench.alike(module) for i in each.resources.get(local, {}).values()]
    if any(i.actions not in ((), ("create",)) for i in instances):
        raise NotMechanical(
            f"{local} ignores changes of {name} (ignore_changes), so a patch would change nothing; decide that first"
        )


def _ignored(body: Body) -> set[str]:
    """The arguments whose changes a block ignores; `all` stands for every one."""
    found: set[str] = set()
    for lifecycle in body.blocks_of("lifecycle"):
        attribute = lifecycle.body.attributes.get("ignore_changes")
        node = attribute.expression if attribute else None
        for item in node.items if isinstance(node, TupleNode) else (node,) if node else ():
            text = str(item.value) if isinstance(item, Literal) else next((each.name for each in references(item)), "")
            found.add(re.split(r"[.\[]", text)[0])
    return found - {""}


def _argument(top: TopBlock, offset: int, name: str) -> str:
    """The argument or block of a resource that an offset is in; `name` if it is directly in the resource's own body."""
    for block in top.block.body.blocks:
        if block.start <= offset < block.end:
            return "" if block.type == "lifecycle" else block.labels[0] if block.type == "dynamic" else block.type
    return name


def _changed(top: TopBlock, edit: Edit) -> str:
    """The argument or block of a resource that an edit changes, or adds."""
    for attribute in top.block.body.attributes.values():
        if attribute.start <= edit.start < attribute.end or edit.start < attribute.start < edit.end:
            return attribute.name
    added = re.match(r"\s*(?:dynamic\s+\")?([\w-]+)", edit.text)
    return _argument(top, edit.start, added[1] if added else "")
