"""The same configuration, planned by other versions of the AWS provider, after an apply, and inside modules: the verdicts stay.

Needs a Terraform that plans with several provider versions and no account (`tfplan-fast` beside the clone); skips elsewhere.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.policy.model import Policy
from planproof.verdict import PLAN
from support.repository import ROOT, policy_of

pytestmark = pytest.mark.exhaustive

FIXTURES = ROOT / "fixtures"
PLANNER = ROOT.parent / "shared" / "terraform" / "tfplan-fast"
# Folders whose arguments all three provider versions know.
CASES = [
    "good/ideal",
    "bad/review",
    "bad/log_bucket_retention/plain",
    "good/log_group_retention/repeated",
    "good/mfa_on_human_principals/deferred",
    "bad/mfa_on_machine_principals/plain",
    "good/output_contract/module",
    "bad/tagging/plain",
    "good/unauthorized_access_alert/modules",
    "bad/unauthorized_access_alert/plain",
]

Verdict = tuple[str, str, str]
Verdicts = set[Verdict]


@pytest.fixture(autouse=True)
def planner() -> None:
    if not PLANNER.exists():
        pytest.skip("there is no tfplan-fast beside the clone")


def plan(folder: Path, out: Path, *options: str) -> Path:
    done = subprocess.run([str(PLANNER), str(folder), str(out), *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return out


def verdicts(plan: Path, source: Path, policy: Policy) -> Verdicts:
    report = evaluate(plan, policy, source)
    assert report.errors == ()
    return {(f.check_id, f.subject, f.verdict.value) for f in report.findings}


@pytest.mark.parametrize("case", CASES)
def test_by_each_provider_version(case: str, tmp_path: Path) -> None:
    folder = FIXTURES / case
    fourth, fifth, sixth = [
        {
            v
            for v in verdicts(plan(folder, tmp_path / f"{version}.json", "--aws", version), folder, policy_of(folder))
            if not offered(v)
        }
        for version in ("4", "5", "6")
    ]
    assert fourth == fifth == sixth
    assert fourth


def offered(verdict: Verdict) -> bool:
    """Deletion protection of log groups, which provider 6 offers first: the policy demands it where it is offered."""
    check, subject, _ = verdict
    return check == "CKV_PLAN_5" and "aws_cloudwatch_log_group." in subject


# The planner makes up a name and an ARN for a bucket with a prefix, and the two do not fit together.
@pytest.mark.parametrize("case", [case for case in CASES if case != "good/unauthorized_access_alert/modules"])
def test_after_an_apply(case: str, tmp_path: Path) -> None:
    """The plan that follows an apply, with everything known, judges no resource otherwise."""
    folder = FIXTURES / case
    first = verdicts(plan(folder, tmp_path / "first.json", "--apply", str(tmp_path / "state")), folder, policy_of(folder))
    second = verdicts(plan(folder, tmp_path / "second.json", "--state", str(tmp_path / "state")), folder, policy_of(folder))
    assert of_subjects_in_both(second, first) == of_subjects_in_both(first, second)
    assert {check for check, _, _ in second ^ first} <= {"CKV_PLAN_14"}


def of_subjects_in_both(verdicts: Verdicts, others: Verdicts) -> Verdicts:
    """Without the names that only the apply made known, which CKV_PLAN_14 can compare in the second plan alone."""
    both = {(check, subject) for check, subject, _ in others}
    return {v for v in verdicts if v[:2] in both}


@pytest.mark.parametrize("case", [case for case in CASES if case != "bad/review"])
def test_inside_a_module(case: str, tmp_path: Path) -> None:
    """With the source: lifecycle blocks, locals and templates are found in the module's folder. Tests lie in the root alone."""
    folder = FIXTURES / case
    wrapped = tmp_path / "wrapped"
    shutil.copytree(folder, wrapped / "inner", ignore=shutil.ignore_patterns("*.json", "tests"))
    outputs = sorted(output_names(folder))
    (wrapped / "main.tf").write_text(
        'module "inner" {\n  source = "./inner"\n}\n'
        + "".join(f'output "{name}" {{\n  value = module.inner.{name}\n}}\n' for name in outputs),
        encoding="utf-8",
    )
    inside = verdicts(plan(wrapped, tmp_path / "inside.json"), wrapped, policy_of(folder))
    alone = verdicts(plan(folder, tmp_path / "alone.json"), folder, policy_of(folder))
    assert {v for v in inside if v[0] != "CKV_PLAN_9"} == {
        (check, subject if subject == PLAN else f"module.inner.{subject}", verdict)
        for check, subject, verdict in alone
        if check != "CKV_PLAN_9"
    }


def output_names(folder: Path) -> list[str]:
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    return list(document["configuration"]["root_module"].get("outputs", {}))
