"""policies/rego/planproof/facts.rego and the example over it, run by OPA itself and by a second engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from planproof.context import Context
from planproof.engine import find_policy
from planproof.facts.document import facts
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.rego import ENGINES
from support.repository import FIXTURES, ROOT

Json = Any
Ask = Callable[..., dict[str, Json]]
LIBRARY, EXAMPLE = ROOT / "policies/rego/planproof/facts.rego", ROOT / "examples/rego/log_buckets.rego"
IDEAL, REVIEW = FIXTURES / "good" / "ideal", FIXTURES / "bad" / "review"
BUCKET = "aws_s3_bucket.logs"


@cache
def of(folder: Path) -> tuple[Json, Json]:
    """The plan, and its facts."""
    file = folder / "plan.json"
    plan = Plan.load(file)
    return json.loads(file.read_text(encoding="utf-8")), facts(Context(plan, find_policy(), Source.open(folder)))


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.__name__)
def ask(request: pytest.FixtureRequest) -> Ask:
    """What expressions come to, by name, over the facts of a folder, or over the data that is given."""

    def asked(folder: Path, given: Json = None, **expressions: str) -> dict[str, Json]:
        plan, told = of(folder)
        texts = {LIBRARY.name: LIBRARY.read_text(encoding="utf-8"), EXAMPLE.name: EXAMPLE.read_text(encoding="utf-8")}
        texts["asked.rego"] = "package asked\n\nimport data.planproof.facts\nimport rego.v1\n\n" + "".join(
            f"{name} := {expression}\n" for name, expression in expressions.items()
        )
        data = {"planproof_facts": told} if given is None else given
        found = request.param(texts, {name: f"data.asked.{name}" for name in expressions}, plan, data)
        return {name: sorted(value) if isinstance(value, (set, list)) else value for name, value in found.items()}

    return asked


def test_companions_come_through_modules_and_names(ask: Ask) -> None:
    found = ask(
        IDEAL,
        versioning=f'facts.companions("{BUCKET}", "aws_s3_bucket_versioning")',
        none=f'facts.companions("{BUCKET}", "aws_efs_backup_policy")',
        of_nobody='facts.companions("aws_s3_bucket.gone", "aws_s3_bucket_versioning")',
        links='[link.to | some link in facts.references("aws_cloudtrail.logs", "s3_bucket_name")]',
    )
    assert found == {"versioning": ["aws_s3_bucket_versioning.logs"], "none": [], "of_nobody": [], "links": [BUCKET]}


def test_an_instance_that_cannot_be_told_is_a_possible_companion(ask: Ask) -> None:
    folder = FIXTURES / "bad" / "unauthorized_access_alert" / "no_trail"
    found = ask(
        folder,
        sure='facts.companions("aws_s3_bucket.either[\\"a\\"]", "aws_lb")',
        possible='facts.possible_companions("aws_s3_bucket.either[\\"a\\"]", "aws_lb")',
        may_be='[b | some b in facts.of_type("aws_s3_bucket"); not facts.is_log_bucket(b)]',
    )
    assert found["sure"] == []
    assert found["possible"] == ["aws_lb.web"]
    assert 'aws_s3_bucket.either["a"]' in found["may_be"]


def test_values_are_told_with_what_is_unknown(ask: Ask) -> None:
    rule = "aws_s3_bucket_lifecycle_configuration.logs"
    found = ask(
        IDEAL,
        days=f'facts.value("{rule}", "rule.0.expiration.0.days")',
        unset=f'[v | v := facts.value("{rule}", "rule.0.nothing")]',
        unknown=f'[true | facts.is_unknown("{BUCKET}", "bucket")]',
        inside_an_unknown=f'[true | facts.is_unknown("{BUCKET}", "arn.0")]',
        known=f'[true | facts.is_unknown("{BUCKET}", "force_destroy")]',
        is_log=f'[true | facts.is_log_bucket("{BUCKET}")]',
        holds=f'facts.alert_holds("{BUCKET}")',
        in_root=f'[true | facts.in_module("{BUCKET}", "")]',
        in_other=f'[true | facts.in_module("{BUCKET}", "module.x")]',
    )
    assert found == {
        "days": 365,
        "unset": [],
        "unknown": [True],
        "inside_an_unknown": [True],
        "known": [],
        "is_log": [True],
        "holds": True,
        "in_root": [True],
        "in_other": [],
    }


@pytest.mark.parametrize(
    "given",
    [{}, {"planproof_facts": {}}, {"planproof_facts": {"format": 2, "instances": {}, "referred_by": {}}}, "of another plan"],
    ids=["none", "empty", "of a later format", "of another plan"],
)
def test_rules_over_no_facts_are_denied(ask: Ask, given: Json) -> None:
    data = {"planproof_facts": of(REVIEW)[1]} if isinstance(given, str) else given
    found = ask(IDEAL, data, missing="[m | some m in facts.missing]", denied="[m | some m in data.main.deny]")
    assert found["missing"] == ["planproof facts did not run for this plan"]
    assert set(found["denied"]) >= set(found["missing"])


def test_the_example_denies_the_review_and_not_the_ideal(ask: Ask) -> None:
    rules = {"deny": "[m | some m in data.main.deny]", "warn": "[m | some m in data.main.warn]"}
    assert ask(IDEAL, **rules) == {"deny": [], "warn": []}
    assert sorted(ask(REVIEW, **rules)["deny"]) == [
        "aws_s3_bucket.access_logs: add an aws_s3_bucket_public_access_block",
        "aws_s3_bucket.access_logs: encrypt it with an aws_kms_key of this plan",
    ]


def test_the_docs_show_the_example() -> None:
    page = (ROOT / "docs" / "opa.md").read_text(encoding="utf-8")
    rules = EXAMPLE.read_text(encoding="utf-8").partition("\n# 1. ")[2]
    assert "# 1. " + rules.strip() in page
