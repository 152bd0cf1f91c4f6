"""Runs the tests of your own checks: folders with a plan and its expected findings, beside the checks.

`checks/tests/volume_encryption/bad/` contains `plan.json` and `expected.json`, whose list `findings` has the subject, verdict and code of
every finding of the check. `planproof new-check volume_encryption --dir checks` creates the first two tests."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from planproof.check import Check
from planproof.cli.exit_codes import FAILED, OK
from planproof.cli.options import add_policy
from planproof.engine import evaluate, find_policy
from planproof.errors import CommandError
from planproof.policy.model import Policy
from planproof.registry import own_checks
from planproof.text.escaping import one_line
from planproof.verdict import Verdict

Expected = tuple[str, str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folders", nargs="+", metavar="DIR", help="a folder of your own checks, with their tests in DIR/tests")
    add_policy(parser)


def run(options: argparse.Namespace) -> int:
    own = own_checks(*options.folders)
    policy = find_policy(options.policy, own)
    failures = 0
    for folder in map(Path, options.folders):
        for check in own_checks(folder):
            if check.problem:
                raise CommandError(check.problem)
            problems = list(_problems(check, folder / "tests" / check.key, policy))
            failures += bool(problems)
            print(f"{'FAIL' if problems else 'ok  '}  {check.id} {check.key}")
            for problem in problems:
                print(f"      {one_line(problem)}")
    return FAILED if failures else OK


def _problems(check: Check, tests: Path, policy: Policy) -> Iterator[str]:
    """What is found and not expected, or the other way; a check of which nothing is expected to fail is not tested."""
    cases = sorted(file.parent for file in tests.glob("*/expected.json"))
    fails = False
    for case in cases:
        expected = _expected(case / "expected.json")
        report = evaluate(case / "plan.json", policy, checks=(check,))
        found = {(f.subject, f.verdict.value, f.code) for f in report.findings if f.check_id == check.id}
        fails |= any(verdict == Verdict.FAIL.value for _, verdict, _ in expected)
        yield from (f"{case.name}: expected, but not found: {' '.join(finding)}" for finding in sorted(expected - found))
        yield from (f"{case.name}: found, but not expected: {' '.join(finding)}" for finding in sorted(found - expected))
    if not fails:
        yield f"no test in {tests} expects FAIL" if cases else f"there are no tests in {tests}"


def _expected(file: Path) -> set[Expected]:
    try:
        document: Any = json.loads(file.read_text(encoding="utf-8"))
        return {(str(f["subject"]), str(f["verdict"]), str(f["code"])) for f in document["findings"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(
            f"{file} cannot be read ({type(error).__name__}); it must contain findings, each with subject, verdict and code"
        ) from None
