"""What goes wrong, and how each lane answers: an exit code other than 0 and one sentence; never a silent pass, a traceback, half a report.

The lanes are our command, the library, the Action, `planproof checkov`, and plain Checkov with the pack. Plain Checkov passes over some
of it in silence: those gaps are in the table, and docs/trust.md tells of each.
"""

from __future__ import annotations

import importlib.util
import io
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

from conftest import PLANS, ROOT
from lanes import OURS, Checkovs
from planproof.cli import main
from planproof.engine import evaluate
from planproof.plan import PlanError
from planproof.policy import PolicyError
from planproof.registry import LoadError
from planproof.source import SourceError

GOOD = (ROOT / "fixtures" / "good" / "ideal" / "plan.json").read_bytes()
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
    """

    code: int
    says: str
    plan: bytes | None = GOOD
    plain: tuple[int, str] | None = None
    policy: str | None = None
    source: dict[str, str] | None = None
    pack: Callable[[Path], None] | None = None
    make: Callable[[Path], None] | None = None
    wrapped: tuple[int, str] | None = None
    arguments: tuple[str, ...] = ()


SILENT = (0, "")
MAKE = "terraform plan -out tfplan && terraform show -json tfplan > plan.json"
PLANS_THAT_ARE_NONE: dict[str, Case] = {
    "the plan is missing": Case(2, f"plan.json does not exist; make a plan: {MAKE}", plan=None, plain=SILENT),
    "the plan is empty": Case(2, "plan.json is empty", plan=b"", plain=SILENT),
    "the plan is truncated": Case(2, "plan.json is truncated", plan=GOOD[: len(GOOD) // 2], plain=SILENT),
    "the plan is not JSON": Case(2, "plan.json is not JSON", plan=b"hello\n", plain=SILENT),
    "the plan is not text": Case(2, "plan.json is not text in UTF-8 or UTF-16", plan=GOOD.replace(b"logs", b"\xff\xfe\xfa"), plain=SILENT),
    "the plan is a state": Case(2, "plan.json is a state, not a plan", plan=b'{"format_version": "1.0", "values": {}}', plain=SILENT),
    "the plan is a state file": Case(2, "is a state, not a plan", plan=(PLANS / "changes" / "before.tfstate").read_bytes(), plain=SILENT),
    "the plan is a provider schema": Case(
        2, "is a provider schema", plan=b'{"format_version": "1.0", "provider_schemas": {}}', plain=SILENT
    ),
    "the plan is a streaming log": Case(
        2, "is the streaming log", plan=b'{"@level":"info","@message":"Terraform 1.11.4"}\n{"@level":"info","@message":"x"}\n', plain=SILENT
    ),
    "the plan is configuration": Case(2, "is Terraform configuration (HCL)", plan=b'resource "aws_s3_bucket" "a" {\n}\n', plain=SILENT),
    "the plan is one for people": Case(2, "is the plan as text for people", plan=b"Terraform will perform the following actions:\n", plain=SILENT),
    "the plan is JSON of something else": Case(2, "is JSON but not a Terraform plan", plan=b'{"a": 1}', plain=SILENT),
    "the plan is a saved plan": Case(
        2, "plan.json", plan=(PLANS / "saved" / "tfplan").read_bytes(), plain=SILENT
    ),
    "the plan ended in an error": Case(2, "the plan ended in an error", plan=document(errored=True)),
    "the plan is of a newer format": Case(2, "has plan format 2.0, newer than", plan=document(format_version="2.0")),
    "the plan cannot be read": Case(
        2, "plan.json cannot be read: Too many levels of symbolic links", plan=None, plain=SILENT, make=lambda f: (f / "plan.json").symlink_to("plan.json")
    ),
    "everything is destroyed": Case(1, "there is no output named bucket_name", plan=destroyed(), plain=SILENT),
}
PLANS_THAT_CAN_BE_READ: dict[str, Case] = {
    "all is well": Case(0, ""),
    "the plan is UTF-16": Case(0, "", plan=GOOD.decode().encode("utf-16"), plain=SILENT),
    "the plan has a byte order mark": Case(0, "", plan=b"\xef\xbb\xbf" + GOOD),
    "a CI wrapper printed around the plan": Case(0, "passed over 2 lines", plan=b"Running\n" + GOOD + b"\nDone\n", plain=SILENT),
    "the plan is not complete": Case(0, "the plan is not complete", plan=document(complete=False), plain=SILENT),
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
    "the policy is missing": Case(2, "policy.yaml cannot be read as a policy: No such file", policy="", plain=(1, "cannot be read as a policy")),
    "the policy is broken": Case(2, "policy.yaml:1 is not valid YAML", policy="checks: [\n", plain=(1, "is not valid YAML")),
    "the policy has an unknown key": Case(
        2, "unknown key 'unknwon' in the policy; did you mean 'unknown'?", policy="unknwon: fail\n", plain=(1, "did you mean 'unknown'")
    ),
    "an exception names no check": Case(
        2,
        "CKV_PLAN_99",
        policy='exceptions: [{check: CKV_PLAN_99, address: "*", reason: moved, expires: 2999-01-01}]\n',
        plain=(1, "CKV_PLAN_99"),
    ),
}
PACKS: dict[str, Case] = {
    "a check raises": Case(2, "CKV_PLAN_12 could not judge", pack=first_raises, plain=(1, "check_error: CKV_PLAN_12 could not judge this: KeyError")),
    "a check cannot be imported": Case(
        2, "log_group_retention.py cannot be imported: ModuleNotFoundError", pack=cannot_be_imported, plain=(1, "cannot be imported")
    ),
    "the folder of checks is missing": Case(
        2, "the checks are missing", pack=lambda pack: shutil.rmtree(pack / "failure_modes"), plain=SILENT
    ),
    "the folder of checks is empty": Case(2, "there are no checks in", pack=empty, plain=(2, "")),
}
SOURCES: dict[str, Case] = {
    "the source does not belong to the plan": Case(1, "is not in the source", source={"main.tf": 'resource "aws_s3_bucket" "x" {}\n'}, policy="unknown: fail\n"),
    "the source does not parse": Case(1, "does not parse as HCL", source={"main.tf": 'resource "aws_s3_bucket" {{{\n'}, policy="unknown: fail\n"),
    "the source is missing": Case(2, "no-such-folder does not exist", arguments=("no-such-folder",), plain=(1, "no-such-folder does not exist")),
}
CASES = {**PLANS_THAT_ARE_NONE, **PLANS_THAT_CAN_BE_READ, **POLICIES, **PACKS, **SOURCES}
