"""Judges a fleet on Ray: python on_ray.py 's3://plans/**/plan.json' s3://findings [ADDRESS]"""

from __future__ import annotations

import sys
from datetime import datetime
from itertools import islice

import ray

from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import PlanAt, listed
from planproof.fleet.store import pending, write
from planproof.policy.model import Policy


@ray.remote(max_retries=3)
def judged(plans: list[PlanAt], policy: Policy, at: datetime, findings: str) -> int:
    return write(judge(plans, policy, judged_at=at), findings)


def main(pattern: str, findings: str, address: str | None = None) -> None:
    ray.init(address)
    by = Judge()
    policy, plans = ray.put(by.policy), pending(listed(pattern), findings, by.digest)
    batches = iter(lambda: list(islice(plans, 50)), [])
    print(sum(ray.get([judged.remote(batch, policy, by.judged_at, findings) for batch in batches])), "rows")


if __name__ == "__main__":
    main(*sys.argv[1:])
