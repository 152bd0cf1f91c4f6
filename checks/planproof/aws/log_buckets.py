"""Which buckets are log buckets: those that something writes logs to, and those whose name, address or tags say so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from planproof.aws.s3 import BUCKET
from planproof.context import Context
from planproof.evaluation.arguments import path_of
from planproof.evaluation.origin import Kind
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance
from planproof.text.wildcards import matches
from planproof.verdict import Outcome, Verdict, unknown

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class LogBuckets(NamedTuple):
    """By address: why a bucket is a log bucket (`sure`), or why it may be one (`perhaps`)."""

    sure: dict[str, str]
    perhaps: dict[str, str]

    def covers(self, bucket: Instance) -> bool:
        """Whether it is one, or may be one."""
        return bucket.address in self.sure or bucket.address in self.perhaps


def log_buckets(context: Context) -> LogBuckets:
    """The log buckets of a plan; use as `context.once(log_buckets)`."""
    sure, perhaps = _written(context)
    settings = context.policy.section("log_buckets")
    words = frozenset(str(word).lower() for word in settings["words"])
    for bucket in context.plan.of_type(BUCKET):
        name = bucket.address
        if any(matches(str(glob), name) for glob in settings["exclude"]):
            sure.pop(name, None)
            perhaps.pop(name, None)
        elif settings["all"] or any(matches(str(glob), name) for glob in settings["include"]):
            sure[name] = "the policy counts it as a log bucket"
        elif name not in sure:
            word = next((w for text in _texts(bucket, context) for w in words_of(text) if w in words), None)
            if word:
                sure[name] = f"its name, address or tags say {word!r}"
    return LogBuckets(sure, {k: v for k, v in perhaps.items() if k not in sure})


def is_log_bucket(bucket: Instance, context: Context) -> bool:
    """Whether it is one, or may be one."""
    found: LogBuckets = context.once(log_buckets)
    return found.covers(bucket)


def judged_as_log_bucket(bucket: Instance, outcome: Outcome, fault: str, context: Context) -> Outcome:
    """The outcome; of a bucket that only may be a log bucket, a FAIL is open. `fault` says in its place what is wrong."""
    doubt = context.once(log_buckets).perhaps.get(bucket.address)
    if outcome.verdict is Verdict.FAIL and doubt:
        return unknown("maybe_log_bucket", f"this may be a log bucket, and {fault}: {doubt}", bucket.address)
    return outcome


def words_of(text: str) -> set[str]:
    """The words in a name, lower case: kebab, snake and camel case, digits between them passed over."""
    return {word.lower() for word in _WORD.findall(text)}


def _written(context: Context) -> tuple[dict[str, str], dict[str, str]]:
    sure: dict[str, str] = {}
    perhaps: dict[str, str] = {}
    for kind, arguments in context.policy.section("log_buckets")["writers"].items():
        for writer in context.plan.of_type(str(kind)):
            for argument in arguments:
                found = context.relations.resolve(writer, path_of(str(argument)), BUCKET)
                sure.update({bucket.address: f"{writer.address} writes to it" for bucket in found.targets})
                others = context.plan.of_type(BUCKET) if found.open_ended else found.candidates
                perhaps.update({bucket.address: found.reason for bucket in others})
    return sure, perhaps


def _texts(bucket: Instance, context: Context) -> Iterator[str]:
    """What may tell a log bucket: its address, its name or what is known of it, and its tags."""
    yield bucket.address
    for attribute in ("bucket", "bucket_prefix"):
        value = bucket.get(attribute)
        if value.is_known and not value.is_sensitive:
            yield value.text or ""
        elif value.is_unknown:
            yield from _known_parts(bucket, attribute, context)
    tags = bucket.get("tags")
    yield from (tags.get(key).text or "" for key in tags.names() if not tags.get(key).is_sensitive)


def _known_parts(bucket: Instance, attribute: str, context: Context) -> Iterator[str]:
    """What is known of a name: its known parts, and without source the values that it is made of."""
    result = context.evaluated(bucket, attribute)
    if result is not None:
        yield from (part for part in text_parts(result) if isinstance(part, str))
    for origin in result.all_origins if result is not None else ():
        value = context.expressions.value(origin)
        if origin.kind is not Kind.RESOURCE and not value.is_sensitive:
            yield value.text or ""
