"""Keeps this process to what it may do: read in some folders, write nothing, start no program, open no connection.

Python tells its audit hooks of each of these before it happens, so the limits hold for whatever a request, a plan, a policy or a module
names, through links too. A hook cannot be taken away again.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable

from planproof.cli.shipped import PACKAGE, shipped

_OPEN = "open"
_LISTED = {"os.listdir", "os.scandir"}
_CHANGES = {
    *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.mkfifo", "os.mknod", "os.remove", "os.rename", "os.rmdir", "os.symlink"),
    *(
        "os.truncate",
        "os.unlink",
        "os.utime",
        "shutil.copyfile",
        "shutil.move",
        "shutil.rmtree",
        "tempfile.mkdtemp",
        "tempfile.mkstemp",
    ),
}
_PROGRAMS = {
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
    "pty.spawn",
    "subprocess.Popen",
}
_CONNECTIONS = {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def confine(folders: Iterable[str]) -> None:
    """From now on, only files below these folders and planproof's own can be opened, and only to be read."""
    readable = _ended((*folders, *_planproof()))

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == _OPEN:
            path, flags = arguments[0], arguments[2]
            if _is_path(path) and not _is_inside(path, readable):
                raise PermissionError(errno.EACCES, OUTSIDE)
            if isinstance(flags, int) and flags & _WRITES and _is_path(path) and path != os.devnull:
                raise PermissionError(errno.EACCES, "this server writes nothing")
        elif event in _LISTED:
            path = "." if arguments[0] is None else arguments[0]
            if _is_path(path) and not _is_inside(path, readable):
                raise PermissionError(errno.EACCES, OUTSIDE)
        elif event in _CHANGES:
            raise PermissionError(errno.EACCES, "this server writes nothing")
        elif event in _PROGRAMS:
            raise PermissionError(errno.EACCES, "this server starts no program")
        elif event in _CONNECTIONS:
            raise PermissionError(errno.EACCES, "this server opens no connection")

    sys.addaudithook(refuse)


OUTSIDE = "it lies outside the folders that this server reads; start planproof mcp with --root DIR for its folder"


def is_below(path: str, folders: Iterable[str]) -> bool:
    """Whether the file, all links followed, lies in one of the folders."""
    return _is_inside(path, _ended(folders))


def python_folders() -> list[str]:
    """Where Python has its files, without the working directory, which may be anybody's."""
    here = os.path.realpath(os.curdir)
    return [entry for entry in sys.path if entry and os.path.realpath(entry) != here]


def _planproof() -> list[str]:
    folders = (shipped("docs", "docs/checks"), shipped("policies"), shipped("ideal", "fixtures/good/ideal"))
    return [os.fspath(path) for path in (PACKAGE, PACKAGE.parent / "failure_modes", *folders) if path]


def _ended(folders: Iterable[str]) -> tuple[str, ...]:
    return tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)


def _is_path(path: object) -> bool:
    """Not the number of an open file, which was looked at as it was opened."""
    return isinstance(path, (str, bytes, os.PathLike))


def _is_inside(path: object, folders: tuple[str, ...]) -> bool:
    real = os.path.realpath(os.fsdecode(path))  # type: ignore[arg-type]
    return real == os.devnull or os.path.join(real, "").startswith(folders)
