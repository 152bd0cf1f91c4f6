"""What a value is built on within its module: a reference to that makes a cycle, which Terraform refuses."""

from __future__ import annotations

from planproof.fix.places import ModuleFiles
from planproof.syntax.nodes import Node
from planproof.syntax.traversals import Traversal, references


def is_built_on(files: ModuleFiles, node: Node, address: str) -> bool:
    """Whether an expression reads a block or local, `aws_kms_key.logs` or `local.tags`, be it through others."""
    seen: set[str] = set()
    pending = [node]
    while pending:
        for reference in references(pending.pop()):
            found = _address(reference)
            if found == address:
                return True
            if found not in seen:
                seen.add(found)
                pending += _nodes(files, found)
    return False


def _address(reference: Traversal) -> str:
    names = [reference.name, *(step for step in reference.steps if isinstance(step, str))]
    return ".".join(names[: 3 if reference.name == "data" else 2])


def _nodes(files: ModuleFiles, address: str) -> list[Node]:
    """What is written under an address."""
    kind, _, name = address.partition(".")
    if kind == "local":
        return [files.source.locals[name]] if name in files.source.locals else []
    labels = address.split(".") if kind in ("data", "module") else ["resource", *address.split(".")]
    return [top.block.body for top in files.source.blocks(*labels)]
