"""The remedies: each reason code has one, or a reason why not; what they write on real plans."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.errors import SourceError
from planproof.fix.layout import aligned
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.fix.remedies.table import TABLE
from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.source.model import Source
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.verdict import Verdict
from reason_codes import all_codes, failing_codes
from support.repository import FIXTURES, PLANS

KEYS = [check.key for check in all_checks()]
REVIEW = FIXTURES / "bad" / "review"


def patched(folder: Path, source: Path | None = None) -> list[Patch]:
    context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(source or folder))
    return patches(evaluate_in(context), context)


@pytest.mark.parametrize("key", TABLE)
def test_each_code_of_a_failure_has_a_remedy_or_a_reason(key: str) -> None:
    assert set(TABLE[key]) >= failing_codes(key)
    assert set(TABLE[key]) <= all_codes(key) | failing_codes(key), "a remedy for a code that the check does not have"
    assert all(callable(remedy) or len(str(remedy).split()) > 5 for remedy in TABLE[key].values())


def test_the_table_has_no_check_that_there_is_not() -> None:
    """A check that is not in it leaves its failures to people, and `fix` says so."""
    assert set(TABLE) <= set(KEYS)


def test_a_unit_test_is_not_written_if_the_check_fails_for_a_silent_run_anyway() -> None:
    found = {
        p.finding.code: p for p in patched(FIXTURES / "bad" / "test_coverage" / "silent") if p.finding.check_id == "CKV_PLAN_9"
    }
    assert list(found) == ["no_unit_tests"]
    assert found["no_unit_tests"].edits == ()
    assert "plans of tests/unit.tftest.hcl" in found["no_unit_tests"].why_not


def test_a_new_output_says_what_it_exports() -> None:
    folder = FIXTURES / "bad" / "bucket_name_collision" / "plain"
    text = diff(changes(patched(folder)), folder)
    for said in ("The name of the S3 bucket", "The ARN of the KMS key", "The ARN of the SNS topic"):
        assert f'description = "{said}"' in text


def test_the_review_is_patched_but_for_nothing() -> None:
    assert {patch.why_not for patch in patched(REVIEW)} == {""}


def test_the_patch_of_the_review_applies_with_git_and_leaves_other_lines_alone(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git on PATH")
    work = tmp_path / "work"
    shutil.copytree(REVIEW, work)
    found = changes(patched(REVIEW, work))
    text = diff(found, work)
    subprocess.run(["git", "init", "-q", "."], cwd=work, check=True)
    subprocess.run(["git", "apply", "--check", "-"], cwd=work, input=text.encode(), check=True)
    subprocess.run(["git", "apply", "-"], cwd=work, input=text.encode(), check=True)
    assert {change.file: Path(change.file).read_text(encoding="utf-8") for change in found} == {c.file: c.after for c in found}
    kept = [line for line in (REVIEW / "iam.tf").read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("#")]
    assert [line for line in (work / "iam.tf").read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("#")] == kept


CASES = [
    # check and case, what the patch adds, what it takes out
    ("log_bucket_retention/plain", ["days = var.log_retention_days", "filter {}"], []),
    ("log_group_retention/plain", ["retention_in_days = 90"], ["retention_in_days = 30"]),
    ("prevent_destroy/plain", [], ["prevent_destroy = true"]),
    ("force_destroy/plain", [], ["force_destroy = true"]),
    ("dead_alarm/plain", ["metric_name = aws_cloudwatch_log_metric_filter.root.metric_transformation[0].name"], []),
    ("bucket_name_collision/plain", ["bucket_prefix = "], []),
    ("mfa_on_human_principals/plain", ["aws:MultiFactorAuthPresent"], []),
    ("versioning_coverage/plain", ["point_in_time_recovery {", 'image_tag_mutability = "IMMUTABLE"'], []),
    ("unauthorized_access_alert/no_trail", ['resource "aws_cloudtrail" "audit_trail" {'], []),
]


@pytest.mark.parametrize(("case", "added", "removed"), CASES, ids=[case for case, _, _ in CASES])
def test_a_remedy_writes_and_takes_out(case: str, added: list[str], removed: list[str]) -> None:
    folder = FIXTURES / "bad" / case
    lines = diff(changes(patched(folder)), folder).splitlines()
    plain = [re.sub(r"\s+", " ", line) for line in lines if not line.startswith(("+++", "---"))]
    for sign, texts in (("+", added), ("-", removed)):
        for text in texts:
            assert any(line.startswith(sign) and text in line for line in plain), text


@pytest.mark.slow
@pytest.mark.parametrize("folder", [f.parent for f in sorted((FIXTURES / "bad").glob("*/*/main.tf"))], ids=lambda f: f.name)
def test_what_a_patch_writes_can_be_read_and_is_laid_out(folder: Path) -> None:
    if not (folder / "plan.json").exists():
        pytest.skip("a folder that a fixture refers to")
    found = patched(folder)
    assert [patch for patch in found if patch.why_not.startswith("the remedy failed")] == []
    for change in changes(found):
        file = SourceFile(change.file, change.after)
        assert all(top.block.body is not None for top in top_blocks(file))
        assert aligned(change.after, [(0, len(change.after))]) == change.after or change.before is not None


def test_json_syntax_is_left_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "main.tf.json").write_text(
        '{"resource": {"aws_cloudwatch_log_group": {"for_ever": {"name": "/corpsec/for-ever"}}}}', encoding="utf-8"
    )
    found = patched(FIXTURES / "bad" / "log_group_retention" / "plain", tmp_path)
    reasons = {p.finding.subject: p.why_not for p in found if p.finding.code == "never_expires"}
    assert "JSON syntax" in reasons["aws_cloudwatch_log_group.for_ever"]


def test_a_module_outside_of_the_source_folder_is_left_with_the_reason(tmp_path: Path) -> None:
    inside, outside = tmp_path / "live", tmp_path / "module"
    inside.mkdir()
    shutil.copytree(FIXTURES / "bad" / "log_group_retention" / "plain", outside)
    text = (outside / "main.tf").read_text(encoding="utf-8")
    (inside / "main.tf").symlink_to(outside / "main.tf")
    found = patched(FIXTURES / "bad" / "log_group_retention" / "plain", inside)
    assert all(not patch.edits for patch in found if patch.finding.subject.startswith("aws_cloudwatch_log_group"))
    assert (outside / "main.tf").read_text(encoding="utf-8") == text


def test_a_saved_plan_or_no_source_cannot_be_edited() -> None:
    plan, policy = Plan.load(REVIEW / "plan.json"), find_policy("secure-logs")
    with pytest.raises(SourceError, match="nothing to edit"):
        patches(evaluate_in(Context(plan, policy)), Context(plan, policy))


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    shutil.copytree(FIXTURES / "bad" / "prevent_destroy" / "plain", folder)
    return folder


def test_a_patch_is_printed_and_the_rest_is_told(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["fix", str(work / "plan.json"), "--source", str(work), "--check", "CKV_PLAN_8"])
    out, err = capsys.readouterr()
    assert code == 0
    assert out.startswith("diff --git a/main.tf b/main.tf\n--- a/main.tf\n+++ b/main.tf\n@@ ")
    assert err.startswith("the patch fixes ")
    assert "note: prevent_destroy is taken out in every environment" in err


def test_write_needs_git_or_force(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (work / "main.tf").read_text(encoding="utf-8")
    arguments = ["fix", str(work / "plan.json"), "--source", str(work), "--check", "CKV_PLAN_8", "--write"]
    assert main(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert (work / "main.tf").read_text(encoding="utf-8") == before
    assert main([*arguments, "--force"]) == 0
    assert "prevent_destroy" not in (work / "main.tf").read_text(encoding="utf-8")


def test_write_refuses_changes_that_are_not_committed(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git on PATH")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q", "."], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], cwd=work, check=True)
    arguments = ["fix", str(work / "plan.json"), "--source", str(work), "--check", "CKV_PLAN_8", "--write"]
    before = (work / "main.tf").read_text(encoding="utf-8")
    (work / "main.tf").write_text(f"{before}\n# mine\n", encoding="utf-8")
    assert main(arguments) == 2
    assert "commit or stash" in capsys.readouterr().err
    (work / "main.tf").write_text(before, encoding="utf-8")
    (work / "fix.patch").write_text("", encoding="utf-8")  # what is beside the configuration does not count
    assert main(arguments) == 0
    assert "prevent_destroy" not in (work / "main.tf").read_text(encoding="utf-8")


def test_write_refuses_files_that_git_does_not_know(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("git") is None:
        pytest.skip("there is no git on PATH")
    subprocess.run(["git", "init", "-q", "."], cwd=work, check=True)
    assert main(["fix", str(work / "plan.json"), "--source", str(work), "--check", "CKV_PLAN_8", "--write"]) == 2
    assert "is not in git" in capsys.readouterr().err


def test_no_link_is_written_through(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = work / "real.tf"
    (work / "main.tf").rename(real)
    (work / "main.tf").symlink_to(real)
    before = real.read_text(encoding="utf-8")
    code = main(["fix", str(work / "plan.json"), "--source", str(work), "--check", "CKV_PLAN_8", "--write", "--force"])
    assert code in (1, 2)
    assert real.read_text(encoding="utf-8") == before
    assert capsys.readouterr().err


def test_what_passes_is_not_touched() -> None:
    ideal = FIXTURES / "good" / "ideal"
    context = Context(Plan.load(ideal / "plan.json"), find_policy("secure-logs"), Source.open(ideal))
    report = evaluate_in(context)
    assert all(finding.verdict is Verdict.PASS for finding in report.findings)
    assert patches(report, context) == []


LOCK = """# This file is maintained automatically by "terraform init".

