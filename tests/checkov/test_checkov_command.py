"""`planproof checkov`: what plain Checkov lets through with exit 0 is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.repository import PLANS, ROOT

pytestmark = pytest.mark.slow

GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
SAVED = PLANS / "saved" / "tfplan"
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
DESTROY = {
    "format_version": "1.2",
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
    return folder


CASES: dict[str, tuple[list[str], int, str]] = {
    "all is well": (["-f", str(GOOD), "-c", "CKV_PLAN_1,CKV_PLAN_3"], 0, ""),
    "a failure": (["-f", str(BAD), "-c", "CKV_PLAN_12"], 1, ""),
    "an unknown id of ours": (["-f", str(GOOD), "-c", "CKV_PLAN_99"], 2, "no check has the id CKV_PLAN_99"),
    "an unknown id of Checkov's": (["-f", str(GOOD), "-c", "CKV_PLAN_1,CKV_AWS_9999"], 2, "no check has the id CKV_AWS_9999"),
    "no such plan": (["-f", "missing.json"], 2, "missing.json does not exist"),
    "a truncated plan": (["-f", "truncated.json"], 2, "truncated.json is truncated"),
    "an empty file": (["-f", "empty.json"], 2, "empty.json is empty"),
    "a state": (["-f", "state.json"], 2, "state.json is a state, not a plan"),
    "an errored plan": (["-f", "errored.json"], 2, "the plan ended in an error"),
    "a plan without resources of which a check fails": (["-f", "destroy.json", "-c", "CKV_PLAN_3"], 1, "there is no output"),
    "a folder without plans": (["-d", "nothing"], 2, "there is no plan"),
    "a folder with a plan that Checkov does not take for one": (
        ["-d", "capitals", "-c", "CKV_PLAN_12"],
        1,
        "PLAN.JSON: CKV_PLAN_12",
    ),
    "a folder with an empty plan": (["-d", "blank"], 2, "staging.json is empty"),
    "a folder with a saved plan": (["-d", "saved"], 2, "tfplan is a saved plan"),
    "a folder of checks that is missing": (["-f", str(GOOD), "--external-checks-dir", "gone"], 2, "gone does not exist"),
    "a folder of checks without __init__.py": (["-f", str(GOOD), "--external-checks-dir", "no-init"], 2, "holds no checks"),
}


@pytest.mark.parametrize(("arguments", "code", "message"), CASES.values(), ids=CASES)
def test_what_checkov_would_pass_over_is_refused(arguments: list[str], code: int, message: str, inputs: Path) -> None:
    done = run(arguments, inputs)
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_policy_is_refused(inputs: Path) -> None:
    done = run(["-f", str(GOOD)], inputs, PLANPROOF_POLICY="policy.yaml")
    assert done.returncode == 2
    assert "policy.yaml:1: unknown key 'unknwon' in the policy; did you mean 'unknown'?" in done.stderr


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
