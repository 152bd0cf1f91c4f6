"""`planproof mcp`, asked by the protocol's own client: what each tool answers, and that nothing outside its folders is read."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from planproof.cli.agents import tools as desk
from planproof.verdict import Verdict
from support.repository import FIXTURES, PLANS, ROOT

pytest.importorskip("mcp_types", reason="mcp 2 is not installed")

import anyio
from mcp import Client, StdioServerParameters

pytestmark = pytest.mark.slow

Call = tuple[str, Mapping[str, Any]]
ENVIRONMENT = {"PYTHONPATH": str(ROOT / "checks")}
SCHEMA = json.loads((ROOT / "policies" / "schemas" / "report.schema.json").read_text(encoding="utf-8"))


def ask(
    calls: Iterable[Call], *options: str, where: Path, environment: Mapping[str, str] = ENVIRONMENT, python: str = sys.executable
) -> tuple[Any, list[Any]]:
    """The tools that a server lists, and its answers. The client holds each structured answer against the tool's output schema."""

    async def talk() -> tuple[Any, list[Any]]:
        command = StdioServerParameters(
            command=python, args=["-m", "planproof", "mcp", *options], env=dict(environment), cwd=where
        )
        async with Client(command) as client:
            listed = await client.list_tools()
            return listed.tools, [await client.call_tool(name, dict(arguments)) for name, arguments in calls]

    return anyio.run(talk)


def text(answer: Any) -> str:
    (content,) = answer.content
    assert isinstance(content.text, str)
    return content.text


# --- what the tools answer -------------------------------------------------------------------------------------------

BAD, GOOD = "bad/review/plan.json", "good/ideal/plan.json"
ANSWERS: tuple[tuple[str, Mapping[str, Any], bool, str], ...] = (
    ("check", {"plan": BAD}, False, '"code": "'),
    ("check", {"plan": str(FIXTURES / BAD)}, False, '"plan": "bad/review/plan.json"'),
    ("check", {"plan": BAD, "checks": ["tagging"]}, False, "CKV_PLAN_10"),
    ("check", {"plan": BAD, "policy": "general"}, False, '"policy": "general"'),
    ("check", {"plan": GOOD, "source": "good/ideal", "only_changes": True}, False, '"FAIL": 0'),
    ("check", {"plan": BAD, "checks": ["taging"]}, True, "did you mean tagging?"),
    ("check", {"plan": "none.json"}, True, "none.json does not exist; create a plan: "),
    ("check", {"plan": "bad"}, True, "bad is a folder; provide the plan's JSON file"),
    ("check", {"plan": "-"}, True, "- does not exist"),
    ("check", {"plan": "good/ideal/main.tf"}, True, "is Terraform configuration (HCL), not a plan"),
    ("check", {"plan": BAD, "baseline": "none.json"}, True, "none.json"),
    ("check", {}, True, "check cannot take its arguments: 'plan' is a required property"),
    ("check", {"plan": ""}, True, "check cannot take its arguments: plan: '' "),
    ("check", {"plan": BAD, "write": True}, True, "('write' was unexpected)"),
    ("check", {"plan": BAD, "verdicts": ["MAYBE"]}, True, "verdicts[0]: 'MAYBE' is not one of"),
    ("check", {"plan": "../setup.cfg"}, True, "../setup.cfg lies outside the folders that this server reads (.); start planproof mcp"),
    ("check", {"plan": str(PLANS / "saved" / "tfplan")}, True, "lies outside the folders"),
    ("explain", {"check": "CKV_PLAN_6"}, False, "# CKV_PLAN_6: "),
    ("explain", {}, False, "CKV_PLAN_15 force_destroy: "),
    ("explain", {"check": "log_group_retentoin"}, True, "did you mean log_group_retention?"),
    ("fix", {"plan": BAD}, False, '"patch": "diff --git a/'),
    ("fix", {"plan": BAD, "checks": ["log_group_retention"]}, False, '"left": []'),
    ("fix", {"plan": GOOD}, False, '{"patch": "", "files": [], "written": false, "fixed": [], "left": []}'),
    ("fix", {"plan": BAD, "write": True}, True, "('write' was unexpected)"),
    ("fix", {"plan": BAD, "source": "../tests"}, True, "lies outside the folders"),
    ("review", {"plan": BAD}, False, "## 1. Logs kept indefinitely"),
    ("review", {"plan": BAD, "against": "ideal"}, False, "Resources without a counterpart"),
    ("review", {"plan": BAD, "against": "../setup.cfg"}, True, "lies outside the folders"),
    ("policy", {"action": "show", "file": "general"}, False, "unjudged: warn  # general (bundled)"),
    ("policy", {"action": "schema"}, False, '"title": "planproof policy"'),
    ("policy", {"action": "check"}, True, "check needs file"),
    ("policy", {"action": "check", "file": "../policies/general.yaml"}, True, "lies outside the folders"),
    ("policy", {"action": "init"}, True, "action: 'init' is not one of"),
    ("plan", {}, True, "there is no tool plan; there are check, explain, fix, review, policy"),
)  # fmt: skip


