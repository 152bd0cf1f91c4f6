"""The report on a terminal: within its width, the failures near the end, and the plain text wherever it is no terminal."""

from __future__ import annotations

import fcntl
import importlib.util
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest
from rich.cells import cell_len

from planproof.cli.main import main
from planproof.engine import evaluate
from planproof.formats import rich_text, to_text
from planproof.verdict import ADVISORY, IN_BASELINE, Report, Verdict
from support.reports import ATTACKED, EVERY, RULE, finding
from support.repository import FIXTURES, ROOT

REVIEW = FIXTURES / "bad" / "review" / "plan.json"
GOOD = FIXTURES / "good" / "log_group_retention" / "plain" / "plan.json"
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def shown(*reports: Report, width: int = 80) -> str:
    return STYLE.sub("", "".join(rich_text.stream(reports, False, width)))


# What a reader of 80 columns sees. Lines may end in spaces, as those of the table do.
PAGE = """\
planproof: plan.json

Passed (1)  CKV_PLAN_1 (1)

Skipped (1)
  CKV_PLAN_1  HIGH  Things are kept
    aws_s3_bucket.d
      exception until 2030-01-31: moving

Cannot tell (1)
  CKV_PLAN_1  HIGH  Things are kept
    aws_s3_bucket.c
      known after apply

Failed (3)
  CKV_PLAN_1  HIGH  Things are kept
    modules/logs/main.tf:7  aws_s3_bucket.b
      nothing is kept
      7 │ resource "aws_s3_bucket" "b" {
      9 ❱   bucket = "b"
    Fix: Set `retention_in_days`.

  CKV_PLAN_2  CRITICAL  Things are safe
    output.x
      nothing is kept
    output.y
      nothing is kept

warning: a warning

 Check                                  Failed   Cannot tell   Skipped   Passed
 ──────────────────────────────────────────────────────────────────────────────
 CKV_PLAN_1   Things are kept                1             1         1        1
 CKV_PLAN_2   Things are safe                2

3 failed, 1 cannot tell, 1 skipped, 1 passed
"""
LINES = ((7, 'resource "aws_s3_bucket" "b" {', False), (9, '  bucket = "b"', True))
EXCERPTED = EVERY._replace(findings=tuple(f._replace(excerpt=LINES) if f.file else f for f in EVERY.findings))


def test_what_failed_stands_near_the_end_the_worst_last() -> None:
    assert [line.rstrip() for line in shown(EXCERPTED).splitlines()] == PAGE.splitlines()


@pytest.mark.parametrize("width", [40, 80, 140])
@pytest.mark.parametrize("policy", ["secure-logs", "general"])
def test_no_line_is_wider_than_the_terminal(width: int, policy: str) -> None:
    report = evaluate(REVIEW, policy, excerpts=True)
    text = shown(report, report, width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    words = re.sub(r"\s+", "", text)
    for each in report.findings:
        if each.verdict is Verdict.FAIL and each.level != ADVISORY:
            assert re.sub(r"\s+", "", each.reason) in words  # wrapped, and nothing lost


def test_long_words_are_folded_and_nothing_is_markup() -> None:
    text = "[bold red]" + "x" * 200 + ":smile:"
    page = shown(Report(text, (finding(subject=text, reason=text, file=text, line=1),), (text,), rules=(RULE,)), width=60)
    assert max(map(cell_len, page.splitlines())) <= 60
    assert re.sub(r"\s+", "", page).count(text.replace(" ", "")) == 5


def test_no_control_character_of_a_plan_reaches_the_terminal() -> None:
    attacked = tuple(f._replace(excerpt=((1, f.reason, True),)) for f in ATTACKED.findings)
    page = "".join(rich_text.stream((ATTACKED._replace(findings=attacked), EVERY), True, 80))
    page.encode("utf-8")
    assert set(re.findall(r"\x1b.{0,12}", STYLE.sub("", page))) == set()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e\ufffe]", STYLE.sub("", page))


def test_findings_of_one_block_with_one_reason_are_told_once_and_the_baselines_are_counted() -> None:
    many = [finding(subject=f"module.a[{n}].aws_s3_bucket.b") for n in range(5)]
    known = [finding(Verdict.SKIP, subject=f"aws_s3_bucket.{n}", reason=f"{IN_BASELINE}old") for n in "ab"]
    page = shown(Report("plan.json", (*many, *known), rules=(RULE,)), width=140)
    assert page.count("nothing is kept") == 1
    assert "module.a[0].aws_s3_bucket.b, module.a[1].aws_s3_bucket.b, module.a[2].aws_s3_bucket.b and 2 more" in page
    assert "    2 in the baseline\n" in page
    assert "old" not in page


