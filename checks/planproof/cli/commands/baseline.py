"""Records today's failures, so that later runs fail only on new ones.

For each plan, the file contains the check, the subject and the reason code of each failure, and no values of the plan. Commit it. Then run:

  planproof check plan.json --baseline planproof-baseline.json"""

from __future__ import annotations

import argparse
import os

from planproof.baseline import DEFAULT_FILE, Baseline, is_failure
from planproof.cli import inputs
from planproof.cli.exit_codes import OK
from planproof.cli.options import add_own_checks, add_policy
from planproof.engine import find_policy
from planproof.errors import BaselineError, CommandError
from planproof.registry import own_checks
from planproof.verdict import EXCEPTION_EXPIRED


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    write = actions.add_parser("write", help="record today's failures", description="Records the failures of these plans.")
    write.add_argument("plans", metavar="PLAN", nargs="+", help="as for planproof check")
    write.add_argument("-o", "--output", metavar="FILE", default=DEFAULT_FILE, help=f"the baseline (default: {DEFAULT_FILE})")
    write.add_argument("--source", metavar="DIR|SAVED-PLAN", help="as for planproof check")
    add_policy(write)
    add_own_checks(write)
    write.add_argument("--run-terraform", action="store_true", help="as for planproof check")


def run(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_files

    _refuse_to_replace(options.output)
    policy = find_policy(options.policy, own_checks(*options.checks_from))
    found = inputs.plans(options.plans)
    scope = inputs.Scope(tuple(options.checks_from), named=tuple(options.plans), run_terraform=options.run_terraform)
    reports = list(inputs.judge_with_progress(found, policy, options.source, scope))
    problems = [problem for report in reports for problem in report.errors]
    if problems:
        raise CommandError(f"no baseline is written, because not everything could be judged: {problems[0]}")
    baseline = Baseline.of(reports, options.output)
    write_files([(options.output, baseline.text())])
    count = sum(sum(known.values()) for known in baseline.plans.values())
    plans = len(baseline.plans)
    print(f"{options.output}: {_counted(count, 'failure')} of {_counted(plans, 'plan')} recorded")
    expired = sum(f.code == EXCEPTION_EXPIRED and is_failure(f, report) for report in reports for f in report.findings)
    if expired:
        print(f"{expired} not recorded: their exceptions have expired, and a baseline does not renew them")
    return OK


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _refuse_to_replace(path: str) -> None:
    """Only a baseline is written over."""
    if os.path.exists(path):
        try:
            Baseline.load(path)
        except BaselineError:
            raise CommandError(f"{path} exists and is not a baseline; it is not overwritten") from None
