"""A run imports, reads and parses only what it needs, and what it parses once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.syntax import blocks
from planproof.syntax.file import SourceFile
from support.repository import ROOT

GOOD = ROOT / "fixtures" / "good" / "output_contract" / "plain"
ESTATE = ROOT / "benchmarks" / "estate"
CODE = """
import sys, orjson
before = set(sys.modules)
from planproof.cli.main import main
main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""
NOT_NEEDED = {
    *("checkov", "lark", "jsonschema", "yaml"),
    *("zipfile", "logging", "traceback", "tempfile", "hashlib", "subprocess", "multiprocessing", "concurrent"),
}


def imported(*arguments: str | Path) -> set[str]:
    """The modules that a run of the command imports beyond those of orjson."""
    settings = {"PYTHONPATH": str(ROOT / "checks"), "PATH": os.environ["PATH"]}
    words = [sys.executable, "-c", CODE, *map(str, arguments)]
    done = subprocess.run(words, env=settings, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    return Path(shutil.copy(GOOD / "plan.json", tmp_path))


def test_an_ordinary_run_imports_what_it_needs(plan: Path, tmp_path: Path) -> None:
    found = imported("check", plan, "--format", "json", "--output", tmp_path / "report.json")
    tops = {name.partition(".")[0] for name in found}
    assert (tmp_path / "report.json").exists()
    assert tops - set(sys.stdlib_module_names) == {"planproof"}
    assert tops & NOT_NEEDED == set()
    assert {name for name in found if name.startswith("planproof.formats.")} == {
        "planproof.formats.streaming",
        "planproof.formats.to_json",
    }
    assert {name for name in found if name.startswith("planproof.cli.commands.")} == {"planproof.cli.commands.check"}
    rest = {
        "planproof.policy.layers",
        "planproof.policy.schema",
        "planproof.policy.yaml_file",
        "planproof.only_changes",
        "planproof.cli.progress",
    }
    assert found & rest == set()
    assert {name for name in found if name.startswith("planproof.functions.")} == {"planproof.functions.set_value"}
    assert {name for name in found if name.startswith("planproof.syntax.")} == {
        "planproof.syntax.file",
        "planproof.syntax.nodes",
        "planproof.syntax.traversals",
    }


def test_a_reporter_is_imported_where_it_is_asked_for(plan: Path) -> None:
    assert "planproof.formats.to_sarif" in imported("check", plan, "--format", "sarif")


def test_a_plan_with_source_imports_what_reads_it(plan: Path) -> None:
    (plan.parent / "main.tf").write_text('output "logs" { value = upper("logs") }\n', encoding="utf-8")
    assert "planproof.syntax.blocks" in imported("check", plan)


def test_the_source_is_parsed_where_a_check_asks_for_it_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "estate"
    shutil.copytree(ESTATE, folder)
    for number in range(20):
        unused = folder / "unused" / str(number) / "main.tf"
        unused.parent.mkdir(parents=True)
        unused.write_text('resource "null_resource" "a" {}\n', encoding="utf-8")
    parsed: Counter[str] = Counter()
    parse = blocks.top_blocks

    def counting(file: SourceFile) -> list[blocks.TopBlock]:
        parsed[Path(file.path).relative_to(folder).as_posix()] += 1
        return parse(file)

    monkeypatch.setattr(blocks, "top_blocks", counting)
    evaluate(folder / "plan.json")
    assert parsed == {"main.tf": 1, "team/main.tf": 1, "team/service/main.tf": 1}
