"""Whatever a check answers or does, it never passes by that: a wrong answer is a failure, the same one in every lane."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate
from planproof.formats.to_text import render
from planproof.registry import own_checks
from planproof.verdict import Standing, Verdict
from support.lanes import checkov
from support.reports import plans_of
from support.repository import ROOT

PLAN = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
CHECK = """
import sys
from planproof.check import Outcome, check, failed, passed, unknown
from planproof.verdict import Verdict

class Left(BaseException): pass

class Unclear:
    def __eq__(self, other): raise ValueError
    __hash__ = None

@check(id="CKV_ACME_{number}", name="Answers wrongly", severity="LOW", category="LOGGING", types={types}, applies={applies})
def wrong_{number}(subject, context):
    {body}
"""
ANSWERS = {
    "a text as the verdict": 'return Outcome("FAIL", "code", "reason")',
    "a text as the verdict that passes": 'return Outcome("PASS", "code", "reason")',
    "a truth value as the verdict": 'return Outcome(True, "code", "reason")',
    "none as the verdict": 'return Outcome(None, "code", "reason")',
    "what cannot be compared as the verdict": 'return Outcome(Unclear(), "code", "reason")',
    "the verdict that is an exception's": 'return Outcome(Verdict.SKIP, "code", "reason")',
    "arguments in another order": 'return Outcome("code", Verdict.PASS, "reason")',
    "the reason before the code": 'return passed("it is encrypted", "encrypted")',
    "no text as the code": 'return passed(1, "reason")',
    "an empty code": 'return passed("", "reason")',
    "a code of ours": 'return passed("check_error", "reason")',
    "no text as the reason": 'return passed("code", None)',
    "an empty reason": 'return passed("code", "")',
    "no text as evidence": 'return passed("code", "reason", 1)',
    "one text as the evidence": 'return Outcome(Verdict.PASS, "code", "reason", "aws_s3_bucket.logs")',
    "no labels as the block": 'return passed("code", "reason")._replace(block="output")',
    "False": "return False",
    "True": "return True",
    "nothing": "pass",
    "a verdict alone": "return Verdict.PASS",
    "a text": 'return "PASS"',
    "an empty text": 'return ""',
    "bytes": 'return b""',
    "an object": "return {}",
    "a number": "return 0",
    "a plain tuple": 'return (Verdict.PASS, "code", "reason")',
    "a list of something else": "return [None]",
    "a list of lists": 'return [[passed("code", "reason")]]',
    "something else behind an answer": 'yield passed("code", "reason"); yield False',
    "an error behind an answer": 'yield passed("code", "reason"); raise ValueError',
    "an error": 'raise KeyError("a secret")',
    "an exit": "sys.exit(0)",
    "an exit of Python": "raise SystemExit",
    "an exit behind an answer": 'yield passed("code", "reason"); sys.exit()',
    "the end of a generator": "raise GeneratorExit",
    "an exception of its own": "raise Left",
    "no end of recursion": "return wrong_{number}.judge(subject, context)",
}
APPLIES = {
    "applies answers nothing": "lambda instance, context: None",
    "applies answers a text": 'lambda instance, context: ""',
    "applies answers a number": "lambda instance, context: 0",
    "applies leaves": "lambda instance, context: sys.exit(0)",
    "applies raises": "lambda instance, context: 1 / 0",
    "applies takes something else": "lambda: True",
}
GROUP = '("aws_cloudwatch_log_group",)'
CASES = {
    **{name: {"types": GROUP, "applies": "None", "body": body} for name, body in ANSWERS.items()},
    **{f"{name}, of the plan": {"types": "()", "applies": "None", "body": body} for name, body in ANSWERS.items()},
    **{name: {"types": GROUP, "applies": how, "body": 'return passed("code", "reason")'} for name, how in APPLIES.items()},
}


def declare(folder: Path, *cases: str) -> dict[str, str]:
    """Files with these checks; the ids by case."""
    ids = {}
    for number, case in enumerate(cases, 1):
        keys = {name: text.replace("{number}", str(number)) for name, text in CASES[case].items()}
        (folder / f"wrong_{number}.py").write_text(CHECK.format(number=number, **keys), encoding="utf-8")
        ids[case] = f"CKV_ACME_{number}"
    return ids


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_a_wrong_answer_fails(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    declare(tmp_path, case)
    report = evaluate(PLAN, checks=own_checks(tmp_path))
    assert report.findings
    assert {(f.verdict, f.code, f.standing) for f in report.findings} == {(Verdict.FAIL, "check_error", Standing.FAIL)}
    assert report.failed
    assert len(report.errors) == len(report.findings)
    assert f"{len(report.findings)} failed, 0 passed" in render([report])
    assert "a secret" not in render([report])
    assert main(["check", str(PLAN), "--checks-from", str(tmp_path)]) == 2
    assert "CKV_ACME_1 could not judge this: " in capsys.readouterr().out


def test_an_interrupt_ends_the_run(tmp_path: Path) -> None:
    text = CHECK.format(number=1, types="()", applies="None", body="raise KeyboardInterrupt")
    (tmp_path / "wrong.py").write_text(text, encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        evaluate(PLAN, checks=own_checks(tmp_path))


def test_a_file_that_leaves_as_it_is_imported_fails(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("class Left(BaseException): pass\nraise Left  # CKV_ACME_1\n", encoding="utf-8")
    report = evaluate(PLAN, checks=own_checks(tmp_path))
    assert [(f.check_id, f.code) for f in report.findings] == [("CKV_ACME_1", "check_error")]


@pytest.mark.slow
def test_checkov_fails_each_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "checks"
    folder.mkdir()
    ids = declare(folder, *CASES)
    arguments = ("--external-checks-dir", ROOT / "checks", "--framework", "terraform_plan", "-f", PLAN)
    run = checkov(*arguments, cwd=tmp_path, checks=",".join(ids.values()), PLANPROOF_CHECKS=str(folder))
    assert run.code == 1
    for case, check_id in ids.items():
        results = {
            (result, details.split(":")[0]) for (_, check, _), (result, details) in run.results.items() if check == check_id
        }
        assert results == {("FAILED", "check_error")}, case


def test_the_exit_code_is_made_of_what_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of every case at once, beside the bundled checks."""
    declare(tmp_path, *CASES)
    assert main(["check", str(PLAN), "--checks-from", str(tmp_path), "--format", "json"]) == 2
    (shown,) = plans_of(capsys.readouterr().out)
    assert shown["summary"]["FAIL"] == sum(f["verdict"] == "FAIL" and f["level"] == "mandatory" for f in shown["findings"])
    assert len(shown["errors"]) == sum(f["code"] == "check_error" for f in shown["findings"])
