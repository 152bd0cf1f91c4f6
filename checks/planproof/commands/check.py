"""Judges plans: what `terraform show -json tfplan > plan.json` writes."""

from __future__ import annotations

import argparse
import importlib
import sys

from planproof.command import CANNOT_JUDGE, FAILED, OK
from planproof.engine import evaluate
from planproof.policy import Policy
from planproof.verdict import Report, Verdict

FORMATS = ("text", "json")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON; - reads standard input")
    parser.add_argument(
        "--source",
        metavar="DIR|SAVED-PLAN",
        help="the .tf files, or the saved plan (default: PLANPROOF_SOURCE, or what lies beside PLAN)",
    )
    parser.add_argument("--policy", metavar="FILE", help="the policy (default: PLANPROOF_POLICY, or the bundled secure-logs)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="of the report (default: text)")


def run(options: argparse.Namespace) -> int:
    policy = Policy.find(options.policy)
    plan = sys.stdin.buffer if options.plan == "-" else options.plan
    report = evaluate(plan, policy, options.source)
    render = importlib.import_module(f"planproof.report.{options.format}").render
    sys.stdout.write(render(report))
    sys.stdout.flush()
    return exit_code(report, policy)


def exit_code(report: Report, policy: Policy) -> int:
    """2 where a check could not judge, 1 where something failed (UNKNOWN too, if the policy says so), else 0."""
    if report.errors:
        return CANNOT_JUDGE
    strict = policy.unknown == "fail" and any(f.verdict is Verdict.UNKNOWN for f in report.findings)
    return FAILED if report.failed or strict else OK
