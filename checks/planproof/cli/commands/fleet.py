"""Judges the plans of many workspaces, in object storage or on disk, into one table of findings, and reports on it.

  planproof fleet check 's3://plans/**/plan.json' --format parquet=s3://findings
  planproof fleet report s3://findings --output fleet.html

A plan that was judged before, by the same policy, is not judged again."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from planproof.cli.exit_codes import CANNOT_JUDGE, FAILED, OK
from planproof.cli.options import add_own_checks, add_policy
from planproof.text.escaping import one_line
from planproof.verdict import Verdict


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    check = actions.add_parser("check", help="judge plans into a table of findings")
    check.add_argument("urls", metavar="URL", nargs="+", help="a plan, or a pattern such as 's3://plans/**/plan.json'")
    check.add_argument(
        "--format", metavar="parquet=URL", required=True, type=_parquet, help="where the table of findings is, or is to be"
    )
    add_policy(check)
    add_own_checks(check)
    check.add_argument(
        "--estate",
        action="store_true",
        help="also compare the plans with each other: names, alerts, remote state, tags and styles of names",
    )
    check.add_argument("--jobs", metavar="N", type=_jobs, help="processes (default: one for each core)")
    report = actions.add_parser("report", help="report on a table of findings")
    report.add_argument("findings", metavar="FINDINGS", help="its URL, as in --format parquet=URL")
    report.add_argument("--format", choices=("text", "markdown", "html"), help="default: by the ending of the file, else text")
    report.add_argument("-o", "--output", metavar="FILE", help="write to this file (default: standard output)")


def _parquet(text: str) -> str:
    name, _, url = text.partition("=")
    if name != "parquet" or not url:
        raise argparse.ArgumentTypeError(f"{text!r} is not parquet=URL, such as parquet=s3://findings")
    return url


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return int(text)


def run(options: argparse.Namespace) -> int:
    return _check(options) if options.action == "check" else _report(options)


def _check(options: argparse.Namespace) -> int:
    from planproof.cli.fleet_run import compare, judge_fleet
    from planproof.fleet.judge import Judge
    from planproof.fleet.objects import PlanAt, listed, shown
    from planproof.fleet.table import ERROR, JUDGED, NOT_JUDGED
    from planproof.fleet.table import FAILED as WITH_FAILURES
    from planproof.formats.clock import written_at

    by, jobs = Judge(options.policy, options.checks_from, written_at()), options.jobs or _cores()
    plans: Iterable[PlanAt] = listed(*options.urls)
    if options.estate:
        plans = list(plans)  # which are read twice
    tally = judge_fleet(plans, options.format, by, options.checks_from, jobs)
    shared = compare(plans, options.format, by, options.checks_from, jobs) if options.estate else {}
    for problem in tally.problems:
        print(f"planproof: {one_line(problem)}", file=sys.stderr)
    counts = tally.counts
    if counts[NOT_JUDGED] > len(tally.problems):
        print(f"planproof: {counts[NOT_JUDGED]} plans could not be judged; planproof fleet report lists them", file=sys.stderr)
    print(
        f"planproof: {tally.total} plans (policy {one_line(by.policy.name)}): {counts[WITH_FAILURES]} with failures, "
        f"{counts[JUDGED]} without, {counts[NOT_JUDGED]} not judged; {tally.known} of them were known"
    )
    if options.estate:
        said = ", ".join(f"{number} {verdict}" for verdict, number in sorted(shared.items()))
        print(f"Compared with each other: {said or 'nothing to say'}")
    print(f"To report on the findings: planproof fleet report {one_line(shown(options.format))}")
    if counts[NOT_JUDGED] or shared.get(ERROR):
        return CANNOT_JUDGE
    return FAILED if counts[WITH_FAILURES] or shared.get(Verdict.FAIL.value) else OK


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _report(options: argparse.Namespace) -> int:
    from planproof.cli.output_files import write_text
    from planproof.fleet.queries import Fleet
    from planproof.fleet.report import blocks, to_text
    from planproof.formats.clock import written_at
    from planproof.review.document import to_html, to_markdown

    fleet = Fleet(options.findings, written_at().date())
    form = options.format or _form(options.output or "")
    if form == "text":
        text = to_text(blocks(fleet))
    else:
        text = to_html(blocks(fleet), "planproof: the fleet") if form == "html" else to_markdown(blocks(fleet))
    write_text(text, options.output)
    return OK


def _form(output: str) -> str:
    endings = {".html": "html", ".htm": "html", ".md": "markdown"}
    return endings.get(os.path.splitext(output)[1], "text")
