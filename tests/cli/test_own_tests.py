"""`planproof new-check --dir` and `planproof test`: a check of one's own, outside a clone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from planproof.cli.main import main

NAME = "volume_encryption"


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.chdir(tmp_path)
    assert main(["new-check", NAME, "--dir", "checks"]) == 0
    capsys.readouterr()
    return tmp_path / "checks"


def test_what_it_writes_passes_and_judges(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "checks/"]) == 0
    assert capsys.readouterr().out == f"ok    CKV_OWN_1 {NAME}\n"
    plan = begun / "tests" / NAME / "bad" / "plan.json"
    assert main(["check", str(plan), "--checks-from", "checks", "--policy", "general", "--format", "json"]) == 1
    found = [f for f in json.loads(capsys.readouterr().out)["findings"] if f["code"] in ("plain", "unknown_value")]
    assert {(f["subject"], f["verdict"]) for f in found} == {
        ("aws_ebs_volume.plain", "FAIL"),
        ("aws_ebs_volume.open", "UNKNOWN"),
    }


def test_a_second_one_has_the_next_id(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-check", "another_one", "--dir", "checks"]) == 0
    assert main(["test", "checks"]) == 0
    assert "ok    CKV_OWN_2 another_one" in capsys.readouterr().out


def forget_tests(checks: Path) -> None:
    for file in (checks / "tests" / NAME).rglob("expected.json"):
        file.unlink()


def expect_no_failure(checks: Path) -> None:
    (checks / "tests" / NAME / "bad" / "expected.json").unlink()


def expect_another(checks: Path) -> None:
    file = checks / "tests" / NAME / "good" / "expected.json"
    file.write_text(file.read_text(encoding="utf-8").replace("PASS", "FAIL"), encoding="utf-8")


def say_always_pass(checks: Path) -> None:
    file = checks / f"{NAME}.py"
    file.write_text(file.read_text(encoding="utf-8").replace("return failed(", "return passed("), encoding="utf-8")


def raise_in_it(checks: Path) -> None:
    file = checks / f"{NAME}.py"
    file.write_text(file.read_text(encoding="utf-8").replace("    value =", "    1 / 0\n    value ="), encoding="utf-8")


def break_file(checks: Path) -> None:
    (checks / f"{NAME}.py").write_text("import no_such_module  # CKV_OWN_1\n", encoding="utf-8")


def break_expectation(checks: Path) -> None:
    (checks / "tests" / NAME / "bad" / "expected.json").write_text('{"findings": [{}]}', encoding="utf-8")


def lose_plan(checks: Path) -> None:
    (checks / "tests" / NAME / "bad" / "plan.json").unlink()


BREAKS: dict[str, tuple[Callable[[Path], None], int, str]] = {
    "there are no tests": (forget_tests, 1, "there are no tests in"),
    "no test expects a failure": (expect_no_failure, 1, "expects FAIL"),
    "another verdict is expected": (expect_another, 1, "good: expected, but not found: aws_ebs_volume.encrypted FAIL encrypted"),
    "the check passes all": (say_always_pass, 1, "bad: found, but not expected: aws_ebs_volume.plain PASS plain"),
    "the check raises": (raise_in_it, 1, "check_error"),
    "the check cannot be imported": (break_file, 2, "cannot be imported: ModuleNotFoundError"),
    "an expectation cannot be read": (break_expectation, 2, "expected.json cannot be read (KeyError)"),
    "there is no plan": (lose_plan, 2, "plan.json does not exist"),
}


@pytest.mark.parametrize(("break_it", "code", "says"), BREAKS.values(), ids=BREAKS)
def test_what_is_wrong_is_said(
    break_it: Callable[[Path], None], code: int, says: str, begun: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    break_it(begun)
    found = main(["test", "checks"])
    captured = capsys.readouterr()
    assert (found, says in captured.out + captured.err) == (code, True), captured


def test_no_folder_and_a_name_that_is_taken(begun: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "nowhere"]) == 2
    assert main(["new-check", NAME, "--dir", "checks"]) == 2
    assert main(["new-check", "log_group_retention", "--dir", "checks"]) == 2
    assert capsys.readouterr().err.count("\n") == 3


@pytest.mark.slow
def test_by_the_wheel(installed: Path, tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PLANPROOF_"))}
    for arguments in (["new-check", NAME, "--dir", "checks"], ["test", "checks"]):
        command = [str(installed.parent / "planproof"), *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
