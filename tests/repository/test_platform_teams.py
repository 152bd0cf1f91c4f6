"""What docs/platform-teams.md promises, in the real Checkov, pip, git and Terraform."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fixtures as tool
from planproof.baseline import Baseline
from planproof.check import ANY_TYPE, LISTED_TYPES
from planproof.engine import evaluate, find_policy
from planproof.plan.model import Plan
from planproof.registry import all_checks, own_checks
from planproof.verdict import Verdict
from support.lanes import OURS, Run, checkov
from support.repository import PLANS, ROOT

pytestmark = pytest.mark.slow

TEAM = ROOT / "examples" / "platform-team"
CHANGES = PLANS / "changes" / "plan.json"
GLOBS = {*ANY_TYPE, *LISTED_TYPES}
PLAN_ONLY = ("--framework", "terraform_plan")
GIT = ("git", "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always")


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run([*GIT, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def scan(plan: Path, cwd: Path, **environment: str | Path) -> Run:
    settings = {name: str(value) for name, value in environment.items()}
    return checkov(
        "--external-checks-dir", ROOT / "checks", "-f", plan, *PLAN_ONLY, cwd=cwd, checks=f"{OURS},CKV_ACME_1", **settings
    )


def test_own_checks_and_policy_in_both_lanes(tmp_path: Path) -> None:
    run = scan(TEAM / "plan.json", tmp_path, PLANPROOF_CHECKS=TEAM / "checks", PLANPROOF_POLICY=TEAM / "planproof.yaml")
    checks = (*all_checks(), *own_checks(TEAM / "checks"))
    report = evaluate(TEAM / "plan.json", TEAM / "planproof.yaml", checks=checks)
    shown = {Verdict.PASS: "PASSED", Verdict.FAIL: "FAILED", Verdict.UNKNOWN: "SKIPPED"}
    ours = {(f.check_id, f.subject): shown[f.verdict] for f in report.findings if f.check_id in ("CKV_ACME_1", "CKV_PLAN_12")}
    assert len(ours) == 4
    assert {key: result for key, result in run.verdicts().items() if key[0] in ("CKV_ACME_1", "CKV_PLAN_12")} == ours
    assert (run.code, run.stderr) == (1, "")
    assert run.results["plan.json", "CKV_ACME_1", "aws_sqs_queue.orders"] == ("FAILED", "no_redrive: redrive_policy is not set")


def broken_file(folder: Path) -> None:
    (folder / "broken.py").write_text("import no_such_module  # CKV_ACME_1\n", encoding="utf-8")


def test_a_broken_file_of_theirs_fails_under_its_id(tmp_path: Path) -> None:
    broken_file(tmp_path)
    run = scan(TEAM / "plan.json", tmp_path, PLANPROOF_CHECKS=tmp_path)
    found = {text for (_, check, _), (result, text) in run.results.items() if (check, result) == ("CKV_ACME_1", "FAILED")}
    assert run.code == 1
    assert found == {
        "check_error: CKV_ACME_1 could not judge this: broken.py cannot be imported: ModuleNotFoundError: No module named"
        " 'no_such_module'"
    }


BROKEN = {
    "PLANPROOF_CHECKS": ("no-such-folder", "no-such-folder of checks does not exist"),
    "PLANPROOF_POLICY": ("no-such-policy.yaml", "no-such-policy.yaml cannot be read as a policy: No such file or directory"),
    "PLANPROOF_BASELINE": ("no-such-baseline.json", "no-such-baseline.json cannot be read as a baseline"),
}


@pytest.mark.parametrize(("setting", "value", "message"), [(k, *v) for k, v in BROKEN.items()], ids=BROKEN)
def test_a_broken_setting_fails_every_check_with_the_reason(setting: str, value: str, message: str, tmp_path: Path) -> None:
    run = scan(CHANGES, tmp_path, **{setting: str(tmp_path / value)})
    assert run.code == 1
    plan = Plan.load(CHANGES)  # Checkov asks a check only where there is a resource of its types
    asked = {check.id for check in all_checks() if not check.types or any(t in GLOBS or plan.of_type(t) for t in check.types)}
    assert {check for _, check, _ in run.results} == asked
    assert {result for result, _ in run.results.values()} == {"FAILED"}
    assert all(message in text for _, text in run.results.values())


def test_exceptions_and_the_baseline_are_the_same_in_checkov(tmp_path: Path) -> None:
    exceptions = [
        {"check": "CKV_PLAN_1", "address": "aws_s3_bucket.old_*", "reason": "moves", "expires": "2999-01-01", "owner": "ops"},
        {"check": "CKV_PLAN_1", "address": "aws_s3_bucket.new_logs", "reason": "was to move", "expires": "2020-01-01"},
    ]
    policy, baseline = tmp_path / "policy.yaml", tmp_path / "baseline.json"
    policy.write_text(json.dumps({"exceptions": exceptions}), encoding="utf-8")
    baseline.write_text(Baseline.of([evaluate(CHANGES)], baseline).text(), encoding="utf-8")
    run = scan(CHANGES, tmp_path, PLANPROOF_POLICY=policy, PLANPROOF_BASELINE=baseline)
    assert {key[1:]: found for key, found in run.results.items() if found[0] == "FAILED"} == {
        ("CKV_PLAN_1", "aws_s3_bucket.new_logs"): (
            "FAILED",
            "exception_expired: exception expired on 2020-01-01 (was to move): no lifecycle rule: logs are kept indefinitely",
        )
    }
    assert run.results["plan.json", "CKV_PLAN_1", "aws_s3_bucket.old_logs"] == (
        "SKIPPED",
        "exception until 2999-01-01: moves (owner ops)",
    )
    known = run.results["plan.json", "CKV_PLAN_1", "aws_s3_bucket.loses_logs"]
    assert known == ("SKIPPED", "in the baseline: no lifecycle rule: logs are kept indefinitely")
    ours = evaluate(CHANGES, find_policy(policy), baseline=baseline)
    assert [f.subject for f in ours.findings if f.verdict is Verdict.FAIL] == ["aws_s3_bucket.new_logs"]


def test_external_checks_git_pinned_to_a_tag(clone: Path, tmp_path: Path) -> None:
    """What came after the tag, here a check that is broken, is not loaded."""
    repository = tmp_path / "planproof"
    git(tmp_path, "clone", "-q", str(clone), str(repository))
    git(repository, "tag", "v1.0.0")
    for file in (repository / "checks" / "failure_modes").glob("[!_]*.py"):
        file.write_text("1 / 0\n", encoding="utf-8")
    git(repository, "commit", "-qam", "broken")
    url = f"file://{repository}?ref=v1.0.0"
    run = checkov("--external-checks-git", url, "-f", CHANGES, *PLAN_ONLY, cwd=tmp_path)
    assert run.code == 1
    assert run.results["plan.json", "CKV_PLAN_1", "aws_s3_bucket.old_logs"][0] == "FAILED"
    assert "cannot be imported" not in str(run.results)
    assert {check for _, check, _ in run.results} == {f.check_id for f in evaluate(Plan.load(CHANGES)).findings}


def test_a_git_submodule(clone: Path, tmp_path: Path) -> None:
    team = tmp_path / "team"
    team.mkdir()
    git(team, "init", "-q")
    git(team, "submodule", "add", "-q", str(clone), "policies/planproof")
    pack = team / "policies" / "planproof" / "checks"
    run = checkov("--external-checks-dir", pack, "-f", CHANGES, *PLAN_ONLY, cwd=team)
    assert (run.code, run.stderr) == (1, "")
    assert run.results["plan.json", "CKV_PLAN_1", "aws_s3_bucket.old_logs"][0] == "FAILED"


def test_the_command_of_a_submodule_imports_nothing_of_the_folder(clone: Path, tmp_path: Path) -> None:
    """As the guide has it, beside modules that are called as Python's own and as ours."""
    (command,) = re.findall(r"^python (-I .*)$", (ROOT / "docs" / "platform-teams.md").read_text(encoding="utf-8"), re.MULTILINE)
    shutil.copytree(clone / "checks", tmp_path / "policies" / "planproof" / "checks")
    shutil.copy(CHANGES, tmp_path / "plan.json")
    for name in ("argparse", "gc", "json", "sitecustomize", "planproof", "yaml", "lark", "errors", "plan"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(0)\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, *command.split()], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("planproof: plan.json (policy ")


