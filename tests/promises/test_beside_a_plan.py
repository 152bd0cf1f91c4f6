"""Whatever is read beside a plan may be something else than a file: the run ends, with a report or one sentence, and passes nothing for it."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.repository import PLANS, ROOT

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit, and the devices, are Linux's")

ENOUGH = 2 * 2**30  # bytes of address space
PLACES = (
    ".terraform/modules/modules.json",
    ".terraform",
    "main.tf",
    "other.tf.json",
    "modules/store/main.tf",
    "modules/store",
    "name.tftpl",
    "name.txt",
    "tests/a.tftest.hcl",
    "tests/a_test.py",
    "tests",
    ".git",
)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def hole(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(3 * 2**30)


KINDS: dict[str, Callable[[Path], None]] = {
    "a device": device,
    "a pipe": lambda path: os.mkfifo(path),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link out of it": lambda path: path.symlink_to("/etc/passwd"),
    "a folder": lambda path: path.mkdir(),
    "too large": hole,
    "deep": lambda path: path.write_text("[" * 3_000_000, encoding="utf-8"),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\0\0{" * 100) and None,
    "a manifest that leads anywhere": lambda path: path.write_text(MANIFEST, encoding="utf-8") and None,
}
MANIFEST = '{"Modules": [{"Key": "store", "Dir": "/dev"}, {"Key": "one", "Dir": "\\u0000"}, {"Key": "two", "Dir": "none"}]}'


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_something_else_than_a_file(kind: str, tmp_path: Path) -> None:
    """In each place that is looked at; standard output and input are a file and nothing, as in CI."""
    for number, place in enumerate(PLACES):
        work = tmp_path / str(number)
        shutil.copytree(PLANS / "expressions", work)
        there = work / place
        if there.is_dir():
            shutil.rmtree(there)
        there.unlink(missing_ok=True)
        there.parent.mkdir(parents=True, exist_ok=True)
        KINDS[kind](there)
        done = subprocess.run(
            [sys.executable, "-I", str(ROOT / "checks" / "planproof"), "check", "plan.json"],
            cwd=work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ENOUGH, ENOUGH)),
        )
        said = f"{place}: {done.stdout[-500:]}{done.stderr}"
        assert done.returncode in (1, 2), said
        assert "internal error" not in said, said
        assert "Traceback" not in said, said
        assert "root:" not in said, said
        assert done.stdout or done.stderr.count("\n") == 1, said
