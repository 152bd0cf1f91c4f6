"""Tells on a terminal's standard error how far a run has come that takes longer than a second."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from planproof.text.escaping import one_line

_T = TypeVar("_T")
_PATIENCE = 1.0  # seconds before anything is said, and between what is said


def told(items: Iterable[_T], total: int) -> Iterator[_T]:
    """The items as they come, which a line counts. No thread is needed for it: the processes that judge are forks of this one."""
    if not sys.stderr.isatty():
        yield from items
        return
    begun = time.monotonic()
    shown = False
    for number, item in enumerate(items, 1):
        if time.monotonic() - begun > _PATIENCE:
            _show(f"{number} of {total} plans judged")
            shown = True
        yield item
    if shown:
        _clear()


@contextmanager
def timed(work: str) -> Iterator[None]:
    """A line that tells what is going on, and for how long, until it is done."""
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(work, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(work: str, done: threading.Event) -> None:
    begun = time.monotonic()
    shown = False
    while not done.wait(_PATIENCE):
        _show(f"{work}, {time.monotonic() - begun:.0f} s")
        shown = True
    if shown:
        _clear()


def _show(text: str) -> None:
    line = f"planproof: {one_line(text)}"
    sys.stderr.write(f"\r\x1b[K{line[: shutil.get_terminal_size().columns - 1]}")
    sys.stderr.flush()


def _clear() -> None:
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
