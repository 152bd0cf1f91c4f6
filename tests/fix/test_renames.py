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
