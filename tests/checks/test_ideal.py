"""The ideal configuration: every check passes it, Checkov's own rules pass it, and it can be applied and used as a module."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import fixtures as tool
from planproof.engine import evaluate
from planproof.plan.model import Plan
from planproof.verdict import Verdict
from support.judged import asked
from support.repository import ROOT

IDEAL = ROOT / "fixtures" / "good" / "ideal"
PLANS = ("plan.json", "second-plan.json")


@pytest.mark.parametrize("plan", PLANS)
def test_every_check_passes_every_subject(plan: str) -> None:
    report = evaluate(IDEAL / plan)
    assert [finding for finding in report.findings if finding.verdict is not Verdict.PASS] == []
    assert {finding.check_id for finding in report.findings} == asked(Plan.load(IDEAL / plan))
    assert report.errors == ()


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_checkovs_own_rules_pass_with_three_reasoned_skips(plan: str, tmp_path: Path) -> None:
    shutil.copy(IDEAL / plan, tmp_path / "plan.json")
    command = ["-f", "plan.json", "--config-file", str(IDEAL / ".checkov.yaml"), "--skip-download", "-o", "json"]
    done = subprocess.run([sys.executable, "-m", "checkov.main", *command], cwd=tmp_path, capture_output=True, text=True)
    summary = json.loads(done.stdout)["summary"]
    assert (done.returncode, summary["failed"], summary["parsing_errors"]) == (0, 0, 0)
    assert summary["passed"] > 50


def test_each_skip_of_checkovs_rules_has_its_reason() -> None:
    lines = (IDEAL / ".checkov.yaml").read_text(encoding="utf-8").split("skip-check:\n")[1].splitlines()
    skipped = [number for number, line in enumerate(lines) if line.strip().startswith("- CKV")]
    assert len(skipped) <= 3
    assert all(lines[number - 1].strip().startswith("# ") for number in skipped)


# --- with Terraform ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def terraform() -> dict[str, str]:
    """The environment in which `terraform` has its providers; skips, with the reason, where it has none."""
    reason = tool.available()
    if reason:
        pytest.skip(reason)
    return tool.terraform_environment()


@pytest.fixture
def moto(terraform: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of an imitation of AWS on this machine, started anew: moto does not tell one trail from another."""
    pytest.importorskip("moto.server", reason="moto's server is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        yield {
            **terraform,
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "moto's server ended"
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError("moto's server does not answer")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A copy of the configuration to run Terraform in."""
    return Path(shutil.copytree(IDEAL, tmp_path / "ideal", ignore=shutil.ignore_patterns("*.json")))


def run(work: Path, environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(["terraform", *arguments], cwd=work, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.exhaustive
def test_its_unit_tests_pass_with_no_account(work: Path, terraform: dict[str, str]) -> None:
    environment = {name: value for name, value in terraform.items() if not name.startswith("AWS_")}
    run(work, environment, "init", "-backend=false", "-input=false")
    assert "0 failed" in run(work, environment, "test", "-filter=tests/unit.tftest.hcl")


@pytest.mark.exhaustive
def test_it_is_applied_and_its_integration_test_passes(work: Path, moto: dict[str, str]) -> None:
    run(work, moto, "init", "-backend=false", "-input=false")
    assert "0 failed" in run(work, moto, "test", "-filter=tests/integration.tftest.hcl")


@pytest.mark.exhaustive
def test_the_plan_after_an_apply_passes_every_check_too(work: Path, moto: dict[str, str]) -> None:
    """And it is what second-plan.json says, resource by resource."""
    path_style = 'provider "aws" {\n  s3_use_path_style = true\n}\n'  # 127.0.0.1 has no subdomains
    (work / "zz_endpoint.tf").write_text(path_style, encoding="utf-8")
    run(work, moto, "init", "-backend=false", "-input=false")
    run(work, moto, "apply", "-auto-approve", "-input=false")
    run(work, moto, "plan", "-input=false", "-out=second")
    (work / "plan.json").write_text(run(work, moto, "show", "-json", "second"), encoding="utf-8")
    report = evaluate(work / "plan.json")
    assert [finding for finding in report.findings if finding.verdict is not Verdict.PASS] == []
    committed = json.loads((IDEAL / "second-plan.json").read_text(encoding="utf-8"))
    assert _attributes(json.loads((work / "plan.json").read_text(encoding="utf-8"))) == _attributes(committed)


def _attributes(plan: dict[str, Any]) -> dict[str, list[str]]:
    """By address, the attributes that have a value: the values themselves are made up anew by each apply."""
    resources = plan["planned_values"]["root_module"]["resources"]
    return {
        r["address"]: sorted(name for name, value in r["values"].items() if value not in (None, [], {}, "")) for r in resources
    }


@pytest.mark.exhaustive
def test_it_can_be_used_as_a_module(work: Path, terraform: dict[str, str], tmp_path: Path) -> None:
    caller = tmp_path / "caller"
    caller.mkdir()
    (caller / "main.tf").write_text(
        'module "logs" {\n  source      = "../ideal"\n  environment = "prod"\n  name_prefix = "acme"\n}\n'
        + "".join(
            f'output "{name}" {{\n  value = module.logs.{name}\n}}\n'
            for name in ("bucket_name", "kms_key_arn", "log_writer_role_arn", "sns_topic_arn")
        )
        + tool.PROVIDER,
        encoding="utf-8",
    )
    environment = {name: value for name, value in terraform.items() if not name.startswith("AWS_")}
    run(caller, environment, "init", "-backend=false", "-input=false")
    run(caller, environment, "plan", "-input=false", "-lock=false", "-out=saved")
    (caller / "plan.json").write_text(run(caller, environment, "show", "-json", "saved"), encoding="utf-8")
    found = {(f.check_id, f.verdict) for f in evaluate(caller / "plan.json").findings if f.verdict is not Verdict.PASS}
    assert found <= {("CKV_PLAN_9", Verdict.FAIL)}, "the caller has no tests of its own; all else holds"
