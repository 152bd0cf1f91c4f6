"""Proof by mutation: each control of a good configuration, taken away or weakened, changes the verdicts that depend on it and no other.

What a check depends on (`support.depends`) and why some mutants change nothing (`support.survivors`) a person wrote; the mutants have to
agree. What each of them changes is written to build/mutation.
"""

from __future__ import annotations

from functools import cache

import pytest

from planproof.check import Check
from planproof.registry import all_checks
from planproof.text.wildcards import matches
from support.kill_table import INDEX, PAGES, Row, left_over, pages, rows_of, without_reason

# One process makes the mutants, for all of these tests.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mutants")]

# What is made unknown there fails all the same, though strictly it cannot be told.
STILL_FAILS = {
    "*/prefixes *.idle.rule.1.filter.0.prefix unknown": "which objects the rule deletes too early is open, and that it does so is not",
    "*.condition.0.variable unknown": "the key of a condition is never known after apply alone",
    "*/deferred data.aws_iam_policy_document.base.statement.0.sid unknown": "a statement without a sid cannot be overridden, and demands MFA",
    "*/alarms aws_cloudwatch_composite_alarm.whole.alarm_rule unknown": "a rule that refers to no alarm is taken for one about others",
    "*/alarms aws_cloudwatch_metric_alarm.part.alarm_name unknown": "a rule that names an alarm by its text names none whose name is unknown",
    "*/selectors aws_cloudwatch_log_group.trail.name unknown": "a trail that names its group by its text names none whose name is unknown",
    "*/for_each aws_cloudwatch_log_group.trail.name unknown": "a filter that names its group by its text names none whose name is unknown",
    "*/actions aws_lambda_function.page.function_name unknown": "a permission that names a function by its text names none whose name is unknown",
    "*/actions aws_sns_topic.alerts.name unknown": "a channel that names a topic by its text names none whose name is unknown",
    "*/general aws_s3_bucket.runner.bucket unknown": "a name that is not known says nothing of what a bucket receives",
    "*/general aws_s3_bucket.elsewhere.bucket unknown": "a name that is not known says nothing of what a bucket receives",
    "*/stores aws_s3_bucket.by_name.bucket unknown": "a companion that names a bucket by its text names none whose name is unknown",
}


@cache
def rows(key: str) -> list[Row]:
    return rows_of(check_of(key))


def check_of(key: str) -> Check:
    return next(check for check in all_checks() if check.key == key)


each_check = pytest.mark.parametrize("key", [check.key for check in all_checks()])


@each_check
def test_no_other_mutant_changes_a_verdict(key: str) -> None:
    assert [row for row in rows(key) if row.changed and not row.may_change(check_of(key))] == []


@each_check
def test_some_mutants_change_a_verdict(key: str) -> None:
    assert any("FAIL" in said for row in rows(key) for said in row.changed)


@each_check
def test_every_survivor_has_a_reason(key: str) -> None:
    assert without_reason(check_of(key), rows(key)) == []


@each_check
def test_no_reason_is_left_over(key: str) -> None:
    assert left_over(check_of(key), rows(key)) == []


@each_check
def test_what_is_made_unknown_never_fails(key: str) -> None:
    failed = [
        row.names[1] for row in rows(key) if row.operator == "unknown" and any(said.startswith("FAIL") for said in row.changed)
    ]
    assert [name for name in failed if not any(matches(glob, name) for glob in STILL_FAILS)] == []


def test_the_pages_tell_all() -> None:
    """They are for people to read: build/mutation says what each mutant changes, or why it changes nothing."""
    texts = pages({check.key: rows(check.key) for check in all_checks()})
    PAGES.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    for check in all_checks():
        assert f"[{check.id} {check.key}](mutation/{check.key}.md) | {len(rows(check.key))} |" in texts[INDEX]
        assert f"# Mutants of {check.id} " in texts[PAGES / f"{check.key}.md"]
