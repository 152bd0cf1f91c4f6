"""Runs Checkov with this pack, and fails if Checkov itself would break silently and exit 0.

All arguments after `planproof checkov` are Checkov's own: planproof checkov -f plan.json -o sarif --soft-fail-on LOW

Before Checkov starts, these end with exit code 2: a plan that is missing, truncated, not a plan or in a file that Checkov does not read;
nothing to judge; a folder of checks that is missing or that Checkov would ignore; a check that cannot be loaded; a policy that cannot be
used. After Checkov ends, these do too: a plan that Checkov did not read, and an entry of --check that matches no check. The report of
Checkov shows what it read; its options do not.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from planproof.cli.exit_codes import CANNOT_JUDGE, FAILED, OK
from planproof.cli.folders import look
from planproof.cli.help import Parser
from planproof.cli.output_files import write_stdout
from planproof.engine import find_policy
from planproof.errors import CommandError
from planproof.plan.json_file import MAKE_JSON
from planproof.plan.model import Plan
from planproof.registry import LOADING_FAILED, all_checks, checks_folder, own_checks
from planproof.text.escaping import one_line
from planproof.verdict import judged_by
from planproof.version import version

_PLANS = "terraform_plan"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="Checkov's own arguments")


def run(options: argparse.Namespace) -> int:
    if options.arguments[:1] in (["-h"], ["--help"]):
        return _help(options.arguments)
    _leave_pyston()
    checkov = _checkov(options.arguments)
    policy = find_policy()
    _refuse_broken_checks()
    _refuse_folders(checkov.config.external_checks_dir or ())
    if checkov.config.list or checkov.config.show_config or checkov.config.add_check:
        return _run(checkov)
    plans = _plans(checkov)
    code = _run(checkov)
    print(f"planproof: judged by the {one_line(judged_by(policy.name, policy.profile, version()))}", file=sys.stderr)
    if code not in (OK, FAILED):
        return code
    _refuse_what_chooses_nothing(checkov)
    shown, problems = _shown(checkov.scan_reports)
    for problem in problems:
        print(f"planproof: {one_line(problem)}", file=sys.stderr)
    unseen = [_unseen(path, checkov.config) for path in plans if os.path.realpath(path) not in shown]
    return max(code, *unseen, CANNOT_JUDGE if problems else OK)


def _help(arguments: Sequence[str]) -> int:
    """Ours, and Checkov's below it, if it is there."""
    parser = Parser(prog="planproof checkov", usage="planproof checkov ARGUMENT ...", description=__doc__, add_help=False)
    write_stdout(parser.format_help() + "\n")
    try:
        checkov = _checkov(arguments)
    except CommandError as error:
        write_stdout(f"Its arguments are those of Checkov. {error}\n")
        return OK
    except SystemExit:  # Checkov prints its help as it reads its arguments
        return OK
    return _run(checkov)


def _run(checkov: Any) -> int:
    try:
        return checkov.run(banner="") or OK
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else CANNOT_JUDGE if error.code else OK
    finally:
        sys.stdout.flush()


def _leave_pyston() -> None:
    """Runs this command, and what it starts, without pyston_lite.

    Checkov brings pyston_lite_autoload on Python 3.10, which switches a JIT on in every process as it begins; it crashes in long
    loops, such as those over a regular expression, with a segmentation fault. Once it is on, nothing but a new process is without it.
    """
    is_on = "pyston_lite" in sys.modules and "DISABLE_PYSTON" not in os.environ
    os.environ.setdefault("DISABLE_PYSTON", "1")
    if is_on and sys.argv[1:2] == ["checkov"]:  # this process is the command's own
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _checkov(arguments: Sequence[str]) -> Any:
    """Checkov, with its arguments read by its own parser: its configuration files and environment variables count."""
    try:
        from checkov.main import Checkov
    except ImportError:
        raise CommandError("Checkov is not installed; install it: pip install checkov") from None

    class RememberingCheckov(Checkov):
        folders: Sequence[str] = ()  # of checks, those that it cloned too

        def get_external_checks_dir(self) -> Any:
            self.folders = super().get_external_checks_dir() or ()
            return self.folders

    return RememberingCheckov(argv=["--external-checks-dir", str(checks_folder()), *arguments])


def _refuse_broken_checks() -> None:
    for check in (*all_checks(), *own_checks()):
        if check.problem:
            raise CommandError(check.problem)


def _refuse_folders(folders: Iterable[str]) -> None:
    """Checkov passes over a folder that is missing or that has no __init__.py anywhere."""
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise CommandError(f"{folder} does not exist; --external-checks-dir takes a folder of checks")
        if not any(file.name != "__init__.py" for init in folder.rglob("__init__.py") for file in init.parent.glob("*.py")):
            raise CommandError(
                f"{folder} contains no checks that Checkov loads: it reads the *.py files of folders with an __init__.py"
            )


# --- before Checkov starts ---------------------------------------------------------------------------------------------


