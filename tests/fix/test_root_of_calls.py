"""A root module that only calls modules gets an alert, its outputs and its tests by one patch; whom it alerts is not guessed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import PLANS

FOLDER = PLANS / "only_calls"


def patched(work: Path) -> tuple[list[Patch], dict[str, str]]:
    context = Context(Plan.load(FOLDER / "plan.json"), find_policy("secure-logs"), Source.open(work))
    found = patches(evaluate_in(context), context)
    return found, {change.file.removeprefix(f"{work}/"): change.after for change in changes(found)}


def test_outputs_and_tests_follow_what_the_same_patch_adds() -> None:
    found, files = patched(FOLDER)
    assert re.search(r'output "kms_key_arn" \{[^}]*value += aws_kms_key\.audit_trail\.arn', files["main.tf"])
    assert re.search(r'output "sns_topic_arn" \{[^}]*value += aws_sns_topic\.audit_trail\.arn', files["main.tf"])
    assert "length(aws_cloudtrail.audit_trail[*]) == 1" in files["tests/unit.tftest.hcl"]
    assert 'alert_email = "test@example.com"' in files["tests/unit.tftest.hcl"]
    assert {p.finding.reason.split(";")[0] for p in found if p.why_not} == {"there is no output log_writer_role_arn"}


@pytest.mark.parametrize(
    ("declared", "endpoint", "note"),
    [
        ("", "alert_email", "set the variable alert_email: who is alerted"),
        (
            'variable "alert_email" {\n  type    = string\n  default = ""\n}\n',
            "alert_email",
            "alert_email, which is empty in this plan",
        ),
        ('variable "ops_mail" {\n  default = "ops@corp.example"\n}\n', "ops_mail", ""),
        ('variable "security_email" {\n  type = string\n}\n', "security_email", ""),
        ('variable "alert_emails" {\n  type = list(string)\n}\n', "alert_email", "set the variable alert_email: who"),
        ('variable "alert_email" {\n  default = "nobody"\n}\n', "denied_access_email", "set the variable denied_access_email"),
        ('variable "alert_email_subject" {\n  default = "a@b.example"\n}\n', "alert_email", "set the variable alert_email: who"),
        ('variable "desktops_email" {\n  default = "a@b.example"\n}\n', "alert_email", "set the variable alert_email: who"),
    ],
)
def test_who_is_alerted_is_the_address_of_a_variable_for_that(declared: str, endpoint: str, note: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(FOLDER, work)
    with (work / "main.tf").open("a", encoding="utf-8") as file:
        file.write(f"\n{declared}")
    found, files = patched(work)
    assert f"endpoint  = var.{endpoint}\n" in files["alerting.tf"]
    notes = [each for patch in found for each in patch.notes if "who is alerted" in each]
    assert bool(notes) == bool(note)
    assert all(note in each for each in notes)
