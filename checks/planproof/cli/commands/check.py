"""Judges plans: plan JSON, folders of it, standard input (-), or saved plans, which the terraform or tofu on PATH reads.

Of several plans each is judged on its own. A report goes to standard output, or, with --format NAME=FILE, to a file, which is written
whole or not at all; --format may be given several times."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from planproof.baseline import Baseline
from planproof.cli import inputs
from planproof.cli.exit_codes import CANNOT_JUDGE, FAILED, OK
from planproof.engine import find_policy
from planproof.errors import CommandError
from planproof.registry import own_checks
from planproof.text.escaping import one_line
from planproof.verdict import Report

FORMATS = ("text", "json", "sarif", "junit", "github", "markdown", "pr-comment", "html", "opa")
EXAMPLES = """\
examples:
  planproof check plan.json
  planproof check tfplan                                a saved plan: its own configuration is the source
  terraform show -json tfplan | planproof check - --source .
  planproof check plans/ --jobs 4 --format json --output report.json
  planproof check plan.json --format text --format sarif=planproof.sarif --format html=planproof.html

exit codes: 0 nothing failed, 1 something failed, 2 could not judge; of several plans, the highest"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument(
        "plans", metavar="PLAN", nargs="+", help="plan JSON, a saved plan, a folder of plans; - is standard input"
    )
    parser.add_argument(
        "--source",
        metavar="DIR|SAVED-PLAN",
        help="the .tf files, or the saved plan (default: PLANPROOF_SOURCE, or what lies beside PLAN)",
    )
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        help="a file, or the bundled secure-logs or general (default: PLANPROOF_POLICY, planproof.yaml here or above, or secure-logs)",
    )
    parser.add_argument(
        "--checks", metavar="DIR", action="append", default=[], help="a folder of your own checks (default: PLANPROOF_CHECKS)"
    )
    parser.add_argument(
        "--baseline", metavar="FILE", help="fail only on what is not in it (default: PLANPROOF_BASELINE); see planproof baseline"
    )
    parser.add_argument("--only-changes", action="store_true", help="judge only what the plan creates or updates")
    parser.add_argument(
        "--format",
        metavar="NAME[=FILE]",
        action="append",
        type=_format,
        default=[],
        dest="formats",
        help=f"of the report: {', '.join(FORMATS)} (default: text)",
    )
    parser.add_argument("--output", metavar="FILE", help="where the format that names no file goes, instead of standard output")
    parser.add_argument(
        "--run-terraform",
        action="store_true",
        help="have Terraform read saved plans that a folder holds too, and run any provider that a saved plan names",
    )
    parser.add_argument("--jobs", metavar="N", type=_jobs, help="processes for several plans (default: one for each core)")


def _format(text: str) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if name not in FORMATS:
        raise argparse.ArgumentTypeError(f"there is no format {name!r}; choose from {', '.join(FORMATS)}")
    if "=" in text and not file:
        raise argparse.ArgumentTypeError(f"{text} names no file")
    return name, file


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return int(text)


def run(options: argparse.Namespace) -> int:
    targets = _targets(options)
    policy = find_policy(options.policy, own_checks(*options.checks))
    baseline = Baseline.find(options.baseline)
    named = tuple(options.plans)
    scope = inputs.Scope(tuple(options.checks), baseline, options.only_changes, named, options.run_terraform)
    found = inputs.plans(options.plans)
    reports = _Judged(inputs.judge_with_progress(found, policy, options.source, scope, options.jobs))
    _write(reports, targets)
    return reports.exit_code


class _Judged:
    """The reports as they come, and what the command has to know of them once they have gone."""

    def __init__(self, reports: Iterable[Report]) -> None:
        self._reports = reports
        self.exit_code = OK
        self.errors: list[str] = []

    def __iter__(self) -> Iterator[Report]:
        for report in self._reports:
            self.exit_code = max(self.exit_code, exit_code(report))
            self.errors.extend(report.errors)
            yield report


def _targets(options: argparse.Namespace) -> list[tuple[str, str]]:
    """Each format with its file; the empty name is standard output."""
    targets = options.formats or [("text", "")]
    targets = [(name, file or options.output or "") for name, file in targets]
    files = [os.path.realpath(file) if file else "" for _, file in targets]
    if len(set(files)) < len(files):
        raise CommandError("two reports would go to the same place; give each a file of its own: --format NAME=FILE")
    if options.output and options.output not in [file for _, file in targets]:
        raise CommandError("--output has no report to hold: each --format names a file of its own")
    return targets


def _write(judged: _Judged, targets: Sequence[tuple[str, str]]) -> None:
    from planproof.cli.output_files import write_files, write_stdout

    reports: Iterable[Report] = judged if len(targets) == 1 else list(judged)
    to_stdout = ["".join(_stream(name, reports, to_stdout=True)) for name, file in targets if not file]
    write_files((file, _stream(name, reports)) for name, file in targets if file)
    if ("text", "") not in targets:  # who reads no report at once is to see why a plan was not judged
        for problem in judged.errors:
            print(f"planproof: {one_line(problem)}", file=sys.stderr)
    for text in to_stdout:
        write_stdout(text)


def _stream(name: str, reports: Iterable[Report], to_stdout: bool = False) -> Iterable[str]:
    """The report in pieces. JSON and text are made as the plans are judged; the others need them all."""
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    if name == "text":
        pieces: Iterable[str] = module.stream(reports, colour=to_stdout and module.wants_colour(sys.stdout))
    elif name == "json":
        pieces = module.stream(reports)
    else:
        pieces = [module.render(list(reports))]
    return pieces


def exit_code(report: Report) -> int:
    """2 where a check could not judge, 1 where something failed (UNKNOWN too, if the policy says so), else 0."""
    if report.errors:
        return CANNOT_JUDGE
    return FAILED if report.failed else OK
