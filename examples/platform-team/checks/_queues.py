"""Shared by the checks of this folder; a file that declares no check begins with an underscore."""

from __future__ import annotations

from planproof.check import Instance


def is_dead_letter_queue(queue: Instance, suffix: str) -> bool:
    return (queue.get("name").text or queue.name).endswith(suffix)
