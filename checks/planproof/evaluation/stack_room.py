"""Room on Python's stack for expressions that are nested deeper than its default allows."""

from __future__ import annotations

import sys
from _thread import allocate_lock  # threading itself takes time at the start

_FRAMES = 8_000
_LOCK = allocate_lock()


class StackRoom:
    """A context in which calls may nest _FRAMES deep. The limit is the whole process's, so that it stays until the last thread leaves."""

    _users = 0
    _limit = 0

    def __enter__(self) -> None:
        with _LOCK:
            if not StackRoom._users:
                StackRoom._limit = sys.getrecursionlimit()
                sys.setrecursionlimit(max(StackRoom._limit, _FRAMES))
            StackRoom._users += 1

    def __exit__(self, *_: object) -> None:
        with _LOCK:
            StackRoom._users -= 1
            if not StackRoom._users:
                sys.setrecursionlimit(StackRoom._limit)
