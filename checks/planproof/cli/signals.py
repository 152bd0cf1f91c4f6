"""What ends the command from outside: the user's Ctrl-C, a time limit, a terminal that closes; and the end of the processes it starts."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import NoReturn

from planproof.cli.exit_codes import CANNOT_JUDGE

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Ended(KeyboardInterrupt):
    """A signal asks the command to end; no check may keep it from that."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def tidy_up_first() -> None:
    """Has a signal that would end the process at once end it as Ctrl-C does, so that what it has begun is taken away."""
    for number in _ENDING:
        if signal.getsignal(number) is signal.SIG_DFL:  # else it is ignored (nohup)
            signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # who asks twice does not want to wait
    raise Ended(number)


def end_at_once() -> None:
    """For a command that waits for input in a thread, where no exception reaches it, and leaves nothing behind."""
    for number in (signal.SIGINT, *_ENDING):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda received, _: os._exit(128 + received))


def code_of(ended: KeyboardInterrupt) -> int:
    """The exit code, by the custom of shells, 128 and the number of the signal."""
    return 128 + int(ended.number if isinstance(ended, Ended) else signal.SIGINT)


def follow_parent() -> None:
    """For a process that another has started to judge for it: ends with that one, however that ends, and leaves Ctrl-C to it."""
    import threading

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in _ENDING:
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(CANNOT_JUDGE)


def end_children() -> None:
    import multiprocessing

    for child in multiprocessing.active_children():
        child.terminate()
