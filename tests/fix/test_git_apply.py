"""`git apply` takes a patch wherever people run it: git itself is asked."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from planproof.cli.main import main
from support.repository import FIXTURES

if shutil.which("git") is None:
    pytest.skip("there is no git on PATH", allow_module_level=True)

PLAIN = FIXTURES / "bad" / "log_group_retention" / "plain"


def git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True)


def committed(top: Path) -> None:
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        assert git(top, *arguments).returncode == 0


def text_of(folder: Path) -> dict[str, str]:
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(folder.rglob("*.*"))
        if file.is_file()
    }


WORKTREE = "worktree"
PLACES = [
    # where the repository is, the source, where git apply runs
    (".", ".", "."),
    (".", "infra", "."),
    (".", "infra", "infra"),
    (".", "a/b c/infra", "a"),
    (".", "a/b c/infra", "a/b c/infra"),
    ("a", "a/infra", "a"),
    (WORKTREE, "infra", "."),
    (WORKTREE, "infra", "infra"),
    (None, ".", "."),
    (None, "infra", "infra"),
]


@pytest.mark.parametrize("is_linked", [False, True], ids=["plain", "linked"])
@pytest.mark.parametrize(("repository", "source", "where"), PLACES)
def test_a_patch_applies_in_the_root_and_in_the_source_folder(
    repository: str | None, source: str, where: str, is_linked: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    top = tmp_path / "top"
    shutil.copytree(PLAIN, top / source)
    if repository is not None:
        committed(top / repository if repository != WORKTREE else top)
    if repository == WORKTREE:
        assert git(top, "worktree", "add", "-q", str(tmp_path / "worktree")).returncode == 0
        top = tmp_path / "worktree"
    (tmp_path / "link").symlink_to(top)
    folder = (tmp_path / "link" if is_linked else top) / source
    assert main(["fix", str(folder / "plan.json"), "--source", str(folder), "--check", "CKV_PLAN_12,CKV_PLAN_9"]) == 0
    done = git(top / where, "apply", "-v", "--allow-empty", str(written(tmp_path, capsys)))
    assert (done.returncode, b"Skipped" in done.stderr) == (0, False)
    after = text_of(top / source)
    assert "retention_in_days = 90" in after["main.tf"]
    assert "tests/unit.tftest.hcl" in after


def written(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The patch that the command has printed, as a file."""
    file = folder / "fix.patch"
    file.write_bytes(capsys.readouterr().out.encode())
    return file