provider "registry.terraform.io/hashicorp/random" {{
  version = "7.0.0"
}}

provider "registry.terraform.io/hashicorp/aws" {{
  version     = {version}
  constraints = ">= 5.0.0"
  hashes      = ["h1:of+the+archive="]
}}
"""


@pytest.mark.parametrize(
    ("version", "is_protected"),
    [
        ('"6.25.0"', True),
        ('"6.58.0"', True),
        ('"7.0.0"', True),
        ('"6.24.9"', False),
        ('"5.100.0"', False),
        ('"6"', False),
        ('"later"', False),
        ("var.version", False),
        ('"6.58.0', False),
        (None, False),
    ],
)
def test_a_first_log_group_is_protected_if_the_locked_provider_offers_it(
    version: str | None, is_protected: bool, tmp_path: Path
) -> None:
    """The plan has no log group that would tell."""
    folder = FIXTURES / "bad" / "unauthorized_access_alert" / "no_trail"
    work = tmp_path / "work"
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns(".terraform*"))
    if version is not None:
        (work / ".terraform.lock.hcl").write_text(LOCK.format(version=version), encoding="utf-8")
    text = diff(changes(patched(folder, work)), work)
    assert 'resource "aws_cloudwatch_log_group"' in text
    assert ("deletion_protection_enabled = true" in text) == is_protected


@pytest.mark.parametrize(("case", "is_told"), [("targeted", True), ("no_trail", False)])
def test_a_patch_of_an_incomplete_plan_says_so(case: str, is_told: bool, capsys: pytest.CaptureFixture[str]) -> None:
    folder = FIXTURES / "bad" / "unauthorized_access_alert" / case
    main(["fix", str(folder / "plan.json"), "--source", str(folder)])
    assert ("note: the plan is incomplete" in capsys.readouterr().err) == is_told


def test_what_failures_add_in_different_files_is_declared_once(tmp_path: Path) -> None:
    """Each block of the review in a file of its own."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(REVIEW / "plan.json", work)
    files = [SourceFile(path.name, path.read_text(encoding="utf-8")) for path in sorted(REVIEW.glob("*.tf"))]
    for number, top in enumerate(top for file in files for top in top_blocks(file)):
        (work / f"part_{number:02}.tf").write_text(top.file.text[top.start : top.end] + "\n", encoding="utf-8")
    for change in changes(patched(REVIEW, work)):
        Path(change.file).parent.mkdir(exist_ok=True)
        Path(change.file).write_text(change.after, encoding="utf-8")
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(work.glob("*.tf")))
    declared = re.findall(r'^variable "(\w+)"', text, re.MULTILINE)
    assert {"log_retention_days", "log_group_retention_days"} <= set(declared)
    assert sorted(declared) == sorted(set(declared))
    assert set(re.findall(r"\bvar\.(\w+)", text)) <= set(declared)


