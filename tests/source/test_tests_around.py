"""Tests of a configuration that lie outside its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.errors import SourceError
from planproof.policy.model import Policy
from planproof.source import files
from planproof.source.tests_around import tests_around as around

SETTINGS = Policy.default().settings("test_coverage")
GO = 'package test\n// TerraformDir: "../live"\nfunc TestLive() {{ terraform.Apply({}); assert.True(t, ok) }}\n'
HCL = 'run "it" {{\n  {}\n  assert {{\n    condition = output.topic != ""\n  }}\n}}\n'

# name: the test's file, its text, whether there is .git at the top, and the (integration tests, runs) that are found for `live`.
CASES: dict[str, tuple[str, str, bool, tuple[int, int]]] = {
    "Terratest": ("test/live_test.go", GO.format('o{TerraformDir: "../live"}'), True, (1, 0)),
    "no repository": ("test/live_test.go", GO.format('o{TerraformDir: "../live"}'), False, (1, 0)),
    "no repository, and no test folder": ("ci/live_test.go", GO.format('o{TerraformDir: "../live"}'), False, (0, 0)),
    "a folder far away": ("ci/deep/live_test.go", GO.format('o{TerraformDir: "../../live"}'), True, (1, 0)),
    "in pieces": ("test/live_test.go", GO.format('filepath.Join("..", "live")'), True, (1, 0)),
    "from the top": ("test/live_test.go", GO.format('test_structure.CopyTerraformFolderToTemp(t, "../", "live")'), True, (1, 0)),
    "another stack": ("test/live_test.go", GO.format('o{TerraformDir: "../other"}'), True, (0, 0)),
    "a comment alone": ("test/live_test.go", GO.format(""), True, (0, 0)),
    "a word that names no folder": ("test/live_test.go", GO.format('o{Environment: "live"}'), True, (0, 0)),
    "what calls it": ("test/caller_test.go", GO.format('o{TerraformDir: "../caller"}'), True, (1, 0)),
    "a run of it": ("tests/live.tftest.hcl", HCL.format('module {\n    source = "./live"\n  }'), True, (0, 1)),
    "a run of another": ("tests/live.tftest.hcl", HCL.format('module {\n    source = "./other"\n  }'), True, (0, 0)),
    "a run of where it lies": ("tests/live.tftest.hcl", HCL.format("command = plan"), True, (0, 0)),
    "a test that cannot be read": ("tests/live.tftest.hcl", "run {{{", True, (0, 0)),
    "above the repository": ("../test/live_test.go", GO.format('o{TerraformDir: "../stack/live"}'), True, (0, 0)),
}


def stack(folder: Path) -> Path:
    for name, text in {"live": "", "other": "", "caller": 'module "live" {\n  source = "../live"\n}\n'}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "main.tf").write_text(text, encoding="utf-8")
    return folder / "live"


@pytest.mark.parametrize(("file", "text", "is_repository", "found"), CASES.values(), ids=CASES)
def test_those_count_that_name_it(file: str, text: str, is_repository: bool, found: tuple[int, int], tmp_path: Path) -> None:
    live = stack(tmp_path / "stack")
    if is_repository:
        (tmp_path / "stack" / ".git").mkdir()
    path = tmp_path / "stack" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    suite = around(live, SETTINGS)
    assert (len(suite.others["integration"]), len(suite.runs)) == found
    assert not any(run.elsewhere for run in suite.runs)


def test_a_repository_too_large_to_look_through_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = stack(tmp_path)
    (tmp_path / ".git").mkdir()
    monkeypatch.setattr(files, "MAX_LISTED", 2)
    with pytest.raises(SourceError, match="contains more than 2 files"):
        around(live, SETTINGS)


def test_its_own_folder_is_not_looked_through_again(tmp_path: Path) -> None:
    live = stack(tmp_path)
    (tmp_path / ".git").mkdir()
    (live / "live_test.go").write_text(GO.format('o{TerraformDir: "../live"}'), encoding="utf-8")
    assert around(live, SETTINGS).others == {"unit": (), "integration": ()}
