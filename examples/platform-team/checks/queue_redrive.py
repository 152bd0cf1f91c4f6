"""Queues hand on what they cannot deliver."""

from __future__ import annotations

from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown

from ._queues import is_dead_letter_queue


@check(
    id="CKV_ACME_1",
    name="Queues have a dead-letter queue",
    severity="LOW",
    category="GENERAL_SECURITY",
    types=("aws_sqs_queue",),
)
def queue_redrive(queue: Instance, context: Context) -> Outcome:
    """A message that no consumer can handle blocks the queue, or is lost when its time is up.

    Fix: Set redrive_policy to a queue that keeps what could not be handled.
    """
    suffix = context.settings("queue_redrive").get("dead_letter_suffix", "-dead-letters")
    if is_dead_letter_queue(queue, suffix):
        return passed("dead_letter_queue", f"its name ends with {suffix}: it is a dead-letter queue itself", queue.address)
    redrive = context.argument(queue, "redrive_policy")
    where = f"{queue.address}.redrive_policy"
    if redrive.is_unknown and not context.origins(queue, "redrive_policy"):
        return unknown("unknown_redrive", f"known after apply: {where}", where)
    if redrive.is_unset:
        return failed("no_redrive", "redrive_policy is not set", where)
    return passed("redrive", "redrive_policy is set", where)
