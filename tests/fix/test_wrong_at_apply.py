"""What a plan does not show, and apply would: the partition, what CloudTrail waits for, what AWS has made already."""

from __future__ import annotations

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.edits import applied
from planproof.fix.objects import with_items
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.fix.places import NotMechanical
from planproof.plan.model import Plan
from planproof.source.model import Source
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from support.repository import PLANS


def patched(name: str) -> tuple[list[Patch], str]:
    folder = PLANS / name
    context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(folder))
    found = patches(evaluate_in(context), context)
    return found, diff(changes(found), folder)


def test_the_policy_of_a_key_is_right_in_each_partition() -> None:
    group = "aws_cloudwatch_log_group.audit_trail"
    _, text = patched("only_calls")
    assert f'["arn:${{split(":", {group}.arn)[1]}}:iam::${{split(":", {group}.arn)[4]}}:root"]' in text
    assert "arn:aws:" not in text


@pytest.mark.parametrize(
    ("plan", "waits_for"),
    [
        ("only_calls", "[aws_s3_bucket_policy.audit_trail, aws_iam_role_policy.audit_trail]"),
        ("called_twice", "[aws_iam_role_policy.app_events]"),
    ],
)
def test_a_trail_waits_for_the_policies_that_it_delivers_by(plan: str, waits_for: str) -> None:
    assert waits_for in [line.split(" = ")[-1] for line in patched(plan)[1].splitlines() if line.startswith("+  depends_on ")]


def test_the_group_of_a_function_that_exists_may_have_to_be_imported() -> None:
    found, _ = patched("called_before")
    notes = {p.finding.subject: " ".join(n for n in p.notes if "import" in n) for p in found if p.finding.code == "no_log_group"}
    assert notes.pop("aws_lambda_function.late") == ""
    assert set(notes) == {'aws_lambda_function.ship["eu"]', 'aws_lambda_function.ship["us"]'}
    command = "terraform import 'aws_cloudwatch_log_group.ship[\"eu\"]' /aws/lambda/corp-ship-eu"
    assert notes['aws_lambda_function.ship["eu"]'].endswith(command)


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("[a.arn]", "[a.arn, x.arn]"),
        ("var.actions", "concat(var.actions, [x.arn])"),
        ("toset([a.arn])", "concat(tolist(toset([a.arn])), [x.arn])"),
    ],
)
def test_an_item_is_added_to_what_holds_others(written: str, result: str) -> None:
    file = SourceFile("main.tf", f"alarm {{\n  alarm_actions = {written}\n}}\n")
    text, _ = applied(file.text, with_items(top_blocks(file)[0].block.body, "alarm_actions", ["x.arn"]))
    assert text == f"alarm {{\n  alarm_actions = {result}\n}}\n"


def test_an_expression_that_is_empty_is_left_with_the_reason() -> None:
    file = SourceFile("main.tf", "alarm {\n  alarm_actions = toset([])\n}\n")
    with pytest.raises(NotMechanical, match="alarm_actions is an expression that is null or empty in this plan"):
        with_items(top_blocks(file)[0].block.body, "alarm_actions", ["x.arn"], may_be_null=True)
