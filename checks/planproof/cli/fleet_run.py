"""Judges a fleet in processes of this machine; another engine calls `judge` and `write` on its own workers instead."""

from __future__ import annotations

import datetime
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from planproof.cli.signals import end_children, follow_parent
from planproof.errors import CommandError
from planproof.fleet.estate import Facts, facts_of
from planproof.fleet.join import join
from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import PlanAt, shown
from planproof.fleet.store import judged, write
from planproof.fleet.table import ERROR, FAILED, JUDGED, NOT_JUDGED, OF_PLAN, WHOLE
from planproof.policy.model import Policy
from planproof.verdict import MANDATORY

_T = TypeVar("_T")
BATCH = 50
"""Plans of one task, whose findings are one part of the table."""
_TOLD = 20


class Told(NamedTuple):
    """What came of a plan: the code of its row as a whole, and why it was not judged."""

    code: str
    reason: str = ""


class Tally:
    """How many plans came to what. `known` were judged before; `problems` are the first reasons why plans were not judged."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys((JUDGED, FAILED, NOT_JUDGED), 0)
        self.known = 0
        self.problems: list[str] = []

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def add(self, told: Told) -> None:
        self.counts[told.code] += 1
        if told.code == NOT_JUDGED and len(self.problems) < _TOLD:
            self.problems.append(told.reason)


class Task(NamedTuple):
    """What each process is given once."""

    findings: str
    policy: Policy
    checks_from: tuple[str, ...]
    judged_at: datetime.datetime


def judge_fleet(plans: Iterable[PlanAt], findings: str, by: Judge, checks_from: Sequence[str] = (), jobs: int = 1) -> Tally:
    """Judges the plans that are not known yet, and adds their findings to the table. Raises CommandError."""
    known = judged(findings, by.digest)
    task = Task(findings, by.policy, tuple(checks_from), by.judged_at)
    tally = Tally()
    fresh = (plan._replace(known=known.get(shown(plan.url), ("", ""))[0]) for plan in plans)
    for batch, done in _in_processes(_judge_to, _batches(fresh), task, jobs):
        for plan in batch:
            told = done.get(shown(plan.url))
            if told is None:
                tally.known += 1
                told = Told(known[shown(plan.url)][1], "")
            tally.add(told)
    return tally


def compare(plans: Iterable[PlanAt], findings: str, by: Judge, checks_from: Sequence[str] = (), jobs: int = 1) -> dict[str, int]:
    """Compares the plans with each other, adds what that shows to the table, and returns how many rows there are of each verdict."""
    task = Task(findings, by.policy, tuple(checks_from), by.judged_at)
    facts = (each for _, found in _in_processes(_facts_to, _batches(iter(plans)), task, jobs) for each in found)
    table = join(facts, by)
    write(table, findings)
    rows = zip(*(table[name].to_pylist() for name in ("check", "verdict", "level")), strict=True)
    return Counter(v for check, v, level in rows if v == ERROR or (check != WHOLE and level == MANDATORY))


def _batches(plans: Iterator[PlanAt]) -> Iterator[list[PlanAt]]:
    while batch := list(islice(plans, BATCH)):
        yield batch


def _in_processes(
    work: Callable[[list[PlanAt], Task], _T], batches: Iterator[list[PlanAt]], task: Task, jobs: int
) -> Iterator[tuple[list[PlanAt], _T]]:
    """Each batch with what came of it. No more batches wait than keep the processes busy."""
    import multiprocessing
    from concurrent.futures.process import BrokenProcessPool

    if jobs == 1:
        yield from ((batch, work(batch, task)) for batch in batches)
        return
    # Spawned: filesystems of object storage have threads, which a fork does not have.
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (task,)) as pool:
        waiting: deque[tuple[list[PlanAt], Future[_T]]] = deque()
        try:
            for batch in batches:
                waiting.append((batch, pool.submit(_work, work, batch)))
                if len(waiting) > jobs * 2:
                    first, future = waiting.popleft()
                    yield first, future.result()
            for first, future in waiting:
                yield first, future.result()
        except BrokenProcessPool:
            raise CommandError(
                "a process was killed while it judged (out of memory?); what it had written stays, and the same command judges the rest"
            ) from None
        except BaseException:  # the pool would wait for what nobody wants any more
            end_children()
            raise


_given: Task


def _begin(task: Task) -> None:
    import gc

    global _given
    _given = task
    follow_parent()
    gc.disable()  # `judge` collects after each plan


def _work(work: Callable[[list[PlanAt], Task], _T], batch: list[PlanAt]) -> _T:
    return work(batch, _given)


def _facts_to(batch: list[PlanAt], task: Task) -> list[Facts]:
    return list(facts_of(batch, Judge(task.policy, task.checks_from, task.judged_at)))


def _judge_to(batch: list[PlanAt], task: Task) -> dict[str, Told]:
    table = judge(batch, task.policy, checks_from=task.checks_from, judged_at=task.judged_at)
    if table.num_rows:
        write(table, task.findings)
    columns: Any = [table[name].to_pylist() for name in ("check", "scope", "plan", "code", "reason")]
    return {
        plan: Told(code, reason if code == NOT_JUDGED else "")
        for check, scope, plan, code, reason in zip(*columns, strict=True)
        if check == WHOLE and scope == OF_PLAN
    }
