"""Checkov's lane and ours give the same verdicts: over every fixture, over every mutant of a good one, and over real plans of other people
where they are at hand.

Many plans go into one run of Checkov, which takes longer to start than to scan.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.errors import PlanError
from planproof.plan.model import Plan
from support.kill_table import FOLDERS, IDEAL, checks_of
from support.lanes import Checkovs, Run, checkov, in_checkovs_words
from support.mutants import mutants
from support.repository import ROOT, policy_of

pytestmark = pytest.mark.exhaustive

FIXTURES = sorted(file for name in ("plan.json", "second-plan.json") for file in (ROOT / "fixtures").rglob(name))
CORPUS = ROOT.parent / "shared" / "corpus" / "plans"
AT_ONCE = 60
# Many plans go into a run, and not so many that the run takes long or much memory.
PARTS = {
    "ideal": 30,
    "unauthorized_access_alert": 24,
    "versioning_coverage": 12,
    "mfa_on_human_principals": 8,
    "mfa_on_machine_principals": 6,
    "log_bucket_retention": 4,
}
KEYS = list(dict.fromkeys("ideal" if folder == IDEAL else folder.parent.name for folder in FOLDERS))


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
            report = evaluate(plan)
        except PlanError:
            refused.add(name)
            continue
        expected |= {(name, *key): result for key, result in in_checkovs_words(plan, report).items()}
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


@pytest.fixture(scope="module")
def checkovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkovs]:
    runs = Checkovs(tmp_path_factory.mktemp("runs"))
    yield runs
    runs.close()


# A part has every so many mutants of each fixture: the first of them is a sample of all.
@pytest.mark.parametrize(
    ("key", "part"),
    [pytest.param(key, part, marks=pytest.mark.nightly if part else ()) for key in KEYS for part in range(PARTS.get(key, 1))],
)
def test_every_mutant(key: str, part: int, checkovs: Checkovs, tmp_path: Path) -> None:
    """build/mutation says what each of them changes on our lane; here it is the same checks and policy on both."""
    folders = [folder for folder in FOLDERS if key in (folder.name, folder.parent.name)]
    checks = checks_of(folders[0])
    by_policy: dict[str, list[Path]] = {}
    for folder in folders:
        by_policy.setdefault(json.dumps(policy_of(folder).data), []).append(folder)
    for number, (text, alike) in enumerate(by_policy.items()):
        place = tmp_path / str(number)
        (place / "plans").mkdir(parents=True)
        (place / "policy.json").write_text(text, encoding="utf-8")
        expected: dict[tuple[str, str, str], str] = {}
        for name, plan_text in enumerate(mutated(tuple(alike))[part :: PARTS.get(key, 1)]):
            file = place / "plans" / f"{name}.json"
            file.write_text(plan_text, encoding="utf-8")
            plan = Plan.load(file)
            found = in_checkovs_words(plan, evaluate(plan, policy_of(alike[0]), checks=checks))
            expected |= {(file.name, *about): result for about, result in found.items()}
        arguments = ["--external-checks-dir", ROOT / "checks", "-d", place / "plans", "--framework", "terraform_plan"]
        arguments += ["--skip-download", "-o", "json", "-c", ",".join(check.id for check in checks)]
        run = Run.of(checkovs.run("checkov", *arguments, cwd=place, PLANPROOF_POLICY=str(place / "policy.json")))
        assert expected
        assert {about: result for about, (result, _) in run.results.items()} == expected


@lru_cache(maxsize=2)
def mutated(folders: tuple[Path, ...]) -> list[str]:
    """The plans of all mutants, made once for all parts of a check."""
    documents = (json.loads((folder / "plan.json").read_text(encoding="utf-8")) for folder in folders)
    return [json.dumps(mutant.plan) for document in documents for mutant in mutants(document)]


@pytest.mark.parametrize("start", range(0, 360, AT_ONCE))
def test_plans_of_other_people(start: int, tmp_path: Path) -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"there is no {CORPUS}")
    files = sorted(CORPUS.glob("*.json"))[start : start + AT_ONCE]
    if files:
        # Checkov passes over a plan of a provider without values, say: `planproof checkov` refuses to.
        assert len(lanes_agree(files, tmp_path)) < len(files) / 2
