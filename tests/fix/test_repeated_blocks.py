"""An instance of this plan is written into the code only where each environment has it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import PLANS

FOLDER = PLANS / "repeated"


@pytest.fixture(scope="module")
def found() -> list[Patch]:
    context = Context(Plan.load(FOLDER / "plan.json"), find_policy("secure-logs"), Source.open(FOLDER))
    return patches(evaluate_in(context), context)


@pytest.fixture(scope="module")
def added(found: list[Patch]) -> list[str]:
    lines = diff(changes(found), FOLDER).splitlines()
    return [re.sub(r"\s+", " ", line[1:]).strip() for line in lines if line.startswith("+")]


def test_a_trail_watches_all_that_an_environment_has(added: list[str]) -> None:
    values = next(line for line in added if line.startswith("values = concat("))
    assert '"${aws_s3_bucket.of_region["eu"].arn}/"' in values, "which a local repeats by constants"
    assert '"${aws_s3_bucket.fixed["audit-logs"].arn}/"' in values
    assert '[for arn in aws_s3_bucket.created[*].arn : "${arn}/"]' in values
    assert '[for arn in values(aws_s3_bucket.of_team)[*].arn : "${arn}/"]' in values
    assert '[for arn in flatten(module.store[*].this_arns) : "${arn}/"]' in values
    assert "value = values(aws_s3_bucket.this)[*].arn" in added
    assert "created[0]" not in values
    assert "of_team[" not in values


@pytest.mark.parametrize("code", ["no_lifecycle", "no_trail"])
def test_some_of_what_a_variable_repeats_are_left(code: str, found: list[Patch]) -> None:
    reason = next(p.why_not for p in found if p.finding.code == code and p.finding.subject.startswith("aws_s3_bucket.of_kind"))
    assert reason.startswith("only some instances of aws_s3_bucket.of_kind need this")


def test_some_of_what_constants_repeat_are_named(added: list[str]) -> None:
    assert 'for_each = { for key in ["audit-logs"] : key => aws_s3_bucket.fixed[key] }' in added


def test_an_output_is_null_where_its_resource_is_not_made(added: list[str]) -> None:
    assert "value = one(aws_sns_topic.alerts[*].arn)" in added


def test_an_output_that_exports_what_is_promised_keeps_its_expression(found: list[Patch], added: list[str]) -> None:
    assert 'output "kms_key_arn" {' in added
    assert "try(aws_kms_key.this[0].arn, var.key_arn)" not in diff_of_outputs(found)
    notes = [note for patch in found for note in patch.notes if note.startswith("the output")]
    assert set(notes) == {"the output key_arn is called kms_key_arn now; its readers must follow"}


def diff_of_outputs(found: list[Patch]) -> str:
    text = diff(changes(p for p in found if p.finding.check_id == "CKV_PLAN_3"), FOLDER)
    return "\n".join(line for line in text.splitlines() if line.startswith(("+", "-")))


def test_an_output_that_may_stay_is_not_renamed(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("extends: secure-logs\nchecks:\n  output_contract:\n    exact: false\n", encoding="utf-8")
    context = Context(Plan.load(FOLDER / "plan.json"), find_policy(policy), Source.open(FOLDER))
    outputs = [patch for patch in patches(evaluate_in(context), context) if patch.finding.check_id == "CKV_PLAN_3"]
    text = diff_of_outputs(outputs)
    assert '+output "kms_key_arn" {' in text
    assert "+  value       = try(aws_kms_key.this[0].arn, var.key_arn)" in text
    assert '-output "key_arn" {' not in text
    assert [note for patch in outputs for note in patch.notes] == []


def test_an_output_about_something_else_is_not_renamed(found: list[Patch]) -> None:
    left = {p.finding.reason.split()[0] for p in found if p.finding.code == "unexpected" and not p.edits}
    assert left == {"log_reader_role_arn", "bucket_arn"}
    assert not any(p.edits for p in found if p.finding.reason.startswith(("log_writer_role_arn", "bucket_name")))
