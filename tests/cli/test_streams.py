"""Streams that are closed, full, or read no further, and plans that come through a pipe: the command itself, started by a shell."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.repository import ROOT

BASH = shutil.which("bash")
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
CLOSED = "planproof: the report cannot be written: standard output is closed\n"
FULL = "planproof: the report cannot be written: No space left on device\n"

pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash on PATH")


def run(line: str, cwd: Path) -> tuple[int, str, str]:
    """A line of bash with PLANPROOF as the command, BAD and GOOD as plans; a pipe's exit code is that of its last part that fails."""
    script = f'set -o pipefail; PLANPROOF() {{ "{sys.executable}" -I "{ROOT / "checks" / "planproof"}" "$@"; }}; {line}'
    for name, plan in (("BAD", BAD), ("GOOD", GOOD)):
        script = script.replace(name, str(plan))
    done = subprocess.run([str(BASH), "-c", script], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert "internal error" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


STREAMS = {
    "PLANPROOF check BAD >&-": (2, CLOSED),
    "PLANPROOF check GOOD >&-": (2, CLOSED),
    "PLANPROOF check BAD --output report.txt >&-": (1, ""),
    "PLANPROOF check BAD > /dev/full": (2, FULL),
    "PLANPROOF list >&-": (2, CLOSED),
    "PLANPROOF list > /dev/full": (2, FULL),
    "PLANPROOF --help >&-": (2, CLOSED),
    "PLANPROOF --help > /dev/full": (2, FULL),
    "PLANPROOF check - <&-": (2, "planproof: standard input (-) is closed; pipe a plan to it, or provide the plan's file\n"),
    "PLANPROOF check BAD <&-": (1, ""),
    "PLANPROOF check BAD 2>&-": (1, ""),
    "PLANPROOF check no-such.json 2>&-": (2, ""),
    "PLANPROOF check no-such.json 2> /dev/full": (2, ""),
    "PLANPROOF check BAD --no-such 2> /dev/full": (2, ""),
    "PLANPROOF check BAD 2> /dev/full": (1, ""),
    "PLANPROOF check BAD no-such.json --format json 2> /dev/full": (2, ""),
    "PLANPROOF check GOOD > /dev/full 2> /dev/full": (2, ""),
    "PLANPROOF check GOOD >&- 2> /dev/full": (2, ""),
    "PLANPROOF check BAD GOOD <&- >&- 2>&-": (2, ""),
    "PLANPROOF check GOOD | true": (2, ""),
}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("line", STREAMS)
def test_a_stream_that_is_not_there(line: str, tmp_path: Path) -> None:
    code, _, error = run(line, tmp_path)
    assert (code, error) == STREAMS[line]


def test_a_report_beside_closed_streams_is_whole(tmp_path: Path) -> None:
    """A file that is opened does not take the number of a stream."""
    _, plain, _ = run("PLANPROOF check BAD GOOD --jobs 2", tmp_path)
    code, _, error = run("PLANPROOF check BAD GOOD --jobs 2 --output report.txt <&- >&- 2>&-", tmp_path)
    assert (code, error, (tmp_path / "report.txt").read_text(encoding="utf-8")) == (1, "", plain)


PIPES = {
    "cat BAD | PLANPROOF check -": 1,
    "cat BAD | PLANPROOF check /dev/stdin": 1,
    "PLANPROOF check /dev/stdin < BAD": 1,
    "PLANPROOF check <(cat BAD)": 1,
    "PLANPROOF check <(cat BAD) <(cat BAD)": 1,
    "PLANPROOF check GOOD GOOD <(cat BAD)": 1,
    "cat BAD | PLANPROOF check GOOD /dev/stdin GOOD": 1,
    "PLANPROOF check <(head -c 500 BAD)": 2,
    "PLANPROOF check GOOD <(true)": 2,
}


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd")
@pytest.mark.parametrize("line", PIPES)
def test_a_pipe_is_a_plan(line: str, tmp_path: Path) -> None:
    code, out, error = run(line, tmp_path)
    assert code == PIPES[line], out + error
    assert ("CKV_PLAN_12" in out) is (code == 1)


def test_a_saved_plan_through_a_pipe_is_told(tmp_path: Path) -> None:
    code, out, error = run(f"PLANPROOF check <(cat {ROOT / 'tests' / 'plans' / 'saved' / 'tfplan'})", tmp_path)
    assert (code, out, "is a saved plan (binary)" in error) == (2, "", True)