@pytest.fixture(scope="module")
def answers() -> list[Any]:
    return ask([(name, arguments) for name, arguments, _, _ in ANSWERS], where=FIXTURES)[1]


@pytest.mark.parametrize("number", range(len(ANSWERS)), ids=[f"{name} {dict(arguments)}" for name, arguments, _, _ in ANSWERS])
def test_a_tool_answers_or_says_in_one_sentence_why_not(number: int, answers: list[Any]) -> None:
    name, _, is_error, part = ANSWERS[number]
    answer = answers[number]
    assert (bool(answer.is_error), part in text(answer)) == (is_error, True), text(answer)
    if is_error:
        assert len(text(answer).splitlines()) == 1
        assert answer.structured_content is None
    elif name == "check":
        assert json.loads(text(answer)) == answer.structured_content
        assert list(Draft202012Validator(SCHEMA).iter_errors(answer.structured_content)) == []


def test_check_lists_what_to_do_something_about_and_counts_the_rest(answers: list[Any]) -> None:
    report = answers[0].structured_content
    assert {finding["verdict"] for finding in report["findings"]} == {"FAIL"}
    assert len(report["findings"]) == report["summary"]["FAIL"] > 0
    assert f"{report['summary']['PASS']} findings with other verdicts are not listed" in report["plans"][0]["notices"]


def test_the_tools_say_that_they_only_read() -> None:
    tools, _ = ask([], where=FIXTURES)
    assert [tool.name for tool in tools] == ["check", "explain", "fix", "review", "policy"]
    for tool in tools:
        hints = tool.annotations
        assert (hints.read_only_hint, hints.destructive_hint, hints.open_world_hint) == (True, False, False)
        Draft202012Validator.check_schema(tool.input_schema)
        assert tool.input_schema["additionalProperties"] is False
    assert [tool.name for tool in tools if tool.output_schema] == ["check", "fix"]
    assert tools[0].output_schema == SCHEMA


