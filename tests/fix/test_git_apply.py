"""`git apply` takes a patch wherever people run it: git itself is asked."""

from __future__ import annotations

import os
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


MODULE = FIXTURES / "bad" / "versioning_coverage" / "module"


def monorepo(top: Path) -> Path:
    """A configuration whose module is beside its folder."""
    infra = top / "infra"
    shutil.copytree(MODULE, infra)
    shutil.move(infra / "modules", top / "modules")
    main_file = infra / "main.tf"
    text = main_file.read_text(encoding="utf-8")
    assert '"./modules/' in text
    main_file.write_text(text.replace('"./modules/', '"../modules/'), encoding="utf-8")
    return infra


def fix(folder: Path, *more: str) -> int:
    return main(["fix", str(folder / "plan.json"), "--source", str(folder), "--check", "CKV_PLAN_5", *more])


def test_a_module_beside_the_source_folder_is_changed_in_their_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    top = tmp_path / "top"
    infra = monorepo(top)
    committed(top)
    before = text_of(top / "modules")
    assert fix(infra) == 1
    out, err = capsys.readouterr()
    assert "modules/" in out
    assert "which others may use too; apply it in the root of the git repository" in err
    (tmp_path / "fix.patch").write_text(out, encoding="utf-8")
    assert git(top, "apply", str(tmp_path / "fix.patch")).returncode == 0
    by_git = text_of(top / "modules")
    assert by_git != before
    assert git(top, "checkout", "-q", ".").returncode == 0
    assert fix(infra, "--write") == 1
    assert text_of(top / "modules") == by_git


def test_the_folder_around_the_root_module_is_told_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    infra = monorepo(tmp_path / "top")
    assert main(["fix", str(infra / "plan.json"), "--source", str(tmp_path / "top")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "top has no .tf files; provide the folder of the root module (--source)" in err


def test_the_patch_is_the_same_from_wherever_it_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    infra = monorepo(tmp_path)
    committed(tmp_path)
    found = []
    for where in (tmp_path, infra, tmp_path / "modules"):
        monkeypatch.chdir(where)
        main(["fix", str(infra / "plan.json"), "--source", os.path.relpath(infra)])
        found.append(capsys.readouterr().out)
    assert found == [found[0]] * 3
    assert "diff --git a/modules/" in found[0]


OUTSIDE = [
    # which folder is a repository
    pytest.param((), id="none"),
    pytest.param(("infra",), id="the source alone"),
    pytest.param(("modules",), id="the modules alone"),
    pytest.param(("infra", "modules"), id="one each"),
    pytest.param((".", "modules"), id="a repository within"),
]


@pytest.mark.parametrize("repositories", OUTSIDE)
def test_a_module_of_no_or_another_repository_is_left(
    repositories: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    infra = monorepo(tmp_path)
    for each in reversed(repositories):
        assert git(tmp_path / each, "init", "-q").returncode == 0
    before = text_of(tmp_path)
    assert fix(infra, "--write", "--force") == 1
    assert "are neither in the source folder nor in its git repository" in capsys.readouterr().err
    after = text_of(tmp_path)
    assert {file for file, text in after.items() if before.get(file) != text} <= {"infra/main.tf", "infra/variables.tf"}


def test_changes_beside_the_source_folder_keep_write_from_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    infra = monorepo(tmp_path)
    committed(tmp_path)
    module = tmp_path / "modules" / "store" / "main.tf"
    module.write_text(module.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    before = text_of(tmp_path)
    assert fix(infra, "--write") == 2
    assert f"git's tree has changes in {module.parent}" in capsys.readouterr().err
    assert text_of(tmp_path) == before


@pytest.mark.parametrize("linked", ["main.tf", "folder"])
def test_a_link_is_not_patched(linked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    infra = monorepo(tmp_path)
    module = tmp_path / "modules" / "store" / "main.tf"
    real = module if linked == "main.tf" else module.parent
    elsewhere = tmp_path / "elsewhere" / real.name
    elsewhere.parent.mkdir()
    shutil.move(real, elsewhere)
    real.symlink_to(elsewhere)
    committed(tmp_path)
    before = module.read_bytes()
    assert fix(infra, "--write") == 1
    assert f"{real.name} is a link" in capsys.readouterr().err
    assert module.read_bytes() == before


@pytest.mark.parametrize("before", ["", "# The first line.\n"], ids=["in the first hunk", "elsewhere"])
def test_a_byte_order_mark_stays(before: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By `git apply` and by --write."""
    shutil.copytree(PLAIN, tmp_path / "top")
    main_file = tmp_path / "top" / "main.tf"
    main_file.write_bytes("\ufeff".encode() + (before * 9).encode() + main_file.read_bytes())
    committed(tmp_path / "top")
    arguments = ["fix", str(tmp_path / "top" / "plan.json"), "--source", str(tmp_path / "top"), "--check", "CKV_PLAN_12"]
    assert main(arguments) == 0
    done = git(tmp_path / "top", "apply", str(written(tmp_path, capsys)))
    assert (done.returncode, done.stderr) == (0, b"")
    by_git = main_file.read_bytes()
    assert by_git.count("\ufeff".encode()) == 1
    assert by_git.startswith("\ufeff".encode())
    assert git(tmp_path / "top", "checkout", "-q", ".").returncode == 0
    assert main([*arguments, "--write"]) == 0
    assert main_file.read_bytes() == by_git


def test_a_block_is_not_added_to_an_override_file(tmp_path: Path) -> None:
    """It would have nothing to override."""
    shutil.copytree(PLAIN, tmp_path / "top")
    override = tmp_path / "top" / "z_override.tf"
    override.write_text(
        'resource "aws_cloudwatch_log_group" "other" {\n  skip_destroy = true\n}\n\nvariable "x" {}\n', encoding="utf-8"
    )
    (tmp_path / "top" / "override.tf").write_text('output "x" {\n  value = 1\n}\n', encoding="utf-8")
    before = text_of(tmp_path / "top")
    arguments = ["fix", str(tmp_path / "top" / "plan.json"), "--source", str(tmp_path / "top"), "--write", "--force"]
    main(arguments)
    after = text_of(tmp_path / "top")
    assert after["main.tf"] != before["main.tf"]
    assert [name for name in after if name.endswith("override.tf") and after[name] != before[name]] == []
