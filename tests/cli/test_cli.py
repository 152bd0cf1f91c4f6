"""The command: exit codes, what stands on which stream, and that nothing is half-said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.verdict import Finding, Report, Verdict
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
QUIET = "checks:\n  output_contract: {enabled: false}\n"


def test_json_holds_every_verdict_and_a_summary_that_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(PLAN), "--format", "json"]) == 1
    whole = json.loads(capsys.readouterr().out)
    assert set(whole) == {"schema", "version", "policy", "profile", "findings", "plans", "summary"}
    (document,) = whole["plans"]
    assert set(document) == {"plan", "advisory", "summary", "warnings", "errors", "fixed", "notices"}
    keys = {"plan", "check_id", "verdict", "subject", "code", "reason", "severity", "evidence", "file", "line", "level"}
    assert {frozenset(finding) for finding in whole["findings"]} == {frozenset(keys)}
    verdicts = [finding["verdict"] for finding in whole["findings"]]
    assert document["summary"] == {"ADVISORY": 0, **{v.value: verdicts.count(v.value) for v in Verdict}}
    assert whole["summary"] == document["summary"]
    assert (whole["policy"], whole["profile"], document["advisory"]) == ("secure-logs", "secure-logs", [])


def test_the_subject_of_a_plan_wide_finding_is_plan(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(PLAN), "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {f["subject"] for f in findings if f["check_id"] == "CKV_PLAN_3"} == {"plan"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "no-such-file.json"], "no-such-file.json does not exist; create a plan"),
        (["check", str(ROOT / "policies")], "policies is a folder without a plan; create one"),
        (["check", str(PLAN), "--source", "no-such-folder"], "no-such-folder does not exist; provide the folder"),
        (["check", str(PLAN), "--policy", "no-such-policy.yaml"], "no-such-policy.yaml cannot be read as a policy"),
        (["check", str(PLAN.parent / "main.tf")], "is Terraform configuration (HCL), not a plan"),
        *[
            ([*command, f"--{option}", ""], f"{option} is empty; leave it out, or fill the variable that it comes from")
            for command, options in (
                (["check", str(PLAN)], ("policy", "source", "baseline", "checks-from", "output")),
                (["baseline", "write", str(PLAN)], ("policy", "source", "checks-from", "output")),
                (["list"], ("policy",)),
                (["test", "."], ("policy",)),
            )
            for option in options
        ],
        (["check", ""], "plans is empty; leave it out"),
        (["check", str(PLAN), "--output", str(PLAN)], "the report would overwrite the plan"),
        (["check", str(PLAN), "--format", f"json={PLAN}"], "the report would overwrite the plan"),
    ],
)
def test_bad_input_is_one_sentence_on_stderr_and_exit_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert message in streams.err
    assert streams.err.count("\n") == 1


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with PLAN.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert main(["check", "-", "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["findings"]


def test_nothing_failed_is_exit_0_and_unknown_fails_where_the_policy_says_so(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    only = "".join(f"  {key}: {{enabled: false}}\n" for key in ("output_contract", "bucket_name_collision"))
    resource = {"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a", "values": {}}
    document = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}}
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(document), encoding="utf-8")
    keys = [f.stem for f in (ROOT / "checks" / "failure_modes").glob("[!_]*.py")]
    only = "".join(f"  {key}: {{enabled: false}}\n" for key in keys if key != "prevent_destroy")
    for meaning, code in (("warn", 0), ("ignore", 0), ("fail", 1)):
        policy.write_text(f"unknown: {meaning}\nchecks:\n{only}", encoding="utf-8")
        assert main(["check", str(plan), "--policy", str(policy)]) == code


def test_a_check_that_could_not_judge_is_exit_2() -> None:
    from planproof.cli.exit_codes import exit_code

    finding = Finding("CKV_PLAN_1", Verdict.FAIL, "plan", "check_error", "", "HIGH")
    assert exit_code(Report("plan", (finding,), errors=("x",))) == 2


def test_text_is_one_line_a_finding_failures_first(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(PLAN)])
    lines = capsys.readouterr().out.splitlines()
    titles = [line.split(" (")[0] for line in lines if line[:1].isupper()]
    assert titles == ["Failed", "Passed"] or titles[:2] == ["Failed", "Cannot tell"]
    assert lines[3].startswith("  CKV_PLAN_")


def test_terminal_escapes_in_a_plan_are_written_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    address = 'aws_s3_bucket.a["\u001b[31m\u202ex\n"]'
    resource = {"address": address, "mode": "managed", "type": "aws_s3_bucket", "name": "a", "index": "x", "values": {}}
    plan = tmp_path / "plan.json"
    document = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}}
    plan.write_text(json.dumps(document), encoding="utf-8")
    main(["check", str(plan)])
    out = capsys.readouterr().out
    assert r'aws_s3_bucket.a["\x1b[31m\u202ex\n"]' in out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_the_command_from_a_clone_needs_no_checkov() -> None:
    code = "import sys; sys.modules['checkov'] = None; from planproof.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", code, "check", str(PLAN)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "checks")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_disk_is_exit_2() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "planproof", "check", str(PLAN)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "checks")},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert "the report cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_too_little_memory_is_exit_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def judge(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("planproof.cli.inputs.judge", judge)
    assert main(["check", str(PLAN)]) == 2
    assert capsys.readouterr().err.startswith("planproof: not enough memory")