def test_a_copy_of_checks_alone_serves_too(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "checks", tmp_path / "pack", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(FIXTURES / BAD, tmp_path)
    calls: list[Call] = [("check", {"plan": "plan.json"}), ("explain", {"check": "12"}), ("review", {"plan": "plan.json", "against": "ideal"})]  # fmt: skip
    _, found = ask(calls, where=tmp_path, environment={"PYTHONPATH": str(tmp_path / "pack")})
    assert [bool(answer.is_error) for answer in found] == [False, False, True]
    assert found[0].structured_content["summary"]["FAIL"] > 0
    assert "the ideal configuration is missing" in text(found[2])


def test_the_wheel_serves_with_its_pages_and_schema(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "bad" / "review", tmp_path / "infra")
    code = "import sys; from planproof.cli.main import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [str(installed), "-c", code, "explain", "no_lifecycle"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "```diff\n" in done.stdout
    calls: list[Call] = [("check", {"plan": "infra/plan.json"}), ("explain", {"check": "no_lifecycle"}), ("fix", {"plan": "infra/plan.json"}), ("review", {"plan": "infra/plan.json", "against": "ideal"})]  # fmt: skip
    tools, found = ask(calls, where=tmp_path, environment={}, python=str(installed))
    assert tools[0].output_schema == SCHEMA
    assert [bool(answer.is_error) for answer in found] == [False] * 4, [text(answer)[:200] for answer in found]
    assert "```diff\n" in text(found[1])


# --- what it must not read -------------------------------------------------------------------------------------------

CANARY = "canary-7f3a"
MAIN = 'module "store" {\n  source = "./store"\n}\n'
STORE = f'resource "aws_s3_bucket" "logs" {{\n  bucket = "{CANARY}"\n}}\n'


@pytest.fixture
def around(tmp_path: Path) -> Path:
    """A root, and beside it what an agent must not see. The plan has a module, as `tests/plans/links` does."""
    root, secret = tmp_path / "root", tmp_path / "secret"
    shutil.copytree(FIXTURES / "good" / "ideal", root / "ideal")
    shutil.copytree(PLANS / "links", root / "links")
    shutil.move(root / "links" / "modules", secret / "modules")
    for file in (secret / "modules").rglob("*.tf"):
        file.write_text(f"# {CANARY}\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    (secret / "policy.yaml").write_text(f"{CANARY}: 1\n", encoding="utf-8")
    (secret / "main.tf").write_text(STORE, encoding="utf-8")
    shutil.copy(FIXTURES / BAD, secret / "plan.json")
    return root


def link_plan(root: Path) -> Call:
    (root / "plan.json").symlink_to(root.parent / "secret" / "plan.json")
    return "check", {"plan": "plan.json"}


def link_folder(root: Path) -> Call:
    (root / "there").symlink_to(root.parent / "secret")
    return "review", {"plan": "there/plan.json"}


def link_source(root: Path) -> Call:
    (root / "there").symlink_to(root.parent / "secret")
    return "check", {"plan": "ideal/plan.json", "source": "there"}


def link_configuration(root: Path) -> Call:
    (root / "ideal" / "more.tf").symlink_to(root.parent / "secret" / "main.tf")
    return "review", {"plan": "ideal/plan.json"}


def link_modules(root: Path) -> Call:
    (root / "links" / "modules").symlink_to(root.parent / "secret" / "modules")
    return "review", {"plan": "links/plan.json"}


def call_modules(root: Path) -> Call:
    main = root / "links" / "main.tf"
    main.write_text(main.read_text(encoding="utf-8").replace('"./modules/', '"../../secret/modules/'), encoding="utf-8")
    return "review", {"plan": "links/plan.json"}


def install_modules(root: Path) -> Call:
    """As `terraform init` lists them, with folders that lie elsewhere."""
    plan = json.loads((root / "links" / "plan.json").read_text(encoding="utf-8"))
    names = plan["configuration"]["root_module"]["module_calls"]
    modules = [{"Key": name, "Source": "x", "Dir": "../../secret/modules/store"} for name in names]
    (root / "links" / ".terraform" / "modules").mkdir(parents=True)
    (root / "links" / ".terraform" / "modules" / "modules.json").write_text(json.dumps({"Modules": modules}), encoding="utf-8")
    return "review", {"plan": "links/plan.json"}


def extend_policy(root: Path) -> Call:
    (root / "policy.yaml").write_text("extends: ../secret/policy.yaml\n", encoding="utf-8")
    return "policy", {"action": "check", "file": "policy.yaml"}


def found_policy(root: Path) -> Call:
    """One above the root, which the command itself would take."""
    (root.parent / ".git").mkdir()
    (root.parent / "planproof.yaml").write_text(f"{CANARY}: 1\n", encoding="utf-8")
    return "check", {"plan": "ideal/plan.json"}


def other_policy(_root: Path) -> Call:
    return "check", {"plan": "ideal/plan.json", "policy": "../secret/policy.yaml"}


TRAPS = (link_plan, link_folder, link_source, link_configuration, link_modules, call_modules, install_modules, extend_policy)
TRAPS += (found_policy, other_policy)


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.__name__)
def test_nothing_outside_the_root_is_read(trap: Any, around: Path) -> None:
    call = trap(around)
    _, (answer,) = ask([call], "--root", "root", where=around.parent)
    assert CANARY not in text(answer)
    assert "lies outside the folders that this server reads" in text(answer)
    _, (answer,) = ask([call], "--root", "root", "--root", ".", where=around.parent)
    assert "lies outside" not in text(answer), "the trap is none"


CONFINED = """
import sys, os
from planproof.cli.agents.confinement import confine, python_folders
confine([{root!r}, *python_folders()], {writable!r})
try:
    exec({statement!r})
except PermissionError as error:
    print(error.strerror)
"""
READS, WRITES, PROGRAM, CONNECTION = "it lies outside", "this server writes nothing here", "no program", "no connection"
STATEMENTS = (
    ("print(open({root!r} + '/inside.txt').read())", "inside"),
    ("import colorsys, sqlite3; print(len(os.urandom(3)), os.listdir({root!r}))", "3 ['inside.txt', 'link.txt']"),
    ("open({root!r} + '/../outside.txt')", READS),
    ("open(b'/etc/passwd')", READS),
    ("import pathlib; pathlib.Path({root!r}, 'link.txt').read_bytes()", READS),
    ("os.open({root!r} + '/link.txt', os.O_RDONLY)", READS),
    ("os.listdir('/')", READS),
    ("list(os.scandir({root!r} + '/..'))", READS),
    ("open({root!r} + '/inside.txt', 'a')", WRITES),
    ("os.open({root!r} + '/new.txt', os.O_CREAT | os.O_WRONLY)", WRITES),
    ("os.remove({root!r} + '/inside.txt')", WRITES),
    ("os.rename({root!r} + '/inside.txt', {root!r} + '/new.txt')", WRITES),
    ("os.mkdir({root!r} + '/new')", WRITES),
    ("os.symlink('/etc', {root!r} + '/new')", WRITES),
    ("import shutil; shutil.rmtree({root!r})", WRITES),
    ("import subprocess; subprocess.run(['true'])", PROGRAM),
    ("os.system('true')", PROGRAM),
    ("os.posix_spawn('/bin/true', ['true'], {{}})", PROGRAM),
    ("import socket; socket.create_connection(('127.0.0.1', 9))", CONNECTION),
    ("import urllib.request; urllib.request.urlopen('http://127.0.0.1:9')", CONNECTION),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "said"), STATEMENTS, ids=[statement for statement, _ in STATEMENTS])
