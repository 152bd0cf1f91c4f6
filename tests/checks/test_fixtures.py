"""Every fixture against its expectation, which is complete for its check."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fixtures as tool
from planproof.policy.schema import schema
from planproof.registry import checks_folder
from planproof.verdict import Report, Verdict
from reason_codes import all_codes, codes_of, shown_codes
from support.judged import CASES, CHECKS, NAMES, judge
from support.repository import FIXTURES, ROOT

WHOLE = {FIXTURES / "good" / "ideal", FIXTURES / "bad" / "review"}  # judged by all checks, in tests of their own


def found(report: Report) -> list[tuple[str, str, str]]:
    return sorted((f.subject, f.verdict.value, f.code) for f in report.findings)


@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_findings_are_the_expected_ones(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["findings"]
    wanted = sorted((f["subject"], f["verdict"], f["code"]) for f in expected)
    assert found(judge(folder, CHECKS[folder.parent.name])) == wanted
    assert wanted, "an expectation of nothing proves nothing"


@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_good_passes_and_bad_does_not(folder: Path) -> None:
    verdicts = {f.verdict for f in judge(folder, CHECKS[folder.parent.name]).findings}
    if folder.parent.parent.name == "good":
        assert verdicts == {Verdict.PASS}
    else:
        assert verdicts & {Verdict.FAIL, Verdict.UNKNOWN}


@pytest.mark.slow
@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_every_check_can_judge_every_fixture(folder: Path) -> None:
    assert judge(folder).errors == ()


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_every_check_has_good_and_bad_fixtures(key: str) -> None:
    kinds = {folder.parent.parent.name for folder in CASES if folder.parent.name == key}
    assert kinds == {"good", "bad"}


def test_every_fixture_belongs_to_a_check_and_has_an_expectation() -> None:
    folders = [folder for folder in tool.fixtures(str(FIXTURES)) if folder not in WHOLE and "modules" not in folder.parts]
    assert {folder.parent.name for folder in folders} <= CHECKS.keys()
    assert [folder for folder in folders if not (folder / "expected.json").exists() or not (folder / "plan.json").exists()] == []


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_every_reason_code_is_seen_in_a_fixture(key: str) -> None:
    assert codes_of(checks_folder() / f"{key}.py") <= shown_codes(key)


@pytest.mark.parametrize("key", sorted(CHECKS))
def test_the_schema_knows_every_reason_code_for_levels(key: str) -> None:
    section = schema()["properties"]["checks"]["properties"][key]
    assert section["properties"]["levels"]["propertyNames"]["enum"] == sorted(all_codes(key)), "run `make generate`"


@pytest.fixture(scope="session")
def provider() -> Iterator[dict[str, str]]:
    """The environment of a provider that runs on through all plans of this process."""
    reason = tool.available()
    if reason:
        pytest.skip(reason)
    with tool.running_provider() as environment:
        yield environment


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "folder",
    [
        pytest.param(
            folder,
            id=str(folder.relative_to(ROOT)),
            marks=() if folder.name in ("ideal", "review") or folder.match("good/*/plain") else pytest.mark.nightly,
        )
        for folder in tool.fixtures()
    ],
)
def test_plans_are_what_terraform_makes_of_the_hcl(folder: Path, provider: dict[str, str]) -> None:
    committed = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert tool.normalised(tool.plan(folder, provider)) == tool.normalised(committed)


def test_child_modules_in_another_order_are_the_same_plan() -> None:
    text = (FIXTURES / "good" / "bucket_name_collision" / "shapes" / "plan.json").read_text(encoding="utf-8")
    turned = json.loads(text)
    (store,) = turned["planned_values"]["root_module"]["child_modules"]
    store["child_modules"].reverse()
    assert turned != json.loads(text)
    assert tool.normalised(turned) == tool.normalised(json.loads(text))
