"""Threads and processes that judge different plans by different policies at once give what each gives alone."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

from planproof.engine import evaluate
from planproof.verdict import Report
from support.repository import ROOT

PLANS = [
    ROOT / "fixtures" / "bad" / "review" / "plan.json",
    ROOT / "fixtures" / "good" / "ideal" / "plan.json",
    ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json",
]
POLICIES = [
    {},
    {"unknown": "fail", "checks": {"log_group_retention": {"retention_days": 3650}}},
    {"extends": "general", "checks": {"naming_convention": {"enabled": False}}},
]
TASKS = [(plan, policy) for plan in PLANS for policy in POLICIES]


def judged(task: tuple[Path, dict[str, object]]) -> Report:
    return evaluate(task[0], task[1])


def spawned(workers: int) -> Executor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


@pytest.mark.slow
@pytest.mark.parametrize(("pool", "times"), [(ThreadPoolExecutor, 4), (spawned, 2)])
def test_nothing_mixes(pool: type[Executor], times: int) -> None:
    alone = [judged(task) for task in TASKS]
    assert len({str(report.findings) for report in alone}) > 5, "the tasks have to differ"
    with pool(4) as executor:
        for report, expected in zip(executor.map(judged, TASKS * times), alone * times, strict=True):
            assert set(report.findings) ^ set(expected.findings) == set()
            assert report == expected


def test_one_plan_and_source_in_many_threads() -> None:
    """What an evaluation builds of a plan, it builds for itself."""
    from planproof.plan.model import Plan

    plan = Plan.load(PLANS[0])
    with ThreadPoolExecutor(8) as executor:
        reports = list(executor.map(lambda policy: evaluate(plan, policy), POLICIES * 6))
    assert reports == [evaluate(plan, policy) for policy in POLICIES] * 6