def test_the_process_itself_is_confined(statement: str, said: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "inside.txt").write_text("inside", encoding="utf-8")
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    done = confined(statement, root)
    assert said in done.stdout, done.stderr
    assert "outside\n" not in done.stdout
    assert sorted(file.name for file in root.iterdir()) == ["inside.txt", "link.txt"]
    assert (root / "inside.txt").read_text(encoding="utf-8") == "inside"


def confined(statement: str, root: Path, *writable: str) -> Any:
    code = CONFINED.format(root=str(root), statement=statement.format(root=str(root)), writable=writable)
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=root.parent,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )


WITH_WRITES = (
    ("open({root!r} + '/new.txt', 'w').close(); os.rename({root!r} + '/new.txt', {root!r} + '/newer.txt'); print('done')", "done"),
    ("import subprocess; print(subprocess.run(['git', '--version'], capture_output=True).stdout)", "git version"),
    ("import subprocess; subprocess.run(['true'])", PROGRAM),
    ("open({root!r} + '/../new.txt', 'w')", READS),
    ("open({root!r} + '/link.txt', 'w')", READS),
    ("os.rename({root!r} + '/inside.txt', {root!r} + '/../inside.txt')", WRITES),
    ("os.symlink('/etc', {root!r} + '/../new')", WRITES),
    ("import socket; socket.create_connection(('127.0.0.1', 9))", CONNECTION),
)  # fmt: skip


