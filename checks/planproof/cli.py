"""The command `planproof`. Exit codes: 0 nothing failed, 1 something failed, 2 could not judge."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from planproof.engine import evaluate
from planproof.plan import PlanError
from planproof.policy import Policy, PolicyError
from planproof.registry import LoadError, checks_folder
from planproof.safe import one_line
from planproof.source import SourceError
from planproof.verdict import Report, Verdict

OK, FAILED, CANNOT_JUDGE = 0, 1, 2
FORMATS = ("text", "json")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (PlanError, PolicyError, SourceError, LoadError) as error:
        print(f"planproof: {one_line(str(error))}", file=sys.stderr)
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        print(f"planproof: the report cannot be written: {error.strerror or error}", file=sys.stderr)
    except Exception as error:  # a traceback could hold values of the plan
        print(f"planproof: internal error ({type(error).__name__}); please report it", file=sys.stderr)
    return CANNOT_JUDGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="planproof",
        description="Judges Terraform plans by policy: PASS, FAIL, SKIP, or UNKNOWN with what would decide it.",
        epilog="Exit codes: 0 nothing failed, 1 something failed, 2 could not judge.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check", help="judge a plan", description="Judges a plan (terraform show -json tfplan > plan.json)."
    )
    check.add_argument("plan", metavar="PLAN", help="plan JSON; - reads standard input")
    check.add_argument(
        "--source",
        metavar="DIR|SAVED-PLAN",
        help="the .tf files, or the saved plan (default: PLANPROOF_SOURCE, or what lies beside PLAN)",
    )
    check.add_argument("--policy", metavar="FILE", help="the policy (default: PLANPROOF_POLICY, or the bundled secure-logs)")
    check.add_argument("--format", choices=FORMATS, default="text", help="of the report (default: text)")
    check.set_defaults(run=_check)
    folder = commands.add_parser("checks-dir", help="print the folder to hand to checkov --external-checks-dir")
    folder.set_defaults(run=_checks_dir)
    return parser


def _check(options: argparse.Namespace) -> int:
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


def _checks_dir(_options: argparse.Namespace) -> int:
    print(checks_folder())
    return OK


if __name__ == "__main__":
    sys.exit(main())
