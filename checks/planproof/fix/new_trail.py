"""The chain for buckets that no trail watches: a trail in the root module, and whatever alerts."""

from __future__ import annotations

from collections.abc import Mapping

from planproof.fix.alert_parts import OTHER_ACCOUNT, Parts, account_of, provider_in_root
from planproof.fix.edits import Edit
from planproof.fix.exports import Reference, every
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical, joined

_FILE = "alerting.tf"


def without_trail(job: Job) -> dict[str, Reference | NotMechanical]:
    """The ARNs of the buckets that have no trail, or why the root module cannot refer to one, by the addresses of the buckets."""
    same = [f.subject for f in job.bench.failures if f.check_id == job.finding.check_id and f.code == "no_trail"]
    found: dict[str, Reference | NotMechanical] = {}
    account = ""
    for address in same:
        try:
            bucket = job.bench.by_address[address]
            found[address] = every(job, bucket, "arn", job.context.plan.root, same)
            account = account or account_of(job, bucket)
            if account != account_of(job, bucket):
                raise NotMechanical(OTHER_ACCOUNT)
        except NotMechanical as reason:
            found[address] = reason
    return found


def new_trail(job: Job, references: Mapping[str, Reference]) -> tuple[list[Edit], list[str]]:
    """One chain for all buckets that have no trail, in the root module, by the provider of the first or, if one has it, the default; and
    its notes."""
    job = Job(job.finding, job.bench)
    root = job.context.plan.root
    buckets, owners = list(dict.fromkeys(references.values())), [job.bench.by_address[address] for address in references]
    parts = Parts(job, root, next((each for each in owners if not provider_in_root(job, each)), owners[0]))
    parts.edits += joined(bucket.edits for bucket in buckets)
    label = parts.label("audit_trail")
    group = parts.trail(label, buckets)
    parts.watch(label, group)
    return parts.in_file(_FILE), job.notes
