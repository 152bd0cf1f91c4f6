"""The completion scripts, in the shells themselves where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from planproof.cli.commands.completion import SHELLS
from planproof.cli.main import COMMANDS, main


def script(shell: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["completion", shell]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_is_valid_and_knows_every_command(shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = script(shell, capsys)
    assert all(command in text for command in COMMANDS)
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} on PATH to read it")
    (tmp_path / "script").write_text(text, encoding="utf-8")
    subprocess.run([shell, "-n", str(tmp_path / "script")], check=True)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["planproof", "expl"], ["explain"]),
        (["planproof", "explain", "CKV_PLAN_12"], ["CKV_PLAN_12"]),
        (["planproof", "check", "--basel"], ["--baseline"]),
        (["planproof", "completion", "z"], ["zsh"]),
        (["planproof", "check", "--format", "git"], ["github", "gitlab"]),
    ],
)
def test_bash_offers_what_fits(words: list[str], offered: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "script").write_text(script("bash", capsys), encoding="utf-8")
    listed = " ".join(f"'{word}'" for word in words)
    use = (
        f"source '{tmp_path / 'script'}'; COMP_WORDS=({listed}); COMP_CWORD={len(words) - 1}; "
        'function=$(complete -p planproof | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $function planproof; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "--norc", "-c", use], capture_output=True, text=True, check=True)
    assert [word.strip() for word in done.stdout.splitlines()] == offered
