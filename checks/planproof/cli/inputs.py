"""What a run judges: plans as JSON, folders of them, standard input, and saved plans, which Terraform itself turns into JSON."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from planproof.baseline import Baseline
from planproof.check import Check
from planproof.engine import evaluate
from planproof.errors import PlanError, PlanproofError
from planproof.plan.json_file import MAKE_JSON
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks
from planproof.source.files import is_saved_plan
from planproof.source.model import Source
from planproof.verdict import Report

STDIN = "-"
_HEAD = 1024 * 1024
_PASSED_OVER = ("node_modules", "__pycache__")


class Scope(NamedTuple):
    """By which checks, and what of their findings counts. Plain data: it travels between processes. `checks` are folders; `named` are the
    arguments, as a saved plan that a folder holds is read only if `run_terraform` says so."""

    checks: tuple[str, ...] = ()
    baseline: Baseline | None = None
    only_changes: bool = False
    named: tuple[str, ...] = ()
    run_terraform: bool = False

    def load(self) -> tuple[Check, ...]:
        return (*all_checks(), *own_checks(*self.checks))

    def arguments(self) -> dict[str, Any]:
        return {"checks": self.load(), "baseline": self.baseline, "only_changes": self.only_changes}


def plans(arguments: Sequence[str]) -> list[str]:
    """The paths to judge, in the order given; a folder stands for the plans below it, sorted. Raises PlanError."""
    if arguments.count(STDIN) > 1:
        raise PlanError("standard input (-) can be read once only")
    return [path for argument in arguments for path in (_below(argument) if os.path.isdir(argument) else [argument])]


def _below(folder: str) -> list[str]:
    found = [path for path in _files(folder) if path.endswith(".json") and _may_be_plan(path)]
    covered = {os.path.dirname(path) for path in found}
    # A saved plan beside its own JSON would be judged twice.
    found += [p for p in _files(folder) if os.path.dirname(p) not in covered and not p.endswith(".json") and is_saved_plan(p)]
    if not found:
        raise PlanError(f"{folder} is a folder with no plan in it; make one: {MAKE_JSON}")
    return sorted(found)


def _files(folder: str) -> Iterator[str]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and f not in _PASSED_OVER]
        yield from (os.path.join(parent, name) for name in files)


def _may_be_plan(path: str) -> bool:
    """By its name, or by what plan JSON begins with; a plan that is broken is to be told, not passed over."""
    name = os.path.basename(path).lower()
    if name in ("plan.json", "tfplan.json") or name.endswith((".plan.json", ".tfplan.json", "-plan.json", "_plan.json")):
        return True
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b'"format_version"' in head and (b'"planned_values"' in head or b'"resource_changes"' in head)


def judge(path: str, policy: Policy, source: str | None = None, scope: Scope | None = None) -> Report:
    """The report of one input. Raises PlanError, SourceError."""
    source = source or os.environ.get("PLANPROOF_SOURCE")
    how = (scope or Scope()).arguments()
    if path == STDIN:
        if sys.stdin is None:
            raise PlanError("standard input (-) is closed; give a plan to read from it, or the plan's file")
        return evaluate(Plan.load(sys.stdin.buffer, "standard input"), policy, source, **how)
    if not is_saved_plan(path):
        return evaluate(path, policy, source, **how)
    shown = io.BytesIO(_shown(path, scope or Scope()))
    return evaluate(Plan.load(shown, path), policy, Source.open(source or path), **how)


def _shown(path: str, scope: Scope) -> bytes:
    """The JSON of a saved plan. Raises PlanError."""
    if path not in scope.named and not scope.run_terraform:
        raise PlanError(
            f"{path} is a saved plan, which Terraform reads by running its providers; name it, or add --run-terraform, if you trust it"
        )
    from planproof.cli.saved_plans import show

    return show(path, scope.run_terraform)


def judge_or_tell(path: str, policy: Policy, source: str | None = None, scope: Scope | None = None) -> Report:
    """As `judge`, for one of several: what cannot be judged is a report with an error."""
    try:
        return judge(path, policy, source, scope)
    except PlanproofError as error:
        return Report(path, (), errors=(str(error),))
    except Exception as error:  # its text may hold a value of the plan
        return Report(path, (), errors=(f"{path}: internal error ({type(error).__name__})",))
    finally:
        gc.collect(0)  # the command does not collect otherwise, and one plan's memory is to serve the next


def judge_all(
    paths: Sequence[str], policy: Policy, source: str | None = None, jobs: int = 1, scope: Scope | None = None
) -> Iterator[Report]:
    """The reports in the order of the paths, judged by so many processes; no more plans are in memory than there are jobs."""
    jobs = min(jobs, len(paths))
    if jobs <= 1 or any(map(_is_stream, paths)):  # another process has not the same standard input
        return (judge_or_tell(path, policy, source, scope) for path in paths)
    return _in_processes(paths, policy, source, jobs, scope)


def _is_stream(path: str) -> bool:
    """Whether it can be read once only: standard input, a pipe (`<(terraform show -json tfplan)`)."""
    return path == STDIN or (os.path.exists(path) and not os.path.isfile(path))


def judge_with_progress(
    paths: Sequence[str], policy: Policy, source: str | None, scope: Scope, jobs: int | None = None
) -> Iterable[Report]:
    """The reports of these plans, by so many processes. Raises PlanError and SourceError where there is one plan alone."""
    if len(paths) == 1:
        return [judge(paths[0], policy, source, scope)]
    from planproof.cli.progress import told

    return told(judge_all(paths, policy, source, jobs or _cores(), scope), len(paths))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_processes(paths: Iterable[str], policy: Policy, source: str | None, jobs: int, scope: Scope | None) -> Iterator[Report]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    (scope or Scope()).load()  # so that forked processes have them
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_begin_process, initargs=(policy, source, scope)) as pool:
        pending = iter(paths)
        waiting = deque((path, pool.submit(_judge_in_process, path)) for path in islice(pending, jobs * 4))
        while waiting:
            path, task = waiting.popleft()
            try:
                yield task.result()
                waiting.extend((p, pool.submit(_judge_in_process, p)) for p in islice(pending, 1))
            except BrokenProcessPool:
                raise PlanError(f"a process was ended while it judged {path} or a plan near it (out of memory?)") from None


# What a process of several judges by; it is given once, not with each plan.
_given: tuple[Policy, str | None, Scope | None]


def _begin_process(*given: Any) -> None:
    global _given
    _given = given


def _judge_in_process(path: str) -> Report:
    return judge_or_tell(path, *_given)
