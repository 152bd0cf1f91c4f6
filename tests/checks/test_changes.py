"""What `--only-changes` shows: of every mutant that is planned against the good state, each failure of the full run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.only_changes import only_changes
from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.verdict import Finding
from support.against_state import as_constants, planned_against
from support.kill_table import FOLDERS, GOOD, checks_of
from support.mutants import mutants
from support.repository import FIXTURES, agreeing, policy_of

# What these name the state tells, by values that the good plan does not know before its apply, and no configuration in plan JSON.
BY_VALUE = ("aws_s3_bucket_lifecycle_configuration.by_local", "aws_cloudwatch_log_group.made")

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(GOOD)))


@pytest.mark.exhaustive
@each_folder
@pytest.mark.slow
def test_no_failure_of_a_mutant_is_hidden(folder: Path) -> None:
    good = _good(folder)
    hidden = [
        f"{mutant.place} {mutant.operator}: {finding.check_id} {finding.subject} {finding.code}"
        for mutant in mutants(good)
        if not mutant.place.startswith(BY_VALUE)
        for finding in _hidden(folder, good, mutant.plan)
    ]
    assert hidden == []


@each_folder
def test_no_failure_is_hidden_of_what_is_written_otherwise_with_the_same_values(folder: Path) -> None:
    """A name that was made of something random and is written out now is the same name in the plan, and another one in the next stack."""
    good = _good(folder)
    assert list(_hidden(folder, good, as_constants(good))) == []


def _good(folder: Path) -> Any:
    return json.loads((folder / "plan.json").read_text(encoding="utf-8"))


def _hidden(folder: Path, good: Any, mutant: Any) -> Iterator[Finding]:
    plan = Plan.load(planned_against(good, mutant))
    report = evaluate(plan, policy_of(folder), checks=checks_of(folder))
    shown = set(only_changes(report, plan).findings)
    return (finding for finding in report.findings if report.fails_by(finding) and finding not in shown)


def test_a_guard_that_is_not_in_the_source_is_a_failure_though_the_plan_changes_nothing() -> None:
    """No plan tells of `prevent_destroy`."""
    folder = FIXTURES / "bad" / "prevent_destroy" / "plain"
    plan = Plan.load(planned_against(_good(folder), _good(folder)))
    checks = tuple(check for check in all_checks() if check.key == "prevent_destroy")
    whole, changed = (evaluate(plan, policy_of(folder), folder, checks, only_changes=only) for only in (False, True))
    assert whole.failed
    assert changed.findings == whole.findings


def test_an_exception_that_has_run_out_is_never_left_out() -> None:
    folder = FIXTURES / "bad" / "log_group_retention" / "plain"
    plan = Plan.load(planned_against(_good(folder), _good(folder)))
    exception = {"check": "CKV_PLAN_12", "address": "*.for_ever", "reason": "r", "expires": "2020-01-01"}
    found = evaluate(plan, {"exceptions": [exception]}, only_changes=True)
    assert [f.code for f in found.findings if f.check_id == "CKV_PLAN_12"] == ["exception_expired"]


CHANGED = {
    "another metric": ("aws_cloudwatch_metric_alarm.denied_access", "metric_name", "Another", "update"),
    "another topic's subscription": (
        "aws_sns_topic_subscription.queue",
        "topic_arn",
        "arn:aws:sns:eu-west-1:123456789012:other",
        "replace",
    ),
    "another bucket's versioning": ("aws_s3_bucket_versioning.logs", "bucket", "corp-other", "replace"),
    "another bucket's lifecycle": ("aws_s3_bucket_lifecycle_configuration.logs", "bucket", "corp-other", "replace"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_what_was_there_before_the_change_is_judged(case: str) -> None:
    """As the reference is gone from the plan, only the state, or the values before, tell what it was about."""
    address, argument, other, action = CHANGED[case]
    for forget in ("prior_state", None):
        document = _second_plan()
        for resource in document["planned_values"]["root_module"]["resources"]:
            if (
                resource["type"] == "aws_s3_bucket"
            ):  # as the first apply left them, before a refresh reads what the companions set
                resource["values"].update(versioning=[], lifecycle_rule=[])
            if resource["address"] == address:
                resource["values"][argument] = other
                resource["values"].pop("id")
        for change in document["resource_changes"]:
            if change["address"] == address:
                change["change"]["after"][argument] = other
                change["change"]["after_unknown"]["id"] = True
                change["change"]["actions"] = ["update"] if action == "update" else ["delete", "create"]
        for block in document["configuration"]["root_module"]["resources"]:
            if block["address"] == address:
                block["expressions"][argument] = {"constant_value": other}
        if forget:
            for resource in document[forget]["values"]["root_module"]["resources"]:
                resource.pop("depends_on", None)
        plan = Plan.load(agreeing(document))
        whole, changed = (evaluate(plan, only_changes=only) for only in (False, True))
        failures = {(f.check_id, f.subject) for f in whole.findings if whole.fails_by(f) and f.check_id != "CKV_PLAN_9"}
        assert failures
        assert failures <= {(f.check_id, f.subject) for f in changed.findings}


def _second_plan() -> Any:
    return json.loads((GOOD / "ideal" / "second-plan.json").read_text(encoding="utf-8"))
