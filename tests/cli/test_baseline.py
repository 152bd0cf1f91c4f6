"""The baseline and --only-changes: what is old does not fail, and what is new does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from planproof.baseline import SCHEMA, Baseline
from planproof.cli.main import main
from planproof.engine import evaluate, find_policy
from planproof.errors import BaselineError
from planproof.plan.model import Plan
from planproof.policy import bundled
from planproof.policy.model import Policy
from planproof.verdict import PLAN as WHOLE
from planproof.verdict import CheckInfo, Failure, Finding, Report, Verdict
from support.reports import plans_of
from support.repository import PLANS, ROOT

CHANGES = PLANS / "changes" / "plan.json"
OTHER = PLANS / "references" / "plan.json"
RULES = (CheckInfo("CKV_PLAN_1", "one", "HIGH"), CheckInfo("CKV_PLAN_3", "three", "HIGH"))


def failure(subject: str, code: str = "no_lifecycle", check: str = "CKV_PLAN_1", *evidence: str) -> Finding:
    return Finding(check, Verdict.FAIL, subject, code, "the reason", "HIGH", evidence)


def report(*findings: Finding, plan: str = "plan.json", unknown: str = "warn") -> Report:
    return Report(plan, findings, rules=RULES, unknown=unknown)


def verdicts(judged: Report) -> list[str]:
    return [finding.verdict.value for finding in judged.findings]


# --- what it knows again ---------------------------------------------------------------------------------------------


def test_what_is_known_is_skipped_and_what_is_new_fails() -> None:
    old = failure("aws_s3_bucket.a")
    new = (
        failure("aws_s3_bucket.b"),
        failure("aws_s3_bucket.a", "expires_early"),
        failure("aws_s3_bucket.a", check="CKV_PLAN_3"),
    )
    judged = Baseline.of([report(old)]).apply(report(old, *new))
    assert verdicts(judged) == ["SKIP", "FAIL", "FAIL", "FAIL"]
    assert judged.findings[0].reason == "in the baseline: the reason"
    assert judged.findings[0].code == "no_lifecycle"


ENVIRONMENTS = {
    "the plan that it was written for": ("dev/plan.json", 0),
    "another that has the same addresses": ("prod/plan.json", 1),
    "both": ("dev/plan.json prod/plan.json", 1),
    "both, the other first": ("prod/plan.json dev/plan.json", 1),
    "a folder of both": (".", 1),
    "a file with both": ("both.json", 1),
    "the plan, which now lies elsewhere": ("moved/plan.json", 0),
    "the plan, which now lies elsewhere, and another": ("moved/plan.json prod/plan.json", 1),
}


@pytest.mark.parametrize("case", ENVIRONMENTS)
def test_a_baseline_of_one_plan_lets_no_other_off(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json").read_text(encoding="utf-8")
    for environment in ("dev", "prod"):
        (tmp_path / environment).mkdir()
        (tmp_path / environment / "plan.json").write_text(text, encoding="utf-8")
    assert main(["baseline", "write", "dev/plan.json", "--output", "known.json"]) == 0
    judged, code = ENVIRONMENTS[case]
    if "moved" in judged:
        (tmp_path / "dev").rename("moved")
    if "both" in judged:
        (tmp_path / "both.json").write_text(text + text, encoding="utf-8")
    assert main(["check", *judged.split(), "--baseline", "known.json", "--jobs", "1"]) == code


def test_of_the_plan_as_a_whole_the_part_counts() -> None:
    one, two = (failure(WHOLE, "missing", "CKV_PLAN_3", f"output.{name}") for name in ("one", "two"))
    judged = Baseline.of([report(one)]).apply(report(one, two))
    assert verdicts(judged) == ["SKIP", "FAIL"]


def test_one_more_of_a_kind_makes_all_of_the_kind_count() -> None:
    tag = failure("aws_s3_bucket.a", "missing_tag")
    baseline = Baseline.of([report(tag, tag)])
    assert verdicts(baseline.apply(report(tag))) == ["SKIP"]
    assert verdicts(baseline.apply(report(tag, tag))) == ["SKIP", "SKIP"]
    judged = baseline.apply(report(tag, tag, tag))
    assert verdicts(judged) == ["FAIL", "FAIL", "FAIL"]
    assert judged.findings[0].reason == "the reason (more than the 2 in the baseline)"


def test_what_only_passes_now_is_fixed_and_nothing_else_is() -> None:
    old = [failure(f"aws_s3_bucket.{name}") for name in ("gone", "passes", "other", "open", "unclear")]
    now = report(
        old[1]._replace(verdict=Verdict.PASS, code="kept"),
        failure("aws_s3_bucket.other", "expires_early"),
        old[3],
        old[4]._replace(verdict=Verdict.UNKNOWN, code="unknown_days"),
    )
    judged = Baseline.of([report(*old)]).apply(now)
    assert [failure.subject for failure in judged.fixed] == ["aws_s3_bucket.gone", "aws_s3_bucket.passes"]


def test_what_was_not_judged_is_not_fixed() -> None:
    baseline = Baseline.of([report(failure("aws_s3_bucket.a"), failure("aws_s3_bucket.a", check="CKV_PLAN_3"))])
    crashed = report(failure(WHOLE, "check_error"))
    assert [failure.check for failure in baseline.apply(crashed).fixed] == ["CKV_PLAN_3"]
    assert baseline.apply(report()._replace(rules=())).fixed == ()


def test_unknown_is_recorded_where_it_fails() -> None:
    unclear = failure("aws_s3_bucket.a")._replace(verdict=Verdict.UNKNOWN)
    assert Baseline.of([report(unclear)]).plans["plan.json"].total() == 0
    strict = Baseline.of([report(unclear, unknown="fail")])
    assert verdicts(strict.apply(report(unclear, unknown="fail"))) == ["SKIP"]


def test_a_check_that_could_not_judge_and_an_exception_that_ran_out_are_never_known() -> None:
    lasting = [failure("aws_s3_bucket.a", "check_error"), failure("aws_s3_bucket.a", "exception_expired")]
    assert verdicts(Baseline.of([report(*lasting)]).apply(report(*lasting))) == ["FAIL", "FAIL"]


def test_a_moved_resource_is_known_by_the_address_that_it_had() -> None:
    baseline = Baseline.of([report(failure("aws_s3_bucket.before_logs"))])
    here = baseline._replace(plans={"x": baseline.plans["plan.json"]})
    found = {f.subject: f.verdict for f in evaluate(CHANGES, baseline=here).findings if f.code == "no_lifecycle"}
    assert (found["aws_s3_bucket.moved_logs"], found["aws_s3_bucket.old_logs"]) == (Verdict.SKIP, Verdict.FAIL)


def test_each_plan_has_its_own(tmp_path: Path) -> None:
    one, two = failure("aws_s3_bucket.a"), failure("aws_s3_bucket.b")
    reports = [report(one, plan="dev"), report(two, plan="prod")]
    baseline = Baseline.of(reports)
    assert verdicts(baseline.apply(report(one, two, plan="prod"))) == ["FAIL", "SKIP"]
    elsewhere = baseline.apply(report(one, two, plan="stage"))
    assert verdicts(elsewhere) == ["FAIL", "FAIL"]
    assert elsewhere.warnings == (
        "planproof-baseline.json has no entry for this plan; it has dev, prod; every failure counts as new",
    )


# --- the file --------------------------------------------------------------------------------------------------------


def test_write_then_check_then_what_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "planproof-baseline.json"
    assert main(["baseline", "write", str(CHANGES), str(OTHER), "-o", str(file)]) == 0
    assert "failures of 2 plans recorded" in capsys.readouterr().out
    assert main(["check", str(CHANGES), str(OTHER), "--baseline", str(file)]) == 0
    document = json.loads(file.read_text(encoding="utf-8"))
    plan = next(name for name in document["plans"] if "changes" in name)
    taken, added = document["plans"][plan].pop(), {"check": "CKV_PLAN_1", "subject": "aws_s3_bucket.gone", "code": "no_lifecycle"}
    document["plans"][plan].append(added)
    file.write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    assert main(["check", str(CHANGES), "--baseline", str(file), "--format", "json"]) == 1
    (judged,) = plans_of(capsys.readouterr().out)
    assert [(f["check_id"], f["subject"]) for f in judged["findings"] if f["verdict"] == "FAIL"] == [
        (taken["check"], taken["subject"])
    ]
    assert judged["fixed"] == [{**added, "about": ""}]
    main(["check", str(CHANGES), "--baseline", str(file)])
    assert "notice: fixed since the baseline: CKV_PLAN_1 on aws_s3_bucket.gone (no_lifecycle); write" in capsys.readouterr().out


def test_one_plan_is_called_one_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "planproof-baseline.json"
    assert main(["baseline", "write", str(CHANGES), "-o", str(file)]) == 0
    count = sum(f.get("count", 1) for f in json.loads(file.read_text(encoding="utf-8"))["plans"].popitem()[1])
    assert count > 1
    assert capsys.readouterr().out == f"{file}: {count} failures of 1 plan recorded\n"


def test_the_file_is_the_same_for_the_same_plans_and_keeps_to_its_schema(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    reports = [evaluate(plan) for plan in (CHANGES, OTHER)]
    text = Baseline.of(reports, file).text()
    assert Baseline.of(reversed(reports), file).text() == text
    described = json.loads(bundled.DATA[SCHEMA])
    Draft202012Validator.check_schema(described)
    Draft202012Validator(described).validate(json.loads(text))
    file.write_text(text, encoding="utf-8")
    assert Baseline.load(file).text() == text
    values = ("corp-new-logs", "/corp/tagged", "platform", str(tmp_path))
    assert [value for value in values if value in text] == []


BROKEN = {
    "nothing": ("", "it cannot be read as JSON (Expecting value"),
    "cut off": ('{"version": 1, "plans": {', "it cannot be read as JSON ("),
    "another file": ("{}", "the file is {}, which violates required"),
    "another version": ('{"version": 2, "plans": {"a": []}}', "version is 2, which violates const"),
    "a key twice": ('{"version": 1, "plans": {"a": [], "a": []}}', "it cannot be read as JSON (ValueError)"),
    "no plans": ('{"version": 1, "plans": {}}', "plans is {}, which violates minProperties"),
    "a failure without a code": ('{"version": 1, "plans": {"a": [{"check": "x", "subject": "y"}]}}', "which violates required"),
    "a list": ("[]", "the file is [], which violates type"),
    "nesting without end": ("[" * 100_000, "it cannot be read as JSON (RecursionError)"),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_baseline_is_exit_2(text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(CHANGES), "--baseline", str(file)]) == 2
    streams = capsys.readouterr()
    assert (streams.out, streams.err.count("\n")) == ("", 1)
    assert message in streams.err


def test_a_missing_baseline_is_exit_2_and_the_environment_can_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANPROOF_BASELINE", str(tmp_path / "none.json"))
    assert main(["check", str(CHANGES)]) == 2
    assert "none.json cannot be read as a baseline: No such file or directory" in capsys.readouterr().err
    with pytest.raises(BaselineError):
        evaluate(CHANGES, baseline=tmp_path)


def test_only_a_baseline_is_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.json"
    file.write_text("{}", encoding="utf-8")
    assert main(["baseline", "write", str(CHANGES), "-o", str(file)]) == 2
    assert "notes.json exists and is not a baseline; it is not overwritten" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "{}"


def test_no_baseline_is_written_of_what_could_not_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checks = tmp_path / "checks"
    checks.mkdir()
    (checks / "broken.py").write_text("import no_such_module  # CKV_ACME_7\n", encoding="utf-8")
    file = tmp_path / "baseline.json"
    assert main(["baseline", "write", str(CHANGES), "-o", str(file), "--checks-from", str(checks)]) == 2
    assert "no baseline is written, because not everything could be judged: CKV_ACME_7" in capsys.readouterr().err
    assert not file.exists()


# --- only changes ----------------------------------------------------------------------------------------------------


def test_only_changes_leaves_out_what_the_plan_leaves_as_it_is() -> None:
    """A bucket whose lifecycle is weakened, or leaves, changes though the bucket itself does not."""
    found = evaluate(CHANGES, only_changes=True)
    subjects = {f.subject for f in found.findings if f.check_id in ("CKV_PLAN_1", "CKV_PLAN_12")}
    assert subjects == {
        "aws_s3_bucket.new_logs",
        "aws_s3_bucket.weakened_logs",
        "aws_s3_bucket.loses_logs",
        "aws_s3_bucket.moved_logs",
        "aws_cloudwatch_log_group.tagged",
    }
    assert {f.subject for f in found.findings if f.check_id == "CKV_PLAN_3"} == {"plan"}
    (notice,) = found.notices
    assert notice.endswith("findings on unchanged resources are hidden")


def test_of_a_plan_that_changes_nothing_is_judged_what_it_cannot_tell_to_be_as_it_was() -> None:
    """The outputs, and how the configuration is written; a name is what it was."""
    document = json.loads(CHANGES.read_text(encoding="utf-8"))
    document["resource_changes"] = [c for c in document["resource_changes"] if c["change"]["actions"] != ["delete"]]
    for change in document["resource_changes"]:
        change["change"]["actions"] = ["no-op"]
        change.pop("previous_address", None)
    whole, changed = (evaluate(Plan.load(document), only_changes=only) for only in (False, True))
    assert {f.check_id for f in whole.findings} > {f.check_id for f in changed.findings}
    assert {f.check_id for f in changed.findings} == {"CKV_PLAN_3", "CKV_PLAN_4", "CKV_PLAN_8", "CKV_PLAN_9", "CKV_PLAN_15"}


def test_what_the_plan_says_nothing_about_counts_as_changed() -> None:
    document = json.loads(CHANGES.read_text(encoding="utf-8"))
    del document["resource_changes"]
    whole, changed = (evaluate(Plan.load(document), only_changes=only) for only in (False, True))
    assert changed.findings == whole.findings


def test_an_imported_resource_counts_as_changed() -> None:
    document = json.loads(CHANGES.read_text(encoding="utf-8"))
    for change in document["resource_changes"]:
        if change["address"] == "aws_cloudwatch_log_group.old":
            change["change"]["importing"] = {"id": "/corp/old"}
    found = evaluate(Plan.load(document), only_changes=True)
    assert "aws_cloudwatch_log_group.old" in {f.subject for f in found.findings}


def test_what_is_left_out_is_not_fixed() -> None:
    baseline = Baseline.of([evaluate(CHANGES)])
    found = evaluate(CHANGES, baseline=baseline, only_changes=True)
    assert found.fixed == ()
    assert not found.failed


def test_a_check_that_could_not_judge_is_never_left_out(tmp_path: Path) -> None:
    (tmp_path / "crashing.py").write_text(
        "from planproof.check import check\n"
        "@check(id='CKV_ACME_9', name='Crashes', severity='LOW', category='LOGGING', types=('aws_s3_bucket',))\n"
        "def crashing(bucket, context):\n    raise ValueError\n",
        encoding="utf-8",
    )
    from planproof.registry import own_checks

    found = evaluate(CHANGES, checks=own_checks(tmp_path), only_changes=True)
    assert {f.subject for f in found.findings} >= {"aws_s3_bucket.old_logs"}
    assert found.errors


# --- exceptions ------------------------------------------------------------------------------------------------------


def excepted(address: str, expires: str, *more: dict[str, str], check: str = "CKV_PLAN_1", **keys: str) -> Policy:
    exception = {"check": check, "address": address, "reason": "accepted", "expires": expires, **keys}
    return find_policy({"exceptions": [exception, *more]})


def judged(policy: Policy, subject: str = "aws_s3_bucket.old_logs", check: str = "CKV_PLAN_1") -> Finding:
    return next(f for f in evaluate(CHANGES, policy).findings if (f.check_id, f.subject) == (check, subject))


def test_an_exception_is_a_skip_with_its_reason_owner_and_ticket() -> None:
    found = judged(excepted("aws_s3_bucket.old_*", "2999-01-31", owner="ops", ticket="OPS-1"))
    assert (found.verdict, found.code) == (Verdict.SKIP, "no_lifecycle")
    assert found.reason == "exception until 2999-01-31: accepted (owner ops, OPS-1)"


def test_from_its_day_on_an_exception_fails() -> None:
    policy = excepted("aws_s3_bucket.old_logs", "2026-11-24")
    for today, verdict in (("2026-11-23", Verdict.SKIP), ("2026-11-24", Verdict.FAIL)):
        policy.today = policy.today.fromisoformat(today)
        found = judged(policy)
        assert found.verdict is verdict
    assert found.code == "exception_expired"
    assert found.reason == "exception expired on 2026-11-24 (accepted): no lifecycle rule: logs are kept indefinitely"


def test_of_two_exceptions_the_one_that_holds_longest_counts() -> None:
    longer = {"check": "CKV_PLAN_1", "address": "*", "reason": "longer", "expires": "2999-01-01"}
    assert judged(excepted("aws_s3_bucket.old_logs", "2020-01-01", longer)).verdict is Verdict.SKIP


def test_an_exception_for_the_plan_covers_what_is_about_the_plan() -> None:
    assert judged(excepted("plan", "2999-01-01", check="CKV_PLAN_3"), WHOLE, "CKV_PLAN_3").verdict is Verdict.SKIP


ADDRESS = 'module.stack["eu"].module.logs.aws_s3_bucket.this["a.b"]'
GLOBS = {
    ADDRESS: True,
    'module.stack["eu"].*': True,
    "module.*.aws_s3_bucket.this[*]": True,
    'module.stack[*].module.logs.aws_s3_bucket.this["a.b"]': True,
    "*": True,
    'module.stack["us"].*': False,
    "module.*.aws_s3_bucket.this": False,
    "aws_s3_bucket.this*": False,
    'module.stack["eu"].module.logs.aws_s3_bucket.this[a.b]': False,
    "": False,
}


@pytest.mark.parametrize(("glob", "fits"), GLOBS.items())
def test_address_globs_know_modules_and_keys(glob: str, fits: bool) -> None:
    from planproof.text.wildcards import matches

    assert matches(glob, ADDRESS) is fits


def test_an_exception_that_is_not_used_is_warned_of() -> None:
    report = evaluate(CHANGES, excepted("aws_s3_bucket.no_such", "2999-01-01"))
    assert report.warnings == ("the policy: the exception for CKV_PLAN_1 on aws_s3_bucket.no_such matches nothing in this plan",)
    report = evaluate(CHANGES, excepted("aws_s3_bucket.*", "2999-01-01", check="CKV_PLAN_8"))
    assert report.warnings == (
        "the policy: the exception for CKV_PLAN_8 on aws_s3_bucket.* is not needed: everything it matches passes",
    )


def test_an_exception_does_not_hide_a_check_that_could_not_judge(tmp_path: Path) -> None:
    from planproof.registry import own_checks

    (tmp_path / "broken.py").write_text("1 / 0  # CKV_ACME_7\n", encoding="utf-8")
    checks = own_checks(tmp_path)
    exception = {"check": "CKV_ACME_7", "address": "*", "reason": "accepted", "expires": "2999-01-01"}
    report = evaluate(CHANGES, {"exceptions": [exception]}, checks=checks)
    assert [(f.verdict, f.code) for f in report.findings] == [(Verdict.FAIL, "check_error")]


def test_failures_read_as_sentences() -> None:
    assert str(Failure("CKV_PLAN_3", "plan", "missing", "output.a")) == "CKV_PLAN_3 on output.a (missing)"


def test_a_link_of_a_chain_that_the_plan_changes_is_judged_at_its_end() -> None:
    """The plan changes the alarm, and neither the bucket nor its trail; the bucket that nobody watches any more is a finding all the same."""
    document = json.loads((ROOT / "fixtures" / "good" / "ideal" / "second-plan.json").read_text(encoding="utf-8"))
    alarm = "aws_cloudwatch_metric_alarm.denied_access"
    for resource in document["planned_values"]["root_module"]["resources"]:
        if resource["address"] == alarm:
            resource["values"]["actions_enabled"] = False
    for change in document["resource_changes"]:
        if change["address"] == alarm:
            change["change"]["actions"] = ["update"]
            change["change"]["after"]["actions_enabled"] = False
    found = [f for f in evaluate(Plan.load(document), only_changes=True).findings if f.verdict is Verdict.FAIL]
    assert [(f.check_id, f.subject) for f in found] == [("CKV_PLAN_6", "aws_s3_bucket.logs")]