def test_a_variable_without_a_value_is_no_tag() -> None:
    folder = PLANS / "unset_tags"
    found = [patch for patch in patched(folder) if patch.finding.check_id == "CKV_PLAN_10"]
    text = diff(changes(found), folder)
    assert "Owner       = var.owner\n" in text
    assert "Environment = var.tag_environment\n" in text
    assert "Project     = var.tag_project\n" in text
    assert re.findall(r'^\+variable "(\w+)"', text, re.MULTILINE) == ["tag_environment", "tag_project"]


@pytest.mark.parametrize(
    ("metric", "is_pointed"),
    [
        ('"RootUse"', True),
        ("local.metric", True),
        ('"${local.metric}"', True),
        ('var.strict ? "RootUse" : "RootUseLoose"', False),
        ("local.chosen", False),
        ("local.by_stage[var.stage]", False),
    ],
)
def test_what_chooses_an_alarms_metric_is_not_lost(metric: str, is_pointed: bool, tmp_path: Path) -> None:
    folder = FIXTURES / "bad" / "dead_alarm" / "plain"
    work = tmp_path / "work"
    shutil.copytree(folder, work)
    text = (work / "main.tf").read_text(encoding="utf-8")
    chosen = 'var.strict ? "RootUse" : "RootUseLoose"'
    beside = f'locals {{\n  metric = "RootUse"\n  chosen = {chosen}\n  by_stage = {{ a = "RootUse" }}\n}}\n'
    (work / "main.tf").write_text(text.replace('"RootUse"', metric) + beside, encoding="utf-8")
    found = {patch.finding.subject: patch for patch in patched(folder, work) if patch.finding.code == "dead_alarm"}
    patch = found["aws_cloudwatch_metric_alarm.root"]
    assert bool(patch.edits) == is_pointed
    assert is_pointed or "metric_name of aws_cloudwatch_metric_alarm.root is chosen" in patch.why_not