def _plans(checkov: Any) -> list[str]:
    """The plans that Checkov is given; each can be read, by Checkov too, or PlanError or CommandError is raised."""
    config = checkov.config
    if not {"all", _PLANS} & set(_filter(config).framework):
        raise CommandError(f"the requested frameworks exclude {_PLANS}, so no plan would be judged")
    files = [name for name in config.file or () if config.framework == [_PLANS] or not _is_something_else(name, checkov)]
    for name in files:
        Plan.load(name)
        if not os.path.realpath(name).endswith(".json"):
            raise CommandError(f"{name} is a plan, but Checkov reads plans only from files named *.json; rename it")
    found = files + [path for folder in config.directory or () for path in _plans_below(folder, config)]
    if not found:
        where = ", ".join([*(config.file or ()), *(config.directory or ())])
        raise CommandError(
            f"there is no plan in {where}" if where else f"no plan is given (-f plan.json); create one: {MAKE_JSON}"
        )
    return found


def _is_something_else(name: str, checkov: Any) -> bool:
    """A file that another of Checkov's frameworks reads by its name or ending. What none reads is taken for a plan."""
    others = [runner for runner in checkov.runners if runner.file_extensions or runner.file_names]
    return os.path.exists(name) and not name.endswith(".json") and any(runner.should_scan_file(name) for runner in others)


def _plans_below(folder: str, config: Any) -> Iterator[str]:
    """What is taken for a plan in the part of the folder that Checkov looks at."""
    if not os.path.isdir(folder):
        raise CommandError(f"{folder} does not exist or is not a folder")
    for path in look(folder).plans:
        if not _is_left_out(os.path.relpath(path, folder), folder, config.skip_path):
            Plan.load(path)
            yield path


def _is_left_out(path: str, where: str, left_out: list[str] | None) -> bool:
    """Whether a part of the path is what Checkov does not look at."""
    from checkov.common.runners.base_runner import filter_ignored_paths

    for name in path.split(os.sep):
        names = [name]
        filter_ignored_paths(where, names, left_out)
        if not names:
            return True
        where = os.path.join(where, name)
    return False


def _filter(config: Any) -> Any:
    """Checkov's own answer to what it runs."""
    from checkov.common.bridgecrew.check_type import checkov_runners
    from checkov.runner_filter import RunnerFilter

    return RunnerFilter(
        framework=config.framework,
        skip_framework=config.skip_framework,
        runners=checkov_runners,
        checks=config.check,
        skip_checks=config.skip_check,
        all_external=config.run_all_external_checks,
    )


# --- after it ----------------------------------------------------------------------------------------------------------


def _refuse_what_chooses_nothing(checkov: Any) -> None:
    """Checkov takes an id that no check has, or a pattern that fits none, for a filter that leaves nothing."""
    from checkov.common.checks.base_check_registry import BaseCheckRegistry
    from checkov.common.checks_infra.registry import get_all_graph_checks_registries
    from checkov.secrets.runner import CHECK_ID_TO_SECRET_TYPE
    from checkov.terraform.checks.resource.registry import resource_registry

    wanted = _filter(checkov.config).checks
    if not wanted:
        return
    graphs = get_all_graph_checks_registries()
    for graph in graphs:
        graph.load_checks()
    for folder in checkov.folders:  # Checkov may have loaded them in processes of their own
        resource_registry.load_external_checks(folder)
        graphs[0].load_external_checks(folder)
    known = [*BaseCheckRegistry.get_all_registered_checks(), *(check for graph in graphs for check in graph.checks)]
    ids = {name for check in known for name in (check.id, check.bc_id) if name} | CHECK_ID_TO_SECRET_TYPE.keys()
    missing = [name for name in wanted if not fnmatch.filter(ids, name)]
    if missing:
        raise CommandError(f"no check has the id {', '.join(map(one_line, missing))} (given in --check)")


def _shown(reports: Iterable[Any]) -> tuple[set[str], list[str]]:
    """The plans that Checkov shows a resource or a result of, and why it could not judge some of them."""
    plans = [report for report in reports if report.check_type == _PLANS]
    records = [r for report in plans for r in (*report.passed_checks, *report.failed_checks, *report.skipped_checks)]
    shown = {os.path.realpath(record.file_abs_path) for record in records}
    shown |= {resource.partition(".json:")[0] + ".json" for report in plans for resource in report.resources}
    return shown, [detail for record in records if record.check_id == LOADING_FAILED for detail in record.details]


def _unseen(path: str, config: Any) -> int:
    """The exit code of a plan of which Checkov shows nothing, by the checks that it was asked to run."""
    from checkov.common.bridgecrew.severities import Severities

    from planproof.checkov_adapter import evaluation, take_roots

    take_roots(config.repo_root_for_plan_enrichment)
    found = evaluation(path)
    if found.problem:
        print(f"planproof: {one_line(found.problem)}", file=sys.stderr)
        return CANNOT_JUDGE
    if config.soft_fail or config.soft_fail_on:
        return OK
    chosen = _filter(config)
    failures = [
        finding
        for finding in found.report.findings
        if found.report.fails_by(finding)
        and chosen.should_run_check(check_id=finding.check_id, severity=Severities.get(finding.severity), report_type=_PLANS)
    ]
    for failure in failures:
        print(f"planproof: {path}: {failure.check_id} {one_line(failure.subject)}: {one_line(failure.reason)}", file=sys.stderr)
    if any(failure.code == "check_error" for failure in failures):
        return CANNOT_JUDGE
    return FAILED if failures else OK
