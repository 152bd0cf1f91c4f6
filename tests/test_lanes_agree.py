"""Checkov's lane and ours give the same verdicts: over every fixture, over every mutant of the ideal configuration's plan, and over real
plans of other people where they are at hand.

Many plans go into one run of Checkov, which takes longer to start than to scan.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from lanes import checkov, in_checkovs_words
from mutants import mutants
from planproof.engine import evaluate
from planproof.plan import Plan, PlanError

pytestmark = pytest.mark.slow

FIXTURES = sorted(file for name in ("plan.json", "second-plan.json") for file in (ROOT / "fixtures").rglob(name))
CORPUS = ROOT.parent / "shared" / "corpus" / "plans"
AT_ONCE = 60
MUTANT_RUNS = 10


def batches(files: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(files), AT_ONCE):
        yield files[start : start + AT_ONCE]


def lanes_agree(files: list[Path], folder: Path) -> set[str]:
    """Asserts it, without source on both lanes, and returns the plans of which Checkov shows nothing at all. What our lane refuses has no
    passed result on the other."""
    expected: dict[tuple[str, str, str], str] = {}
    refused = set()
    for number, file in enumerate(files):
        name = f"{number}-{file.parent.name}.json"
        shutil.copy(file, folder / name)
        try:
            plan = Plan.load(folder / name)
        except PlanError:
            refused.add(name)
            continue
        expected |= {(name, *key): result for key, result in in_checkovs_words(plan, evaluate(plan)).items()}
    run = checkov("--external-checks-dir", ROOT / "checks", "-d", folder, "--framework", "terraform_plan", cwd=folder)
    found = {key: result for key, (result, _) in run.results.items()}
    assert {key for key in found if key[0] in refused and found[key] == "PASSED"} == set()
    shown = {name for name, _, _ in found}
    assert {key: result for key, result in found.items() if key[0] not in refused} == {
        key: result for key, result in expected.items() if key[0] in shown
    }
    return {name for name, _, _ in expected} - shown


@pytest.mark.parametrize("files", batches(FIXTURES), ids=lambda files: files[0].parent.name)
def test_every_fixture(files: list[Path], tmp_path: Path) -> None:
    assert lanes_agree(files, tmp_path) == set()


@pytest.mark.parametrize("part", range(MUTANT_RUNS))
def test_every_mutant_of_the_ideal_plan(part: int, tmp_path: Path) -> None:
    """docs/mutation.md says what each of them changes on our lane."""
    document = json.loads((ROOT / "fixtures" / "good" / "ideal" / "plan.json").read_text(encoding="utf-8"))
    made, judged = tmp_path / "made", tmp_path / "judged"
    made.mkdir()
    judged.mkdir()
    files = []
    for number, mutant in enumerate(mutants(document)):
        if number % MUTANT_RUNS == part:
            files.append(made / f"{number}.json")
            files[-1].write_text(json.dumps(mutant.plan), encoding="utf-8")
    assert len(files) > 50
    assert lanes_agree(files, judged) == set()


@pytest.mark.parametrize("start", range(0, 360, AT_ONCE))
def test_plans_of_other_people(start: int, tmp_path: Path) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"there is no {CORPUS}")
    files = sorted(CORPUS.glob("*.json"))[start : start + AT_ONCE]
    if files:
        # Checkov passes over a plan of a provider without values, say: `planproof checkov` refuses to.
        assert len(lanes_agree(files, tmp_path)) < len(files) / 2
