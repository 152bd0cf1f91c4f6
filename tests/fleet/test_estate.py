"""What only all plans together show: a good and a bad estate for each, of plans that Terraform made."""

from __future__ import annotations

import datetime
import json
import pickle
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.main import main
from planproof.fleet.estate import Facts, facts_of
from planproof.fleet.join import join
from planproof.fleet.judge import Judge
from planproof.fleet.objects import listed
from planproof.fleet.queries import Fleet
from planproof.fleet.table import OF_ESTATE, WHOLE
from support.canaries import LEAK, variables_with_canaries
from support.repository import PLANS

for package in ("pyarrow", "fsspec"):
    pytest.importorskip(package, reason=f"{package} is not installed")
pytestmark = pytest.mark.slow

ESTATES = PLANS / "estate"


def facts(estate: Path, policy: Any = None) -> list[Facts]:
    return list(facts_of(listed(f"{estate}/**/plan.json"), Judge(policy)))


def told(estate: Path, policy: Any = None) -> list[tuple[str, ...]]:
    """The workspace, the subject, the verdict and the code of each finding."""
    rows = join(facts(estate, policy), Judge(policy)).to_pylist()
    assert {row["scope"] for row in rows} == {OF_ESTATE}
    return sorted((row["workspace"], row["subject"], row["verdict"], row["code"]) for row in rows if row["check"] != WHOLE)


def copy(name: str, target: Path) -> Path:
    shutil.copytree(ESTATES / name, target / name)
    return target / name


