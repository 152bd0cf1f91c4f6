"""What a run judges by, what makes its exit code, and how much of it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.api import CommandError, all_checks, evaluate, select_checks
from planproof.cli.exit_codes import exit_code
from planproof.cli.main import main
from planproof.verdict import Finding, Report, Verdict
from support.reports import plans_of
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
REVIEW = ROOT / "fixtures" / "bad" / "review" / "plan.json"
IDEAL = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
TEAM = ROOT / "examples" / "platform-team"
IDS = [check.id for check in all_checks()]


@pytest.mark.parametrize(
    ("only", "skipped", "left"),
    [
        ([], [], IDS),
        (["CKV_PLAN_1"], [], ["CKV_PLAN_1"]),
        (["ckv_plan_12", "tagging", "6"], [], ["CKV_PLAN_6", "CKV_PLAN_10", "CKV_PLAN_12"]),
        (["CKV_PLAN_1?"], ["CKV_PLAN_1[0-4]"], ["CKV_PLAN_15"]),
        (["*bucket*"], [], ["CKV_PLAN_1", "CKV_PLAN_4"]),
        ([], ["CKV_*_?", "dead_alarm"], ["CKV_PLAN_10", "CKV_PLAN_11", "CKV_PLAN_12", "CKV_PLAN_14", "CKV_PLAN_15"]),
    ],
)
def test_checks_are_chosen_by_id_number_name_and_pattern(
    only: list[str], skipped: list[str], left: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = select_checks(all_checks(), only, skipped)
    assert [check.id for check in chosen] == left
    assert [rule.id for rule in evaluate(REVIEW, "secure-logs", checks=chosen).rules] == left
    words = [*(f"--check={','.join(only)}" for _ in only[:1]), *(w for entry in skipped for w in ("--skip-check", entry))]
    main(["check", str(REVIEW), *words, "--format", "json"])
    judged = {finding["check_id"] for finding in json.loads(capsys.readouterr().out)["findings"]}
    assert judged == {f.check_id for f in evaluate(REVIEW, "secure-logs").findings} & set(left)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--check", "CKV_PLN_1"], "there is no check 'CKV_PLN_1'; did you mean CKV_PLAN_1?"),
        (["--check", "tagging,log_bucket_retenton"], "no check 'log_bucket_retenton'; did you mean log_bucket_retention?"),
        (["--skip-check", "xyz"], "there is no check 'xyz'; `planproof list` shows them all"),
        (["--check", "CKV_AWS_*"], "no check has an id or name like 'CKV_AWS_*'; `planproof list` shows them all"),
        (["--check", "tagging", "--skip-check", "CKV_PLAN_10"], "no check is left: each one that is asked for is skipped too"),
        (["--skip-check", "*"], "every check is skipped"),
        (["--check", "tagging", "--policy", "POLICY"], "has each check that is asked for off (CKV_PLAN_10)"),
        (["--check", "CKV_ACME_1"], "there is no check 'CKV_ACME_1'; did you mean CKV_PLAN_1"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_exit_2(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "off.yaml").write_text("unjudged: ignore\nchecks: {tagging: {level: off}}\n", encoding="utf-8")
    for plans in ([str(PLAN)], [str(PLAN), str(REVIEW)]):
        assert main(["check", *plans, *(str(tmp_path / "off.yaml") if word == "POLICY" else word for word in words)]) == 2
        streams = capsys.readouterr()
        assert (streams.out, says in streams.err, streams.err.count("\n")) == ("", True, 1), streams.err


def test_the_library_refuses_what_the_command_refuses() -> None:
    with pytest.raises(CommandError, match="did you mean tagging"):
        select_checks(all_checks(), only=["taging"])


def test_checks_of_ones_own_are_chosen_too(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--policy", str(TEAM / "planproof.yaml"), "--checks-from", str(TEAM / "checks")]
    main(["check", str(TEAM / "plan.json"), str(PLAN), *words, "--check", "queue_*", "--format", "json", "--jobs", "2"])
    plans = plans_of(capsys.readouterr().out)
    assert {f["check_id"] for plan in plans for f in plan["findings"]} == {"CKV_ACME_1"}
    assert main(["list", *words]) == 0
    assert "CKV_ACME_1" in capsys.readouterr().out


def test_the_old_name_of_checks_from_works_with_a_notice(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["check", str(TEAM / "plan.json"), "--policy", str(TEAM / "planproof.yaml"), "--format", "json"]
    assert main([*words, "--checks", str(TEAM / "checks")]) == 1
    old = capsys.readouterr()
    assert old.err == "planproof: --checks is now --checks-from; the old name goes with the next release\n"
    assert main([*words, "--checks-from", str(TEAM / "checks")]) == 1
    assert capsys.readouterr() == (old.out, "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["check", "plan.json", "--polic", "x"], "planproof: unrecognized arguments: --polic x; see planproof --help"),
        (["policy", "show", "--pol=x"], "planproof: unrecognized arguments: --pol=x; see planproof --help"),
        (["check"], "planproof check: the following arguments are required: PLAN; see planproof check --help"),
        (["checks"], "planproof: argument COMMAND: invalid choice: 'checks'"),
        (["check", "plan.json", "--check", "a,,b"], "'a,,b' names no check at one place"),
        (["check", "plan.json", "--fail-on", "unkno"], "'unkno' is nothing to fail on; did you mean unknown?"),
        (["check", "plan.json", "--fail-on", "17"], "choose from CRITICAL, HIGH, MEDIUM, LOW, INFO, failure, unknown, never"),
    ],
)
def test_a_wrong_option_is_refused_in_one_sentence(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    streams = capsys.readouterr()
    assert (ended.value.code, streams.out, streams.err.count("\n")) == (2, "", 1)
    assert says in streams.err


def found(verdict: Verdict, severity: str, level: str = "mandatory") -> Finding:
    return Finding("CKV_PLAN_1", verdict, "a.b", "code", "reason", severity, level=level)


FAIL, OPEN = Verdict.FAIL, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("finding", "unknown", "codes"),
    [  # of: failure, CRITICAL, HIGH, LOW, unknown, never
        (found(FAIL, "HIGH"), "warn", [1, 0, 1, 1, 1, 0]),
        (found(FAIL, "INFO"), "warn", [1, 0, 0, 0, 1, 0]),
        (found(FAIL, "CRITICAL", "advisory"), "warn", [0, 0, 0, 0, 0, 0]),
        (found(OPEN, "HIGH"), "warn", [0, 0, 0, 0, 1, 0]),
        (found(OPEN, "HIGH"), "ignore", [0, 0, 0, 0, 1, 0]),
        (found(OPEN, "HIGH"), "fail", [1, 0, 1, 1, 1, 0]),
        (found(OPEN, "HIGH", "advisory"), "fail", [0, 0, 0, 0, 0, 0]),
        (found(Verdict.SKIP, "HIGH"), "warn", [0, 0, 0, 0, 0, 0]),
    ],
)
def test_what_makes_the_exit_code(finding: Finding, unknown: str, codes: list[int]) -> None:
    report = Report("plan.json", (finding,), unknown=unknown)
    asked = ("failure", "CRITICAL", "HIGH", "LOW", "unknown", "never")
    assert [exit_code(report, fail_on) for fail_on in asked] == codes
    broken = report._replace(errors=("a check could not judge",))
    assert {exit_code(broken, fail_on) for fail_on in asked} == {2}


def test_fail_on_goes_by_the_severities_and_levels_of_the_policy(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    words = ["check", str(REVIEW), "--check", "log_group_retention", "--policy", str(policy), "--fail-on"]
    for text, codes in {
        "severity: LOW": {"low": 1, "MEDIUM": 0, "never": 0},
        "severity: CRITICAL": {"critical": 1},
        "level: advisory": {"INFO": 0, "failure": 0},
    }.items():
        policy.write_text(f"checks: {{log_group_retention: {{{text}}}}}\n", encoding="utf-8")
        assert {what: main([*words, what]) for what in codes} == codes


def test_quiet_shows_what_failed_and_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(REVIEW)])
    whole = capsys.readouterr().out
    assert main(["check", str(REVIEW), "--quiet"]) == 1
    quiet = capsys.readouterr().out
    assert quiet == whole[: whole.index("\nPassed (")] + "\n" + whole.splitlines()[-1] + "\n"
    assert main(["check", str(IDEAL), "--quiet"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"planproof: {IDEAL} (policy secure-logs of planproof ")
    assert "): 0 failed, " in line


def test_quiet_tells_why_something_could_not_be_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "plan.json").write_text("{", encoding="utf-8")
    assert main(["check", str(IDEAL), str(tmp_path / "plan.json"), "--quiet"]) == 2
    assert "error: " in capsys.readouterr().out


def test_compact_is_a_line_for_each_finding(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(REVIEW), "--check", "CKV_PLAN_1,CKV_PLAN_9", "--compact"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[2:-1] == [
        "Failed (3)",
        *(line for line in lines if ": CKV_PLAN_1 HIGH aws_s3_bucket." in line),
        *(line for line in lines if line.startswith("CKV_PLAN_9 ")),
        "",
    ]
    assert not any("Fix:" in line for line in lines)
