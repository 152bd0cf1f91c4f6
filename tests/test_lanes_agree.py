"""Checkov's lane and ours give the same verdicts: over every fixture, and over real plans of other people where they are at hand.

Many plans go into one run of Checkov, which takes longer to start than to scan.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from lanes import checkov, in_checkovs_words
from planproof.engine import evaluate
from planproof.plan import Plan, PlanError

pytestmark = pytest.mark.slow

FIXTURES = sorted(file for name in ("plan.json", "second-plan.json") for file in (ROOT / "fixtures").rglob(name))
CORPUS = ROOT.parent / "shared" / "corpus" / "plans"
AT_ONCE = 60


def batches(files: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(files), AT_ONCE):
        yield files[start : start + AT_ONCE]


def assert_lanes_agree(files: list[Path], folder: Path) -> None:
    """Without source on both lanes. A plan that our lane refuses has no passed result on the other."""
    expected: dict[tuple[str, str, str], str] = {}
    refused = set()
    for number, file in enumerate(files):
        name = f"{number}-{file.parent.name}.json"
        content = file.read_bytes()
        (folder / name).write_bytes(content)
        try:
            plan = Plan.load(json.loads(content.decode("utf-8-sig")), name)
        except (PlanError, ValueError):
            refused.add(name)
            continue
        expected |= {(name, *key): result for key, result in in_checkovs_words(plan, evaluate(plan)).items()}
    run = checkov("--external-checks-dir", ROOT / "checks", "-d", folder, "--framework", "terraform_plan", cwd=folder)
    found = {key: result for key, (result, _) in run.results.items()}
    assert {key for key in found if key[0] in refused and found[key] == "PASSED"} == set()
    assert {key: result for key, result in found.items() if key[0] not in refused} == expected


@pytest.mark.parametrize("files", batches(FIXTURES), ids=lambda files: files[0].parent.name)
def test_every_fixture(files: list[Path], tmp_path: Path) -> None:
    assert_lanes_agree(files, tmp_path)


@pytest.mark.parametrize("start", range(0, 360, AT_ONCE))
def test_plans_of_other_people(start: int, tmp_path: Path) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"there is no {CORPUS}")
    files = sorted(CORPUS.glob("*.json"))[start : start + AT_ONCE]
    if files:
        assert_lanes_agree(files, tmp_path)
