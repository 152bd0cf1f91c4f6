"""Writes the review of a plan as a senior engineer would hand it in: Issue, Impact and Fix Needed for each failure mode, what is right
and stays, and what the plan does not determine.

  planproof review plan.json --output review.md
  planproof review plan.json --against ideal      beside the bundled ideal configuration
  planproof review plan.json --against other.json --output review.html"""

from __future__ import annotations

import argparse
from pathlib import Path

from planproof.cli import inputs
from planproof.cli.exit_codes import CANNOT_JUDGE, FAILED, OK
from planproof.cli.output_files import write_files, write_stdout
from planproof.context import Context
from planproof.engine import evaluate, find_policy
from planproof.errors import CommandError, PlanError
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.review.comparison import Side
from planproof.review.compose import review
from planproof.review.document import to_html, to_markdown

_PACKAGE = Path(__file__).resolve().parents[2]
IDEAL = "ideal"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON, a saved plan (tfplan), or - for standard input")
    parser.add_argument(
        "--against", metavar="PLAN|ideal", help="another plan to compare with, or the bundled ideal configuration"
    )
    parser.add_argument("--source", metavar="DIR|SAVED-PLAN", help="as for planproof check")
    parser.add_argument("--policy", metavar="POLICY", help="as for planproof check")
    parser.add_argument(
        "--format", choices=("markdown", "html"), help="default: html for a file that ends in .html, else markdown"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")


def run(options: argparse.Namespace) -> int:
    policy = find_policy(options.policy)
    mine = _side(options.plan, options.source, policy)
    other = _side(str(_ideal()) if options.against == IDEAL else options.against, None, policy) if options.against else None
    blocks = review(mine, other)
    is_html = options.format == "html" if options.format else (options.output or "").endswith((".html", ".htm"))
    text = to_html(blocks, f"Review of {mine.report.plan}") if is_html else to_markdown(blocks)
    if options.output:
        write_files([(options.output, text)])
    else:
        write_stdout(text)
    if mine.report.errors:
        return CANNOT_JUDGE
    return FAILED if mine.report.failed else OK


def _side(path: str, source: str | None, policy: Policy) -> Side:
    found, opened = inputs.read(path, source, inputs.Scope(named=(path,)))
    if len(found) > 1:
        raise PlanError(f"{path} holds {len(found)} plans; review each from a file of its own")
    plan = Plan.of(found[0])
    report = evaluate(plan, policy, opened, excerpts=True)
    return Side(plan, report, Context(plan, policy, opened))


def _ideal() -> Path:
    """The plan of the ideal configuration: inside the installed package, or in the clone around it."""
    places = (_PACKAGE / "ideal" / "plan.json", _PACKAGE.parent.parent / "fixtures" / "good" / "ideal" / "plan.json")
    found = next((file for file in places if file.is_file()), None)
    if found is None:
        raise CommandError("the ideal configuration is missing: a copy of checks has none; install the package, or use a clone")
    return found