def test_two_outputs_of_a_module_have_two_names(tmp_path: Path) -> None:
    """The keys of the instances differ only in what no name of an output can have."""
    work = tmp_path / "work"
    shutil.copytree(PLANS / "renames", work)
    (work / "twins" / "more.tf.json").write_text('{"output": {"of_app_logs_arn": {"value": 1}}}', encoding="utf-8")
    found = {Path(change.file).parent.name: change.after for change in changes(patched(PLANS / "renames", work))}
    names = {value: name for name, value in re.findall(r'^output "(\w+)" \{\n  value = (.*)\n\}', found["twins"], re.MULTILINE)}
    assert sorted(names.values()) == ["of_app_logs_arn_2", "of_app_logs_arn_3"]
    assert sorted(names) == ['aws_s3_bucket.of["app-logs"].arn', 'aws_s3_bucket.of["app.logs"].arn']


def test_a_local_that_json_reads_too_is_not_changed(tmp_path: Path) -> None:
    folder = FIXTURES / "bad" / "log_group_retention" / "plain"
    for beside, is_changed in (("1", True), ("${local.days}", False)):
        work = tmp_path / str(is_changed)
        shutil.copytree(folder, work)
        text = (work / "main.tf").read_text(encoding="utf-8")
        days = "retention_in_days = 30"
        assert days in text
        text = text.replace(days, "retention_in_days = local.days") + "locals {\n  days = 30\n}\n"
        (work / "main.tf").write_text(text, encoding="utf-8")
        (work / "added.tf.json").write_text(f'{{"output": {{"x": {{"value": "{beside}"}}}}}}', encoding="utf-8")
        after = next(change.after for change in changes(patched(folder, work)) if change.file.endswith("main.tf"))
        assert ("days = 30" not in after) == is_changed
