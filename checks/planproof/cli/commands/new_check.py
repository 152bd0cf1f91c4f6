"""Begins a new check in a clone of planproof: its file, policy section and schema, a good and a bad fixture, a test, and its page.

What it writes works as it is, on an example (buckets with force_destroy), and its tests pass: change it, piece by piece, into yours.
CONTRIBUTING.md walks through it."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from planproof.cli.exit_codes import OK
from planproof.errors import CommandError
from planproof.policy.schema import SHARED
from planproof.registry import all_checks
from planproof.text.escaping import one_line

_CHECK = '''"""{title}: say here in a line what the check is about."""

from __future__ import annotations

from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="{id}",
    name="Buckets are not emptied when they are destroyed",
    severity="MEDIUM",
    category="GENERAL_SECURITY",
    types=("aws_s3_bucket",),
)
def {name}(bucket: Instance, context: Context) -> Outcome:
    """Finds buckets whose `force_destroy` deletes every object with them.

    Why: what is deleted that way cannot be restored.
    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket

    Cannot see: objects that something else deletes before the bucket is destroyed.

    Fix: Leave `force_destroy` out, or set it to false.
    """
    where = f"{{bucket.address}}.force_destroy"
    value = context.argument(bucket, "force_destroy")
    if context.settings("{name}")["allowed"]:
        return passed("kept", "the policy allows force_destroy", where)
    if value.is_unknown:
        return unknown("unknown_value", f"known after the apply: {{where}}", where)
    if value.raw is True:
        return failed("emptied", "force_destroy is true: the bucket is emptied before it is destroyed", where)
    return passed("kept", "force_destroy is not set", where)
'''
_TEST = '''"""What the fixtures of {name} do not show: its settings."""

from __future__ import annotations

from conftest import ROOT
from planproof.engine import evaluate
from planproof.policy.model import Policy
from planproof.policy.profiles import merge
from planproof.registry import all_checks
from planproof.verdict import Verdict

CHECK = next(check for check in all_checks() if check.key == "{name}")
BAD = ROOT / "fixtures" / "bad" / "{name}" / "plain" / "plan.json"


def test_the_policy_can_allow_it() -> None:
    policy = Policy(merge(Policy.default().data, {{"checks": {{"{name}": {{"allowed": True}}}}}}))
    assert {{finding.verdict for finding in evaluate(BAD, policy, checks=[CHECK]).findings}} == {{Verdict.PASS}}
'''
_SECTION = """\
  {name}:
    level: mandatory
    allowed: false # true: what the check finds is accepted everywhere
"""
_NEEDED = ("checks/failure_modes", "fixtures", "policies/planproof.schema.json", "tests/plans/new_check_good", "tools/bundle.py")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="in snake_case, as its file and its policy section are called: bucket_encryption"
    )
    parser.add_argument("--in", dest="root", metavar="DIR", default=".", help="the clone (default: the current folder)")


def run(options: argparse.Namespace) -> int:
    root, name = Path(options.root), options.name
    _refuse(root, name)
    check_id = f"CKV_PLAN_{max(int(check.id.rpartition('_')[2]) for check in all_checks()) + 1}"
    written = [
        _write(
            root / f"checks/failure_modes/{name}.py",
            _CHECK.format(name=name, id=check_id, title=name.replace("_", " ").capitalize()),
        ),
        _write(root / f"tests/test_{name}.py", _TEST.format(name=name)),
        *(_fixture(root, kind, name) for kind in ("good", "bad")),
        _section(root, name),
        _schema(root, name, check_id),
    ]
    for tool in ("bundle.py", "whole_reports.py"):  # the pages and the bundled policy; the reports by all checks
        if (root / "tools" / tool).is_file():
            subprocess.run([sys.executable, str(root.resolve() / "tools" / tool)], cwd=root, check=True)
    written.append(root / f"docs/checks/{check_id}.md")
    print(f"{check_id} {name}:\n" + "\n".join(f"  {path.as_posix()}" for path in written) + f"\nNow: {_next(name)}")
    return OK


def _next(name: str) -> str:
    return f"change it into yours, then `python tools/fixtures.py fixtures/*/{name}`, `make generate`, `pytest -k {name}`"


def _refuse(root: Path, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise CommandError(f"{one_line(name)!r} cannot be the name of a check: it is snake_case, such as bucket_encryption")
    missing = [path for path in _NEEDED if not (root / path).exists()]
    if missing:
        raise CommandError(
            f"{root} is no clone of planproof (there is no {missing[0]}); a check of your own goes by planproof check --checks"
        )
    if any(check.key == name for check in all_checks()) or (root / f"checks/failure_modes/{name}.py").exists():
        raise CommandError(f"there is a check {name} already")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _fixture(root: Path, kind: str, name: str) -> Path:
    target = root / "fixtures" / kind / name / "plain"
    for file in ("main.tf", "plan.json", "expected.json"):
        text = (root / f"tests/plans/new_check_{kind}" / file).read_text(encoding="utf-8")
        _write(target / file, re.sub(r"\A#.*\n", "", text))
    return target


def _section(root: Path, name: str) -> Path:
    """At the end of the default policy, whose last key is `checks`."""
    path = root / "policies" / "secure-logs.yaml"
    return _write(path, path.read_text(encoding="utf-8").rstrip("\n") + "\n" + _SECTION.format(name=name))


def _schema(root: Path, name: str, check_id: str) -> Path:
    path = root / "policies" / "planproof.schema.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["properties"]["checks"]["properties"][name] = {
        "type": "object",
        "description": check_id,
        "additionalProperties": False,
        "properties": {
            **{key: {"$ref": f"#/$defs/{key}"} for key in SHARED},
            "allowed": {"type": "boolean", "description": "What the check finds is accepted everywhere.", "default": False},
        },
    }
    return _write(path, json.dumps(document, indent=2) + "\n")
