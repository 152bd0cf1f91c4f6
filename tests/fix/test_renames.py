"""Names that a fix changes, and what else of the configuration has them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import PLANS

RENAMES = PLANS / "renames"
AUDIT, JOBS, WRITER = "aws_s3_bucket.audit", "aws_sqs_queue.jobs", "aws_iam_role.writer"


def patched_with(folder: Path, added: str, name: str = "added.tf", plan: Path = RENAMES) -> dict[str, Patch]:
    """The patches of the names' failures, by subject, of the plan's configuration with a file beside it."""
    work = folder / "work"
    shutil.copytree(plan, work)
    (work / name).write_text(added, encoding="utf-8")
    context = Context(Plan.load(work / "plan.json"), find_policy("secure-logs"), Source.open(work))
    found = patches(evaluate_in(context), context)
    return {p.finding.subject: p for p in found if p.finding.check_id in ("CKV_PLAN_4", "CKV_PLAN_7")}


def after(patch: Patch, name: str = "added.tf") -> str:
    """A file after a patch."""
    return next(change.after for change in changes([patch]) if Path(change.file).name == name)


FOLLOWED = [
    # what has the name of the bucket, and what it becomes
    (
        'data "x" "y" {\n  z = jsonencode({ Resource = "arn:aws:s3:::corp-audit-logs" })\n}\n',
        'data "x" "y" {\n  z = jsonencode({ Resource = aws_s3_bucket.audit.arn })\n}\n',
    ),
    (
        'data "x" "y" {\n  z = <<EOF\n{"Resource": "arn:aws:s3:::corp-audit-logs"}\nEOF\n}\n',
        'data "x" "y" {\n  z = <<EOF\n{"Resource": "${aws_s3_bucket.audit.arn}"}\nEOF\n}\n',
    ),
    (
        'data "x" "y" {\n  z = <<EOF\n${1}"arn:aws:s3:::corp-audit-logs"${2}\nEOF\n}\n',
        'data "x" "y" {\n  z = <<EOF\n${1}"${aws_s3_bucket.audit.arn}"${2}\nEOF\n}\n',
    ),
    (
        'data "x" "y" {\n  z = "{\\"Resource\\": \\"arn:aws:s3:::corp-audit-logs\\"}"\n}\n',
        'data "x" "y" {\n  z = "{\\"Resource\\": \\"${aws_s3_bucket.audit.arn}\\"}"\n}\n',
    ),
    (
        'data "x" "y" {\n  z = { "arn:aws:s3:::corp-audit-logs" = 1 }\n}\n',
        'data "x" "y" {\n  z = { "${aws_s3_bucket.audit.arn}" = 1 }\n}\n',
    ),
    (
        'data "x" "y" {\n  # "arn:aws:s3:::corp-audit-logs"\n  z = ["arn:aws:s3:::corp-audit-logs/*"]\n}\n',
        'data "x" "y" {\n  # "arn:aws:s3:::corp-audit-logs"\n  z = ["${aws_s3_bucket.audit.arn}/*"]\n}\n',
    ),
    (
        'data "x" "y" {\n  bucket = "corp-audit-logs"\n}\n',
        'data "x" "y" {\n  bucket = aws_s3_bucket.audit.bucket\n}\n',
    ),
]


@pytest.mark.parametrize(("before", "expected"), FOLLOWED)
def test_what_has_the_name_refers_to_the_bucket(before: str, expected: str, tmp_path: Path) -> None:
    assert after(patched_with(tmp_path, before)[AUDIT]) == expected


ACCESS, TRAIL, STORE = "aws_s3_bucket.access", "aws_s3_bucket.trail", "module.store.aws_s3_bucket.this"

LEFT = [
    # whose name, what else has it, the place that the reason names
    (AUDIT, 'output "x" {\n  value = "s3://corp-audit-logs/a"\n}\n', "output.x has the old name in value"),
    (AUDIT, 'resource "x" "y" {\n  z { host = "corp-audit-logs.s3.amazonaws.com" }\n}\n', "x.y has the old name in host"),
    (AUDIT, 'resource "x" "y" {\n  z = <<EOF\n{"bucketName": "corp-audit-logs"}\nEOF\n}\n', "x.y has the old name in z"),
    (AUDIT, 'locals {\n  x = { y = ["corp-audit-logs"] }\n}\n', "locals has the old name in x"),
    (JOBS, 'resource "x" "y" {\n  dimensions = { QueueName = "Corp_Jobs" }\n}\n', "x.y has the old name in dimensions"),
    (JOBS, 'resource "x" "y" {\n  rule = "ALARM(Corp_Jobs)"\n}\n', "x.y has the old name in rule"),
    (JOBS, 'data "aws_sqs_queue" "y" {\n  name = "Corp_Jobs"\n}\n', "data.aws_sqs_queue.y has the old name in name"),
    (JOBS, 'variable "y" {\n  default = "https://sqs.x/1/Corp_Jobs"\n}\n', "variable.y has the old name in default"),
    (JOBS, 'check "y" {\n  assert {\n    condition = v != "Corp_Jobs"\n  }\n}\n', "check.y has the old name in condition"),
    (JOBS, 'resource "aws_lambda_function" "y" {\n  function_name = "of/Corp_Jobs"\n}\n', "old name in function_name"),
    (WRITER, 'resource "x" "y" {\n  role = "arn:aws:iam::123456789012:role/CorpWriter"\n}\n', "x.y has the old name in role"),
    (ACCESS, 'data "x" "y" {\n  z = format("arn:aws:s3:::%s/*", local.access_name)\n}\n', "data.x.y has the old name in z"),
    (ACCESS, 'output "x" {\n  value = "s3://${local.access_name}"\n}\n', "output.x has the old name in value"),
    (ACCESS, "locals {\n  y = { n = local.access_name }\n}\n", "locals has the old name in y"),
    (TRAIL, 'resource "x" "y" {\n  z = templatefile("a", { n = var.trail_name })\n}\n', "x.y has the old name in z"),
    (STORE, 'output "x" {\n  value = "corp-store-logs"\n}\n', "output.x has the old name in value"),
]


@pytest.mark.parametrize(("subject", "added", "where"), LEFT)
def test_a_name_that_something_keeps_is_not_changed(subject: str, added: str, where: str, tmp_path: Path) -> None:
    patch = patched_with(tmp_path, added)[subject]
    assert patch.edits == ()
    assert where in patch.why_not


APART = [
    # what has nothing to do with the resource of the name
    (JOBS, "# Corp_Jobs\n"),
    (JOBS, 'resource "x" "Corp_Jobs" {\n  y = x.Corp_Jobs.z\n}\n'),
    (JOBS, 'resource "x" "y" {\n  tags = { Name = "Corp_Jobs" }\n}\n'),
    (JOBS, 'resource "x" "y" {\n  z = "Corp_Jobs_2 of-Corp_Jobs ${1}Corp_Jobs Corp_Jobs${2}"\n}\n'),
    (JOBS, 'resource "aws_sns_topic" "y" {\n  name = "Corp_Jobs"\n}\n'),
    (JOBS, 'resource "x" "y" {\n  metric_name = "Corp_Jobs"\n}\n'),
    (JOBS, 'variable "y" {\n  description = "of Corp_Jobs"\n}\n'),
    (ACCESS, 'resource "x" "y" {\n  tags = { Name = local.access_name } # local.access_name\n}\n'),
    (ACCESS, 'resource "aws_iam_role" "y" {\n  name = "${local.access_name}-reader"\n}\n'),
    (ACCESS, 'resource "x" "y" {\n  z = local.access_name_2\n}\n'),
    (TRAIL, 'output "y" {\n  value = aws_s3_bucket.trail.bucket\n}\n'),
]


@pytest.mark.parametrize(("subject", "added"), APART)
def test_what_only_looks_like_the_name_keeps_nothing(subject: str, added: str, tmp_path: Path) -> None:
    assert patched_with(tmp_path, added)[subject].edits


def test_what_json_has_of_a_name_is_seen(tmp_path: Path) -> None:
    beside = '{"output": {"x": {"value": "s3://corp-audit-logs"}, "Corp_Jobs": {"value": 1}}}'
    found = patched_with(tmp_path, beside, "added.tf.json")
    assert "output.x has the old name" in found[AUDIT].why_not
    assert found[JOBS].edits


CIRCLES = [
    "locals {\n  t = { K = aws_kms_key.k.id }\n}\n",
    "locals {\n  u = aws_kms_key.k.id\n  t = { K = local.u }\n}\n",
]


@pytest.mark.parametrize("added", CIRCLES)
def test_a_reference_does_not_close_a_circle_through_locals(added: str, tmp_path: Path) -> None:
    key = 'resource "aws_kms_key" "k" {\n  policy = jsonencode("arn:aws:s3:::corp-audit-logs")\n}\n'
    work = tmp_path / "plan"
    shutil.copytree(RENAMES, work)
    file = work / "main.tf"
    text = file.read_text(encoding="utf-8")
    name = 'bucket = "corp-audit-logs"\n'
    file.write_text(text.replace(name, f"{name}  tags = local.t\n"), encoding="utf-8")
    assert "aws_kms_key.k writes the old name" in patched_with(tmp_path, added + key, plan=work)[AUDIT].why_not


def test_a_local_that_the_resource_reads_does_not_refer_to_it(tmp_path: Path) -> None:
    work = tmp_path / "plan"
    shutil.copytree(RENAMES, work)
    file = work / "main.tf"
    text = file.read_text(encoding="utf-8")
    name = 'bucket = "corp-audit-logs"\n'
    file.write_text(text.replace(name, f"{name}  tags = {{ A = local.t }}\n"), encoding="utf-8")
    added = 'locals {\n  t = "arn:aws:s3:::corp-audit-logs"\n}\n'
    assert "locals writes the old name" in patched_with(tmp_path, added, plan=work)[AUDIT].why_not
    other = tmp_path / "other"
    other.mkdir()
    assert patched_with(other, added.replace("t =", "u ="), plan=work)[AUDIT].edits


NEEDED = [
    # the bucket, and the block that is repeated by its name
    ("aws_s3_bucket.key", "aws_sns_topic.of_key"),
    ("module.keyed.aws_s3_bucket.this", "aws_sns_topic.of_output"),
    ("aws_s3_bucket.value", ""),
]


@pytest.mark.parametrize(("subject", "repeated"), NEEDED)
def test_a_name_that_for_each_or_count_needs_stays_known(subject: str, repeated: str, tmp_path: Path) -> None:
    patch = patched_with(tmp_path, "")[subject]
    assert bool(patch.edits) != bool(repeated)
    assert f"for_each or count of {repeated} needs the name" in patch.why_not or not repeated


@pytest.mark.parametrize(
    "added",
    [
        'resource "x" "y" {\n  for_each = toset(["arn:aws:s3:::corp-audit-logs"])\n}\n',
        'locals {\n  a = ["arn:aws:s3:::corp-audit-logs"]\n  b = local.a\n}\nmodule "y" {\n  for_each = toset(local.b)\n}\n',
    ],
)
def test_no_key_becomes_a_reference_that_is_known_after_apply(added: str, tmp_path: Path) -> None:
    assert "for_each or count of another block writes the old name" in patched_with(tmp_path, added)[AUDIT].why_not


FILTER = "aws_cloudwatch_log_metric_filter.denied"
METRICS = [
    # the name of the filter for that of its metric, and the metric's
    ("{0}.id", "{0}.metric_transformation[0].name"),
    ("v ? {0}.name : x.y[0].name", "v ? {0}.metric_transformation[0].name : x.y[0].name"),
    ('"${{one({0}[*].id)}}"', '"${{one({0}[*].metric_transformation[0].name)}}"'),
]


@pytest.mark.parametrize(("before", "expected"), METRICS)
def test_an_alarm_reads_the_metric_of_a_filter_that_is_renamed(before: str, expected: str, tmp_path: Path) -> None:
    alarm = 'resource "aws_cloudwatch_metric_alarm" "y" {{\n  metric_name = {}\n}}\n'
    patch = patched_with(tmp_path, alarm.format(before.format(FILTER)))[FILTER]
    assert after(patch) == alarm.format(expected.format(FILTER))


def test_a_filter_whose_name_is_handed_on_is_not_renamed(tmp_path: Path) -> None:
    patch = patched_with(tmp_path, f"# {FILTER}.id\nlocals {{\n  metric = {FILTER}.id\n}}\n")[FILTER]
    assert "locals may take the filter's name" in patch.why_not


SPELLED = [
    # a name with the token of the plan in another place or spelling, and the name that it gets
    ("PAYMENTS-corp-queue", "corp-payments-queue"),
    ("PaymentsQueueCorp", "corp-payments-queue"),
    ("Payments_corporate", "corp-payments-corporate"),
    ("-Payments--queue-", "corp-payments-queue"),
    ("Payments${var.corp-x}corp_queue", "corp-payments${var.corp-x}corp-queue"),
]


@pytest.mark.parametrize(("written", "expected"), SPELLED)
def test_a_name_gets_no_token_and_no_separator_twice(written: str, expected: str, tmp_path: Path) -> None:
    work = tmp_path / "plan"
    shutil.copytree(RENAMES, work)
    file = work / "main.tf"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("PAYMENTS-corp-queue", written), encoding="utf-8")
    found = after(patched_with(tmp_path, "", plan=work)["aws_sqs_queue.spelled"], "main.tf")
    assert f'"{expected}"' in found


def test_a_prefix_ends_with_one_separator(tmp_path: Path) -> None:
    found = after(patched_with(tmp_path, "")["aws_s3_bucket.numbered[0]"], "main.tf")
    assert 'bucket_prefix = "corp-part-${count.index}-logs-"' in found


def test_a_block_that_cannot_be_read_may_have_the_name(tmp_path: Path) -> None:
    added = 'resource "x" "y" {\n  a = "corp-audit-logs" "b"\n}\n'
    assert "a block cannot be read" in patched_with(tmp_path, added)[AUDIT].why_not
