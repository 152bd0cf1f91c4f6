"""The JSON report fits policies/schemas/report.schema.json, which describes each of its keys."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from planproof.baseline import Baseline
from planproof.engine import evaluate
from planproof.formats import to_json
from planproof.verdict import Failure, Report
from support.judged import CASES, CHECKS, judge
from support.reports import ATTACKED, EVERY
from support.repository import FIXTURES, ROOT

REVIEW, IDEAL = FIXTURES / "bad" / "review" / "plan.json", FIXTURES / "good" / "ideal" / "plan.json"


def closed(schema: Any) -> Any:
    """The schema, by which an object has no key that is not described: the published one lets a later version add some."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    return {**parts, "additionalProperties": False} if parts.get("type") == "object" else parts


@cache
def validator() -> Draft202012Validator:
    described = json.loads((ROOT / "policies" / "schemas" / "report.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(closed(described))


def problems(*reports: Report) -> list[str]:
    document = json.loads(to_json.render(reports))
    assert len(document["plans"]) == len(reports)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator().iter_errors(document)]


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(CHECKS))
def test_the_report_of_every_fixture_fits_alone_and_together(key: str) -> None:
    reports = [judge(folder) for folder in CASES if folder.parent.name == key]
    assert reports
    assert [problem for report in reports for problem in problems(report)] == []
    assert problems(*reports) == []


@pytest.mark.parametrize("policy", ["secure-logs", "general"])
@pytest.mark.parametrize("plan", [REVIEW, IDEAL], ids=["review", "ideal"])
def test_the_report_of_a_whole_configuration_fits(plan: Path, policy: str) -> None:
    report = evaluate(plan, policy)
    assert report.findings
    assert problems(report) == []


def test_a_report_with_everything_that_it_can_hold_fits() -> None:
    review = evaluate(REVIEW)
    known = Baseline.of([review], "planproof-baseline.json").apply(evaluate(REVIEW))
    fixed = known._replace(fixed=(Failure("CKV_PLAN_1", "aws_s3_bucket.gone", "no_lifecycle"),), notices=("a notice",))
    assert problems(fixed, ATTACKED, EVERY, Report("broken.json", (), errors=("broken.json is empty",))) == []


def test_a_report_that_lacks_a_key_or_has_one_more_does_not_fit() -> None:
    document = json.loads(to_json.render((EVERY,)))
    assert list(validator().iter_errors({**document, "plans": []}))
    assert list(validator().iter_errors({**document, "more": 1}))
    for key in document:
        assert list(validator().iter_errors({k: v for k, v in document.items() if k != key}))
