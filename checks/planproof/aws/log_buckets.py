"""Which buckets are log buckets: those that something writes logs to, and those whose name, address or tags say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.aws.log_words import log_word
from planproof.aws.log_writers import Keys, Writing, writings
from planproof.aws.s3 import BUCKET
from planproof.context import Context
from planproof.evaluation.origin import Kind
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance
from planproof.text.wildcards import matches
from planproof.verdict import Outcome, Verdict, unknown

_STREAMS = {"aws_kinesis_firehose_delivery_stream": "name", "aws_kinesis_stream": "name"}
"""What logs may pass through on their way to a bucket, and the argument that names it."""
_SOURCES = {"aws_kinesis_firehose_delivery_stream": [{"to": "kinesis_source_configuration.kinesis_stream_arn"}]}


class Writer(NamedTuple):
    """What writes logs to a bucket, and what the keys of its objects begin with. `doubt`: why it is open what it writes."""

    address: str
    keys: Keys
    doubt: str = ""


class LogBuckets(NamedTuple):
    """By address: why a bucket is a log bucket (`sure`), or why it may be one (`perhaps`), and what writes logs to it, or may."""

    sure: dict[str, str]
    perhaps: dict[str, str]
    writers: dict[str, list[Writer]]
    anywhere: tuple[Writer, ...]
    """The first of each type of those that may write to any bucket."""

    def covers(self, bucket: Instance) -> bool:
        """Whether it is one, or may be one."""
        return bucket.address in self.sure or bucket.address in self.perhaps


def log_buckets(context: Context) -> LogBuckets:
    """The log buckets of a plan; use as `context.once(log_buckets)`."""
    sure, perhaps, writers, anywhere = _written(context)
    settings = context.policy.section("log_buckets")
    for bucket in context.plan.of_type(BUCKET):
        name = bucket.address
        if any(matches(str(glob), name) for glob in settings["exclude"]):
            sure.pop(name, None)
            perhaps.pop(name, None)
        elif settings["all"] or any(matches(str(glob), name) for glob in settings["include"]):
            sure[name] = "the policy lists it as a log bucket"
        elif name not in sure:
            word = _word_in(_texts(bucket, context), settings)
            if word:
                sure[name] = f"its name, address or tags contain {word!r}"
    return LogBuckets(sure, {k: v for k, v in perhaps.items() if k not in sure}, writers, anywhere)


def is_log_bucket(bucket: Instance, context: Context) -> bool:
    """Whether it is one, or may be one."""
    found: LogBuckets = context.once(log_buckets)
    return found.covers(bucket)


def writers_to(bucket: Instance, context: Context) -> list[Writer]:
    """What writes logs to the bucket, or may."""
    found: LogBuckets = context.once(log_buckets)
    return [*found.writers.get(bucket.address, ()), *found.anywhere]


def judged_as_log_bucket(bucket: Instance, outcome: Outcome, fault: str, context: Context) -> Outcome:
    """The outcome; of a bucket that only may be a log bucket, a FAIL is open. `fault` says in its place what is wrong."""
    doubt = context.once(log_buckets).perhaps.get(bucket.address)
    if outcome.verdict is Verdict.FAIL and doubt:
        return unknown("maybe_log_bucket", f"this may be a log bucket, and {fault}: {doubt}", bucket.address)
    return outcome


# --- writers ---------------------------------------------------------------------------------------------------------


def _written(context: Context) -> tuple[dict[str, str], dict[str, str], dict[str, list[Writer]], tuple[Writer, ...]]:
    sure: dict[str, str] = {}
    perhaps: dict[str, str] = {}
    writers: dict[str, list[Writer]] = {}
    anywhere: dict[str, Writer] = {}
    for writing in _of_logs(context):
        for bucket in writing.found.targets:
            if bucket.type == BUCKET:
                reason = f"{writing.writer.address} writes to it"
                (perhaps if writing.doubt else sure)[bucket.address] = writing.doubt or reason
                writers.setdefault(bucket.address, []).append(Writer(writing.writer.address, writing.keys, writing.doubt))
        maybe = Writer(writing.writer.address, Keys(), writing.found.reason)
        if writing.found.open_ended or context.tries("pairs of log writer and bucket", len(writing.found.candidates)):
            anywhere.setdefault(writing.writer.type, maybe)
            continue
        for bucket in (other for other in writing.found.candidates if other.type == BUCKET):
            perhaps[bucket.address] = writing.found.reason
            writers.setdefault(bucket.address, []).append(maybe)
    for bucket in context.plan.of_type(BUCKET) if anywhere else ():
        perhaps.setdefault(bucket.address, next(iter(anywhere.values())).doubt)
    return sure, perhaps, writers, tuple(anywhere.values())


def _of_logs(context: Context) -> Iterator[Writing]:
    """What the writers of the policy write, less what only hands on something other than logs."""
    settings = context.policy.section("log_buckets")
    found = list(writings(settings["writers"], context, BUCKET, *_STREAMS))
    streams = {stream.address for w in found if not w.carries for stream in w.found.targets if stream.type in _STREAMS}
    for writing in writings(_SOURCES, context, "aws_kinesis_stream"):
        if any(source.address in streams or _says_logs(source, settings, context) for source in writing.found.targets):
            streams.add(writing.writer.address)
    for writing in found:
        if not writing.carries or writing.writer.address in streams or _says_logs(writing.writer, settings, context):
            yield writing


# --- names -----------------------------------------------------------------------------------------------------------


def _says_logs(stream: Instance, settings: Mapping[str, Any], context: Context) -> bool:
    return bool(_word_in((stream.address, *_name(stream, _STREAMS[stream.type], context)), settings))


def _word_in(texts: Iterable[str], settings: Mapping[str, Any]) -> str | None:
    return next((word for text in texts if (word := log_word(text, settings["words"], settings["not_before"]))), None)


def _texts(bucket: Instance, context: Context) -> Iterator[str]:
    """What may tell a log bucket: its address, its name or what is known of it, and its tags."""
    yield bucket.address
    for attribute in ("bucket", "bucket_prefix"):
        yield from _name(bucket, attribute, context)
    tags = bucket.get("tags")
    yield from (tags.get(key).text or "" for key in tags.names() if not tags.get(key).is_sensitive)


def _name(instance: Instance, attribute: str, context: Context) -> Iterator[str]:
    value = instance.get(attribute)
    if value.is_known and not value.is_sensitive:
        yield value.text or ""
    elif value.is_unknown:
        yield from _known_parts(instance, attribute, context)


def _known_parts(instance: Instance, attribute: str, context: Context) -> Iterator[str]:
    """What is known of a name: its known parts, and without source the values that it is made of."""
    result = context.evaluated(instance, attribute)
    if result is not None:
        yield from (part for part in text_parts(result) if isinstance(part, str))
    for origin in result.all_origins if result is not None else ():
        value = context.expressions.value(origin)
        if origin.kind is not Kind.RESOURCE and not value.is_sensitive:
            yield value.text or ""
