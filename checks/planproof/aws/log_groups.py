"""Which CloudWatch log groups hold records: those that a trail, a flow log or the like writes to, and those whose name says so."""

from __future__ import annotations

from typing import NamedTuple

from planproof.aws.log_words import log_word
from planproof.aws.log_writers import writings
from planproof.context import Context
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance

LOG_GROUP = "aws_cloudwatch_log_group"
LAMBDA = "/aws/lambda/"
"""Where Lambda functions log to: what such a group is called says what the function is for, and not what its own output is."""


class Records(NamedTuple):
    """Whether a group holds records, or counts as if it did; None if it may. `reason`: why."""

    holds: bool | None
    reason: str = ""


def holds_records(group: Instance, context: Context) -> Records:
    """Whether the demanded days are demanded of the group."""
    settings = context.settings("log_group_retention")
    if settings["every_group"]:
        return Records(True)
    records = settings["records"]
    texts = _texts(group, context)
    word = next((w for text in texts if (w := log_word(text, records["words"], records["not_before"]))), None)
    if word:
        return Records(True, f"its name or address contains {word!r}")
    found: Records = context.once(_written).get(group.address, Records(False))
    return found


def _written(context: Context) -> dict[str, Records]:
    found: dict[str, Records] = {}
    for writing in writings(context.settings("log_group_retention")["records"]["writers"], context, LOG_GROUP):
        others = context.plan.of_type(LOG_GROUP) if writing.found.open_ended else writing.found.candidates
        for group in others:
            found.setdefault(group.address, Records(None, writing.found.reason))
        for group in writing.found.targets:
            known = found.get(group.address, Records(None))
            if known.holds is None:
                reason = f"{writing.writer.address} writes to it"
                found[group.address] = Records(None, writing.doubt) if writing.doubt else Records(True, reason)
    return found


def _texts(group: Instance, context: Context) -> list[str]:
    """Its address, and its name or what is known of it; nothing of a function's group."""
    result = context.evaluated(group, "name")
    name = group.get("name").text
    parts = [name] if name else text_parts(result) if result is not None else []
    texts = [part for part in parts if isinstance(part, str)]
    return [] if texts and texts[0].startswith(LAMBDA) else [group.address, *texts]
