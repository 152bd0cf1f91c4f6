"""Where reports go: a file is written whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable

from planproof.errors import CommandError


def write_files(texts: Iterable[tuple[str, Iterable[str]]]) -> None:
    """Writes each text, which comes in pieces, to its path. All are written beside their targets first and then put in place, so
    that a disk that fills up leaves what was there before. Raises CommandError."""
    ready: list[tuple[str, str]] = []
    try:
        for path, pieces in texts:
            _prepare(path, (piece.encode("utf-8", "backslashreplace") for piece in pieces), ready)
        while ready:
            made, target = ready.pop(0)
            os.replace(made, target)
    except OSError as error:
        raise CommandError(f"the report {path} cannot be written: {error.strerror or error}") from None
    finally:
        for made, _ in ready:
            os.unlink(made)


def write_text(text: str, path: str | None) -> None:
    """Writes to the file, or to standard output if none is named. Raises CommandError."""
    if path:
        write_files([(path, text)])
    else:
        write_stdout(text)


def _prepare(path: str, content: Iterable[bytes], ready: list[tuple[str, str]]) -> None:
    target = os.path.realpath(path)
    _refuse_detour(path, target)
    try:
        existing = os.stat(target)
    except FileNotFoundError:
        existing = None
    if existing is not None and not stat.S_ISREG(existing.st_mode):
        with open(target, "wb") as device:  # /dev/stdout, a pipe: nothing to put in place of
            device.writelines(content)
        return
    made = os.path.join(os.path.dirname(target), f".planproof-{os.urandom(8).hex()}")
    mode = stat.S_IMODE(existing.st_mode) if existing else 0o666
    with open(made, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        ready.append((made, target))
        file.writelines(content)
    if existing:
        os.chmod(made, mode)  # without the umask


def _refuse_detour(path: str, target: str) -> None:
    """A link in the current folder may be of whoever wrote what is judged: no report goes through it to another place."""
    here = os.path.join(os.getcwd(), "")
    given = os.path.abspath(path)
    is_root = os.path.dirname(os.getcwd()) == os.getcwd()  # of a container: nobody's checkout
    if given.startswith(here) and not is_root and target != os.path.join(os.path.realpath(here), given.removeprefix(here)):
        raise CommandError(f"the report {path} is not written, because it is a link to {target}; provide that path or another")


def write_stdout(text: str) -> None:
    """Writes to standard output; what its encoding cannot hold is written as an escape."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.stdout.write(text)
    sys.stdout.flush()
