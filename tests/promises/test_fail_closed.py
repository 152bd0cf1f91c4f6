"""What goes wrong, and how each lane answers: an exit code other than 0 and one sentence; never a silent pass, a traceback, half a report.

The lanes are our command, the library, the Action, `planproof checkov`, and plain Checkov with the pack. Plain Checkov passes over some
of it in silence: those gaps are in the table, and docs/trust.md tells of each.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate
from planproof.errors import LoadError, PlanError, PolicyError, SourceError
from support.lanes import OURS, Checkovs
from support.repository import PLANS, ROOT

GOOD = (ROOT / "fixtures" / "good" / "ideal" / "plan.json").read_bytes()
BAD = (ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json").read_bytes()
BAD_SOURCE = (ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "main.tf").read_text(encoding="utf-8")
ALONE = "extends: general\nchecks: {prevent_destroy: {level: off}, test_coverage: {level: off}}\n"
CHECK = Path("failure_modes") / "log_group_retention.py"
GUIDE = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")


def document(**changes: Any) -> bytes:
    return json.dumps({**json.loads(GOOD), **changes}).encode()


def destroyed() -> bytes:
    """What is left to judge when everything is destroyed: nothing, and no output either."""
    plan = json.loads(GOOD)
    changes = [{**c, "change": {"actions": ["delete"], "before": {}, "after": None}} for c in plan["resource_changes"]]
    return json.dumps({**plan, "planned_values": {"root_module": {}}, "resource_changes": changes}).encode()


@dataclass(frozen=True)
class Case:
    """`plan` is what plan.json holds (None: there is none); `code` and `says` are what our command, the Action and `planproof checkov` answer.

    `plain` is what plain Checkov answers where it is something else: its exit code, and what stands in the details of what failed. 0 is a gap.
    `wrapped` is what `planproof checkov` answers where it is something else than our command.
    """

    code: int
    says: str
    plan: bytes | None = GOOD
    plain: tuple[int, str] | None = None
    wrapped: tuple[int, str] | None = None
    policy: str | None = None
    source: dict[str, str] | None = None
    pack: Callable[[Path], None] | None = None
    make: Callable[[Path], None] | None = None
    source_from: str = ""


EMPTY = {
    "planned_values": {"root_module": {}},
    "resource_changes": [],
    "configuration": {"root_module": {}},
    "output_changes": {},
}
SILENT = (0, "")
MAKE = "terraform plan -out tfplan && terraform show -json tfplan > plan.json"
PLANS_THAT_ARE_NONE: dict[str, Case] = {
    "the plan is missing": Case(2, f"plan.json does not exist; create a plan: {MAKE}", plan=None),
    "the plan is empty": Case(2, "plan.json is empty", plan=b""),
    "the plan is truncated": Case(2, "plan.json is truncated", plan=GOOD[: len(GOOD) // 2]),
    "the plan is not JSON": Case(2, "plan.json is not JSON", plan=b"hello\n"),
    "the plan is not text": Case(
        2,
        "plan.json is not text in UTF-8 or UTF-16",
        plan=GOOD.replace(b"logs", b"\xff\xfe\xfa"),
        plain=(1, "is not text in UTF-8"),
    ),
    "the plan is a state": Case(2, "plan.json is a state, not a plan", plan=b'{"format_version": "1.0", "values": {}}'),
    "the plan is a state file": Case(2, "is a state, not a plan", plan=(PLANS / "changes" / "before.tfstate").read_bytes()),
    "the plan is a provider schema": Case(2, "is a provider schema", plan=b'{"format_version": "1.0", "provider_schemas": {}}'),
    "the plan is a streaming log": Case(
        2, "is the streaming log", plan=b'{"@level":"info","@message":"Terraform 1.11.4"}\n{"@level":"info","@message":"x"}\n'
    ),
    "the plan is configuration": Case(2, "is Terraform configuration (HCL)", plan=b'resource "aws_s3_bucket" "a" {\n}\n'),
    "the plan is one for people": Case(
        2, "is a plan in human-readable text", plan=b"Terraform will perform the following actions:\n"
    ),
    "the plan is JSON of something else": Case(2, "is JSON but not a Terraform plan", plan=b'{"a": 1}'),
    "the plan is a saved plan": Case(2, "plan.json", plan=(PLANS / "saved" / "tfplan").read_bytes()),
    "the plan ended with an error": Case(
        2, "the plan ended with an error", plan=document(errored=True), plain=(1, "the plan ended with an error")
    ),
    "the plan is of a newer format": Case(
        2, "has plan format 2.0, newer than", plan=document(format_version="2.0"), plain=(1, "has plan format 2.0")
    ),
    "the plan cannot be read": Case(
        2,
        "plan.json cannot be read: Too many levels of symbolic links",
        plan=None,
        make=lambda f: (f / "plan.json").symlink_to("plan.json"),
    ),
    "nothing is planned": Case(1, "there is no output bucket_name", plan=document(**EMPTY)),
}
PLANS_THAT_CAN_BE_READ: dict[str, Case] = {
    "everything is destroyed": Case(0, "the plan contains no resources", plan=destroyed()),
    "all is well": Case(0, ""),
    "the plan is UTF-16": Case(1, "CKV_PLAN_12", plan=BAD.decode().encode("utf-16")),
    "the plan has a byte order mark": Case(1, "CKV_PLAN_12", plan=b"\xef\xbb\xbf" + BAD),
    "a CI wrapper printed around the plan": Case(
        1,
        "CKV_PLAN_12",
        plan=b"Running\n" + BAD + b"\nDone\n",
        plain=(1, "is a plan, but not in the form that Checkov reads"),
        wrapped=(2, "is a plan, but not in the form that Checkov reads"),
    ),
    "the plan is incomplete": Case(0, "the plan is incomplete", plan=document(complete=False)),
}


def first_raises(pack: Path) -> None:
    file = pack / CHECK
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("-> Outcome:\n", "-> Outcome:\n    raise KeyError('a secret')\n", 1), encoding="utf-8")
    assert "a secret" in file.read_text(encoding="utf-8")


def cannot_be_imported(pack: Path) -> None:
    (pack / CHECK).write_text("import no_such_module  # CKV_PLAN_12\n", encoding="utf-8")


def empty(pack: Path) -> None:
    for file in (pack / "failure_modes").glob("[!_]*.py"):
        file.unlink()


POLICIES: dict[str, Case] = {
    "the policy is missing": Case(
        2, "policy.yaml cannot be read as a policy: No such file", policy="", plain=(1, "cannot be read as a policy")
    ),
    "the policy is broken": Case(2, "policy.yaml:2 is not valid YAML", policy="checks: [\n", plain=(1, "is not valid YAML")),
    "the policy has an unknown key": Case(
        2,
        "unknown key 'unknwon' in the policy; did you mean 'unknown'?",
        policy="unknwon: fail\n",
        plain=(1, "did you mean 'unknown'"),
    ),
    "an exception names no check": Case(
        2,
        "CKV_PLAN_99",
        policy='exceptions: [{check: CKV_PLAN_99, address: "*", reason: moved, expires: 2999-01-01}]\n',
        plain=(1, "CKV_PLAN_99"),
    ),
}
PACKS: dict[str, Case] = {
    "a check raises": Case(
        2, "CKV_PLAN_12 could not judge", pack=first_raises, plain=(1, "check_error: CKV_PLAN_12 could not judge this: KeyError")
    ),
    "a check cannot be imported": Case(
        2,
        "log_group_retention.py cannot be imported: ModuleNotFoundError",
        pack=cannot_be_imported,
        plain=(1, "cannot be imported"),
    ),
    "the folder of checks is missing": Case(
        2, "the checks are missing", pack=lambda pack: shutil.rmtree(pack / "failure_modes"), plain=SILENT
    ),
    "the folder of checks is empty": Case(2, "there are no checks in", pack=empty, plain=(2, "")),
}
SOURCES: dict[str, Case] = {
    "the source does not belong to the plan": Case(
        1, "is not in the source", source={"main.tf": 'resource "aws_s3_bucket" "x" {}\n'}, policy="unknown: fail\n"
    ),
    "the source does not parse": Case(
        1,
        "main.tf, line 1, column 1: the brace of this block is not closed",
        source={"main.tf": 'resource "aws_s3_bucket" {{{\n'},
        policy="unknown: fail\n",
    ),
    "the source is missing": Case(
        2, "no-such-folder does not exist", source_from="no-such-folder", plain=(1, "no-such-folder does not exist")
    ),
}
SKIPPED = BAD_SOURCE.replace('" {\n', '" {\n  #checkov:skip=CKV_PLAN_12:kept by law\n')
SKIPS: dict[str, Case] = {
    "a comment skips what fails": Case(
        0, "skipped by a comment: kept by law", plan=BAD, source={"main.tf": SKIPPED}, policy=ALONE
    ),
    "a comment skips what the policy does not let it skip": Case(
        1, "the policy forbids inline skips", plan=BAD, source={"main.tf": SKIPPED}, policy=f"{ALONE}inline_skips: forbid\n"
    ),
    "a comment skips without the expiry that the policy requires": Case(
        1,
        "without the expiry that the policy requires",
        plan=BAD,
        source={"main.tf": SKIPPED},
        policy=f"{ALONE}inline_skips: require_expiry\n",
    ),
    "a comment skips until a day that has come": Case(
        1,
        "a comment skipped this until 2020-01-31",
        plan=BAD,
        source={"main.tf": SKIPPED.replace("law", "law expires=2020-01-31")},
        policy=ALONE,
    ),
}
CASES = {**SKIPS, **PLANS_THAT_ARE_NONE, **PLANS_THAT_CAN_BE_READ, **POLICIES, **PACKS, **SOURCES}


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """What the case has: plan.json, policy.yaml, a folder `source`, and a copy of the pack where the case breaks it."""
    case: Case = request.getfixturevalue("case")
    if case.plan is not None:
        (tmp_path / "plan.json").write_bytes(case.plan)
    if case.policy:
        (tmp_path / "policy.yaml").write_text(case.policy, encoding="utf-8")
    for name, text in (case.source or {}).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    if case.pack:
        shutil.copytree(ROOT / "checks", tmp_path / "checks", ignore=shutil.ignore_patterns("__pycache__"))
        case.pack(tmp_path / "checks")
    if case.make:
        case.make(tmp_path)
    return tmp_path


def settings(case: Case) -> dict[str, str]:
    found = {"PLANPROOF_POLICY": "policy.yaml"} if case.policy is not None else {}
    if (case.plan or b"").startswith(b"PK"):
        found["PATH"] = str(Path(sys.executable).parent)  # where no Terraform is that could read a saved plan
    return found | ({"PLANPROOF_SOURCE": case.source_from} if case.source_from else {})


def pack(case: Case, folder: Path) -> Path:
    return folder / "checks" if case.pack else ROOT / "checks"


every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
def test_our_command(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    for name, value in settings(case).items():
        monkeypatch.setenv(name, value)
    if case.pack:
        environment = {**os.environ, "PYTHONPATH": str(pack(case, folder)), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "planproof", "check", "plan.json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        code, out, error = done.returncode, done.stdout, done.stderr
    else:
        code = main(["check", "plan.json"])
        out, error = capsys.readouterr()
    assert (code, case.says in out + error) == (case.code, True), out + error
    assert "Traceback" not in error
    assert "a secret" not in out + error
    if not out:
        assert error.count("\n") == 1


@pytest.mark.parametrize(
    "case", [case for case in CASES.values() if not case.pack], ids=[name for name, case in CASES.items() if not case.pack]
)
def test_the_library(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises where the command says 2; what fails is in the report."""
    monkeypatch.chdir(folder)
    for name, value in settings(case).items():
        monkeypatch.setenv(name, value)
    if case.code == 2:
        with pytest.raises((PlanError, PolicyError, SourceError, LoadError)) as raised:
            evaluate("plan.json")
        assert case.says in str(raised.value)
    else:
        report = evaluate("plan.json")
        assert report.failed is (case.code == 1)
        assert case.says in str(report)


