"""The house: which file may import which. docs/architecture.md says why."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from conftest import ROOT

CHECKS = ROOT / "checks"
ROWS = (  # lowest first; a file imports from lower rows and from its own folder
    ("errors.py", "verdict.py"),
    ("version.py", "text/", "functions/"),
    ("settings.py", "plan/", "policy/", "syntax/"),
    ("source/", "evaluation/", "formats/", "baseline.py", "only_changes.py"),
    ("context.py",),
    ("check.py", "excerpts.py", "aws/"),
    ("registry.py", "check_page.py", "facts/"),
    ("engine.py", "checkov_records.py", "fix/"),
    ("api.py", "checkov_adapter.py", "review/"),
    ("fleet/",),
    ("cli/", "../failure_modes/"),
    ("__main__.py",),
)
GENERATED = {"planproof/policy/bundled.py"}
FILES = sorted(CHECKS.rglob("*.py"))
MODULES = {".".join(file.relative_to(CHECKS).with_suffix("").parts): file for file in FILES}


def place(file: Path) -> tuple[int, str]:
    """The row of a file, and its entry there."""
    path = file.relative_to(CHECKS).as_posix()
    path = path.removeprefix("planproof/") if path.startswith("planproof/") else f"../{path}"
    found = [
        (n, entry)
        for n, row in enumerate(ROWS)
        for entry in row
        if path == entry or (entry[-1] == "/" and path.startswith(entry))
    ]
    assert len(found) == 1, f"{path} stands on {len(found)} rows"
    return found[0]


def imported(file: Path) -> set[str]:
    """The modules of the library that a file imports anywhere: inside functions and for type checkers too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & MODULES.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(CHECKS).as_posix())
def test_a_file_imports_from_its_own_folder_and_from_below(file: Path) -> None:
    row, entry = place(file)
    others = {name: place(MODULES[name]) for name in imported(file)}
    assert [name for name, (below, theirs) in others.items() if below >= row and theirs != entry] == []


def test_the_map_shows_these_rows_and_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \d+ \| (.*) \|$", text, re.MULTILINE)
    assert [tuple(re.findall(r"`([^`]+)`", row)) for row in rows] == list(ROWS)
    places = (CHECKS / "planproof", CHECKS / "planproof" / "policy", ROOT)
    named = [name for name in re.findall(r"`([\w/]+(?:\.py|/))`", text) if name != "__init__.py"]
    assert len(named) > 40
    assert [
        name for name in named if not any((folder / name).exists() for folder in (*places, *(CHECKS / "planproof").iterdir()))
    ] == []


def test_no_import_goes_in_a_circle() -> None:
    try:
        order = list(TopologicalSorter({name: imported(file) for name, file in MODULES.items()}).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(MODULES)


def test_no_name_is_one_of_pythons_own() -> None:
    """In a signed scan Checkov looks up every undotted import in each folder of signed files: a code.py answers for Python's own."""
    names = {part for file in FILES for part in file.relative_to(CHECKS).with_suffix("").parts}
    assert names & sys.stdlib_module_names - {"__main__"} == set()


def test_files_and_folders_stay_small() -> None:
    lengths = {file.relative_to(CHECKS).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > 400 and name not in GENERATED} == {}
    assert len(list((CHECKS / "planproof").glob("*.py"))) <= 16


def test_planproof_and_its_folders_are_namespace_packages() -> None:
    """Checkov runs every file of a folder that has an __init__.py."""
    assert list((CHECKS / "planproof").rglob("__init__.py")) == []
