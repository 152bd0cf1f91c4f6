"""What an alert adds has the provider of what it is for, and names of its own for each caller of a module."""

from __future__ import annotations

from collections import Counter

from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from support.repository import PLANS


def of(name: str) -> tuple[list[Patch], dict[str, SourceFile]]:
    """The patches, and the files after them by their paths within the folder."""
    folder = PLANS / name
    context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(folder))
    found = patches(evaluate_in(context), context)
    files = {c.file.removeprefix(f"{folder}/"): SourceFile(c.file, c.after) for c in changes(found)}
    return found, files


def names_in(file: SourceFile) -> Counter[tuple[str, str]]:
    """How often each type of resource has a name."""
    blocks = [top for top in top_blocks(file) if top.type == "resource"]
    said = [
        (top.labels[0], top.block.body.attributes.get("name") or top.block.body.attributes.get("alarm_name")) for top in blocks
    ]
    return Counter((kind, name.expression.text) for kind, name in said if name)


def test_two_trails_of_a_module_get_different_names() -> None:
    names = names_in(of("called_twice")[1]["main.tf"])
    assert names["aws_cloudwatch_log_group", '"/aws/cloudtrail/corp-app-events"'] == 1
    assert names["aws_cloudwatch_log_group", '"/aws/cloudtrail/corp-flow-events"'] == 1
    assert set(names.values()) == {1}


def test_a_module_that_is_called_twice_builds_names_on_its_callers() -> None:
    names = names_in(of("called_twice")[1]["audit/main.tf"])
    assert ("aws_iam_role", '"${var.name}-trail-delivers-events"') in names
    assert len(names) > 5
    assert all("${var.name}" in name for _, name in names)


def test_a_new_trail_has_the_provider_of_the_bucket() -> None:
    found, files = of("first_block")
    blocks = top_blocks(files["alerting.tf"])
    providers = {top.block.body.attributes["provider"].expression.text for top in blocks}
    assert providers == {"aws.logs"}
    assert {top.type for top in blocks} == {"resource", "data"}
    reasons = {p.finding.subject: p.why_not for p in found if p.finding.code == "no_trail"}
    assert reasons["aws_s3_bucket.logs"] == ""
    assert "another account" in reasons["aws_s3_bucket.old_logs"]
