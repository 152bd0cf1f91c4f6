"""`planproof check --watch`, as a process of its own: it judges again for each thing that it read, and for nothing else."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planproof.cli.main import main
from support.repository import ROOT

GATES = ROOT / "fixtures" / "bad" / "force_destroy" / "gates"
WAITS = "planproof: watching for changes; Ctrl-C ends"
PATIENCE = 60


class Watching:
    """The command in `folder`, and what it says."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder, self._lines = folder, queue.Queue[str]()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PLANPROOF_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "planproof", "check", *words, "--watch"],
            cwd=folder,
            env={**environment, "PYTHONPATH": str(ROOT / "checks"), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def round(self) -> list[str]:
        """What it says until it waits."""
        said: list[str] = []
        while not said or said[-1] != WAITS:
            said.append(self._lines.get(timeout=PATIENCE))
        return said

    def is_silent(self, seconds: float = 1.7) -> bool:
        time.sleep(seconds)
        return self._lines.empty()

    def rest(self) -> list[str]:
        """What it has said since, once it has ended."""
        self._listener.join(PATIENCE)
        return list(self._lines.queue)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A root module with its modules above it, and a policy in the repository's root that extends another."""
    root = tmp_path / "live"
    shutil.copytree(GATES, root)
    shutil.move(root / "modules", tmp_path)
    main_tf = root / "main.tf"
    main_tf.write_text(main_tf.read_text(encoding="utf-8").replace('"./', '"../'), encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yaml").write_text("extends: secure-logs\n", encoding="utf-8")
    (tmp_path / "planproof.yaml").write_text("extends: base.yaml\n", encoding="utf-8")
    return root


@pytest.fixture
def watching(workspace: Path) -> Iterator[Callable[..., Watching]]:
    begun: list[Watching] = []

    def begin(*words: str) -> Watching:
        begun.append(Watching(workspace, *words))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.wait()


def append(path: Path, text: str = "# changed\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.slow
def test_it_judges_again_for_whatever_it_read(watching: Callable[..., Watching], workspace: Path) -> None:
    watch = watching("plan.json", "--quiet", "--format", "text", "--format", "html=report.html")
    above = workspace.parent
    first = watch.round()
    assert first[0].startswith("planproof: plan.json (policy ../planproof.yaml, which extends secure-logs of planproof ")
    assert watch.is_silent(), "its own report is no change"
    for change, path, name in (
        (append, workspace / "main.tf", "main.tf"),
        (append, above / "modules" / "store" / "main.tf", "../modules/store/main.tf"),
        (append, above / "base.yaml", "../base.yaml"),
        (lambda path: path.write_text("# new\n", encoding="utf-8"), workspace / "new.tf", "."),
    ):
        change(path)
        said = watch.round()
        assert said[:2] == ["", f"planproof: changed: {name}"]
        assert said[2:] == first
    (workspace / ".planproof.yaml").write_text("extends: general\n", encoding="utf-8")
    said = watch.round()
    assert said[1] == "planproof: changed: .planproof.yaml"
    assert said[2].startswith("planproof: plan.json (policy .planproof.yaml, which extends general of planproof ")
    (workspace / ".main.tf.swp").write_text("", encoding="utf-8")
    assert watch.is_silent(), "what an editor keeps is no change"


@pytest.mark.slow
def test_a_broken_plan_is_told_and_the_next_one_judged(watching: Callable[..., Watching], workspace: Path) -> None:
    plan = workspace / "plan.json"
    whole = plan.read_text(encoding="utf-8")
    watch = watching("plan.json", "--quiet")
    first = watch.round()
    plan.write_text(whole[:1000], encoding="utf-8")
    assert [line for line in watch.round() if "plan.json is truncated" in line]
    plan.unlink()
    assert [line for line in watch.round() if "plan.json does not exist" in line]
    with plan.open("w", encoding="utf-8") as file:  # as a slow tool writes it
        file.write(whole[:1000])
        file.flush()
        time.sleep(0.6)
        file.write(whole[1000:])
    said = watch.round()
    assert (said[1], said[2:]) == ("planproof: changed: plan.json", first)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_it_without_a_traceback(watching: Callable[..., Watching]) -> None:
    watch = watching("plan.json", "--quiet")
    watch.round()
    assert watch.interrupt() == 130
    assert [line for line in watch.rest() if "Traceback" in line or "KeyboardInterrupt" in line] == []


def test_what_can_be_read_once_is_not_watched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-", "--watch"]) == 2
    assert capsys.readouterr().err == "planproof: - can be read once only, and so not be watched; give the plan's file\n"
