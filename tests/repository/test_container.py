"""The image: what it is built of is there and enough, and it does not run as root. No Docker is needed to tell."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from conftest import ROOT

LINES = [line for line in (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
COPIED = [shlex.split(line)[1:] for line in LINES if line.startswith("COPY ") and "--from" not in line]
LET_IN = [line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")]


def test_all_that_is_copied_is_there_and_let_in() -> None:
    sources = [source for *sources, _ in COPIED for source in sources]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert sorted(sources) == sorted(LET_IN)


def test_it_runs_the_command_and_not_as_root() -> None:
    last = LINES[max(n for n, line in enumerate(LINES) if line.startswith("FROM ")) :]
    assert [line for line in last if line.startswith("USER ")] == ["USER 10001:10001"]
    assert 'ENTRYPOINT ["/opt/planproof/bin/planproof"]' in last
    assert [line.split()[0] for line in last if line.split()[0] in ("ADD", "ENV", "EXPOSE", "VOLUME")] == []


@pytest.mark.slow
def test_what_is_copied_is_enough_to_install_and_judge(tmp_path: Path) -> None:
    """As the image does it, from those files alone; the dependencies are those of this run."""
    source = tmp_path / "source"
    source.mkdir()
    for *sources, target in COPIED:
        for name in sources:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / target)
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(source)], check=True, capture_output=True
    )
    venv.create(tmp_path / "venv", with_pip=True, system_site_packages=False)
    python = tmp_path / "venv" / "bin" / "python"
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", wheel], check=True, capture_output=True)
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    here, there = (
        subprocess.run([p, "-c", purelib], check=True, capture_output=True, text=True).stdout.strip()
        for p in (sys.executable, python)
    )
    (Path(there) / "dependencies.pth").write_text(here + "\n", encoding="utf-8")
    command = tmp_path / "venv" / "bin" / "planproof"
    plan = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
    for words, says in ((["check", plan], "0 failed"), (["policy", "show"], "unknown: warn"), (["explain", "1"], "CKV_PLAN_1")):
        done = subprocess.run([command, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, says in done.stdout) == (0, True), done.stderr
