"""The workflows, the hooks for work on planproof, and .ci/run: what GitHub takes, pinned, and made of commands that the Makefile has."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.repository import ROOT
from support.schemas import problems

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]

each_workflow = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)


def parsed(file: Path) -> Any:
    """`on` is True in YAML 1.1, and GitHub's schema wants the word."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(file.read_text(encoding="utf-8")).items()}


def made(text: str) -> list[str]:
    """The targets of each `make` in it."""
    return re.findall(r"\bmake ([a-z]+)", text)


def steps(file: Path) -> list[Any]:
    return [step for job in parsed(file)["jobs"].values() for step in job["steps"]]


def test_there_are_three_workflows() -> None:
    assert [file.name for file in WORKFLOWS] == ["ci.yml", "exhaustive.yml", "release.yml"]


@each_workflow
def test_a_workflow_is_what_github_takes(file: Path) -> None:
    assert problems(parsed(file), "https://json.schemastore.org/github-workflow.json") == []


@each_workflow
def test_a_workflow_runs_what_the_makefile_has(file: Path) -> None:
    named = [target for step in steps(file) for target in made(step.get("run", ""))]
    assert named
    assert set(named) <= TARGETS


@each_workflow
def test_every_action_is_pinned_with_its_version_beside_it(file: Path) -> None:
    uses = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
    assert uses
    assert [use for use in uses if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


@each_workflow
def test_no_job_may_write_but_the_one_that_publishes(file: Path) -> None:
    workflow = parsed(file)
    granted = [("", workflow["permissions"]), *((name, job.get("permissions", {})) for name, job in workflow["jobs"].items())]
    written = {(name, scope) for name, permissions in granted for scope, access in permissions.items() if access == "write"}
    assert written == ({("publish", "id-token")} if file.name == "release.yml" else set())


def test_ci_tests_every_python_that_setup_cfg_names() -> None:
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "setup.cfg").read_text(encoding="utf-8"))
    assert parsed(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]["fast"]["strategy"]["matrix"]["python"] == named


def test_the_hooks_come_from_here_or_from_pypi() -> None:
    hooks = {hook["id"]: hook for repository in HOOKS for hook in repository["hooks"]}
    assert {repository["repo"] for repository in HOOKS} == {"local"}
    assert hooks.keys() == {"ruff", "ruff-format", "codespell", "lint", "fast"}
    assert {target for hook in hooks.values() for target in made(hook["entry"])} == {"lint", "fast"} <= TARGETS
    assert {hook["language"] for hook in hooks.values()} == {"python", "system"}


def test_ci_runs_every_lane() -> None:
    script = ROOT / ".ci" / "run"
    assert set(made(script.read_text(encoding="utf-8"))) >= {"test", "fast", "sample"}
    bash = shutil.which("bash")
    assert bash
    assert subprocess.run([bash, "-n", script], check=False).returncode == 0


def test_the_lanes_leave_no_test_out() -> None:
    """`make test` and `make exhaustive` are each other's rest; `make sample` is the part of the last one that CI waits for."""
    chosen = dict(re.findall(r"^(\w+): .*\n(?:\t.*\n)*?\t.*\$\(PYTEST\) -m \"(.*)\"$", MAKEFILE, re.MULTILINE))
    assert chosen == {
        "test": "not exhaustive",
        "fast": "not slow and not exhaustive",
        "exhaustive": "exhaustive or hypothesis",
        "sample": "(exhaustive or hypothesis) and not nightly",
    }