def test_several_plans_have_one_table_and_one_that_is_good_is_a_line() -> None:
    good = Report("good.json", (finding(Verdict.PASS),), rules=(RULE,))
    advised = Report("advice.json", (finding(level=ADVISORY),), rules=(RULE,))
    lines = [line.rstrip() for line in shown(good, EVERY, advised).splitlines()]
    assert lines[0] == "planproof: good.json: 0 failed, 1 passed"
    assert lines[-1] == "3 plans: 3 failed, 1 advisory, 1 cannot tell, 1 skipped, 2 passed"
    assert sum(line.startswith(" Check") for line in lines) == 1
    assert [line.split()[-5:] for line in lines if line.startswith(" CKV_PLAN_1")] == [["1", "1", "1", "1", "2"]]


def test_a_plan_with_nothing_to_judge_has_no_table() -> None:
    assert shown(Report("plan.json", ())) == "planproof: plan.json\n\n0 failed, 0 passed\n"


def test_without_colour_only_weight_is_left() -> None:
    styles = set(STYLE.findall("".join(rich_text.stream((EXCERPTED,), False, 80))))
    assert styles <= {"\x1b[0m", "\x1b[1m", "\x1b[2m"}
    assert "\x1b[1;31m" in "".join(rich_text.stream((EXCERPTED,), True, 80))


# --- who gets it ------------------------------------------------------------------------------------------------------


class Stream(io.StringIO):
    def __init__(self, is_terminal: bool, encoding: str) -> None:
        super().__init__()
        self._is_terminal, self._encoding = is_terminal, encoding

    def isatty(self) -> bool:
        return self._is_terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


@pytest.mark.parametrize(
    ("environment", "is_terminal", "encoding", "when", "wanted"),
    [
        ({}, True, "utf-8", "auto", True),
        ({}, False, "utf-8", "auto", False),
        ({}, False, "utf-8", "always", True),
        ({}, True, "utf-8", "never", True),
        ({}, False, "utf-8", "never", False),
        ({"FORCE_COLOR": "1"}, False, "UTF-8", "auto", True),
        ({"NO_COLOR": "1"}, True, "utf-8", "auto", True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, "utf-8", "auto", False),
        ({"TERM": "dumb"}, True, "utf-8", "auto", False),
        ({}, True, "ascii", "auto", False),
        ({}, True, "latin-1", "always", False),
    ],
)
def test_who_wants_it(
    environment: dict[str, str], is_terminal: bool, encoding: str, when: str, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert rich_text.is_wanted(Stream(is_terminal, encoding), when) is wanted


def test_without_rich_it_is_the_plain_text(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    main(["check", str(REVIEW), "--color", "always"])
    coloured = capsys.readouterr().out
    assert "\x1b[31m" in coloured
    assert STYLE.sub("", coloured) == to_text.render((evaluate(REVIEW),))


def test_a_pipe_gets_the_plain_text(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    main(["check", str(REVIEW)])
    assert capsys.readouterr().out == to_text.render((evaluate(REVIEW),))


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "colours"), [([], True), (["--color", "never"], False)])
@pytest.mark.parametrize("width", [80, 140])
def test_a_real_terminal_gets_it_as_wide_as_it_is(width: int, arguments: list[str], colours: bool) -> None:
    output = at_terminal(width, "check", str(REVIEW), *arguments)
    assert ("\x1b[1;31m" in output) is colours
    lines = STYLE.sub("", output.replace("\r\x1b[K", "\n")).splitlines()  # a slow run tells of itself, and clears that line
    assert width * 0.9 < max(map(cell_len, lines)) <= width
    assert sum("❱" in line for line in lines) == len(
        {f.check_id for f in evaluate(REVIEW).findings if f.file and f.verdict is Verdict.FAIL}
    )


def at_terminal(width: int, *arguments: str) -> str:
    """What the command writes to a terminal of that width."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "checks"), "TERM": "xterm", "PYTHONUTF8": "1"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [sys.executable, "-m", "planproof", *arguments], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    parts = []
    try:
        while part := os.read(terminal, 65536):
            parts.append(part)
    except OSError:  # the other end is closed
        pass
    os.waitpid(pid, 0)
    os.close(terminal)
    return b"".join(parts).decode().replace("\r\n", "\n")


def test_only_a_terminal_loads_rich() -> None:
    code = "import sys; from planproof.cli.main import main; main(sys.argv[1:]); print('rich' in sys.modules, file=sys.stderr)"
    settings = {"PYTHONPATH": str(ROOT / "checks"), "PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    for more, loaded in (({}, "False"), ({"FORCE_COLOR": "1"}, "True")):
        done = subprocess.run(
            [sys.executable, "-c", code, "check", str(GOOD)], env={**settings, **more}, capture_output=True, text=True, check=True
        )
        assert done.stderr.strip() == loaded
