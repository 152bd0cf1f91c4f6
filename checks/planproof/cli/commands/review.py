"""Writes the review of a plan as a senior engineer would hand it in: Issue, Impact and Fix Needed for each failure mode, what is right
and stays, and what the plan does not determine.

  planproof review plan.json --output review.md
  planproof review plan.json --against ideal      beside the bundled ideal configuration
  planproof review plan.json --against other.json --output review.html"""

from __future__ import annotations

import argparse
from pathlib import Path

from planproof.baseline import Baseline
from planproof.cli import inputs
from planproof.cli.exit_codes import exit_code
from planproof.cli.options import add_narrowing, add_policy
from planproof.cli.output_files import write_text
from planproof.cli.shipped import shipped
from planproof.context import Context
from planproof.engine import evaluate_in, find_policy
from planproof.errors import CommandError
from planproof.policy.model import Policy
from planproof.review.comparison import Side
from planproof.review.compose import review
from planproof.review.document import Block, to_comment, to_html, to_markdown
from planproof.verdict import Report

IDEAL = "ideal"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="PLAN", help="plan JSON, a saved plan (tfplan), or - for standard input")
    parser.add_argument(
        "--against", metavar="PLAN|ideal", help="another plan to compare with, or the bundled ideal configuration"
    )
    parser.add_argument("--source", metavar="DIR|SAVED-PLAN", help="as for planproof check")
    add_policy(parser)
    add_narrowing(parser)
    parser.add_argument(
        "--format",
        choices=("markdown", "html", "pr-comment"),
        help="pr-comment is Markdown of at most 64 KiB (default: html for a file that ends in .html, else markdown)",
    )
    parser.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")


def run(options: argparse.Namespace) -> int:
    scope = inputs.Scope(baseline=Baseline.find(options.baseline), only_changes=options.only_changes)
    report, blocks = written(options.plan, options.source, options.against, find_policy(options.policy), scope)
    form = options.format or ("html" if (options.output or "").endswith((".html", ".htm")) else "markdown")
    if form == "html":
        text = to_html(blocks, f"Review of {report.plan}")
    else:
        text = to_comment(blocks) if form == "pr-comment" else to_markdown(blocks)
    write_text(text, options.output)
    return exit_code(report)


def written(
    plan: str, source: str | None, against: str | None, policy: Policy, scope: inputs.Scope
) -> tuple[Report, list[Block]]:
    """The report of a plan, and its review; `against` is another plan, or `ideal`. Raises PlanproofError."""
    mine = _side(plan, source, policy, scope)
    whole = scope._replace(baseline=None, only_changes=False)
    other = _side(str(_ideal()) if against == IDEAL else against, None, policy, whole) if against else None
    return mine.report, review(mine, other)


def _side(path: str, source: str | None, policy: Policy, scope: inputs.Scope) -> Side:
    plan, opened = inputs.read_one(path, source, "review each")
    context = Context(plan, policy, opened)
    return Side(evaluate_in(context, **scope._replace(excerpts=True).arguments()), context)


def _ideal() -> Path:
    """The plan of the ideal configuration."""
    found = shipped("ideal/plan.json", "fixtures/good/ideal/plan.json")
    if found is None:
        raise CommandError("the ideal configuration is missing: a copy of checks has none; install the package, or use a clone")
    return found
