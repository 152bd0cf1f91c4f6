"""The hooks for pre-commit: what they match, and what they run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from planproof.cli.main import main
from support.repository import ROOT

HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"


def arguments(hook: str, *files: object) -> list[str]:
    """What pre-commit appends its files to, without the name of the command."""
    return [*shlex.split(HOOKS[hook]["entry"])[1:], *map(str, files)]


@pytest.mark.parametrize(
    ("hook", "path", "matches"),
    [
        ("planproof", "plan.json", True),
        ("planproof", "infra/prod/tfplan.json", True),
        ("planproof", "plans/prod.plan.json", True),
        ("planproof", "package.json", False),
        ("planproof", "explan.json", False),
        ("planproof-policy", "planproof.yaml", True),
        ("planproof-policy", "policies/planproof-prod.yml", True),
        ("planproof-policy", "mkdocs.yaml", False),
    ],
)
def test_what_a_hook_is_for(hook: str, path: str, matches: bool) -> None:
    assert bool(re.search(HOOKS[hook]["files"], path)) is matches


def test_the_hooks_take_several_files_and_fail_on_a_bad_one(tmp_path: Path) -> None:
    assert main(arguments("planproof", GOOD, GOOD)) == 0
    assert main(arguments("planproof", GOOD, BAD)) == 1
    good, bad = tmp_path / "planproof.yaml", tmp_path / "planproof-bad.yaml"
    good.write_text("unknown: fail\n", encoding="utf-8")
    bad.write_text("unknwon: fail\n", encoding="utf-8")
    assert main(arguments("planproof-policy", good, good)) == 0
    assert main(arguments("planproof-policy", bad, good)) == 2


@pytest.mark.exhaustive
def test_pre_commit_itself_installs_and_runs_the_hooks(tmp_path: Path) -> None:
    """In a repository of its own that takes the hooks from a clone of this one."""

    def git(*command: str, cwd: Path) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        subprocess.run(["git", *identity, *command], cwd=cwd, check=True, capture_output=True)

    hooks, work = tmp_path / "hooks", tmp_path / "work"
    work.mkdir()
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(hooks)], check=True, capture_output=True)
    for name in subprocess.run(
        ["git", "ls-files", "-mo", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split():
        if (ROOT / name).is_file():
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            (hooks / name).write_bytes((ROOT / name).read_bytes())
    git("add", "-A", cwd=hooks)
    git("commit", "-q", "--allow-empty", "-m", "as it is", cwd=hooks)
    git("init", "-q", cwd=work)
    (work / "plan.json").write_bytes(BAD.read_bytes())
    (work / "planproof.yaml").write_text("unknown: fail\n", encoding="utf-8")
    git("add", "-A", cwd=work)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "pre-commit>=3.7"], check=True)
    environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    for hook, code, said in (("planproof", 1, "CKV_PLAN_12"), ("planproof-policy", 0, "Passed")):
        done = subprocess.run(
            [str(python), "-m", "pre_commit", "try-repo", str(hooks), hook, "--all-files"],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr
