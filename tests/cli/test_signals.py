"""A command that is ended from outside: it says so, leaves nothing behind, and no process that it started outlives it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.repository import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to see processes in"),
]
PATIENCE = 30  # seconds
SLOW_CHECK = """
import time
from planproof.check import Context, Outcome, PLAN_WIDE, Plan, check, passed

@check(id="CKV_ACME_1", name="It takes its time", severity="LOW", category="GENERAL_SECURITY", types=PLAN_WIDE)
def takes_its_time(plan: Plan, context: Context) -> Outcome:
    open({mark!r}, "w").close()
    time.sleep(60)
    return passed("ok", "it does")
"""


def processes(group: int) -> list[int]:
    """Those of a group that are no zombies."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, of = status.read_text(encoding="utf-8").rpartition(")")[2].split()[:3]
            if int(of) == group and state != "Z":
                found.append(int(status.parent.name))
    return found


def until(what: str, holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


@pytest.fixture
def run(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """The command, in the middle of two plans that take long, with one report in a file."""
    (tmp_path / "plans").mkdir()
    for name in ("a.json", "b.json"):
        shutil.copy(ROOT / "fixtures" / "good" / "ideal" / "plan.json", tmp_path / "plans" / name)
    (tmp_path / "checks").mkdir()
    mark = tmp_path / "begun"
    (tmp_path / "checks" / "slow.py").write_text(SLOW_CHECK.format(mark=str(mark)), encoding="utf-8")
    program = [sys.executable, "-I", ROOT / "checks" / "planproof", "check", "plans", "--checks-from", "checks"]
    started = subprocess.Popen(
        [*program, "--jobs", str(request.param), "--format", "json=report.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        until("the check does not begin", mark.exists)
        yield started
    finally:
        for process in processes(started.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("run", [1, 2], indirect=True, ids=["one process", "two"])
def test_a_signal_is_told_and_leaves_nothing(run: subprocess.Popen[str], number: signal.Signals, tmp_path: Path) -> None:
    os.kill(run.pid, number)
    out, error = run.communicate(timeout=PATIENCE)  # ends only once nothing holds the streams
    assert (run.returncode, out, error) == (128 + number, "", "planproof: ended by a signal, before everything was judged\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["begun", "checks", "plans"]
    assert not processes(run.pid)


@pytest.mark.parametrize("run", [2], indirect=True)
def test_ctrl_c_reaches_all_processes_and_is_told_once(run: subprocess.Popen[str]) -> None:
    os.killpg(run.pid, signal.SIGINT)
    _, error = run.communicate(timeout=PATIENCE)
    assert (run.returncode, error) == (130, "planproof: ended by a signal, before everything was judged\n")


@pytest.mark.parametrize("run", [2], indirect=True)
def test_no_process_outlives_a_command_that_is_killed(run: subprocess.Popen[str]) -> None:
    run.kill()
    run.communicate(timeout=PATIENCE)
    until("a process lives on", lambda: not processes(run.pid))


@pytest.mark.parametrize("run", [2], indirect=True)
def test_a_process_of_several_that_is_killed_is_told(run: subprocess.Popen[str]) -> None:
    until("there are no others", lambda: len(processes(run.pid)) > 1)
    os.kill(max(processes(run.pid)), signal.SIGKILL)
    _, error = run.communicate(timeout=PATIENCE)
    assert run.returncode == 2
    assert "a process was killed while it judged" in error
