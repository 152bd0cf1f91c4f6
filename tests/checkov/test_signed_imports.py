"""A signed pack cannot import anything of its own once Checkov has loaded it, so all that a scan may need is imported by then."""

from __future__ import annotations

import ast
from pathlib import Path

from support.repository import ROOT

PACK = ROOT / "checks"
FILES = {".".join(file.relative_to(PACK).with_suffix("").parts): file for file in (PACK / "planproof").rglob("*.py")}
LOADED_FIRST = ["planproof.checkov_adapter", *sorted(str(file) for file in (PACK / "failure_modes").glob("[a-z]*.py"))]


def imported(file: Path, nested: bool) -> set[str]:
    """The modules of the library that a file imports: at its top (also in a `with` or `try` there), or inside functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    inside = {node for function in functions for node in ast.walk(function)}
    guarded = {
        node
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in ast.walk(block)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in guarded or (node in inside) is not nested:
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & FILES.keys()


def test_what_a_scan_may_import_is_loaded_before() -> None:
    loaded: set[str] = set()
    pending = list(LOADED_FIRST)
    while pending:
        name = pending.pop()
        if name not in loaded:
            loaded.add(name)
            pending += imported(FILES.get(name) or Path(name), nested=False)
    late = {
        (name, inner) for name in loaded for inner in imported(FILES.get(name) or Path(name), nested=True) if inner not in loaded
    }
    assert len(loaded) > 20
    assert late == set()
