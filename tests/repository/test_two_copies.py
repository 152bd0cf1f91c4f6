"""A clone beside an installed package would mix with it, as planproof is a namespace: two copies on one path are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import planproof
from conftest import ROOT
from planproof.errors import LoadError
from planproof.version import refuse_two_copies

OURS = ROOT / "checks"
ENTRIES = {
    "the command": "from planproof.cli.main import main; sys.exit(main(['list']))",
    "the interface": "import planproof.api",
    "Checkov": "from planproof.checkov_adapter import register; register()",
}
EACH = [pytest.param(code, id=name, marks=pytest.mark.slow if name == "Checkov" else ()) for name, code in ENTRIES.items()]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Another copy of the library, as an installed package of some version is."""
    (tmp_path / "planproof").mkdir()
    (tmp_path / "planproof" / "verdict.py").write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("code", EACH)
def test_each_entry_refuses_two_copies(code: str, older: Path) -> None:
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(OURS), str(older)])}
    done = subprocess.run([sys.executable, "-c", f"import sys; {code}"], env=settings, capture_output=True, text=True)
    said = f"there are two copies of planproof on the Python path, {OURS / 'planproof'} and {older / 'planproof'}"
    assert done.returncode != 0
    assert said in done.stderr


def test_one_copy_that_stands_on_the_path_twice_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "planproof"
    link.symlink_to(OURS / "planproof")
    (tmp_path / "other" / "planproof").mkdir(parents=True)  # a folder that is called so, as a clone itself is
    monkeypatch.setattr(planproof, "__path__", [str(OURS / "planproof"), str(link), str(tmp_path / "other" / "planproof")])
    refuse_two_copies()
    monkeypatch.setattr(planproof, "__path__", [*planproof.__path__, str(tmp_path / "copy")])
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "verdict.py").touch()
    with pytest.raises(LoadError, match="two copies"):
        refuse_two_copies()
