"""Nothing that is given fills the memory: each of these ends with one sentence, in a process that may have so much and no more."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.repository import ROOT

pytestmark = pytest.mark.slow

ENOUGH = 2 * 2**30  # bytes of address space: twice what the largest plan may have
IDEAL = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
HUGE = 3 * 2**30


def hole(path: Path) -> Path:
    """A file of zeros that takes no room."""
    with path.open("wb") as file:
        file.truncate(HUGE)
    return path


def archive(path: Path, files: int, megabytes: int) -> Path:
    """A saved plan whose files unpack to so much."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("tfplan", b"")
        for number in range(files):
            with made.open(f"tfconfig/m-/{number}.tf", "w") as file:
                for _ in range(megabytes):
                    file.write(b" " * 2**20)
    return path


def long_list(path: Path) -> Path:
    """An archive of 60 MB that is nothing but a list of 1.3 million files."""
    entry = b"PK\x01\x02" + bytes(24) + (1).to_bytes(2, "little") + bytes(16) + b"x"
    entries, first = entry * 1_300_000, b"PK\x03\x04" + bytes(22) + (6).to_bytes(2, "little") + bytes(2) + b"tfplan"
    sizes = len(entries).to_bytes(4, "little") + len(first).to_bytes(4, "little")
    path.write_bytes(first + entries + b"PK\x05\x06" + bytes(4) + b"\xff" * 4 + sizes + bytes(2))
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
Arguments = Callable[[Path], list[str | Path]]
CASES: dict[str, tuple[Arguments, str]] = {
    "plan: too large": (lambda f: [hole(f / "plan.json")], "larger than the limit for plans"),
    "plan: without an end": (lambda _: ["/dev/zero"], "larger than the limit for plans"),
    "plan: nested without an end": (lambda f: [text(f / "plan.json", "[" * 10_000_000)], "not JSON"),
    "plan: one level too many": (lambda f: [text(f / "plan.json", '{"a":' * 500_000)], "plan.json"),
    "policy: too large": (lambda f: [IDEAL, "--policy", hole(f / "p.yaml")], "larger than the limit for a policy"),
    "policy: without an end": (lambda _: [IDEAL, "--policy", "/dev/zero"], "not a regular file"),
    "policy: aliases": (lambda f: [IDEAL, "--policy", text(f / "p.yaml", ALIASES)], "too large when its aliases are expanded"),
    "baseline: too large": (lambda f: [IDEAL, "--baseline", hole(f / "b.json")], "larger than the limit for a baseline"),
    "source: one file too large": (lambda f: [IDEAL, "--source", hole(f / "main.tf").parent], "larger than"),
    "source: a device": (lambda _: [IDEAL, "--source", "/dev/zero"], "/dev/zero"),
    "archive: one file": (lambda f: [IDEAL, "--source", archive(f / "tfplan", 1, 1500)], "unpacks to more"),
    "archive: a long list": (lambda f: [IDEAL, "--source", long_list(f / "tfplan")], "unpacks to more"),
    "archive: many files": (lambda f: [IDEAL, "--source", archive(f / "tfplan", 1000, 1)], "unpacks to more"),
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit is Linux's")
@pytest.mark.parametrize("case", CASES)
def test_it_is_refused_before_it_is_held(case: str, tmp_path: Path) -> None:
    arguments, sentence = CASES[case]
    words = [sys.executable, "-m", "planproof", "check", *map(str, arguments(tmp_path))]
    done = subprocess.run(
        words,
        env={"PYTHONPATH": str(ROOT / "checks")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ENOUGH, ENOUGH)),
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert sentence in done.stdout + done.stderr
    assert "internal error" not in done.stderr
    shutil.rmtree(tmp_path)  # an archive is large
