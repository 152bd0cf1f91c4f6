"""The closed loop: plan, fix, plan again with the real Terraform and provider, judge again. Skips where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import fixtures
from fix_loop import Planner, round_of
from support.repository import FIXTURES

pytestmark = pytest.mark.xdist_group("terraform")  # one provider for all

CASES = [
    pytest.param("review", marks=pytest.mark.slow),
    pytest.param("unauthorized_access_alert/no_trail", marks=pytest.mark.slow),
    *(
        pytest.param(case, marks=[pytest.mark.exhaustive, *([pytest.mark.nightly] if number % 3 else [])])
        for number, case in enumerate(
            (
                "bucket_name_collision/plain",
                "log_bucket_retention/rules",
                "log_group_retention/functions",
                "mfa_on_human_principals/plain",
                "mfa_on_machine_principals/deferred",
                "naming_convention/plain",
                "output_contract/module",
                "prevent_destroy/shapes",
                "tagging/default_tags",
                "unauthorized_access_alert/plain",
                "versioning_coverage/stores",
            )
        )
    ),
]


@pytest.fixture(scope="module")
def planner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    missing = fixtures.available()
    if missing:
        pytest.skip(missing)
    made = tmp_path_factory.mktemp("plans") / "plan.json"
    with fixtures.running_provider() as environment:

        def plan(folder: Path) -> Path:
            made.write_text(json.dumps(fixtures.plan(folder, environment)), encoding="utf-8")
            return made

        yield plan


@pytest.mark.parametrize("case", CASES)
def test_a_fix_makes_what_it_patches_pass_and_nothing_worse(case: str, planner: Planner) -> None:
    found = round_of(FIXTURES / "bad" / case, case, planner)
    assert found.skipped == ""
    assert [problem for _, problem in found.problems] == []
    assert any(patch.edits for patch in found.found)
    if case == "review":
        assert {patch.why_not for patch in found.found} == {""}
