"""CKV_PLAN_6's parts, where its fixtures do not reach: tables of selectors and composite rules, the policy's limits, the evidence."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from planproof.aws.alerts.alarms import goes_off
from planproof.aws.alerts.trails import Coverage, Selector
from planproof.engine import evaluate
from planproof.policy.model import Policy
from planproof.policy.profiles import merge
from planproof.registry import all_checks
from planproof.verdict import Finding
from support.repository import ROOT, agreeing

KEY = "unauthorized_access_alert"
CHECK = next(check for check in all_checks() if check.key == KEY)
FIXTURES = ROOT / "fixtures"


def judge(plan: Path, **settings: Any) -> dict[str, Finding]:
    """The findings of a plan by subject, under the default policy with these settings."""
    policy = Policy(merge(Policy.default().data, {"checks": {KEY: settings}}))
    return {finding.subject: finding for finding in evaluate(plan, policy, checks=[CHECK]).findings}


def fixture(kind: str, case: str) -> Path:
    return FIXTURES / kind / KEY / case / "plan.json"


def codes(*files: str) -> set[str]:
    """The reason codes that these files of the library can give: first arguments of the calls that make a link."""
    found: set[str] = set()
    for file in files:
        tree = ast.parse((ROOT / "checks" / "planproof" / "aws" / "alerts" / file).read_text(encoding="utf-8"))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            if call.func.id in ("broken", "cannot_tell", "Trouble") and isinstance(call.args[0], ast.Constant):
                found.add(str(call.args[0].value))
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        found.update(
            text
            for text in texts
            if text.startswith(("pattern_", "no_data_", "only_")) and text.endswith(("ed", "s", "noise", "calls"))
        )
    return found


def test_every_code_that_a_link_can_give_is_seen_in_a_fixture() -> None:
    files = FIXTURES.glob(f"*/{KEY}/*/expected.json")
    seen = {f["code"] for file in files for f in json.loads(file.read_text(encoding="utf-8"))["findings"]}
    made = codes(*(file.name for file in (ROOT / "checks" / "planproof" / "aws" / "alerts").glob("*.py")))
    assert len(made) > 30
    # Where there is no rule, the chain through the alarm is told of; fixtures are whole plans, and small ones.
    assert made - seen == {"no_rule", "too_many_links", "unknown_left_out"}


DATA = (("resources.ARN", "starts_with", ("logs/",)),)
SELECTORS = {
    "all buckets": (Selector(arns=("",)), Coverage.WHOLE),
    "this bucket": (Selector(arns=("logs/",)), Coverage.WHOLE),
    "this one among others": (Selector(arns=("other/", "logs/")), Coverage.WHOLE),
    "one whose name begins alike": (Selector(arns=("logs-2/",)), Coverage.OTHER_BUCKETS),
    "one whose name this one begins with": (Selector(arns=("log/",)), Coverage.OTHER_BUCKETS),
    "a folder": (Selector(arns=("logs/AWSLogs/",)), Coverage.PART),
    "no slash": (Selector(arns=("logs",)), Coverage.REFUSED_ARN),
    "writes": (Selector(arns=("logs/",), reads=False), Coverage.WRITES_ONLY),
    "writes of a folder": (Selector(arns=("logs/a/",), reads=False), Coverage.PART),
    "nothing": (Selector(arns=()), Coverage.OTHER_BUCKETS),
    "unknown": (Selector(arns=("other/",), undetermined="known after apply"), Coverage.OPEN),
    "this bucket and an unknown one": (Selector(arns=("logs/",), undetermined="known after apply"), Coverage.WHOLE),
    "advanced, all buckets": (Selector(), Coverage.WHOLE),
    "advanced, this bucket": (Selector(DATA), Coverage.WHOLE),
    "advanced, a prefix of the name": (Selector((("resources.ARN", "starts_with", ("lo",)),)), Coverage.WHOLE),
    "advanced, a folder": (Selector((("resources.ARN", "starts_with", ("logs/a/",)),)), Coverage.PART),
    "advanced, the bucket's own ARN": (Selector((("resources.ARN", "equals", ("logs/",)),)), Coverage.PART),
    "advanced, but this bucket": (Selector((("resources.ARN", "not_starts_with", ("logs/",)),)), Coverage.OTHER_BUCKETS),
    "advanced, but another": (Selector((("resources.ARN", "not_starts_with", ("other/",)),)), Coverage.WHOLE),
    "advanced, but some callers": (
        Selector((("userIdentity.arn", "not_starts_with", ("arn:aws:iam::1:role/",)),)),
        Coverage.WHOLE,
    ),
    "advanced, reads": (Selector((*DATA, ("readOnly", "equals", ("true",)))), Coverage.WHOLE),
    "advanced, writes": (Selector((*DATA, ("readOnly", "equals", ("false",)))), Coverage.WRITES_ONLY),
    "advanced, GetObject": (Selector((*DATA, ("eventName", "equals", ("GetObject",)))), Coverage.WHOLE),
    "advanced, PutObject": (Selector((*DATA, ("eventName", "equals", ("PutObject",)))), Coverage.WRITES_ONLY),
    "advanced, but GetObject": (Selector((*DATA, ("eventName", "not_equals", ("GetObject",)))), Coverage.WRITES_ONLY),
}


@pytest.mark.parametrize(("selector", "expected"), SELECTORS.values(), ids=SELECTORS)
def test_what_a_selector_covers(selector: Selector, expected: Coverage) -> None:
    assert selector.coverage("logs") is expected
    covers = selector.buckets is None or "logs" in selector.buckets
    assert covers or expected is Coverage.OTHER_BUCKETS, "the index would pass over this trail"


RULES = {
    "ALARM(a)": True,
    'ALARM("a")': True,
    "ALARM(a) OR ALARM(b)": True,
    "ALARM(b) OR ALARM(a)": True,
    "ALARM(a) AND ALARM(b)": False,
    "ALARM(a) AND NOT ALARM(b)": True,
    "ALARM(a) AND OK(b)": True,
    "NOT ALARM(a)": False,
    "OK(a)": False,
    "NOT OK(a)": True,
    "(ALARM(a) OR ALARM(b)) AND NOT (ALARM(c) OR INSUFFICIENT_DATA(c))": True,
    "ALARM(a) OR ALARM(b) AND ALARM(c)": True,
    "FALSE": False,
    "TRUE AND ALARM(a)": True,
    "ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)": False,
    "": False,
    "ALARM(a": False,
    "ALARM(a) AND": False,
    "ALARM(a) ALARM(b)": False,
    "(" * 5000 + "ALARM(a)": False,
}


@pytest.mark.parametrize(("rule", "expected"), RULES.items(), ids=[rule[:60] for rule in RULES])
def test_whether_a_composite_alarm_goes_off_with_one(rule: str, expected: bool) -> None:
    assert goes_off(rule, "a") is expected


LIMITS = {
    "a longer period": ("alarm", 'aws_s3_bucket.logs["day"]', {"max_period": 86400}),
    "three periods": ("alarm", 'aws_s3_bucket.logs["three_times"]', {"max_evaluation_periods": 3}),
    "two of three": ("alarm", 'aws_s3_bucket.logs["two_of_three"]', {"max_evaluation_periods": 2}),
    "no subscription": ("topic", 'aws_s3_bucket.logs["nobody"]', {"require_subscription": False}),
    "a topic made elsewhere": (
        "unknown",
        'aws_s3_bucket.logs["outside"]',
        {"known_topics": ["arn:aws:sns:*:111122223333:alerts-outside"]},
    ),
}


@pytest.mark.parametrize(("case", "subject", "settings"), LIMITS.values(), ids=LIMITS)
def test_what_the_policy_allows_passes(case: str, subject: str, settings: dict[str, Any]) -> None:
    assert judge(fixture("bad", case))[subject].code != "alert_reaches_somebody"
    assert judge(fixture("bad", case), **settings)[subject].code == "alert_reaches_somebody"


OUTSIDE = 'aws_s3_bucket.logs["outside"]'
TOPIC = {"name": "arn:aws:sns:*:111122223333:alerts-outside", "reason": "the landing zone pages the on-call"}


def declared(plan: Path | dict[str, Any], elsewhere: dict[str, Any], **settings: Any) -> dict[str, Finding]:
    policy = Policy(merge(Policy.default().data, {"elsewhere": elsewhere, "checks": {KEY: settings}}))
    return {finding.subject: finding for finding in evaluate(plan, policy, checks=[CHECK]).findings}


@pytest.mark.parametrize(
    ("until", "code"),
    [(None, "alert_reaches_somebody"), ("2999-01-01", "alert_reaches_somebody"), ("2020-01-01", "unknown_topic")],
)
def test_a_topic_of_another_configuration_holds_until_its_day(until: str | None, code: str) -> None:
    entry = TOPIC if until is None else {**TOPIC, "until": until}
    assert declared(fixture("bad", "unknown"), {"topics": [entry]})[OUTSIDE].code == code


def test_a_declaration_whose_day_has_come_is_told() -> None:
    policy = Policy(merge(Policy.default().data, {"elsewhere": {"topics": [{**TOPIC, "until": "2020-01-01"}]}}))
    (warning,) = evaluate(fixture("good", "plain"), policy, checks=[CHECK]).warnings
    assert "the declaration of arn:aws:sns:*:111122223333:alerts-outside in elsewhere.topics ended on 2020-01-01" in warning


def test_the_old_name_of_declared_topics_is_told() -> None:
    policy = Policy(merge(Policy.default().data, {"checks": {KEY: {"known_topics": ["arn:aws:sns:*"]}}}))
    assert any("known_topics is deprecated" in text for text in evaluate(fixture("good", "plain"), policy).warnings)


TRAIL = {"name": "organization", "reason": "the landing zone's trail"}
NO_TRAIL = {
    "demanded": ({}, {}, ("FAIL", "no_trail")),
    "unknown": ({}, {"no_trail": "unknown"}, ("UNKNOWN", "unknown_trail")),
    "declared": ({"trails": [TRAIL]}, {}, ("UNKNOWN", "unknown_log_group")),
    "declared with its alerts": ({"trails": [{**TRAIL, "alerts": True}]}, {}, ("PASS", "alert_reaches_somebody")),
    "declared with its group": (
        {"trails": [TRAIL], "log_groups": [{"name": "corpsec-*", "reason": "the trail's"}]},
        {},
        ("PASS", "alert_reaches_somebody"),
    ),
}


@pytest.mark.parametrize(("elsewhere", "settings", "expected"), NO_TRAIL.values(), ids=NO_TRAIL)
def test_a_plan_without_a_trail(elsewhere: dict[str, Any], settings: dict[str, Any], expected: tuple[str, str]) -> None:
    document = json.loads(fixture("good", "plain").read_text(encoding="utf-8"))
    module = document["planned_values"]["root_module"]
    module["resources"] = [r for r in module["resources"] if r["type"] != "aws_cloudtrail"]
    (finding,) = declared(agreeing(document), elsewhere, **settings).values()
    assert (finding.verdict.value, finding.code) == expected


def test_all_that_is_broken_is_told_at_once() -> None:
    finding = judge(fixture("bad", "data_points"))['aws_s3_bucket.logs["three"]']
    told = ["(1)", ".unit is", "(2)", "a period of 86400", "(3)", "after 5 periods", "(4)", "does not trigger on one event"]
    assert (finding.code, [text for text in told if text not in finding.reason]) == ("wrong_unit", [])


@pytest.mark.parametrize(
    ("kind", "case"), [("function", "function"), ("response_plan", "response_plan"), ("ops_item", "ops_item")]
)
def test_an_action_counts_only_where_the_policy_accepts_it(kind: str, case: str) -> None:
    accepted = [each for each in ("function", "response_plan", "ops_item") if each != kind]
    found = judge(fixture("good", "actions"), accept_actions=accepted)
    assert found[f'aws_s3_bucket.logs["{case}"]'].verdict.value != "PASS"
    assert sum(finding.verdict.value != "PASS" for finding in found.values()) == (3 if kind == "function" else 1)


def test_guardduty_does_only_where_the_policy_accepts_it() -> None:
    (finding,) = judge(fixture("good", "findings"), accept_guardduty=False).values()
    assert (finding.verdict.value, finding.code) == ("FAIL", "no_trail")


def test_eventbridge_does_only_where_the_policy_accepts_it() -> None:
    (finding,) = judge(fixture("good", "eventbridge"), accept_eventbridge=False).values()
    assert (finding.verdict.value, finding.code) == ("FAIL", "no_log_group")


def test_a_link_that_an_incomplete_plan_leaves_out_is_open() -> None:
    document = json.loads(fixture("good", "plain").read_text(encoding="utf-8"))
    resources = document["planned_values"]["root_module"]["resources"]
    gone = ("aws_cloudwatch_metric_alarm", "aws_sns_topic", "aws_sns_topic_subscription")
    document["planned_values"]["root_module"]["resources"] = [r for r in resources if r["type"] not in gone]
    document = agreeing(document)
    assert [f.code for f in evaluate(document, checks=[CHECK]).findings] == ["no_alarm"]
    (finding,) = evaluate({**document, "complete": False}, checks=[CHECK]).findings
    assert (finding.verdict.value, finding.code) == ("UNKNOWN", "unknown_left_out")
    assert finding.reason.startswith("-target excludes aws_cloudwatch_metric_alarm.denied from this plan; without it, no alarm")


def test_a_shorter_period_can_be_demanded() -> None:
    (finding,) = judge(fixture("good", "plain"), max_period=60).values()
    assert finding.code == "period_too_long"
    assert "aws_cloudwatch_metric_alarm.denied.period" in finding.evidence


@pytest.mark.parametrize("plan", ["plan.json", "second-plan.json"])
def test_the_evidence_is_the_chain_in_its_order(plan: str) -> None:
    (finding,) = judge(FIXTURES / "good" / "ideal" / plan).values()
    assert finding.evidence == (
        "aws_cloudtrail.logs",
        "aws_cloudwatch_log_group.trail",
        "aws_cloudwatch_log_metric_filter.denied_access",
        "aws_cloudwatch_metric_alarm.denied_access",
        "aws_sns_topic.alerts",
        "aws_sns_topic_subscription.queue",
    )
    assert finding.reason == f"denied access triggers an alert: {' -> '.join(finding.evidence)}"


def test_a_broken_chain_ends_at_what_broke_it() -> None:
    finding = judge(fixture("bad", "topic"))['aws_s3_bucket.logs["aws_key"]']
    assert finding.evidence == (
        "aws_cloudtrail.logs",
        "aws_cloudwatch_log_group.trail",
        'aws_cloudwatch_log_metric_filter.denied["aws_key"]',
        'aws_cloudwatch_metric_alarm.denied["aws_key"]',
        'aws_sns_topic.alerts["aws_key"]',
        'aws_sns_topic.alerts["aws_key"].kms_master_key_id',
    )
    assert finding.reason == (
        f"{finding.evidence[-1]} is alias/aws/sns, the AWS managed key, which cloudwatch.amazonaws.com cannot use: "
        f"nothing is delivered; intact links: {' -> '.join(finding.evidence[:-1])}"
    )


def test_one_provider_is_one_region_whatever_is_known_of_it() -> None:
    """On a later plan by provider 5 the bucket's region is known, the trail has none, and the provider's is the environment's."""
    document = json.loads(fixture("good", "update").read_text(encoding="utf-8"))
    (bucket,) = (r for r in document["planned_values"]["root_module"]["resources"] if r["type"] == "aws_s3_bucket")
    assert bucket["values"]["region"] == "us-east-1"
    document["configuration"]["provider_config"]["aws"]["expressions"].pop("region")
    assert [f.code for f in evaluate(document, checks=[CHECK]).findings] == ["alert_reaches_somebody"]
