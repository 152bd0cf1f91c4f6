"""Shared by all tests: the settings of a run, a clone, and an installed wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from hypothesis import settings

from support.repository import ROOT

settings.register_profile("short", max_examples=30, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=300, deadline=None, derandomize=True)
settings.register_profile("long", max_examples=20_000, deadline=None)
# Checkov brings a JIT for Python 3.10 that crashes in long loops; this process has begun without it (Makefile), and its children shall.
os.environ["DISABLE_PYSTON"] = "1"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


SURROUNDINGS = {"PLANPROOF_AWS_ACCOUNT": "111122223333", "AWS_REGION": "eu-central-1", "SOURCE_DATE_EPOCH": "1790000000"}
"""What some formats ask of where they are made."""


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own environment must not change what the tests see."""
    for name in ("PLANPROOF_POLICY", "PLANPROOF_SOURCE", "PLANPROOF_CHECKS", "PLANPROOF_BASELINE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in SURROUNDINGS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh clone of what is committed or about to be."""
    target = tmp_path_factory.mktemp("clone") / "planproof"
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *arguments], cwd=target, check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a venv with the wheel in it and no clone at hand; the dependencies are those of this run."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    shutil.copytree(
        ROOT,
        source,
        ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", "*.egg-info", "build", "dist", "fixtures", "tests"),
    )
    shutil.copytree(ROOT / "fixtures" / "good" / "ideal", source / "fixtures" / "good" / "ideal")  # for `review --against ideal`
    for kind in ("good", "bad"):  # the examples that `new-check` begins with
        shutil.copytree(ROOT / "tests" / "plans" / f"new_check_{kind}", source / "tests" / "plans" / f"new_check_{kind}")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(source)], check=True, capture_output=True
    )
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--no-deps", str(wheel)], check=True, capture_output=True)
    purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
    (here, there) = (
        subprocess.run([p, "-c", purelib], check=True, capture_output=True, text=True).stdout.strip()
        for p in (sys.executable, str(python))
    )
    (Path(there) / "dependencies.pth").write_text(here + "\n", encoding="utf-8")
    return python