@pytest.mark.slow
@every_case
def test_the_action(case: Case, folder: Path) -> None:
    """The step as the runner runs it, with the same sentence in an annotation (of what is skipped, in the summary), and nothing of a report
    where there is none."""
    given = {"PLAN": "plan.json", "FAIL_ON": "failure", "SARIF_FILE": "planproof.sarif", "LIBRARY": str(pack(case, folder))}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PLANPROOF_")} | settings(case)
    environment |= {f"INPUT_{name}": value for name, value in given.items()}
    environment |= {"GITHUB_OUTPUT": str(folder / "output"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    command = [sys.executable, "-I", str(ROOT / "action" / "run.py")]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    summary = (folder / "summary.md").read_text(encoding="utf-8")
    told = case.says.replace("%", "%25") in done.stdout or (case.code == 0 and case.says in summary)
    assert (done.returncode, told) == (case.code, True), done.stdout + done.stderr
    assert f"exit-code={case.code}\n" in (folder / "output").read_text(encoding="utf-8")
    assert "Traceback" not in done.stdout + done.stderr
    assert summary.startswith("## ❌ planproof could not judge") == (not (folder / "planproof.sarif").exists())


# --- Checkov ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkovs]:
    made = Checkovs(tmp_path_factory.mktemp("streams"))
    yield made
    made.close()


PLAIN = ("--framework", "terraform_plan", "--skip-download", "-f", "plan.json", "-c", OURS)


@pytest.mark.exhaustive
@pytest.mark.slow
@every_case
def test_planproof_checkov(case: Case, folder: Path, checkovs: Checkovs) -> None:
    done = checkovs.run("planproof", "checkov", *PLAIN, cwd=folder, path=(pack(case, folder),), **settings(case))
    said = done.stdout + done.stderr
    code, says = case.wrapped or (case.code, case.says)
    # Where Checkov itself shows the failure, its exit code is 1; the sentence stands in its report.
    assert done.returncode == code or (code == 2 and done.returncode == 1 and case.plain and case.plain[0] == 1), said
    assert code == 0 or says in said, said
    assert "Traceback" not in said
    assert "a secret" not in said


@pytest.mark.exhaustive
@pytest.mark.slow
@every_case
def test_plain_checkov(case: Case, folder: Path, checkovs: Checkovs, request: pytest.FixtureRequest) -> None:
    """A gap is where it exits with 0 though we do not: each is told of in the guide, and is still one."""
    done = checkovs.run("checkov", "--external-checks-dir", pack(case, folder), *PLAIN, cwd=folder, **settings(case))
    said = done.stdout + done.stderr
    code, says = case.plain or (min(case.code, 1), case.says if case.code else "")
    assert (done.returncode, says in said) == (code, True), said
    assert "a secret" not in said
    name = request.node.callspec.id
    assert (f"| {name} |" in GUIDE) is (code == 0 and case.code != 0)


GAPS: dict[str, tuple[str, bytes, list[str], int, str]] = {
    "no check matches a requested ID or pattern": (
        "plan.json",
        BAD,
        ["--framework", "terraform_plan", "-f", "plan.json", "-c", "CKV_PLAN_99"],
        2,
        "no check has the id CKV_PLAN_99",
    ),
    "the plan's name does not end in .json": (
        "plan.out",
        BAD,
        ["--framework", "terraform_plan", "-f", "plan.out"],
        2,
        "rename it",
    ),
    "a plan in a folder (`-d`) has no `terraform_version`": (
        "plan.json",
        BAD.replace(b'"terraform_version"', b'"made_by"'),
        ["--framework", "terraform_plan", "-d", "."],
        1,
        "plan.json: CKV_PLAN_12 aws_cloudwatch_log_group.short",
    ),
    "the requested frameworks exclude `terraform_plan`": (
        "plan.json",
        BAD,
        ["--framework", "terraform", "-f", "plan.json"],
        2,
        "exclude terraform_plan",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "plan", "asked", "code", "says"), GAPS.values(), ids=GAPS)
def test_where_plain_checkov_does_not_ask_the_pack(
    name: str,
    plan: bytes,
    asked: list[str],
    code: int,
    says: str,
    tmp_path: Path,
    checkovs: Checkovs,
    request: pytest.FixtureRequest,
) -> None:
    (tmp_path / name).write_bytes(plan)
    plain = checkovs.run("checkov", "--external-checks-dir", ROOT / "checks", "--skip-download", *asked, cwd=tmp_path)
    ours = checkovs.run("planproof", "checkov", "--skip-download", *asked, cwd=tmp_path, path=(ROOT / "checks",))
    assert plain.returncode == 0
    assert (ours.returncode, says in ours.stderr) == (code, True), ours.stderr
    assert f"| {request.node.callspec.id} |" in GUIDE
