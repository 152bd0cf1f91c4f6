"""Keeps this process to what it may do: read in some folders, write nowhere or in some, start no program, open no connection.

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


def confine(folders: Iterable[str], writable: Iterable[str] = ()) -> None:
    """From now on, only files below these folders and planproof's own can be opened, and only those below `writable` be changed. If there
    are any, git can be started, which says whether it could take the changes back."""
    readable, changeable = _ended((*folders, *_planproof())), _ended(writable)

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == _OPEN:
            path, flags = arguments[0], arguments[2]
            writes = isinstance(flags, int) and flags & _WRITES
            _refuse_outside([path], readable, OUTSIDE)
            _refuse_outside([path] * bool(writes), changeable, UNCHANGED)
        elif event in _LISTED:
            _refuse_outside(["." if arguments[0] is None else arguments[0]], readable, OUTSIDE)
        elif event in _CHANGES:
            paths = [path for path in arguments if isinstance(path, (str, bytes, os.PathLike))]
            _refuse_outside(paths, changeable, UNCHANGED)
        elif event in _PROGRAMS and not (changeable and event == "subprocess.Popen" and _is_git(arguments[0])):
            raise PermissionError(errno.EACCES, "this server starts no program")
        elif event in _CONNECTIONS:
            raise PermissionError(errno.EACCES, "this server opens no connection")

    sys.addaudithook(refuse)


UNCHANGED = "this server writes nothing here; planproof mcp --allow-write lets the tool fix edit files below --root"
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


def _refuse_outside(paths: Iterable[object], folders: tuple[str, ...], why: str) -> None:
    """Numbers are of open files, which were looked at as they were opened."""
    for path in paths:
        if isinstance(path, (str, bytes, os.PathLike)) and not _is_inside(path, folders):
            raise PermissionError(errno.EACCES, why)


def _is_inside(path: str | bytes | os.PathLike[str] | os.PathLike[bytes], folders: tuple[str, ...]) -> bool:
    real = os.path.realpath(os.fsdecode(path))
    return real == os.devnull or os.path.join(real, "").startswith(folders)


def _is_git(program: object) -> bool:
    return isinstance(program, str) and os.path.basename(program).removesuffix(".exe") == "git"
