"""What takes over a second tells so on a terminal, and nowhere else, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from planproof.cli.progress import told
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
CLEARED = "\r\x1b[K"


def test_plans_are_counted_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("planproof.cli.progress._PATIENCE", -1)
    assert list(told("abc", 3)) == list("abc")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert list(told("abc", 3)) == list("abc")
    shown = capsys.readouterr().err
    assert "planproof: 2 of 3 plans judged" in shown
    assert shown.endswith(CLEARED)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "openpty"), reason="this system has no pseudo-terminals")
@pytest.mark.parametrize(("seconds", "is_terminal", "says"), [(1.6, True, True), (1.6, False, False), (0, True, False)])
def test_a_single_plan_tells_how_long_it_takes(seconds: float, is_terminal: bool, says: bool, tmp_path: Path) -> None:
    """The plan comes through a pipe, whose writer takes its time."""
    pipe = tmp_path / "plan.json"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as file:
            time.sleep(seconds)
            file.write(PLAN.read_bytes())

    writer = threading.Thread(target=write)
    writer.start()
    ours, theirs = os.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "planproof", "check", str(pipe)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "checks"), "COLUMNS": "40"},
        stdout=subprocess.PIPE,
        stderr=theirs if is_terminal else subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(theirs)
    writer.join()
    told = _read(ours) if is_terminal else done.stderr
    assert done.returncode == 1
    if says:
        assert told.startswith(f"{CLEARED}planproof: judging /")
        assert told.endswith(CLEARED)
        assert max(map(len, told.split(CLEARED))) < 40
    else:
        assert told == ""


def _read(terminal: int) -> str:
    found = b""
    try:
        while piece := os.read(terminal, 4096):
            found += piece
    except OSError:  # the end of a pseudo-terminal
        pass
    os.close(terminal)
    return found.decode()