TAKEN = ("aws_cloudwatch_metric_alarm.errors", "aws_iam_role.deploy", "aws_s3_bucket.reports", "aws_sns_topic.alerts")
EXPECTED: dict[str, list[tuple[str, ...]]] = {
    "names/good": [],
    "names/bad": [  # of `abroad`, in another region, what AWS has one of in an account, or in all
        *(("abroad", subject, "FAIL", "name_taken_in_estate") for subject in TAKEN[1:3]),
        *(("billing", subject, "FAIL", "name_taken_in_estate") for subject in TAKEN),
        *(("orders", subject, "FAIL", "name_taken_in_estate") for subject in TAKEN),
    ],
    "alerts/good": [("orders", "aws_s3_bucket.logs", "PASS", "alert_reaches_somebody")],
    "alerts/bad": [("orders", "aws_s3_bucket.logs", "FAIL", "bucket_not_covered")],  # `elsewhere` is of another account
    "topics/good": [("orders", "aws_s3_bucket.trail", "PASS", "alert_reaches_somebody")],
    "topics/bad": [("orders", "aws_s3_bucket.trail", "FAIL", "subscription_filters")],
    "state/good": [("app", "data.terraform_remote_state.network", "PASS", "outputs_there")],
    "state/bad": [
        ("app", "data.terraform_remote_state.network", "FAIL", "output_against_contract"),
        ("app", "data.terraform_remote_state.network", "FAIL", "output_gone"),
    ],
    "conventions/good": [],
    "conventions/bad": [
        ("e", "aws_sqs_queue.dead_letters", "FAIL", "other_style_in_estate"),
        ("e", "aws_sqs_queue.jobs", "FAIL", "other_style_in_estate"),
        ("e", "plan", "FAIL", "missing_in_estate"),
        ("e", "plan", "FAIL", "spelled_otherwise_in_estate"),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_an_estate_shows(name: str) -> None:
    assert told(ESTATES / name) == EXPECTED[name]


def test_each_estate_has_its_expectation() -> None:
    assert sorted(EXPECTED) == sorted(folder.relative_to(ESTATES).as_posix() for folder in ESTATES.glob("*/*"))


REASONS = {
    "names/bad": "alarm_name: same as aws_cloudwatch_metric_alarm.errors of the plan orders; the second silently replaces the first on every apply",
    "alerts/bad": "aws_cloudtrail.all (plan security) logs S3 data events, but not for this bucket",
    "state/bad": "reads the output bucket_name of the plan network, which has no such output; its next apply removes it",
    "conventions/bad": "the name is snake_case; 8 of 10 aws_sqs_queue names of the estate are kebab-case",
}


@pytest.mark.parametrize("name", REASONS)
def test_the_other_plan_is_named(name: str) -> None:
    assert REASONS[name] in {row["reason"] for row in join(facts(ESTATES / name), Judge()).to_pylist()}


def test_without_the_account_a_name_may_be_taken_and_a_trail_covers_nothing_for_sure(tmp_path: Path) -> None:
    for name in ("names/bad", "alerts/good"):
        for plan in copy(name, tmp_path).rglob("plan.json"):
            document = json.loads(plan.read_text(encoding="utf-8"))
            document.pop("variables")
            plan.write_text(json.dumps(document), encoding="utf-8")
    found = told(tmp_path / "names" / "bad")
    assert ("orders", "aws_s3_bucket.reports", "FAIL", "name_taken_in_estate") in found  # whatever the account is
    assert ("orders", "aws_iam_role.deploy", "UNKNOWN", "unknown_account") in found
    assert told(tmp_path / "alerts" / "good") == []


def changed(estate: Path, workspace: str, change: Callable[[Any], object]) -> None:
    file = estate / workspace / "plan.json"
    document = json.loads(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(json.dumps(document), encoding="utf-8")


def one_region(document: Any) -> None:
    """The trail logs its own region alone."""
    for part in (*document["planned_values"]["root_module"]["resources"], *document["resource_changes"]):
        values = part["change"]["after"] if "change" in part else part["values"]
        if part["type"] == "aws_cloudtrail":
            values["is_multi_region_trail"] = False


def without_region(document: Any) -> None:
    document["configuration"]["provider_config"]["aws"].pop("expressions")


def test_two_plans_whose_regions_are_not_known_are_not_in_one_region(tmp_path: Path) -> None:
    estate = copy("alerts/good", tmp_path)
    for folder in estate.iterdir():
        (folder / "main.tf").unlink()
    changed(estate, "security", one_region)
    assert told(estate) == EXPECTED["alerts/good"]
    for workspace in ("security", "orders"):
        changed(estate, workspace, without_region)
        assert told(estate) == []


def test_plans_that_cannot_be_judged_together_leave_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("planproof.fleet.join.judged_together", lambda *_: 1 / 0)
    assert told(ESTATES / "alerts" / "good") == [("orders", "aws_s3_bucket.logs", "UNKNOWN", "not_compared")]


def test_of_a_workspace_the_plan_that_was_made_last_counts(tmp_path: Path) -> None:
    """Of two plans of one workspace none collides with the other."""
    estate = copy("names/bad", tmp_path)
    shutil.rmtree(estate / "abroad")
    for number, name in enumerate(("orders", "billing")):
        (tmp_path / "one" / "shop" / (str(number) * 40)).mkdir(parents=True)
        shutil.move(estate / name / "plan.json", tmp_path / "one" / "shop" / (str(number) * 40) / "plan.json")
    assert told(tmp_path / "one") == []


def test_an_exception_of_the_policy_covers_a_finding_of_the_estate() -> None:
    policy = {"exceptions": [{"check": "CKV_PLAN_14", "address": "*", "reason": "known", "expires": "2999-01-01"}]}
    assert {row[2] for row in told(ESTATES / "names" / "bad", policy)} == {"SKIP"}
    assert (
        told(ESTATES / "conventions" / "bad", {"checks": {"tagging": {"level": "off"}, "naming_convention": {"level": "off"}}})
        == []
    )


def test_facts_can_travel_and_hold_no_name_and_no_secret(tmp_path: Path) -> None:
    found = facts(ESTATES / "names" / "bad")
    assert pickle.loads(pickle.dumps(found)) == found
    assert "shared-alerts" not in repr([each.names for each in found])
    for name in ("alerts/bad", "topics/bad", "names/bad"):
        for plan in copy(name, tmp_path).rglob("plan.json"):
            plan.write_text(json.dumps(variables_with_canaries(json.loads(plan.read_text(encoding="utf-8")))), encoding="utf-8")
        assert not LEAK.search(json.dumps(join(facts(tmp_path / name), Judge()).to_pylist(), default=str))


def test_the_work_grows_with_the_estate_and_not_with_its_square() -> None:
    """By calls, for estates in which all have the same names, tags and styles, and one plan has the account's trail."""
    by = Judge()
    orders, security = facts(ESTATES / "alerts" / "good")
    some = [*facts(ESTATES / "names" / "bad"), *facts(ESTATES / "conventions" / "bad"), orders]

    def calls(times: int) -> int:
        stamped = []
        for number, each in ((number, each) for number in range(times) for each in some):
            workspace, plan = (f"{text}-{number}" for text in (each.stamp.workspace, each.stamp.plan))
            stamped.append(each._replace(stamp=each.stamp._replace(workspace=workspace, plan=plan)))
        counted = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal counted
            counted += event == "call"

        sys.setprofile(count)
        try:
            join([security, *stamped], by)
        finally:
            sys.setprofile(None)
        return counted

    assert calls(40) < 4.6 * calls(10)


def test_the_command_compares_and_the_report_prefers_what_the_estate_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("duckdb", reason="duckdb is not installed")
    command = ["fleet", "check", f"{ESTATES}/alerts/good/**/plan.json", "--format", f"parquet={tmp_path}", "--jobs", "1"]
    assert main([*command, "--policy", "general"]) == 1
    today = datetime.date(2999, 1, 1)
    open_before = Fleet(str(tmp_path), today).verdicts()["UNKNOWN"]
    assert main([*command, "--policy", "general", "--estate"]) == 1
    assert "Compared with each other: 1 PASS\n" in capsys.readouterr().out
    assert Fleet(str(tmp_path), today).verdicts().get("UNKNOWN", 0) == open_before - 1


def test_what_only_the_estate_shows_fails_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.yaml"
    on = "name_taken_twice"
    checks = {check.key: {"level": "off"} for check in Judge().checks if check.key != on}
    policy.write_text(json.dumps({"checks": checks}), encoding="utf-8")
    command = [
        "fleet",
        "check",
        f"{ESTATES}/names/bad/**/plan.json",
        "--format",
        f"parquet={tmp_path}/f",
        "--policy",
        str(policy),
    ]
    assert main([*command, "--jobs", "1"]) == 0
    assert main([*command, "--jobs", "2", "--estate"]) == 1
    assert "Compared with each other: 10 FAIL\n" in capsys.readouterr().out