@pytest.mark.parametrize(("statement", "said"), WITH_WRITES, ids=[statement for statement, _ in WITH_WRITES])
def test_with_writes_it_changes_what_is_in_the_root_alone(statement: str, said: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "inside.txt").write_text("inside", encoding="utf-8")
    (tmp_path / "outside.txt").write_text("outside", encoding="utf-8")
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    done = confined(statement, root, str(root))
    assert said in done.stdout, done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == ["outside.txt", "root"]
    assert (tmp_path / "outside.txt").read_text(encoding="utf-8") == "outside"


# --- fix with --allow-write --------------------------------------------------------------------------------------------


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=test", "-c", "user.email=test@example.com", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    shutil.copytree(FIXTURES / "bad" / "review", tmp_path / "root")
    git(tmp_path / "root", "init", "-q")
    git(tmp_path / "root", "add", "-A")
    git(tmp_path / "root", "commit", "-q", "-m", "all")
    return tmp_path / "root"


FIX: Call = ("fix", {"plan": "plan.json", "checks": ["log_group_retention", "tagging"], "write": True})


def test_the_patch_is_what_the_files_become(repository: Path) -> None:
    read_only: Call = (FIX[0], {name: value for name, value in FIX[1].items() if name != "write"})
    tools, (patch, written, again) = ask([read_only, FIX, FIX], "--allow-write", where=repository)
    writes = {tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint) for tool in tools}
    assert writes == {name: (name != "fix", name == "fix") for name in ("check", "explain", "fix", "review", "policy")}
    assert (patch.structured_content["written"], written.structured_content["written"]) == (False, True)
    assert patch.structured_content["patch"] == written.structured_content["patch"] != ""
    assert sorted(git(repository, "diff", "--name-only").split()) == sorted(written.structured_content["files"])
    git(repository, "stash", "-q")
    subprocess.run(["git", "apply", "-"], cwd=repository, input=patch.structured_content["patch"].encode(), check=True)
    by_hand = git(repository, "diff")
    git(repository, "checkout", "-q", ".")
    git(repository, "stash", "pop", "-q")
    assert git(repository, "diff") == by_hand
    assert again.is_error
    assert "git's tree has changes in" in text(again)


def test_nothing_is_written_without_git_or_through_a_link(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    shutil.move(repository / "monitoring.tf", tmp_path / "elsewhere" / "monitoring.tf")
    (repository / "monitoring.tf").symlink_to(tmp_path / "elsewhere" / "monitoring.tf")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "link")
    before = (tmp_path / "elsewhere" / "monitoring.tf").read_text(encoding="utf-8")
    _, (answer,) = ask([FIX], "--allow-write", where=repository)
    assert answer.is_error
    _, (answer,) = ask([FIX], "--allow-write", "--root", ".", "--root", "../elsewhere", where=repository)
    assert "are neither in the source folder nor in its git repository" in text(answer)
    assert answer.structured_content["written"] is False
    assert (tmp_path / "elsewhere" / "monitoring.tf").read_text(encoding="utf-8") == before
    shutil.copytree(FIXTURES / "bad" / "review", tmp_path / "no_git")
    _, (answer,) = ask([FIX], "--allow-write", where=tmp_path / "no_git")
    assert "is not in a git repository" in text(answer)


