"""What the command says of itself: help at any width, with no Checkov there, and its versions."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata

import pytest

from planproof.cli.main import COMMANDS, main
from planproof.version import version
from support.repository import ROOT

WITHOUT = "import sys; sys.modules.update(dict.fromkeys(['checkov', 'checkov.main'])); from planproof.cli.main import main; sys.exit(main())"


@pytest.mark.parametrize("columns", [60, 100])
@pytest.mark.parametrize("command", ["", *(name for name in COMMANDS if name != "checkov")])
def test_help_is_as_wide_as_the_terminal(
    command: str, columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    with pytest.raises(SystemExit, match="0"):
        main([*filter(None, [command]), "--help"])
    text = capsys.readouterr().out
    paragraphs = [part.splitlines() for part in text.split("\n\n")]
    filled = [line for lines in paragraphs if not any(line.startswith(" ") for line in lines) for line in lines]
    assert [line for line in filled if len(line) > columns] == []
    if command == "check":
        assert "\nexamples:\n  planproof check plan.json\n" in text


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_about_checkov_needs_no_checkov(option: str) -> None:
    command = [sys.executable, "-c", WITHOUT, "checkov", option]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: planproof checkov ARGUMENT ...\n\nRuns Checkov with this pack")
    assert "Checkov is not installed; install it: pip install checkov" in done.stdout


@pytest.mark.slow
def test_help_about_checkov_holds_checkovs_own() -> None:
    pytest.importorskip("checkov")
    command = [sys.executable, "-m", "planproof", "checkov", "--help"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.index("Runs Checkov with this pack") < done.stdout.index("--external-checks-git")


def test_the_versions_are_told_and_nothing_of_checkov_is_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = {"orjson": "3.9.9"}

    def installed(name: str) -> str:
        if name not in there:
            raise metadata.PackageNotFoundError
        return there[name]

    monkeypatch.setattr(metadata, "version", installed)
    monkeypatch.setitem(sys.modules, "checkov", None)
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"planproof {version()}", f"Python {platform.python_version()}", "orjson 3.9.9", "Checkov is not installed"]
