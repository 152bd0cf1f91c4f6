"""Names and tags: what a policy changes, and what is never shown."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from planproof.engine import evaluate, find_policy
from planproof.registry import all_checks
from planproof.verdict import Finding, Verdict
from support.repository import ROOT

CHECKS = {check.key: check for check in all_checks()}


def judge(folder: str, key: str, **settings: Any) -> list[Finding]:
    """The findings on a fixture, by the bundled policy with some settings of the check changed."""
    policy = find_policy({"checks": {key: settings}})
    return list(evaluate(ROOT / "fixtures" / folder / "plan.json", policy, checks=[CHECKS[key]]).findings)


def failing(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(f.subject, f.code) for f in findings if f.verdict is Verdict.FAIL}


LOGS, ALERTS = ("aws_s3_bucket.logs", "does_not_fit"), ("aws_sns_topic.alerts", "other_leading_token")
NAMES: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "as bundled": ({}, {LOGS, ALERTS}),
    "a greater share": ({"majority": {"share": 0.8}}, {LOGS}),
    "just the share": ({"majority": {"share": 0.75}}, {LOGS, ALERTS}),
    "a smaller one than half": ({"majority": {"share": 0.1}}, {LOGS, ALERTS}),
    "more names": ({"majority": {"names": 5}}, {LOGS}),
    "just as many names": ({"majority": {"names": 4}}, {LOGS, ALERTS}),
    "a resource ignored": ({"ignore": ["aws_sns_topic.*"]}, {LOGS}),
    "a type within others": ({"within": ["aws_sns_topic"]}, {LOGS}),
    "a type left out": ({"attributes": {"aws_sns_topic": None, "aws_s3_bucket": None}}, set()),
    "a pattern for a type": ({"patterns": {"aws_s3_bucket": "[a-zA-Z-]+"}}, {ALERTS}),
    "a token of the policy": (
        {"leading_token": "secure"},
        {
            LOGS,
            *(
                (s, "wrong_leading_token")
                for s in ("aws_s3_bucket.logs", "aws_sqs_queue.alerts", "aws_cloudwatch_log_group.writer")
            ),
        },
    ),
    "no path, and so no majority": (
        {"paths": {"aws_cloudwatch_log_group": None}},
        {LOGS, ("aws_cloudwatch_log_group.writer", "does_not_fit")},
    ),
    "another attribute": ({"attributes": {"aws_sns_topic": "display_name"}}, {LOGS}),
}


@pytest.mark.parametrize(("settings", "expected"), NAMES.values(), ids=NAMES)
def test_the_policy_says_which_names_fail(settings: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert failing(judge("bad/naming_convention/plain", "naming_convention", **settings)) == expected


def test_an_outlier_and_the_majority_are_both_named() -> None:
    (reason,) = (f.reason for f in judge("bad/naming_convention/plain", "naming_convention") if f.code == "other_leading_token")
    assert reason == (
        "name is \"secure-log-alerts\"; 3 of 4 names in this plan begin with 'corpsec' "
        "(aws_cloudwatch_log_group.writer, aws_sqs_queue.alerts ...)"
    )


def test_a_name_in_camel_case_begins_with_what_others_begin_with() -> None:
    """CorpSecLogWriterRole breaks the pattern, and shares its token with corpsec-secure-logs; UnauthorizedS3Access does not."""
    findings = judge("bad/review", "naming_convention", patterns={"aws_iam_role": "[A-Za-z0-9-]+"})
    codes = {f.subject: f.code for f in findings}
    assert codes["aws_iam_role.log_writer"] == "fits"
    assert ("aws_cloudwatch_log_metric_filter.unauthorized_access", "other_leading_token") in failing(findings)


def test_a_sensitive_name_is_judged_and_not_shown() -> None:
    findings = judge("bad/naming_convention/unknown", "naming_convention")
    assert {f.code for f in findings if f.subject == "aws_sqs_queue.secret"} == {"does_not_fit", "other_leading_token"}
    assert "hush" not in str(findings).lower()


def test_what_variables_were_given_from_outside_is_not_shown() -> None:
    findings = judge("bad/naming_convention/variables", "naming_convention")
    text = str([f.reason for f in findings if f.subject != "aws_sqs_queue.literal"]).lower()  # a constant of the source
    assert not any(value in text for value in ("hush", "undercover", "secretstage"))
    names = {f.subject: json.loads(m[0]) for f in findings if (m := re.search(r'"[^"]*"', f.reason))}
    assert names["aws_kms_alias.good"] == "alias/${var.prefix}-logs"
    assert names["aws_sns_topic.outlier"] == "other-audit-${var.stage}"  # var.team is its default
    assert names["aws_sqs_queue.of_another"] == "${var.prefix}_alerts-queue"
    assert names["aws_sqs_queue.of_map"] == "${var.prefix}_${var.names}"
    assert names["aws_sqs_queue.part"] == "${... var.prefix ...}"
    assert names["aws_sqs_queue.upper"] == "${var.prefix}-QUEUE"
    assert names["aws_sqs_queue.literal"] == "hushcorp_literal"
    majority = next(f.reason for f in findings if f.subject == "aws_sns_topic.outlier")
    assert "14 of 16 names in this plan begin with '${var.prefix}'" in majority
    days = [judge("bad/naming_convention/variables", key) for key in ("log_group_retention", "log_bucket_retention")]
    assert [re.sub(r"\d+", "N", f.reason) for found in days for f in found if "requires" in f.reason] == [
        "retention_in_days is N; the policy requires at least N",
        *["rule 'expire-${var.stage}' expires objects after N days; the policy requires at least N"] * 2,
    ]
    wanted = {"Environment": {"values": ["prod"]}, "Owner": {"values": ["x"]}, "ManagedBy": None, "Project": None}
    tags = [f.reason for f in judge("bad/naming_convention/variables", "tagging", required=wanted) if "lacks" not in f.reason]
    assert tags == [
        'Environment is "${var.stage}"; the policy requires one of prod',
        'Owner is "eu-audit"; the policy requires one of x',  # of var.team, which is its default
    ]


def test_values_of_defaults_are_shown_and_secrets_are_not() -> None:
    required = {
        "Environment": {"values": ["qa"]},
        "Owner": {"pattern": "nobody"},
        "ManagedBy": None,
        "Project": None,
    }
    findings = judge("bad/tagging/values", "tagging", required=required)
    by_subject = {f.subject: f.reason for f in findings if "Environment" in f.reason}
    assert by_subject["aws_sqs_queue.variable"] == 'Environment is "production"; the policy requires one of qa'  # the default
    assert by_subject["aws_sqs_queue.literal"] == 'Environment is "production"; the policy requires one of qa'
    assert (
        by_subject["aws_sqs_queue.secret"] == "Environment does not match (not shown: sensitive); the policy requires one of qa"
    )
    assert "Hush" not in str(findings)


TAGS: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "as bundled": ({}, {("aws_sqs_queue.unusual", "other_case")}),
    "not consistent": ({"consistent": False}, set()),
    "a type left out": ({"types": ["aws_sns_*"]}, set()),
    "a resource ignored": ({"ignore": ["*.unusual"]}, set()),
    "one more": (
        {"required": {"CostCenter": {}}},
        {("aws_sqs_queue.unusual", "missing"), ("aws_sqs_queue.unusual", "other_case")},
    ),
    "the policy's spelling is right": (
        {"required": {"costcenter": {}, "team": {}}},
        {(f"aws_sqs_queue.usual[{n}]", "missing") for n in (0, 1)},
    ),
}


@pytest.mark.parametrize(("settings", "expected"), TAGS.values(), ids=TAGS)
def test_the_policy_says_which_tags_fail(settings: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert failing(judge("bad/tagging/inconsistent", "tagging", **settings)) == expected


COVERAGE: dict[str, tuple[str, dict[str, Any], set[str]]] = {
    "one kind is enough": ("bad/test_coverage/one_kind", {"kinds": ["integration"]}, set()),
    "none is wanted": ("bad/test_coverage/one_kind", {"kinds": []}, set()),
    "silent runs are let be": ("bad/test_coverage/silent", {"every_run_asserts": False}, {"no_unit_tests"}),
    "another folder": ("bad/test_coverage/one_kind", {"folders": ["elsewhere"]}, {"no_tests"}),
    "no other tools": (
        "good/test_coverage/other_tools",
        {"tools": dict.fromkeys(("pytest", "conftest", "terratest", "inspec"))},
        {"no_tests"},
    ),
    "another tool": (
        "bad/test_coverage/one_kind",
        {"tools": {"notes": {"kind": "unit", "files": ["*.tf"], "asserts": ["resource"]}}},
        set(),
    ),
}


@pytest.mark.parametrize(("folder", "settings", "expected"), COVERAGE.values(), ids=COVERAGE)
def test_the_policy_says_which_tests_there_have_to_be(folder: str, settings: dict[str, Any], expected: set[str]) -> None:
    assert {f.code for f in judge(folder, "test_coverage", **settings) if f.verdict is Verdict.FAIL} == expected


def test_a_module_that_configures_no_provider_has_the_default_tags_of_the_root_s() -> None:
    """As Terraform before 1.1 writes it: under a key of the module's own."""
    plan = (ROOT / "fixtures" / "good" / "tagging" / "default_tags" / "plan.json").read_text(encoding="utf-8")
    inherited = re.sub(r'"provider_config_key":\s*"(aws[^"]*)"', r'"provider_config_key": "part:\1"', plan)
    assert inherited != plan
    findings = [evaluate(json.loads(text), checks=[CHECKS["tagging"]]).findings for text in (plan, inherited)]
    assert findings[0] == findings[1]
