"""`planproof check --watch`: judges again when what it read has changed.

Watched is what the last round read: Python tells which files are opened and which folders are listed (`sys.addaudithook`). So modules that lie
far from the plan, policies that are extended and baselines count, and no list of them can fall behind what is read. They are looked at twice
a second, which works on every file system, in containers too, and needs no package.
"""

from __future__ import annotations

import gc
import os
import stat
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from typing import NoReturn

from planproof.errors import PlanproofError
from planproof.text.escaping import one_line
from planproof.verdict import listed

_INTERVAL = 0.5  # seconds
_FILE, _FOLDERS = "open", ("os.listdir", "os.scandir")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CODE = (".py", ".pyc")  # is read once, that of a team's own checks too

Stamp = object
"""What a file or folder has otherwise once it has changed; None if it is not there."""


def repeat(work: Callable[[], object], named: Iterable[str], written: Iterable[str]) -> NoReturn:
    """Does the work, and again whenever something that it read, or that is `named`, has changed; what is `written` does not count. Ctrl-C
    ends it: raises KeyboardInterrupt."""
    reads = _Reads(map(os.path.abspath, named), map(os.path.realpath, written))
    while True:
        reads.begin()
        try:
            work()
        except PlanproofError as error:
            print(f"planproof: {one_line(str(error))}", file=sys.stderr)
        reads.end()
        gc.collect()  # the command does not collect otherwise
        print("planproof: watching for changes; Ctrl-C ends", file=sys.stderr, flush=True)
        changed = sorted(map(os.path.relpath, reads.wait()))
        print(f"\nplanproof: changed: {one_line(listed(changed))}", file=sys.stderr, flush=True)


class _Reads:
    """What is read, each with its stamp as it was before."""

    def __init__(self, named: Iterable[str], written: Iterable[str]) -> None:
        self._named, self._written = tuple(named), frozenset(written)
        self._stamps: dict[str, Stamp] = {}
        self._hears = False
        paths = sysconfig.get_paths()
        self._installed = tuple({os.path.join(paths[name], "") for name in ("stdlib", "platstdlib", "purelib", "platlib")})
        sys.addaudithook(self._hear)  # it cannot be taken away again, which the process does not outlive

    def begin(self) -> None:
        self._stamps = {path: self._stamp(path) for path in self._named}
        self._hears = True

    def end(self) -> None:
        """What was there for the round alone, such as the folder that Terraform reads a saved plan in, is not watched."""
        self._hears = False
        self._stamps = {p: s for p, s in self._stamps.items() if p in self._named or s is None or os.path.lexists(p)}

    def wait(self) -> list[str]:
        """What has changed, once something has and nothing more does: a file may be written in pieces."""
        before = self._stamps
        while True:
            time.sleep(_INTERVAL)
            now = {path: self._stamp(path) for path in before}
            if now != self._stamps and now == before:
                return [path for path, stamp in now.items() if stamp != self._stamps[path]]
            before = now

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._hears or not (event in _FOLDERS or (event == _FILE and not _is_written(arguments))):
            return
        self._hears = False  # not what is heard by looking at it
        path = os.path.abspath(os.fsdecode(given)) if isinstance(given := arguments[0], (str, bytes)) else ""
        if path and path not in self._stamps and not path.endswith(_CODE) and not path.startswith(self._installed):
            self._stamps[path] = self._stamp(path)
        self._hears = True

    def _stamp(self, path: str) -> Stamp:
        try:
            status = os.stat(path)
            if not stat.S_ISDIR(status.st_mode):
                return status.st_mtime_ns, status.st_size, status.st_ino
            # Hidden files are what editors keep beside a file, and reports before they are whole.
            names = (name for name in os.listdir(path) if not name.startswith(".") and not name.endswith("~"))
            return frozenset(name for name in names if os.path.join(os.path.realpath(path), name) not in self._written)
        except OSError:
            return None


def _is_written(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & _WRITES)
