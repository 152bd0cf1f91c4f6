"""Runs Checkov with this pack, and fails where Checkov itself would break silently and exit 0.

Everything after `planproof checkov` is Checkov's own: planproof checkov -f plan.json -o sarif --soft-fail-on LOW

Refused, with exit code 2, before Checkov starts: a plan that is missing, truncated or no plan at all, a folder of checks that is missing
or that Checkov would pass over, a check that cannot be loaded, a policy that cannot be used, an id in --check that no check has. Refused after it: a plan of which
Checkov shows no result (it runs no check on a plan without resources) though a check of this pack fails.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from planproof.cli.exit_codes import CANNOT_JUDGE, FAILED, OK
from planproof.cli.folders import look
from planproof.engine import find_policy
from planproof.errors import CommandError
from planproof.plan.model import Plan
from planproof.registry import all_checks, checks_folder, own_checks
from planproof.text.escaping import one_line
from planproof.verdict import judged_by


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("arguments", nargs="*", metavar="ARGUMENT", help="Checkov's own arguments")


def run(options: argparse.Namespace) -> int:
    _leave_pyston()
    checkov = _checkov(options.arguments)
    policy = find_policy()
    _refuse_broken_checks()
    _refuse_folders(checkov.config.external_checks_dir or ())
    plans = _plans(checkov.config)
    try:
        code = checkov.run(banner="") or OK
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else CANNOT_JUDGE if error.code else OK
    sys.stdout.flush()
    print(f"planproof: judged by the {one_line(judged_by(policy.name, policy.profile))}", file=sys.stderr)
    if code not in (OK, FAILED):
        return int(code)
    _refuse_unknown_ids(checkov.config.check or ())
    if code != OK:
        return FAILED
    return max((_unseen(path, checkov.config) for path in plans), default=OK)


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
    return Checkov(argv=["--external-checks-dir", str(checks_folder().parent), *arguments])


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
                f"{folder} holds no checks that Checkov would load: it reads the *.py files of folders with an __init__.py"
            )


def _plans(config: Any) -> list[str]:
    """The plans that Checkov is given; each can be read, or PlanError is raised."""
    only_plans = config.framework == ["terraform_plan"]
    files = [name for names in (config.file or ()) for name in ([names] if isinstance(names, str) else names)]
    found = [name for name in files if only_plans or name.endswith(".json") or not os.path.exists(name)]
    for folder in config.directory or ():
        if not os.path.isdir(folder):
            raise CommandError(f"{folder} does not exist or is no folder")
        below = look(folder).plans
        if only_plans and not below:
            raise CommandError(f"there is no plan in {folder}")
        found += below
    for path in found:
        Plan.load(path)
    return found


def _refuse_unknown_ids(wanted: Iterable[str]) -> None:
    """Checkov takes an id that no check has for a filter that leaves nothing."""
    from checkov.common.bridgecrew.severities import Severities
    from checkov.common.checks.base_check_registry import BaseCheckRegistry
    from checkov.common.checks_infra.registry import get_graph_checks_registry

    names = [name.strip() for entry in wanted for name in str(entry).split(",")]
    exact = {name for name in names if name.startswith("CKV") and "*" not in name and name not in Severities}
    graph = get_graph_checks_registry("terraform")
    graph.load_checks()
    known = {check.id for check in [*BaseCheckRegistry.get_all_registered_checks(), *graph.checks]}
    missing = sorted(exact - known) if known else []
    if missing:
        raise CommandError(f"no check has the id {', '.join(one_line(name) for name in missing)} (given in --check)")


def _unseen(path: str, config: Any) -> int:
    """The exit code that Checkov's 0 hides: of a failure that it was not asked to pass over, and did not show."""
    from planproof.checkov_adapter import evaluation, take_roots

    take_roots(config.repo_root_for_plan_enrichment)
    found = evaluation(path)
    if found.problem:
        print(f"planproof: {one_line(found.problem)}", file=sys.stderr)
        return CANNOT_JUDGE
    if config.soft_fail or config.soft_fail_on:
        return OK
    failures = [f for f in found.report.findings if found.report.fails_by(f) and _is_chosen(f.check_id, config)]
    for failure in failures:
        print(f"planproof: {path}: {failure.check_id} {one_line(failure.subject)}: {one_line(failure.reason)}", file=sys.stderr)
    if any(failure.code == "check_error" for failure in failures):
        return CANNOT_JUDGE
    return FAILED if failures else OK


def _is_chosen(check_id: str, config: Any) -> bool:
    chosen, skipped = _names(config.check), _names(config.skip_check)
    ours = [name for name in chosen if name.startswith("CKV")]
    return (not chosen or any(fnmatch.fnmatch(check_id, name) for name in ours)) and not any(
        fnmatch.fnmatch(check_id, name) for name in skipped
    )


def _names(entries: Iterable[str] | None) -> list[str]:
    return [name.strip() for entry in entries or () for name in str(entry).split(",")]
