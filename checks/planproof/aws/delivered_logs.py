"""Buckets that receive nothing but the access logs of other buckets, distributions and load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.aws.log_buckets import words_of
from planproof.aws.unique_names import known_texts
from planproof.context import Context
from planproof.evaluation.arguments import path_of
from planproof.plan.model import Instance

_LOGS = frozenset({"log", "logs", "logging"})


def only_delivered_logs(bucket: Instance, settings: Mapping[str, Any], context: Context) -> str | None:
    """Why a bucket receives such logs alone, or None: what writes to it is of the types that `delivered_logs.writers` lists or, if
    nothing in the plan does, its name or address says so (`delivered_logs.words`, beside a word for logs)."""
    wanted = settings["delivered_logs"]
    writers = _writers(bucket, context)
    if writers:
        return f"{writers[0].address} writes to it" if all(writer.type in wanted["writers"] for writer in writers) else None
    texts = (bucket.address, *known_texts(bucket, context), bucket.get("bucket_prefix").text or "")
    said = next((word for words in map(words_of, texts) if words & _LOGS for word in sorted(words & set(wanted["words"]))), None)
    return f"its name or address says {said!r}" if said else None


def _writers(bucket: Instance, context: Context) -> list[Instance]:
    """What writes logs to the bucket, or may."""
    found: list[Instance] = []
    for kind, arguments in context.policy.section("log_buckets")["writers"].items():
        for argument in arguments if context.plan.of_type(str(kind)) else ():
            linked = context.relations.companions(bucket, str(kind), *path_of(str(argument)))
            found += [*linked.sure, *(companion for companion, _ in linked.perhaps)]
    return found