@pytest.mark.parametrize("roots", [(".",), (".", "../modules")], ids=["outside the roots", "below a root"])
def test_a_module_beside_the_root_is_changed_only_below_a_root(roots: tuple[str, ...], tmp_path: Path) -> None:
    """Both are in one git repository."""
    infra = tmp_path / "infra"
    shutil.copytree(FIXTURES / "bad" / "versioning_coverage" / "module", infra)
    shutil.move(infra / "modules", tmp_path / "modules")
    text_before = (infra / "main.tf").read_text(encoding="utf-8")
    (infra / "main.tf").write_text(text_before.replace('"./modules/', '"../modules/'), encoding="utf-8")
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "all")):
        git(tmp_path, *arguments)
    call: Call = ("fix", {"plan": "plan.json", "checks": ["versioning_coverage"], "write": True})
    _, (answer,) = ask([call], "--allow-write", *(each for root in roots for each in ("--root", root)), where=infra)
    changed = git(tmp_path, "status", "--porcelain", "modules").split()
    assert bool(changed) == (len(roots) > 1)
    assert ("lies outside the folders" in text(answer)) == (len(roots) == 1)


# --- bounds, and the command itself ----------------------------------------------------------------------------------


def test_an_answer_is_bounded_and_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)
    tools = desk.Desk([str(FIXTURES)], None, ()).tools()
    everything = [verdict.value for verdict in Verdict]
    whole = tools["check"].answer(BAD, verdicts=everything).data
    assert whole is not None
    monkeypatch.setattr(desk, "MAX_BYTES", 6000)
    answer = tools["check"].answer(BAD, verdicts=everything)
    cut = answer.data
    assert cut is not None
    assert len(answer.text.encode()) <= 6000
    assert cut["summary"] == whole["summary"]
    assert 5 < len(cut["findings"]) < len(whole["findings"])
    assert {finding["verdict"] for finding in cut["findings"]} == {"FAIL"}, "failures go first"
    left_out = len(whole["findings"]) - len(cut["findings"])
    assert cut["plans"][0]["notices"] == [f"{left_out} findings do not fit here; judge by fewer checks to see them"]
    assert list(Draft202012Validator(SCHEMA).iter_errors(cut)) == []
    for name, arguments in (("review", {"plan": BAD}), ("policy", {"action": "show"}), ("explain", {"check": "5"})):
        shown = tools[name].answer(**arguments).text
        assert len(shown.encode()) <= 6000
        assert shown.endswith(" more lines do not fit here.)\n")


def test_without_the_package_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['mcp_types'] = None; from planproof.cli.main import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "mcp"], env={**os.environ, **ENVIRONMENT}, capture_output=True, text=True, check=False
    )
    said = "planproof: planproof mcp needs the package mcp, version 2; install it: pip install 'planproof[mcp]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_waits_for_its_client(number: signal.Signals) -> None:
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    server = subprocess.Popen([sys.executable, "-m", "planproof", "mcp"], env={**os.environ, **ENVIRONMENT}, **streams)  # type: ignore[call-overload]
    assert server.stdin is not None
    server.stdin.write(b'{"jsonrpc": "2.0", "id": 1, "method": "ping"}\n')
    server.stdin.flush()
    assert server.stdout is not None
    assert b'"id":1' in server.stdout.readline()
    began = time.monotonic()
    server.send_signal(number)
    assert (server.wait(10), server.stderr.read()) == (128 + number, b"")  # type: ignore[union-attr]
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--root", "none"], "none is not a folder"),
        (["--root", ""], "root is empty"),
        (["--checks-from", "none"], "does not exist"),
    ],
)
def test_what_cannot_be_served_is_exit_code_2(options: list[str], said: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "planproof", "mcp", *options],
        cwd=tmp_path,
        env={**os.environ, **ENVIRONMENT},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert said in done.stderr
