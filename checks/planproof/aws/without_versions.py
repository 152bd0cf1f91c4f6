"""Buckets of which nobody wants an old version: they receive nothing but access or traffic logs, or what can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.aws.log_buckets import writers_to
from planproof.aws.log_words import words_of
from planproof.aws.log_writers import writings
from planproof.aws.s3 import BUCKET
from planproof.aws.unique_names import known_texts
from planproof.context import Context
from planproof.plan.model import Instance

_LOGS = frozenset({"log", "logs", "logging"})
_DELIVERED = "it receives only access, traffic or load balancer logs"
_REMADE = "it receives only data that can be recreated"


def why_no_versions(bucket: Instance, settings: Mapping[str, Any], context: Context) -> str | None:
    """Why no version of its objects is worth keeping, or None: all that the plan has write to it is of the types that
    `delivered_logs.writers` lists, or is in `remade.writers`, or, if nothing does, its name or address tells of such logs
    (`delivered_logs.words`, beside a word for logs) or of what can be made again (`remade.words`)."""
    delivered, words_of_remade = settings["delivered_logs"], {*settings["remade"]["words"]}
    logs = [w for writer in writers_to(bucket, context) if (w := context.plan.by_address.get(writer.address))]
    remade: list[Instance] = context.once(_remade).get(bucket.address, [])
    if not all(writer.type in delivered["writers"] for writer in logs):
        return None
    if remade:
        return f"{_REMADE} ({remade[0].address} writes to it)"
    if logs:
        return f"{_DELIVERED} ({logs[0].address} writes to it)"
    texts = (bucket.address, *known_texts(bucket, context), bucket.get("bucket_prefix").text or "")
    for words in map(set, map(words_of, texts)):
        if words & _LOGS and (said := sorted(words & {*delivered["words"]})):
            return f"{_DELIVERED} (its name or address contains {said[0]!r})"
        if said := sorted(words & words_of_remade):
            return f"{_REMADE} (its name or address contains {said[0]!r})"
    return None


def _remade(context: Context) -> dict[str, list[Instance]]:
    """By a bucket's address: what surely writes to it, and could write the same again. Use as `context.once(_remade)`."""
    table = context.settings("versioning_coverage")["remade"]["writers"]
    found: dict[str, list[Instance]] = {}
    for writing in writings({kind: entries for kind, entries in table.items() if entries}, context, BUCKET):
        for bucket in () if writing.doubt else writing.found.targets:
            found.setdefault(bucket.address, []).append(writing.writer)
    return found
