"""What is added to tags that come from several places: nobody's tags change."""

from __future__ import annotations

import re

import pytest

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.cycles import is_built_on
from planproof.fix.edits import applied, fitting
from planproof.fix.objects import added_entries, removed_entries, written
from planproof.fix.patches import Patch, changes, diff, patches
from planproof.fix.places import ModuleFiles
from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.source.model import Source
from planproof.syntax.expressions import parse_expression
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import ObjectNode
from support.repository import FIXTURES, PLANS

FOLDER = PLANS / "tag_values"
_CASES = [
    # of which resource, the line that is added, why
    (
        "module.base.aws_sqs_queue.logs",
        'tags = merge(local.base, { Service = "logs", Project = "corp" })',
        "the others are in local.base",
    ),
    (
        "module.partial.aws_sqs_queue.given",
        'tags = { Environment = var.tier, Project = "corp", Owner = "$${team}" }',
        "the other call has it",
    ),
    (
        "module.whole.aws_sqs_queue.given",
        'tags = merge({ ManagedBy = "terraform" }, var.tags, { Module = "given" })',
        "no call has it",
    ),
    (
        "module.lower.aws_sqs_queue.spelled",
        'tags = { Environment = var.tier, Owner = "$${team}", Project = "corp", ManagedBy = "terraform" }',
        "renamed at the call",
    ),
    ("aws_sqs_queue.indexed", "Environment = var.tier", "the value is that of this environment"),
    ("aws_sqs_queue.indexed", 'Owner = "$${team}"', "var.owner is a map, and the text no template"),
]


@pytest.fixture(scope="module")
def found() -> dict[str, Patch]:
    context = Context(Plan.load(FOLDER / "plan.json"), find_policy("secure-logs"), Source.open(FOLDER))
    return {p.finding.subject: p for p in patches(evaluate_in(context), context) if p.finding.check_id == "CKV_PLAN_10"}


@pytest.mark.parametrize(("subject", "line", "why"), _CASES)
def test_a_tag_is_added_where_it_changes_no_other(subject: str, line: str, why: str, found: dict[str, Patch]) -> None:
    text = diff(changes([found[subject]]), FOLDER)
    assert f"+ {line}" in re.sub(r" +", " ", text), why


def test_a_map_of_maps_is_no_home_of_tags(found: dict[str, Patch]) -> None:
    assert "by_team" not in diff(changes([found["aws_sqs_queue.indexed"]]), FOLDER)


def test_tags_that_would_change_another_resource_stand_in_the_block_itself(found: dict[str, Patch]) -> None:
    text = diff(changes([found["module.refused.aws_sqs_queue.bare"]]), FOLDER)
    assert re.findall(r"^\+ +(\w+) +=", text, re.MULTILINE) == ["tags", "Environment", "ManagedBy", "Owner", "Project"]


def test_a_resource_that_the_local_reads_gets_tags_in_its_own_block(found: dict[str, Patch]) -> None:
    text = diff(changes([found["module.cycle.aws_sqs_queue.read"]]), FOLDER)
    assert "+    Environment = " in text
    assert not re.search(r"^\+.*local", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("expression", "address", "is_on"),
    [
        ("local.env", "local.tags", True),
        ("local.tags", "aws_sqs_queue.read", True),
        ("aws_sqs_queue.reader.arn", "local.env", True),
        ("local.source", "local.tags", False),
        ("var.env", "local.tags", False),
    ],
)
def test_a_value_is_built_on_what_it_reads_through_others(expression: str, address: str, is_on: bool) -> None:
    source = Source.open(FOLDER / "cycle").module(())
    assert source is not None
    assert is_built_on(ModuleFiles(source), parse_expression(SourceFile("a.tf", expression)), address) == is_on


def test_tags_that_would_change_another_resource_of_the_block_are_left(found: dict[str, Patch]) -> None:
    patch = found['module.refused.aws_sqs_queue.each["some"]']
    assert patch.edits == ()
    assert "module.refused.aws_sqs_queue.first has the tag Environment from elsewhere" in patch.why_not


@pytest.mark.parametrize(
    ("before", "gone", "new", "after"),
    [
        ("{}", [], {"a:b": "1"}, '{\n  "a:b" = 1\n}'),
        ('{ a = "" }', [], {"b": "1", "c": "2"}, '{ a = "", b = 1, c = 2 }'),
        ('{ a = "", b = "", c = 1 }', ["a", "b"], {}, "{ c = 1 }"),
        ('{ c = 1, a = "", b = "" }', ["a", "b"], {}, "{ c = 1 }"),
        ('{ a = "", c = 1, b = "" }', ["a", "b"], {}, "{ c = 1 }"),
        ('{\n  a = "" # gone\n  b = ""\n  # stays\n  c = 1\n}', ["a", "b"], {}, "{\n  # stays\n  c = 1\n}"),
        ('{\n  c = 1\n  a = ""\n  b = "" }', ["a", "b"], {}, "{\n  c = 1 }"),
        ('{ a = "" }', ["a"], {}, "{}"),
    ],
)
def test_entries_are_added_and_taken_out(before: str, gone: list[str], new: dict[str, str], after: str) -> None:
    node = parse_expression(SourceFile("a.tf", before))
    assert isinstance(node, ObjectNode)
    assert applied(before, fitting([*removed_entries(node, gone), *added_entries(node, new)]))[0] == after


@pytest.mark.parametrize(
    ("value", "text"), [("${a}", '"$${a}"'), ("%{a}", '"%%{a}"'), ('ü"', '"ü\\""'), (90, "90"), (True, "true")]
)
def test_a_constant_is_no_template(value: object, text: str) -> None:
    assert written(value) == text


@pytest.mark.parametrize(("only", "is_tagged"), [(("CKV_PLAN_6",), False), (("CKV_PLAN_6", "CKV_PLAN_10"), True), ((), True)])
def test_new_resources_bring_default_tags_if_the_run_judges_tags(only: tuple[str, ...], is_tagged: bool) -> None:
    folder = FIXTURES / "bad" / "unauthorized_access_alert" / "no_trail"
    context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(folder))
    text = diff(
        changes(patches(evaluate_in(context, [check for check in all_checks() if not only or check.id in only]), context)), folder
    )
    assert 'resource "aws_cloudtrail"' in text
    assert ("default_tags" in text) == is_tagged
