"""`make demo`, in a folder whose name has a space."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("checkov") is None or shutil.which("make") is None, reason="there is no Checkov, or no make"
)
def test_the_demo_judges_both_configurations_by_both_programs(clone: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces"
    shutil.copytree(clone, folder)
    venv.create(folder / ".venv", symlinks=True)
    packages = next((folder / ".venv" / "lib").glob("python*/site-packages"))
    (packages / "those-of-the-tests.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    (folder / ".venv" / "demo").touch()  # its packages are there
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(["make", "demo"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"^\d+ failed, \d+ passed$", done.stdout, re.MULTILINE) == ["44 failed, 43 passed", "0 failed, 74 passed"]
    assert re.findall(r"Failed checks: (\d+)", done.stdout) == ["42", "0"]
