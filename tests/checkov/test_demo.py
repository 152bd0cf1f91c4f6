"""`make demo`, in a folder whose name has a space, and why its two programs count differently."""

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

from planproof.engine import evaluate
from planproof.verdict import Verdict
from support.repository import FIXTURES, ROOT


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


def test_the_documents_say_why_checkov_counts_fewer_failures() -> None:
    """Checkov has one record of a check and a resource; what is about the plan as a whole stands at one of its resources."""
    failed = [f for f in evaluate(FIXTURES / "bad" / "review" / "plan.json").findings if f.verdict is Verdict.FAIL]
    records = {(f.check_id, f.subject) for f in failed}
    told = f"Checkov's {len(records)} failures of `fixtures/bad/review` are planproof's {len(failed)} |"
    assert told in (ROOT / "docs" / "checkov.md").read_text(encoding="utf-8")
