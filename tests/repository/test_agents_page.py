"""docs/agents.md: its commands run and end as it says, and its configurations start the server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.repository import FIXTURES, ROOT

pytestmark = pytest.mark.slow

TEXT = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")
TERRAFORM = """#!/bin/sh
# As Terraform does: the plan is that of the configuration in this folder.
case "$*" in
"plan -input=false -out tfplan") touch tfplan ;;
"show -json tfplan") cat "$PLAN" ;;
*) exit 3 ;;
esac
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if not line.startswith("pip install ")]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A folder of programs: planproof of this clone, and a Terraform that has planned already."""
    programs = tmp_path / "programs"
    programs.mkdir()
    planproof = f'#!/bin/sh\nPYTHONPATH="{ROOT / "checks"}" exec "{sys.executable}" -m planproof "$@"\n'
    for name, script in (("planproof", planproof), ("terraform", TERRAFORM)):
        (programs / name).write_text(script, encoding="utf-8")
        (programs / name).chmod(0o755)
    return f"{programs}:/usr/local/bin:/usr/bin:/bin"


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
@pytest.mark.parametrize(("case", "judged"), [("bad/review", 1), ("good/ideal", 0)])
def test_the_commands_run_and_end_as_the_page_says(case: str, judged: int, path: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    shutil.copytree(FIXTURES / case, work, ignore=shutil.ignore_patterns("plan.json"))
    before = {file: file.read_bytes() for file in work.rglob("*.tf")}
    environment = {"PATH": path, "PLAN": str(FIXTURES / case / "plan.json")}
    shown: dict[str, str] = {}
    for command in commands():
        done = subprocess.run(["bash", "-c", command], cwd=work, env=environment, capture_output=True, text=True, check=False)
        judges = command.startswith(("planproof check", "planproof review"))
        leaves = command.startswith("planproof fix") and "\nleft: " in done.stderr
        assert done.returncode == (judged if judges else int(leaves)), command
        assert bool(done.stderr) == command.startswith("planproof fix")
        shown[command] = done.stdout
    report = json.loads((work / "report.json").read_text(encoding="utf-8"))
    failed = next(text for command, text in shown.items() if '"FAIL"' in command)
    assert len(failed.splitlines()) == report["summary"]["FAIL"]
    assert all(re.match(r"CKV_PLAN_\d+ \w+ [\w/.]+:\S+ ", line) for line in failed.splitlines())
    assert (work / "review.md").is_file()
    patched = {file for file, content in before.items() if file.read_bytes() != content}
    assert bool(patched) == bool(judged)


def test_what_cannot_be_judged_is_exit_code_2_and_one_sentence(path: str, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"format_version": "1.2", "planned', encoding="utf-8")
    (command,) = (command for command in commands() if command.startswith("planproof check"))
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def configured() -> list[dict[str, Any]]:
    found = [server for block in blocks("json") for servers in json.loads(block).values() for server in servers.values()]
    if sys.version_info >= (3, 11):
        import tomllib

        found += [server for block in blocks("toml") for server in tomllib.loads(block)["mcp_servers"].values()]
    return found


@pytest.mark.parametrize("server", configured(), ids=str)
def test_a_configuration_starts_the_server(server: dict[str, Any], path: str, tmp_path: Path) -> None:
    pytest.importorskip("mcp_types", reason="mcp 2 is not installed")
    import anyio
    from mcp import Client, StdioServerParameters

    shutil.copy(FIXTURES / "bad" / "review" / "plan.json", tmp_path)

    async def talk() -> tuple[list[str], Any]:
        environment = {"PATH": path, "HOME": os.environ.get("HOME", "/")}
        command = StdioServerParameters(command=server["command"], args=server["args"], env=environment, cwd=tmp_path)
        async with Client(command) as client:
            tools = (await client.list_tools()).tools
            return [tool.name for tool in tools], await client.call_tool("check", {"plan": "plan.json"})

    names, answer = anyio.run(talk)
    assert re.findall(r"^\| `(\w+)` \| ", TEXT, re.MULTILINE) == names
    assert answer.structured_content["summary"]["FAIL"] > 0