def test_a_python_dependency(installed: Path, tmp_path: Path) -> None:
    """The wheel in another project: its own policy and check, and no clone at hand."""
    shutil.copytree(TEAM, tmp_path / "team")
    (tmp_path / "gate.py").write_text(
        "from planproof.engine import evaluate\n"
        "from planproof.registry import all_checks, own_checks\n"
        "checks = (*all_checks(), *own_checks('team/checks'))\n"
        "report = evaluate('team/plan.json', 'team/planproof.yaml', checks=checks)\n"
        "print(sorted({f'{f.check_id} {f.verdict.value}' for f in report.findings if f.check_id in ('CKV_ACME_1', 'CKV_PLAN_12')}), report.errors)\n",
        encoding="utf-8",
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PLANPROOF_"))}
    done = subprocess.run([installed, "gate.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "['CKV_ACME_1 FAIL', 'CKV_ACME_1 PASS', 'CKV_PLAN_12 PASS'] ()\n"
    command = [installed.parent / "planproof", "check", "team/plan.json", "--checks-from", "team/checks"]
    done = subprocess.run(
        [*command, "--policy", "team/planproof.yaml"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.exhaustive
def test_the_ideal_configuration_as_a_module(tmp_path: Path) -> None:
    """Called twice in one configuration; what it makes passes every check, and its outputs are there to be handed on."""
    reason = tool.available()
    if reason:
        pytest.skip(reason)
    ideal = ROOT / "fixtures" / "good" / "ideal"
    shutil.copytree(ideal, tmp_path / "modules" / "logs", ignore=shutil.ignore_patterns("*.json", "tests", ".terraform*"))
    modules = "".join(
        f'module "{name}" {{\n  source = "./modules/logs"\n  environment = "{name}"\n  alert_emails = ["on-call@example.com"]\n}}\n'
        for name in ("dev", "prod")
    )
    outputs = "".join(
        f'output "{name}" {{ value = module.prod.{name} }}\n'
        for name in ("bucket_name", "kms_key_arn", "log_writer_role_arn", "sns_topic_arn")
    )
    (tmp_path / "main.tf").write_text(modules + outputs, encoding="utf-8")
    report = evaluate(Plan.load(tool.plan(tmp_path)), source=tmp_path)
    tests_are_the_callers = {"CKV_PLAN_9"}
    bad = [f for f in report.findings if f.verdict is not Verdict.PASS and f.check_id not in tests_are_the_callers]
    assert [(f.check_id, f.subject, f.reason) for f in bad] == []
    assert {f.subject.split(".")[1] for f in report.findings if f.check_id == "CKV_PLAN_1"} == {"dev", "prod"}
