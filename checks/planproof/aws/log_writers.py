"""What writes logs, and to where: the tables of writers in the policy, followed to the resources of a plan.

    aws_cloudtrail: [{to: s3_bucket_name, keys: "{s3_key_prefix}/AWSLogs/"}]
    aws_lb: [{to: access_logs.bucket, keys: "{prefix}/AWSLogs/", switch: enabled}]
    aws_flow_log: [{to: log_destination, keys: "{path}/AWSLogs/"}]

`to` is the argument that names the destination, through blocks; a text alone stands for it. `keys` is what the keys of the objects begin
with: `{...}` stands for an argument beside `to`, `{path}` for what `to` has behind the bucket. `switch` is an argument beside `to` that
may be off. `carries`: it hands on what it gets, and writes logs only if that is logs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.aws.predicates import leaves
from planproof.context import Context
from planproof.evaluation.arguments import Path, path_of
from planproof.evaluation.origin import Through
from planproof.evaluation.resolution import Resolution
from planproof.evaluation.result import Result, text_parts
from planproof.plan.model import Instance

_OFF = (False, "false", "DISABLED", "Disabled")
_UNKNOWN = "\ue000"  # a private character that stands for what is not known of a text
_ANY_TEXT = f"{_UNKNOWN}/{_UNKNOWN}"
_BEHIND = re.compile(r"(?:[a-z0-9]+://)?[^/]*/(?P<key>.*)$", re.DOTALL)
_PLACE = re.compile(r"\{(\w+)\}")


class Keys(NamedTuple):
    """What the keys of a writer's objects begin with; `open`: they go on with what is not known."""

    text: str = ""
    open: bool = False


class Writing(NamedTuple):
    """That `writer` writes logs to what its argument at `path` names. `doubt`: why it may not."""

    writer: Instance
    path: Path
    found: Resolution
    keys: Keys
    carries: bool
    doubt: str = ""


def writings(writers: Mapping[str, Iterable[Any]], context: Context, *types: str) -> Iterator[Writing]:
    """All that the writers of a table write to resources of these types."""
    for kind, entries in writers.items():
        for writer in context.plan.of_type(str(kind)):
            for entry in entries:
                yield from _of_entry(writer, entry if isinstance(entry, Mapping) else {"to": entry}, context, types)


def _of_entry(writer: Instance, entry: Mapping[str, Any], context: Context, types: tuple[str, ...]) -> Iterator[Writing]:
    for path, value in leaves(writer, path_of(str(entry["to"])), context):
        switch = context.argument(writer, *path[:-1], str(entry["switch"])) if entry.get("switch") else None
        if value.is_unset or (switch is not None and switch.raw in _OFF):
            continue
        result = context.evaluated(writer, *path)
        many = isinstance(value.raw, list) or (result is not None and isinstance(result.raw, list))
        found = (context.relations.resolve_each if many else context.relations.resolve)(writer, path, *types)
        doubt = f"known after apply: {writer.address}.{entry['switch']}" if switch is not None and switch.is_unknown else ""
        keys = _keys(writer, path, str(entry.get("keys") or ""), context) if found.targets else Keys()
        yield Writing(writer, path, found, keys, bool(entry.get("carries")), doubt)


# --- keys ------------------------------------------------------------------------------------------------------------


def _keys(writer: Instance, path: Path, template: str, context: Context) -> Keys:
    text = _PLACE.sub(lambda place: _stands_for(place[1], writer, path, context), template).lstrip("/")
    known, unknown, _ = text.partition(_UNKNOWN)
    return Keys(known, bool(unknown))


def _stands_for(name: str, writer: Instance, path: Path, context: Context) -> str:
    """The text of the argument of that name beside the one at `path`; `path`: what stands behind the bucket in that one itself."""
    if name != "path":
        return _marked(writer, (*path[:-1], name), context)
    found = _BEHIND.match(_marked(writer, path, context))
    return found["key"].rstrip("/") if found else ""


def _marked(writer: Instance, path: Path, context: Context) -> str:
    """The text of an argument, with a mark in the place of each part that is not known; empty if it is not set."""
    value = context.argument(writer, *path)
    if value.is_unset:
        return ""
    if value.is_known:
        return str(value.raw)
    result = context.evaluated(writer, *path)
    return "".join(part if isinstance(part, str) else _mark(part) for part in text_parts(result)) if result else _ANY_TEXT


def _mark(part: Result) -> str:
    """Without the source, text may stand around what is referred to, and so a path behind it."""
    return _ANY_TEXT if any(origin.through is Through.UNTOLD for origin in part.origins) else _UNKNOWN
