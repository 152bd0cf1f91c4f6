"""`planproof checkov`: what plain Checkov lets through with exit 0 is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from planproof.version import version
from support.lanes import Checkovs
from support.repository import PLANS, ROOT

pytestmark = pytest.mark.slow

GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
SAVED = PLANS / "saved" / "tfplan"
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
DESTROY = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "aws_s3_bucket.a",
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": "a",
            "change": {"actions": ["delete"], "before": {}, "after": None},
        }
    ],
    "configuration": {"root_module": {}},
}


@pytest.fixture(scope="module")
def checkovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkovs]:
    made = Checkovs(tmp_path_factory.mktemp("streams"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "truncated.json").write_bytes(GOOD.read_bytes()[:5000])
    (folder / "empty.json").touch()
    (folder / "state.json").write_text('{"format_version": "1.0", "values": {}}', encoding="utf-8")
    (folder / "errored.json").write_text(json.dumps({**DESTROY, "errored": True}), encoding="utf-8")
    (folder / "destroy.json").write_text(json.dumps(DESTROY), encoding="utf-8")
    (folder / "policy.yaml").write_text("unknwon: fail\n", encoding="utf-8")
    (folder / "nothing").mkdir()
    (folder / "no-init").mkdir()
    for name, content in {
        "capitals/PLAN.JSON": BAD.read_bytes(),
        "blank/staging.json": b"",
        "saved/tfplan": SAVED.read_bytes(),
    }.items():
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(content)
    (folder / "no-init" / "check.py").touch()
    (folder / "plan.txt").write_text("Terraform will perform the following actions:\n", encoding="utf-8")
    (folder / "wrapped.json").write_bytes(b"Running terraform show\n" + GOOD.read_bytes())
    for name in ("plan.out", "PLAN.JSON"):
        (folder / name).write_bytes(GOOD.read_bytes())
    (folder / "link.json").symlink_to("plan.out")
    (folder / "main.tf").write_text('resource "aws_s3_bucket" "a" {}\n', encoding="utf-8")
    (folder / "mixed").mkdir()
    (folder / "mixed" / "plan.json").write_bytes(GOOD.read_bytes())
    (folder / "mixed" / "wrapped.json").write_bytes(b"Running terraform show\n" + GOOD.read_bytes())
    (folder / "left-out" / ".cache").mkdir(parents=True)
    (folder / "left-out" / "old").mkdir()
    for place in (".cache", "old"):
        (folder / "left-out" / place / "plan.json").write_bytes(GOOD.read_bytes()[:5000])
    (folder / "left-out" / "plan.json").write_bytes(GOOD.read_bytes())
    return folder


ONE = "CKV_PLAN_12"
UNREADABLE = "is a plan, but not in the form that Checkov reads"
CASES: dict[str, tuple[list[str], int, str]] = {
    "all is well": (["-f", str(GOOD), "-c", "CKV_PLAN_1,CKV_PLAN_3"], 0, ""),
    "a failure": (["-f", str(BAD), "-c", ONE], 1, ""),
    "an unknown id of ours": (["-f", str(GOOD), "-c", "CKV_PLAN_99"], 2, "no check has the id CKV_PLAN_99"),
    "an unknown id of Checkov's": (["-f", str(GOOD), "-c", "CKV_PLAN_1,CKV_AWS_9999"], 2, "no check has the id CKV_AWS_9999"),
    "a pattern that fits no id": (["-f", str(GOOD), "-c", "CKV_PLN_*"], 2, "no check has the id CKV_PLN_*"),
    "an id that is none": (["-f", str(GOOD), "-c", "tagging"], 2, "no check has the id tagging"),
    "a pattern that fits": (["-f", str(GOOD), "-c", "CKV_PLAN_1?,CKV2_AWS_*"], 0, ""),
    "a severity": (["-f", str(BAD), "-c", "LOW"], 1, ""),
    "no such plan": (["-f", "missing.json"], 2, "missing.json does not exist"),
    "a truncated plan": (["-f", "truncated.json"], 2, "truncated.json is truncated"),
    "an empty file": (["-f", "empty.json"], 2, "empty.json is empty"),
    "a state": (["-f", "state.json"], 2, "state.json is a state, not a plan"),
    "an errored plan": (["-f", "errored.json"], 2, "the plan ended with an error"),
    "a plan as text": (["-f", "plan.txt"], 2, "plan.txt is a plan in human-readable text"),
    "a saved plan": (["-f", str(SAVED)], 2, "is a saved plan (binary)"),
    "a plan under another name": (["-f", "plan.out"], 2, "Checkov reads plans only from files named *.json"),
    "a plan in capitals": (["-f", "PLAN.JSON"], 2, "Checkov reads plans only from files named *.json"),
    "a link to another name": (["-f", "link.json"], 2, "Checkov reads plans only from files named *.json"),
    "a line before the plan": (["-f", "wrapped.json", "-c", ONE], 2, UNREADABLE),
    "a line before one of several": (["-f", str(GOOD), "wrapped.json", "-c", ONE], 2, UNREADABLE),
    "a line before one in a folder": (["-d", "mixed", "-c", ONE], 2, UNREADABLE),
    "a line, and failures that are let pass": (["-f", "wrapped.json", "-c", ONE, "--soft-fail"], 2, UNREADABLE),
    "no plan among the files": (["-f", "main.tf"], 2, "main.tf"),
    "no file at all": ([], 2, "no plan is given"),
    "broken plans where Checkov does not look": (["-d", "left-out", "--skip-path", "old", "-c", ONE], 0, ""),
    "a plan without resources of which a check fails": (["-f", "destroy.json", "-c", "CKV_PLAN_3"], 1, ""),
    "a folder without plans": (["-d", "nothing"], 2, "there is no plan"),
    "a folder with a plan that Checkov does not take for one": (
        ["-d", "capitals", "-c", "CKV_PLAN_12"],
        1,
        "PLAN.JSON: CKV_PLAN_12",
    ),
    "a folder with an empty plan": (["-d", "blank"], 2, "staging.json is empty"),
    "a folder with a saved plan": (["-d", "saved"], 2, "tfplan is a saved plan"),
    "a folder of checks that is missing": (["-f", str(GOOD), "--external-checks-dir", "gone"], 2, "gone does not exist"),
    "a folder of checks without __init__.py": (["-f", str(GOOD), "--external-checks-dir", "no-init"], 2, "contains no checks"),
}
FRAMEWORK = ("--framework", "terraform_plan")
# Without a framework named, Checkov runs checks in processes of their own; it takes long, so once for each thing that may go wrong there.
ONE_IS_ENOUGH = {
    "an unknown id of Checkov's",
    "an id that is none",
    "a severity",
    "a line before one of several",
    "a line, and failures that are let pass",
    "broken plans where Checkov does not look",
}
RUNS = {
    f"{name}, {how}": (framework, *case)
    for how, framework in {"by the framework": FRAMEWORK, "by all": ()}.items()
    for name, case in CASES.items()
    if framework or name not in ONE_IS_ENOUGH
}


@pytest.mark.exhaustive
@pytest.mark.parametrize(("framework", "arguments", "code", "message"), RUNS.values(), ids=RUNS)
def test_what_checkov_would_pass_over_is_refused(
    framework: tuple[str, ...], arguments: list[str], code: int, message: str, inputs: Path, checkovs: Checkovs
) -> None:
    done = checkovs.run("planproof", "checkov", "--skip-download", *framework, *arguments, cwd=inputs, path=(ROOT / "checks",))
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("options", [["--framework", "terraform"], ["--skip-framework", "terraform_plan"]])
def test_frameworks_without_plans_are_refused(options: list[str], inputs: Path, checkovs: Checkovs) -> None:
    done = checkovs.run("planproof", "checkov", "--skip-download", *options, "-f", GOOD, cwd=inputs, path=(ROOT / "checks",))
    assert (done.returncode, "exclude terraform_plan" in done.stderr) == (2, True), done.stderr


def test_files_of_other_frameworks_stand_beside_a_plan(inputs: Path, checkovs: Checkovs) -> None:
    arguments = ["--skip-download", "-f", "main.tf", str(GOOD), "-c", "CKV_PLAN_1"]
    done = checkovs.run("planproof", "checkov", *arguments, cwd=inputs, path=(ROOT / "checks",))
    assert (done.returncode, done.stderr) == (0, f"planproof: judged by the policy secure-logs of planproof {version()}\n")


def test_what_scans_nothing_is_checkovs_own(inputs: Path, checkovs: Checkovs) -> None:
    done = checkovs.run(
        "planproof", "checkov", "--list", "--skip-download", "--framework", "terraform_plan", cwd=inputs, path=(ROOT / "checks",)
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_broken_policy_is_refused(inputs: Path) -> None:
    done = run(["-f", str(GOOD)], inputs, PLANPROOF_POLICY="policy.yaml")
    assert done.returncode == 2
    assert "policy.yaml:1: unknown key 'unknwon' in the policy; did you mean 'unknown'?" in done.stderr


SETTINGS = {
    "it lets failures off": "soft-fail: true\n",
    "it leaves checks out": "skip-check: [CKV_PLAN_12]\n",
    "it has code run": "external-checks-git: [trap.git]\n",
}


@pytest.mark.parametrize("name", [".checkov.yaml", ".checkov.yml", "scanned/.checkov.yaml"])
@pytest.mark.parametrize("text", SETTINGS.values(), ids=SETTINGS)
def test_settings_that_lie_around_are_refused_unless_they_are_named(text: str, name: str, tmp_path: Path) -> None:
    home, scanned = tmp_path / "home", tmp_path / "work" / "scanned"
    scanned.mkdir(parents=True)
    home.mkdir()
    (scanned / "plan.json").write_bytes(BAD.read_bytes())
    (tmp_path / "work" / name).write_text(text, encoding="utf-8")
    done = run(["-d", "scanned", "--framework", "terraform_plan"], tmp_path / "work", HOME=str(home))
    assert done.returncode == 2
    assert "planproof: Checkov would read options from" in done.stderr


def test_settings_that_are_named_or_the_users_own_count(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(BAD.read_bytes())
    (tmp_path / "ours.yaml").write_text("soft-fail: true\n", encoding="utf-8")
    arguments = ["-f", "plan.json", "--framework", "terraform_plan"]
    assert run([*arguments, "--config-file", "ours.yaml"], tmp_path).returncode == 0
    (tmp_path / "ours.yaml").rename(tmp_path / ".checkov.yaml")
    assert run(arguments, tmp_path, HOME=str(tmp_path)).returncode == 0


def run(arguments: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "planproof",
        "checkov",
        "--framework",
        "terraform_plan",
        "--skip-download",
        *arguments,
    ]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PLANPROOF_")}
    return subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, "PYTHONPATH": str(ROOT / "checks"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
