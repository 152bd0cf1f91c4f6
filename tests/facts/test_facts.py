"""The facts of plans: every fixture's fit the schema, say what a person reads in the source, and hold nothing sensitive."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from planproof.cli.main import main
from planproof.context import Context
from planproof.engine import find_policy
from planproof.facts.document import facts
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.canaries import LEAK, MASKS, all_sensitive
from support.repository import FIXTURES, ROOT

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "policies" / "schemas" / "facts.schema.json").read_text(encoding="utf-8"))
)
PLANS = sorted(file for name in ("plan.json", "second-plan.json") for file in FIXTURES.rglob(name))
SOME = [FIXTURES / "good" / "ideal" / "plan.json", FIXTURES / "bad" / "review" / "plan.json"]

Json = Any


def of(plan: Plan, source: Path | None = None, policy: str | None = None) -> Json:
    return facts(Context(plan, find_policy(policy), Source.open(source) if source else None))


@cache
def ideal(with_source: bool = True) -> Json:
    folder = FIXTURES / "good" / "ideal"
    return of(Plan.load(folder / "plan.json"), folder if with_source else None)


def fits(found: Json) -> list[str]:
    document = json.loads(json.dumps({"planproof_facts": found}))
    return [f"{error.json_path}: {error.message}" for error in SCHEMA.iter_errors(document)]


@pytest.mark.parametrize("file", SOME, ids=lambda file: file.parent.name)
@pytest.mark.parametrize("has_source", [True, False], ids=["source", "no source"])
def test_facts_fit_the_schema(file: Path, has_source: bool) -> None:
    assert fits(of(Plan.load(file), file.parent if has_source else None)) == []


@pytest.mark.exhaustive
@pytest.mark.slow
def test_facts_of_every_fixture_fit_the_schema_and_are_smaller_than_the_plan() -> None:
    for file in PLANS:
        found = of(Plan.load(file), file.parent, "general")
        assert fits(found) == [], file
        assert len(json.dumps(found)) < 1.5 * file.stat().st_size, file


def links(found: Json, address: str) -> set[tuple[str, str, str | None, str]]:
    return {
        (link["argument"], link.get("to") or link["to_block"], link["attribute"], link["through"])
        for link in found["refers_to"][address]
    }


def test_references_are_told_from_both_ends() -> None:
    assert ("s3_bucket_name", "aws_s3_bucket.logs", "id", "as_is") in links(ideal(), "aws_cloudtrail.logs")
    assert ("cloud_watch_logs_group_arn", "aws_cloudwatch_log_group.trail", "arn", "text") in links(
        ideal(), "aws_cloudtrail.logs"
    )
    assert {"from": "aws_cloudtrail.logs", "argument": "s3_bucket_name"} in ideal()["referred_by"]["aws_s3_bucket.logs"]
    told = {(a, link.get("to") or link["to_block"]) for a, of_it in ideal()["refers_to"].items() for link in of_it}
    turned = {(link["from"], target) for target, of_it in ideal()["referred_by"].items() for link in of_it}
    assert told == turned


def test_without_source_it_is_open_what_stands_around_a_reference() -> None:
    assert ("cloud_watch_logs_group_arn", "aws_cloudwatch_log_group.trail", "arn", "untold") in links(
        ideal(False), "aws_cloudtrail.logs"
    )


def test_an_instance_that_cannot_be_told_is_its_block_once() -> None:
    folder = FIXTURES / "bad" / "unauthorized_access_alert" / "no_trail"
    found = of(Plan.load(folder / "plan.json"))
    at_blocks = [link for of_it in found["refers_to"].values() for link in of_it if "to_block" in link]
    assert at_blocks
    blocks = {instance["block"] for instance in found["instances"].values()}
    assert {link["to_block"] for link in at_blocks} <= blocks


def test_a_bucket_that_is_named_and_not_referred_to_is_told_by_its_name() -> None:
    folder = FIXTURES / "good" / "log_bucket_retention" / "shapes"
    found = of(Plan.load(folder / "plan.json"), folder)
    by_name = links(found, "aws_s3_bucket_lifecycle_configuration.by_name")
    assert ("bucket", "aws_s3_bucket.by_name", None, "identifier") in by_name


def test_roles_and_chains_are_told() -> None:
    assert ideal()["log_buckets"]["aws_s3_bucket.logs"]["writers"] == ["aws_cloudtrail.logs"]
    chain = ideal()["alerts"]["aws_s3_bucket.logs"]
    assert chain["holds"] is True
    assert [link["evidence"][0] for link in chain["links"]][:2] == ["aws_cloudtrail.logs", "aws_cloudwatch_log_group.trail"]
    review = of(Plan.load(SOME[1]), SOME[1].parent)
    assert {chain["holds"] for chain in review["alerts"].values()} == {False}
    assert {link["state"] for chain in review["alerts"].values() for link in chain["links"]} >= {"broken"}
    assert {fact["prevent_destroy"] for fact in review["lifecycle"].values() if "prevent_destroy" in fact} == {True}


def test_what_is_unknown_and_where_it_stands_are_told() -> None:
    bucket = ideal()["instances"]["aws_s3_bucket.logs"]
    assert {"arn", "bucket", "id"} <= set(bucket["unknown"])
    assert bucket["file"].endswith(".tf")
    assert bucket["line"] > 0
    assert ideal()["outputs"]["bucket_name"]["exports"] == ["aws_s3_bucket.logs.bucket"]
    assert ideal()["tests"]["unit"] > 0


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("file", SOME, ids=lambda file: file.parent.name)
def test_nothing_sensitive_is_told(file: Path, mask: Any) -> None:
    plan = all_sensitive(json.loads(file.read_text(encoding="utf-8")), mask)
    for source in (None, file.parent):
        assert not LEAK.search(json.dumps(of(Plan(plan), source)))


def test_the_command_writes_a_file_or_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "facts.json"
    assert main(["facts", str(SOME[0]), "--output", str(out)]) == 0
    assert main(["facts", str(SOME[0])]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(out.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("[]", "plan.json"), ("{}\n{}", "plan.json")],
    ids=["empty", "no plan", "several"],
)
def test_what_is_no_plan_has_no_facts(text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    assert main(["facts", str(tmp_path / "plan.json")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
