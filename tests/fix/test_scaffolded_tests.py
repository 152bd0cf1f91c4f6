"""The unit test that a fix writes passes at its first run, by the real Terraform and provider; and what it has instead of both."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import fixtures
from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.fix.patches import Patch, changes, patches
from planproof.plan.model import Plan
from planproof.source.model import Source
from support.repository import FIXTURES, PLANS

MOCKED = PLANS / "mocked"


def patched(folder: Path) -> list[Patch]:
    context = Context(Plan.load(folder / "plan.json"), find_policy("secure-logs"), Source.open(folder))
    return patches(evaluate_in(context), context)


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The tests of a configuration with several providers, data and variables, without blanks that only align."""
    return {
        Path(change.file).name: re.sub(r" +", " ", change.after) for change in changes(patched(MOCKED)) if change.before is None
    }


def test_each_provider_is_mocked_with_answers_that_aws_takes(written: dict[str, str]) -> None:
    text = written["unit.tftest.hcl"]
    assert re.findall(r'^mock_provider "(\w+)" \{(?:\n alias = "(\w+)")?', text, re.MULTILINE) == [
        ("aws", ""),
        ("aws", "west"),
        ("null", ""),
        ("random", ""),
    ]
    for kind, answer in (
        ("iam_policy_document", 'json = "{}"'),
        ("partition", 'partition = "aws"'),
        ("region", 'name = "us-west-2"'),
    ):
        assert f'mock_data "aws_{kind}" {{\n defaults = {{\n {answer}\n' in text


VALUES = [
    # what anyone may read
    'stage = "production"',
    "days = 90",
    'pair = ["a", 1]',
    # what has the form of the plan's value, and what fits the type
    'network = { cidr = "10.0.0.0/16", peers = { a = { port = 1 } }, zones = [] }',
    'role_arn = "arn:aws:iam::123456789012:role/test"',
    'token = "test"',
    'anything = "test"',
    # what the same patch declares
    'owner = "test"',
    'alert_email = "test@example.com"',
]


@pytest.mark.parametrize("kind", ["unit", "integration"])
def test_each_variable_has_a_value(kind: str, written: dict[str, str]) -> None:
    block = re.search(r"^variables \{\n(.*?)^\}", written[f"{kind}.tftest.hcl"], re.MULTILINE | re.DOTALL)
    assert block
    assert sorted(line.strip() for line in block[1].splitlines()) == sorted(VALUES)
    for secret in ("a-secret", "210987654321", "10.1.0.0", '"more"'):
        assert secret not in written[f"{kind}.tftest.hcl"]


@pytest.mark.parametrize("kind", ["unit", "integration"])
def test_only_what_does_not_depend_on_such_values_is_counted(kind: str, written: dict[str, str]) -> None:
    assert re.findall(r"length\(([\w.]+)\)", written[f"{kind}.tftest.hcl"]) == ["aws_iam_role.others", "aws_sqs_queue.two"]


def test_an_integration_test_does_not_promise_to_destroy_all(written: dict[str, str]) -> None:
    assert "what is protected against deletion" in written["integration.tftest.hcl"]


RUN = [
    MOCKED,
    *(
        FIXTURES / "bad" / case
        for case in (
            "review",
            "bucket_name_collision/shapes",
            "dead_alarm/shapes",
            "log_group_retention/functions",
            "mfa_on_human_principals/plain",
            "naming_convention/variables",
            "output_contract/module",
            "tagging/default_tags",
            "unauthorized_access_alert/no_trail",
        )
    ),
]


@pytest.mark.exhaustive
@pytest.mark.xdist_group("terraform")
@pytest.mark.parametrize("folder", RUN, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_the_unit_test_passes(folder: Path, tmp_path: Path) -> None:
    missing = fixtures.available()
    if missing:
        pytest.skip(missing)
    work = tmp_path / "work"
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns(".terraform*", "*.tftest.hcl"))
    for change in changes(patched(work)):
        Path(change.file).parent.mkdir(exist_ok=True)
        Path(change.file).write_text(change.after, encoding="utf-8")
    environment = fixtures.terraform_environment()
    for arguments in (
        ("init", "-backend=false"),
        ("test", "-filter=tests/unit.tftest.hcl"),
        ("fmt", "-check", "-recursive", "tests"),
    ):
        command = ["terraform", *arguments[:1], *(["-no-color"] if arguments[0] != "fmt" else []), *arguments[1:]]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
