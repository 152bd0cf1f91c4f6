"""What AWS means by the resources of a plan: log buckets, the chain that alerts on them, and what their lifecycle blocks say."""

from __future__ import annotations

from typing import Any

from planproof.aws.alerts.chain import Ways, best_chain, ways_of
from planproof.aws.alerts.links import Chain, Link, is_whole
from planproof.aws.log_buckets import LogBuckets, log_buckets, writers_to
from planproof.aws.s3 import BUCKET
from planproof.context import Context
from planproof.facts.links import Fact, block_name

_SWITCHES = ("prevent_destroy", "create_before_destroy")


def log_bucket_roles(context: Context) -> dict[str, Fact]:
    """By address: whether a bucket is a log bucket (`sure`) or may be one, why, and what writes to it."""
    found: LogBuckets = context.once(log_buckets)
    return {
        bucket.address: {
            "sure": bucket.address in found.sure,
            "reason": found.sure.get(bucket.address) or found.perhaps[bucket.address],
            "writers": list(dict.fromkeys(writer.address for writer in writers_to(bucket, context))),
        }
        for bucket in context.plan.of_type(BUCKET)
        if found.covers(bucket)
    }


def alerts(context: Context) -> dict[str, Fact]:
    """By log bucket: the best chain from a denied read to whoever is alerted. `holds` is null if the plan does not determine it."""
    by_settings: Ways = context.once(ways_of)
    found: LogBuckets = context.once(log_buckets)
    return {
        bucket.address: _chain(best_chain(bucket, by_settings, context))
        for bucket in context.plan.of_type(BUCKET)
        if found.covers(bucket)
    }


def _chain(chain: Chain) -> Fact:
    broken = any(link.broken for link in chain)
    return {"holds": True if is_whole(chain) else False if broken else None, "links": [_link(link) for link in chain]}


def _link(link: Link) -> Fact:
    """One step of the chain. `evidence` are the addresses that decide it."""
    state = "broken" if link.broken else "unknown" if link.code else "holds"
    fact: Fact = {"state": state, "evidence": list(link.where)}
    return fact | {"code": link.code, "reasons": [link.reason, *link.also]} if link.code else fact


def lifecycles(context: Context) -> dict[str, Fact]:
    """By block, of those that have a `lifecycle` block: its switches (null if they hang on what is not known), and what changes are ignored.
    Empty without source, as plan JSON has no such blocks."""
    found: dict[str, Fact] = {}
    for instance in context.plan.managed:
        block = block_name(instance.module.address, instance.local_address)
        body = context.expressions.body(instance) if block not in found else None
        if body is None or not body.blocks_of("lifecycle"):
            continue
        fact: Fact = {}
        for name in _SWITCHES:
            result = context.evaluated(instance, "lifecycle", 0, name)
            if result is not None:
                fact[name] = _truth(result.raw)
        ignored = body.blocks_of("lifecycle")[0].body.attributes.get("ignore_changes")
        if ignored is not None:
            fact["ignore_changes"] = " ".join(ignored.expression.text.split())
        found[block] = fact
    return found


def _truth(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else {"true": True, "false": False}.get(raw) if isinstance(raw, str) else None
