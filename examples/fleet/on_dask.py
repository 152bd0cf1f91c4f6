"""Judges a fleet on Dask: python on_dask.py 's3://plans/**/plan.json' s3://findings [SCHEDULER]"""

from __future__ import annotations

import sys
from datetime import datetime

from dask.distributed import Client, as_completed
from toolz import partition_all

from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import PlanAt, listed
from planproof.fleet.store import pending, write
from planproof.policy.model import Policy


def judged(plans: list[PlanAt], policy: Policy, at: datetime, findings: str) -> int:
    return write(judge(plans, policy, judged_at=at), findings)


def main(pattern: str, findings: str, scheduler: str | None = None) -> None:
    by = Judge()
    batches = list(map(list, partition_all(50, pending(listed(pattern), findings, by.digest))))
    with Client(scheduler) as client:
        tasks = client.map(judged, batches, policy=by.policy, at=by.judged_at, findings=findings, retries=3, pure=False)
        print(sum(task.result() for task in as_completed(tasks)), "rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
