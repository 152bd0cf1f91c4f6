"""Where a value is set that an argument gets from elsewhere, and when that would change nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.attached import with_fixes
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import PLANS

FOLDER = PLANS / "variable_values"


def found(folder: Path, plan: Path, check: str) -> dict[str, Patch]:
    context = Context(Plan.load(plan / "plan.json"), find_policy("secure-logs"), Source.open(folder))
    return {p.finding.subject: p for p in patches(evaluate_in(context), context) if p.finding.check_id == check}


_CASES = [
    # check and resource, the file and lines of the patch
    (
        "CKV_PLAN_12",
        "aws_cloudwatch_log_group.by_file",
        "terraform.tfvars",
        ["-days               = 30", "+days               = 90"],
    ),
    ("CKV_PLAN_12", "aws_cloudwatch_log_group.by_default", "main.tf", ["-  default = 7", "+  default = 90"]),
    ("CKV_PLAN_12", "aws_cloudwatch_log_group.endless", "main.tf", ["-  default = null", "+  default = 90"]),
    (
        "CKV_PLAN_12",
        "aws_cloudwatch_log_group.indexed",
        "main.tf",
        ["-  retention_in_days = var.listed[0]", "+  retention_in_days = max(coalesce(var.listed[0], 0), 90)"],
    ),
    (
        "CKV_PLAN_5",
        "module.by_call.aws_s3_bucket.this",
        "main.tf",
        ['-  versioning_status = "Disabled"', '+  versioning_status = "Enabled"'],
    ),
    (
        "CKV_PLAN_5",
        "module.by_default.aws_s3_bucket.this",
        "status/main.tf",
        ['-  default = "Suspended"', '+  default = "Enabled"'],
    ),
]


@pytest.mark.parametrize(("check", "subject", "file", "lines"), _CASES, ids=[case[1] for case in _CASES])
def test_a_value_is_set_where_it_is_written(check: str, subject: str, file: str, lines: list[str]) -> None:
    text = diff(changes([found(FOLDER, FOLDER, check)[subject]]), FOLDER).splitlines()
    assert f"+++ b/{file}" in text
    assert [line for line in text if line[0] in "+-" and not line.startswith(("+++", "---"))] == lines


def test_a_variable_is_reused_if_its_value_meets_the_requirement() -> None:
    group = diff(changes([found(FOLDER, FOLDER, "CKV_PLAN_12")["aws_cloudwatch_log_group.bare"]]), FOLDER)
    bucket = diff(changes([found(FOLDER, FOLDER, "CKV_PLAN_1")["aws_s3_bucket.logs"]]), FOLDER)
    assert "var.log_group_retention_days\n" in group
    assert "variable" not in group
    assert "var.log_retention_days_required\n" in bucket, "a file sets log_retention_days to less than its default"


_FILES = [
    # files beside the configuration, the file that is edited; none if the argument is bounded in its block
    ({}, "main.tf"),
    ({"dev.tfvars": "days = 30\n"}, "dev.tfvars"),
    ({"env/dev.tfvars": "days = 30\n", "env/prod.tfvars": "days = 90\n"}, "env/dev.tfvars"),
    ({"a.auto.tfvars": "days = 14\n", "b.auto.tfvars": "days = 30\n"}, "b.auto.tfvars"),
    ({"terraform.tfvars": "days = 30\n", "a.auto.tfvars": "days = 30\n"}, "a.auto.tfvars"),
    ({"a.auto.tfvars": "days = 14\n"}, ""),
    ({"dev.tfvars": "days = 30\n", "test.tfvars": "days = 30\n"}, ""),
    ({"terraform.tfvars.json": '{"days": 30}'}, ""),
    ({"terraform.tfvars": "days = {\n"}, "main.tf"),
]


@pytest.mark.parametrize(("files", "edited"), _FILES, ids=[" ".join(files) for files, _ in _FILES])
def test_the_file_that_set_the_variable_is_edited(files: dict[str, str], edited: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.tfvars"))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    patch = found(tmp_path, FOLDER, "CKV_PLAN_12")["aws_cloudwatch_log_group.by_file"]
    assert {Path(edit.file).relative_to(tmp_path).as_posix() for edit in patch.edits} == {edited or "main.tf"}
    assert any("max(coalesce(var.days" in edit.text for edit in patch.edits) == (not edited)
    assert any("TF_VAR_days" in note for note in patch.notes) == (edited == "main.tf")


@pytest.mark.parametrize(
    ("check", "subject", "ignored"),
    [
        ("CKV_PLAN_12", "aws_cloudwatch_log_group.kept", "retention_in_days"),
        ("CKV_PLAN_10", "aws_sqs_queue.tagged", "tags_all"),
        ("CKV_PLAN_5", "aws_ecr_repository.everything", "image_tag_mutability"),
        ("CKV_PLAN_10", "aws_ecr_repository.others", ""),
        ("CKV_PLAN_5", "aws_ecr_repository.others", ""),
    ],
)
def test_what_a_block_ignores_is_not_changed(check: str, subject: str, ignored: str) -> None:
    folder = PLANS / "ignored_changes"
    patch = found(folder, folder, check)[subject]
    assert bool(patch.edits) == (not ignored)
    assert (f"ignores changes of {ignored}" in patch.why_not) == bool(ignored)


@pytest.mark.parametrize(("line", "is_shown"), [("pin = 7", False), ('pass = "word"', False), ("size = 7", True)])
def test_a_report_shows_no_secret_beside_the_value_of_a_file(line: str, is_shown: bool, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "terraform.tfvars").write_text(f"{line}\ndays = 30\n", encoding="utf-8")
    raw = json.loads((FOLDER / "plan.json").read_text(encoding="utf-8"))
    raw["configuration"]["root_module"]["variables"]["pin"] = {"sensitive": True}
    raw["variables"]["pin"] = {"value": 7}
    context = Context(Plan.load(raw), find_policy("secure-logs"), Source.open(tmp_path))
    report = with_fixes(evaluate_in(context), context)
    fix = next(f.fix for f in report.findings if f.subject == "aws_cloudwatch_log_group.by_file" and f.check_id == "CKV_PLAN_12")
    assert fix is not None
    assert bool(fix.diff) == is_shown
    assert ("secret" in fix.why_not) == (not is_shown)


@pytest.mark.parametrize(("bucket", "is_added"), [("rest_stays", True), ("rest_expires", False)])
def test_a_rule_that_deletes_a_part_too_early_gets_one_for_the_rest(bucket: str, is_added: bool) -> None:
    folder = PLANS / "early_parts"
    retention, versions = (found(folder, folder, check)[f"aws_s3_bucket.{bucket}"] for check in ("CKV_PLAN_1", "CKV_PLAN_5"))
    text = diff(changes([retention, versions]), folder)
    assert "-      days = 7\n+      days = 90\n" in text
    assert ("days = var.log_retention_days" in text) == is_added
    assert text.count("noncurrent_version_expiration") == 1
