"""Buckets that receive nothing but the access logs of other buckets, distributions and load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.aws.log_buckets import writers_to
from planproof.aws.log_words import words_of
from planproof.aws.unique_names import known_texts
from planproof.context import Context
from planproof.plan.model import Instance

_LOGS = frozenset({"log", "logs", "logging"})


def only_delivered_logs(bucket: Instance, settings: Mapping[str, Any], context: Context) -> str | None:
    """Why a bucket receives such logs alone, or None: what writes to it is of the types that `delivered_logs.writers` lists or, if
    nothing in the plan does, its name or address says so (`delivered_logs.words`, beside a word for logs)."""
    wanted = settings["delivered_logs"]
    writers = [
        context.plan.by_address[writer.address]
        for writer in writers_to(bucket, context)
        if writer.address in context.plan.by_address
    ]
    if writers:
        return f"{writers[0].address} writes to it" if all(writer.type in wanted["writers"] for writer in writers) else None
    texts = (bucket.address, *known_texts(bucket, context), bucket.get("bucket_prefix").text or "")
    said = next(
        (
            word
            for words in (set(words_of(text)) for text in texts)
            if words & _LOGS
            for word in sorted(words & set(wanted["words"]))
        ),
        None,
    )
    return f"its name or address says {said!r}" if said else None
