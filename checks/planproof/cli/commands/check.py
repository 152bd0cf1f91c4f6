"""Judges plans: plan JSON, folders of it, standard input (-), or saved plans, which the terraform or tofu on PATH reads.

Each plan is judged separately. The report goes to standard output or, with --format NAME=FILE, to a file, which is written completely or not
at all. You can repeat --format."""

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

FORMATS = (
    *("text", "json", "sarif", "junit", "github", "gitlab", "markdown", "pr-comment", "html", "csv"),
    *("opa", "atlantis", "ocsf", "asff"),
)
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
        help="the .tf files, or the saved plan (default: PLANPROOF_SOURCE, or the files beside PLAN)",
    )
    parser.add_argument(
        "--policy",
        metavar="POLICY",
        help="a file, or the bundled secure-logs or general (default: PLANPROOF_POLICY, or secure-logs)",
    )
    parser.add_argument(
        "--checks", metavar="DIR", action="append", default=[], help="a folder of your own checks (default: PLANPROOF_CHECKS)"
    )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="fail only on findings that are not in it (default: PLANPROOF_BASELINE); see planproof baseline",
    )
    parser.add_argument("--only-changes", action="store_true", help="report only findings that the plan's changes can affect")
    parser.add_argument(
        "--format",
        metavar="NAME[=FILE]",
        action="append",
        type=_format,
        default=[],
        dest="formats",
        help=f"of the report: {', '.join(FORMATS)} (default: text)",
    )
    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="of text on standard output (default: auto, if standard output is a terminal; NO_COLOR and FORCE_COLOR override)",
    )
    parser.add_argument("--output", metavar="FILE", help="the file for the format that names no file, instead of standard output")
    parser.add_argument(
        "--run-terraform",
        action="store_true",
        help="let Terraform read saved plans in folders too, and run every provider that a saved plan names",
    )
    parser.add_argument("--jobs", metavar="N", type=_jobs, help="processes for several plans (default: one for each core)")


def _format(text: str) -> tuple[str, str]:
    name, _, file = text.partition("=")
    if name not in FORMATS:
        raise argparse.ArgumentTypeError(f"unknown format {name!r}; choose from {', '.join(FORMATS)}")
    if "=" in text and not file:
        raise argparse.ArgumentTypeError(f"{text} has no file name")
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
    is_rich = ("text", "") in targets and _is_rich(options.color)
    scope = inputs.Scope(tuple(options.checks), baseline, options.only_changes, named, options.run_terraform, is_rich)
    found = inputs.plans(options.plans)
    reports = _Judged(inputs.judge_with_progress(found, policy, options.source, scope, options.jobs))
    _write(reports, targets, options.color, is_rich)
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
        raise CommandError("two reports have the same destination; provide a file for each: --format NAME=FILE")
    if options.output and options.output not in [file for _, file in targets]:
        raise CommandError("--output has no effect: each --format already names a file")
    return targets


def _write(judged: _Judged, targets: Sequence[tuple[str, str]], color: str, is_rich: bool) -> None:
    from planproof.cli.output_files import write_files, write_stdout

    reports: Iterable[Report] = judged if len(targets) == 1 else list(judged)
    made = {
        name: _text(reports, color, is_rich) if name == "text" else _stream(name, reports) for name, file in targets if not file
    }
    to_stdout = ["".join(pieces) for pieces in made.values()]
    write_files((file, _stream(name, reports)) for name, file in targets if file)
    if ("text", "") not in targets:  # who reads no report at once is to see why a plan was not judged
        for problem in judged.errors:
            print(f"planproof: {one_line(problem)}", file=sys.stderr)
    for text in to_stdout:
        write_stdout(text)


def _is_rich(color: str) -> bool:
    from planproof.formats import rich_text

    return rich_text.is_wanted(sys.stdout, color)


def _text(reports: Iterable[Report], color: str, is_rich: bool) -> Iterable[str]:
    """The text for standard output: a terminal gets it by rich, if that is there."""
    from planproof.formats import rich_text, to_text

    has_colour = to_text.wants_colour(sys.stdout, color)
    return rich_text.stream(reports, has_colour) if is_rich else to_text.stream(reports, has_colour)


def _stream(name: str, reports: Iterable[Report]) -> Iterable[str]:
    """The report in pieces. JSON and text are made as the plans are judged; the others need them all."""
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    pieces: Iterable[str] = module.stream(reports) if name in ("text", "json") else [module.render(list(reports))]
    return pieces


def exit_code(report: Report) -> int:
    """2 where a check could not judge, 1 where something failed (UNKNOWN too, if the policy says so), else 0."""
    if report.errors:
        return CANNOT_JUDGE
    return FAILED if report.failed else OK
