"""Judges plans: plan JSON, folders of it, standard input (-), or saved plans, which the terraform or tofu on PATH reads.

Each plan is judged separately. The report goes to standard output or, with --format NAME=FILE, to a file, which is written completely or not
at all. You can repeat --format.

With --watch, each plan is judged again if any file that was read for it changes, except your own checks."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from planproof.baseline import Baseline
from planproof.cli import inputs
from planproof.cli.exit_codes import FAIL_ON, FAILURE, OK, exit_code
from planproof.cli.options import add_own_checks, add_policy
from planproof.engine import find_policy
from planproof.errors import CommandError
from planproof.policy.model import Policy
from planproof.registry import own_checks
from planproof.text.escaping import one_line
from planproof.verdict import Report, listed

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
  planproof check plan.json --check CKV_PLAN_1,tagging --quiet
  planproof check plan.json --fail-on HIGH              what is less severe is shown, and exit code 0

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
    add_policy(parser)
    add_own_checks(parser)
    for name, what in (("--check", "judge only by these checks"), ("--skip-check", "do not judge by these")):
        parser.add_argument(
            name,
            metavar="CHECKS",
            action="extend",
            type=_names,
            default=[],
            help=f"{what}: ids, names or patterns, such as CKV_PLAN_1,tagging,'*bucket*'",
        )
    parser.add_argument(
        "--baseline",
        metavar="FILE",
        help="fail only on findings that are not in it (default: PLANPROOF_BASELINE); see planproof baseline",
    )
    parser.add_argument("--only-changes", action="store_true", help="report only findings that the plan's changes can affect")
    parser.add_argument(
        "--fail-on",
        metavar="WHAT",
        type=_fail_on,
        default=FAILURE,
        help="what makes exit code 1: a severity (HIGH: failures that are HIGH or worse), unknown (also what cannot be determined), never, "
        "or failure (default: what fails by the policy)",
    )
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
        "--watch", action="store_true", help="judge again whenever the plan, its source or the policy changes, until Ctrl-C"
    )
    parser.add_argument("--quiet", action="store_true", help="in text, show only what failed, and the last line")
    parser.add_argument("--compact", action="store_true", help="in text, a line for each finding, and no advice")
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


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} names no check at one place; give ids or names, separated by commas")
    return names


def _fail_on(text: str) -> str:
    found = next((what for what in FAIL_ON if what.lower() == text.lower()), None)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(text.lower(), [what.lower() for what in FAIL_ON], n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(FAIL_ON)}"
        raise argparse.ArgumentTypeError(f"{text!r} is nothing to fail on; {hint}")
    return found


def _jobs(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return int(text)


def run(options: argparse.Namespace) -> int:
    targets = _targets(options)
    return _watch(options, targets) if options.watch else _judge(options, targets)


def _watch(options: argparse.Namespace, targets: Sequence[tuple[str, str]]) -> int:
    from planproof.cli.signals import code_of
    from planproof.cli.watch import repeat
    from planproof.policy.discovery import candidates

    once = next(filter(inputs.is_stream, options.plans), None)
    if once:
        raise CommandError(f"{once} can be read once only, and so not be watched; give the plan's file")
    options.jobs = 1  # what other processes read is not heard of here
    named = filter(None, (*options.plans, options.source, options.policy, options.baseline, *candidates()))
    try:
        repeat(lambda: _judge(options, targets), named, [file for _, file in targets if file])
    except KeyboardInterrupt as ended:  # which is how a watch ends
        return code_of(ended)


def _judge(options: argparse.Namespace, targets: Sequence[tuple[str, str]]) -> int:
    policy = find_policy(options.policy, own_checks(*options.checks_from))
    baseline = Baseline.find(options.baseline)
    is_rich = ("text", "") in targets and not (options.quiet or options.compact) and _is_rich(options.color)
    scope = inputs.Scope(
        tuple(options.checks_from),
        baseline,
        options.only_changes,
        tuple(options.plans),
        options.run_terraform,
        is_rich,
        tuple(options.check),
        tuple(options.skip_check),
    )
    _refuse_what_is_off(scope, policy)
    found = inputs.plans(options.plans)
    reports = _Judged(inputs.judge_with_progress(found, policy, options.source, scope, options.jobs), options.fail_on)
    _write(reports, targets, options, is_rich)
    return reports.exit_code


def _refuse_what_is_off(scope: inputs.Scope, policy: Policy) -> None:
    """What a policy alone has off is its `unjudged` to decide; who asks for checks means to judge by them."""
    if scope.only or scope.skipped:
        chosen = scope.load()
        if not any(policy.is_on(check) for check in chosen):
            ids = listed((check.id for check in chosen), 5)
            raise CommandError(f"nothing would be judged: the policy {policy.name} has each check that is asked for off ({ids})")


class _Judged:
    """The reports as they come, and what the command has to know of them once they have gone."""

    def __init__(self, reports: Iterable[Report], fail_on: str) -> None:
        self._reports, self._fail_on = reports, fail_on
        self.exit_code = OK
        self.errors: list[str] = []

    def __iter__(self) -> Iterator[Report]:
        for report in self._reports:
            self.exit_code = max(self.exit_code, exit_code(report, self._fail_on))
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
    judged = {os.path.realpath(plan): plan for plan in options.plans if os.path.isfile(plan)}
    for file in filter(None, files):
        if file in judged:
            raise CommandError(f"the report would overwrite the plan {judged[file]}; choose another file")
    return targets


def _write(judged: _Judged, targets: Sequence[tuple[str, str]], options: argparse.Namespace, is_rich: bool) -> None:
    from planproof.cli.output_files import write_files, write_stdout

    reports: Iterable[Report] = judged if len(targets) == 1 else list(judged)
    made = {
        name: _text(reports, options, is_rich) if name == "text" else _stream(name, reports, options.quiet, options.compact)
        for name, file in targets
        if not file
    }
    to_stdout = ["".join(pieces) for pieces in made.values()]
    write_files((file, _stream(name, reports, options.quiet, options.compact)) for name, file in targets if file)
    if ("text", "") not in targets:  # who reads no report at once is to see why a plan was not judged
        for problem in judged.errors:
            print(f"planproof: {one_line(problem)}", file=sys.stderr)
    for text in to_stdout:
        write_stdout(text)


def _is_rich(color: str) -> bool:
    from planproof.formats import rich_text

    return rich_text.is_wanted(sys.stdout, color)


def _text(reports: Iterable[Report], options: argparse.Namespace, is_rich: bool) -> Iterable[str]:
    """The text for standard output: a terminal gets it by rich, if that is there and the whole report is asked for."""
    from planproof.formats import rich_text, to_text

    has_colour = to_text.wants_colour(sys.stdout, options.color)
    if is_rich:
        return rich_text.stream(reports, has_colour)
    return to_text.stream(reports, has_colour, options.quiet, options.compact)


def _stream(name: str, reports: Iterable[Report], quiet: bool = False, compact: bool = False) -> Iterable[str]:
    """The report in pieces. JSON and text are made as the plans are judged; the others need them all."""
    module = importlib.import_module(f"planproof.formats.to_{name.replace('-', '_')}")
    if name == "text":
        pieces: Iterable[str] = module.stream(reports, False, quiet, compact)
    elif name == "json":
        pieces = module.stream(reports)
    else:
        pieces = [module.render(list(reports))]
    return pieces
