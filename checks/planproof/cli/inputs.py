"""What a run judges: plans as JSON, folders of them, standard input, and saved plans, which Terraform itself turns into JSON."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, islice
from typing import Any, NamedTuple

from planproof.baseline import Baseline
from planproof.check import Check
from planproof.context import Context
from planproof.engine import evaluate_in, or_told
from planproof.errors import PlanError
from planproof.plan.json_file import Document, documents_of
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks, select_checks
from planproof.source.files import is_saved_plan
from planproof.source.model import Source, find_source
from planproof.verdict import Report

STDIN = "-"


class Scope(NamedTuple):
    """By which checks, and what of their findings counts. Plain data: it travels between processes. `checks` are folders; `named` are the
    arguments, as a saved plan that a folder holds is read only if `run_terraform` says so; `only` and `skipped` select checks; with `fixes`,
    each failure gets what makes it pass."""

    checks: tuple[str, ...] = ()
    baseline: Baseline | None = None
    only_changes: bool = False
    named: tuple[str, ...] = ()
    run_terraform: bool = False
    excerpts: bool = False
    only: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    fixes: bool = False

    def load(self) -> tuple[Check, ...]:
        """Raises LoadError, and CommandError where the selection names what there is not, or leaves nothing."""
        checks = (*all_checks(), *own_checks(*self.checks))
        return select_checks(checks, self.only, self.skipped) if self.only or self.skipped else checks

    @property
    def for_several(self) -> Scope:
        """For a run of more plans than one."""
        return self._replace(baseline=self.baseline and self.baseline._replace(for_one=False))

    def arguments(self) -> dict[str, Any]:
        return {"checks": self.load(), "baseline": self.baseline, "only_changes": self.only_changes, "excerpts": self.excerpts}


class Inputs(NamedTuple):
    """The paths to judge, in the order given, and what is to be said of the folders among the arguments."""

    paths: list[str]
    notices: tuple[str, ...] = ()


def plans(arguments: Sequence[str]) -> Inputs:
    """A folder stands for the plans below it, sorted. Raises PlanError."""
    if arguments.count(STDIN) > 1:
        raise PlanError("standard input (-) can be read only once")
    paths: list[str] = []
    notices: list[str] = []
    for argument in arguments:
        if os.path.isdir(argument):
            from planproof.cli.folders import plans_below

            found = plans_below(argument)
            paths += found.plans
            notices.append(str(found))
        elif "://" in argument:
            from planproof.fleet.objects import shown

            raise PlanError(f"{shown(argument)} is a URL; provide a file, or judge URLs with planproof fleet check")
        else:
            paths.append(argument)
    return Inputs(paths, tuple(notices))


def judge(path: str, policy: Policy, source: str | None = None, scope: Scope | None = None) -> list[Report]:
    """The report of one input; of one that holds several plans, those of all. Raises PlanError, SourceError."""
    scope = scope or Scope()
    found, opened = read(path, source, scope)
    if len(found) > 1:
        return [_one_of_several(document, policy, opened, scope.for_several) for document in found]
    return [_report(found[0], policy, opened, scope)]


def _report(document: Document, policy: Policy, source: Source | None, scope: Scope) -> Report:
    context = Context(Plan.of(document), policy, source)
    report = evaluate_in(context, **scope.arguments())
    if not scope.fixes:
        return report
    from planproof.fix.attached import with_fixes

    return with_fixes(report, context)


def read(path: str, source: str | None = None, scope: Scope | None = None) -> tuple[list[Document], Source | None]:
    """The plans of one input, and their source. Raises PlanError, SourceError."""
    source = source or os.environ.get("PLANPROOF_SOURCE")
    if path == STDIN and sys.stdin is None:
        raise PlanError("standard input (-) is closed; pipe a plan to it, or provide the plan's file")
    if path != STDIN and is_saved_plan(path):
        return documents_of(io.BytesIO(_shown(path, scope or Scope())), path), Source.open(source or path)
    found = documents_of(sys.stdin.buffer, "standard input") if path == STDIN else documents_of(path)
    beside = (
        find_source(path) if path != STDIN and len(found) == 1 else None
    )  # what lies beside several cannot be the source of all
    return found, Source.open(source) if source else beside


def read_one(path: str, source: str | None, advice: str) -> tuple[Plan, Source | None]:
    """The one plan of an input, and its source. `advice`: what to do if it holds several. Raises PlanError, SourceError."""
    found, opened = read(path, source, Scope(named=(path,)))
    if len(found) > 1:
        raise PlanError(f"{path} holds {len(found)} plans; {advice} from a file of its own")
    return Plan.of(found[0]), opened


def _shown(path: str, scope: Scope) -> bytes:
    """The JSON of a saved plan. Raises PlanError."""
    if path not in scope.named and not scope.run_terraform:
        raise PlanError(
            f"{path} is a saved plan, which Terraform reads by running its providers; if you trust it, provide its path or add --run-terraform"
        )
    from planproof.cli.saved_plans import show

    return show(path, scope.run_terraform)


def _one_of_several(document: Document, policy: Policy, source: Source | None, scope: Scope) -> Report:
    return or_told(document.name, policy, lambda: [_report(document, policy, source, scope)])[0]


def judge_or_tell(path: str, policy: Policy, source: str | None = None, scope: Scope | None = None) -> list[Report]:
    """As `judge`, for one of several: what cannot be judged is a report with an error."""
    try:
        return or_told(path, policy, lambda: judge(path, policy, source, scope))
    finally:
        gc.collect(0)  # the command does not collect otherwise, and one plan's memory is to serve the next


def judge_all(
    paths: Sequence[str], policy: Policy, source: str | None = None, jobs: int = 1, scope: Scope | None = None
) -> Iterator[list[Report]]:
    """The reports in the order of the paths, judged by so many processes; no more inputs are in memory than there are jobs."""
    jobs = min(jobs, len(paths))
    if jobs <= 1 or any(map(is_stream, paths)):  # another process has not the same standard input
        return (judge_or_tell(path, policy, source, scope) for path in paths)
    return _in_processes(paths, policy, source, jobs, scope)


def is_stream(path: str) -> bool:
    """Whether it can be read once only: standard input, a pipe (`<(terraform show -json tfplan)`)."""
    return path == STDIN or (os.path.exists(path) and not os.path.isfile(path))


def judge_with_progress(
    found: Inputs, policy: Policy, source: str | None, scope: Scope, jobs: int | None = None
) -> Iterable[Report]:
    """The reports of these plans, by so many processes; the first has the notices. Raises PlanError and SourceError where there is one
    input alone."""
    paths = found.paths
    if len(paths) == 1:
        with _told_on_a_terminal(f"judging {paths[0]}"):
            reports: Iterable[Report] = judge(paths[0], policy, source, scope)
    else:
        from planproof.cli.progress import told

        judged = judge_all(paths, policy, source, jobs or _cores(), scope.for_several)
        reports = chain.from_iterable(told(judged, len(paths)))
    return _with_notices(reports, found.notices) if found.notices else reports


def _told_on_a_terminal(work: str) -> AbstractContextManager[None]:
    if not sys.stderr.isatty():
        return nullcontext()
    from planproof.cli.progress import timed

    return timed(work)


def _with_notices(reports: Iterable[Report], notices: tuple[str, ...]) -> Iterator[Report]:
    for number, report in enumerate(reports):
        yield report._replace(notices=(*notices, *report.notices)) if number == 0 else report


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_processes(
    paths: Iterable[str], policy: Policy, source: str | None, jobs: int, scope: Scope | None
) -> Iterator[list[Report]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from planproof.cli.signals import end_children

    (scope or Scope()).load()  # so that forked processes have them
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_begin_process, initargs=(policy, source, scope)) as pool:
        pending = iter(paths)
        waiting = deque((path, pool.submit(_judge_in_process, path)) for path in islice(pending, jobs * 4))
        try:
            while waiting:
                path, task = waiting.popleft()
                yield task.result()
                waiting.extend((p, pool.submit(_judge_in_process, p)) for p in islice(pending, 1))
        except BrokenProcessPool:
            raise PlanError(f"a process was killed while it judged {path} or another plan (out of memory?)") from None
        except BaseException:  # the pool would wait for what nobody wants any more
            end_children()
            raise


# What a process of several judges by; it is given once, not with each plan.
_given: tuple[Policy, str | None, Scope | None]


def _begin_process(*given: Any) -> None:
    from planproof.cli.signals import follow_parent

    global _given
    follow_parent()
    _given = given


def _judge_in_process(path: str) -> list[Report]:
    return judge_or_tell(path, *_given)
