"""The three standard streams, which whoever starts the command may have closed, or may stop reading."""

from __future__ import annotations

import io
import os
import sys
from typing import Any


def fill_gaps() -> None:
    """Has something stand in the place of each stream that is closed; else the next file to be opened would take its number.

    What is written to standard output then fails as on a full disk, and is told; standard error has nobody to tell it to.
    """
    if sys.stdin is None:
        _occupy(0, os.O_RDONLY)  # sys.stdin stays None, by which it can be told from an empty one
    if sys.stdout is None:
        sys.stdout = open(_occupy(1, os.O_RDONLY), "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(_occupy(2, os.O_WRONLY), "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    else:
        raw = io.BufferedWriter(_Unheard(2, "w", closefd=False))
        sys.stderr = io.TextIOWrapper(raw, sys.stderr.encoding, sys.stderr.errors, line_buffering=True)


class _Unheard(io.FileIO):
    """Standard error. What it does not take (a disk is full, a reader is gone) is let go: that must not change what the command ends with."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def _occupy(number: int, flags: int) -> int:
    found = os.open(os.devnull, flags)
    if found != number:
        os.dup2(found, number)
        os.close(found)
    return number


def give_up_stdout() -> None:
    """Lets what cannot be written go; Python would try it once more at its end, and exit with a code of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
