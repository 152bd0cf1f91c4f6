"""The plans of a folder. What looks like a plan, by its name or by what it holds, is one: if it cannot be judged, that is told."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from planproof.errors import PlanError
from planproof.plan.file_names import is_plan_name, stem
from planproof.plan.json_file import MAKE_JSON, MAX_BYTES, is_json
from planproof.source.files import MAX_RATIO, MAX_TOTAL_BYTES, is_saved_plan
from planproof.text.natural import natural
from planproof.verdict import listed

MAX_LOOKED_AT = 200_000
_PASSED_OVER = ("node_modules", "__pycache__")
_WRAPPED = (".7z", ".age", ".asc", ".b64", ".br", ".bz2", ".enc", ".gpg", ".gz", ".lz4", ".xz", ".zip", ".zst")
"""What a plan's name ends with once it is compressed or encrypted."""
_OF_OUTPUT = ("", ".log", ".out", ".plan", ".txt")
"""Of files that may be what a command printed, with lines of a CI wrapper before the plan."""
_HEAD, _PIECE, _OVERLAP = 4096, 2**20, 64
_MARKS = (b'"format_version"', b'"planned_values"', b'"resource_changes"')
_BEGINS = re.compile(rb'\{\s*"format_version"')
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_STAMP = re.compile(rb'"timestamp"\s*:\s*"(' + _TIME.pattern + rb')"')


class Found(NamedTuple):
    """What a folder holds: how many files were looked at, those that are taken for plans, sorted, and the folders that were not entered."""

    folder: str
    looked_at: int
    plans: tuple[str, ...]
    closed: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = listed((os.path.relpath(plan, self.folder) for plan in self.plans), 10, len(self.plans))
        closed = (
            f"; not entered: {listed((os.path.relpath(path, self.folder) for path in self.closed), 3)}" if self.closed else ""
        )
        return f"{self.folder}: {self.looked_at} files scanned, {len(self.plans)} recognized as plans: {names}{closed}"


def plans_below(folder: str) -> Found:
    """The plans of a folder that has some. Raises PlanError."""
    found = look(folder)
    if not found.plans:
        raise PlanError(f"{folder} is a folder without a plan; create one: {MAKE_JSON} ({found.looked_at} files were scanned)")
    return found


def look(folder: str) -> Found:
    """Hidden folders, and those that tools install, are not entered; a link is followed, and each folder is entered once. Raises PlanError."""
    number = 0
    plans: list[str] = []
    closed: list[str] = []
    for files in _folders(folder, closed):
        number += len(files)
        if number > MAX_LOOKED_AT:
            raise PlanError(f"{folder} contains more than {MAX_LOOKED_AT} files; provide the folders of the plans")
        plans += _plans_of_one(files)
    return Found(folder, number, tuple(sorted(plans, key=natural)), tuple(sorted(closed)))


def _folders(folder: str, closed: list[str]) -> Iterator[list[str]]:
    """The files of each folder; those that are not entered are added to `closed`."""
    entered: set[tuple[int, int]] = set()
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            status = os.stat(here)
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError as error:
            raise PlanError(f"{here} cannot be read: {error.strerror or error}; it may contain plans") from None
        folders: list[os.DirEntry[str]] = []
        files: list[os.DirEntry[str]] = []
        for entry in entries:
            (folders if _is_folder(entry) else files).append(entry)
        for entry in folders:
            (closed if entry.name.startswith(".") or entry.name in _PASSED_OVER else pending).append(entry.path)
        yield [entry.path for entry in files]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _plans_of_one(files: Iterable[str]) -> list[str]:
    """Those of one folder. A saved plan beside its own JSON would be judged twice."""
    kinds = {path: _kind(path) for path in files}
    texts = [path for path, kind in kinds.items() if kind == "json"]
    saved = [path for path, kind in kinds.items() if kind == "saved"]
    return texts + (_without_their_json(saved, texts) if texts else saved)


def _without_their_json(saved: list[str], texts: list[str]) -> list[str]:
    """The saved plans of which none of the files is the JSON; a file is that of one saved plan at most."""
    by_mark: dict[bytes, list[str]] = {}
    for text in reversed(texts) if saved else ():
        for mark in _marks_of_json(text):
            by_mark.setdefault(mark, []).append(text)
    taken: set[str] = set()
    alone = []
    for path in saved:
        for mark in sorted(_marks_of_saved(path)):
            free = by_mark.get(mark, [])
            while free and free[-1] in taken:
                free.pop()
            if free:
                taken.add(free.pop())
                break
        else:
            alone.append(path)
    return alone


def _kind(path: str) -> str:
    """`json` or `saved` for what is to be judged as such; empty for what is no plan."""
    name = os.path.basename(path).lower()
    is_called_one = is_plan_name(name) or _is_wrapped(name)
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            if is_called_one or name.endswith(".json"):
                raise PlanError(f"{path} is not a regular file (a pipe, a socket or a device); if it is a plan, provide its path")
            return ""
        if not status.st_size:  # what a system shows as a file has no size, and may keep a reader waiting
            return "json" if is_called_one or name.endswith(".json") else ""
        if not _is_wrapped(name) and (is_saved_plan(path) or _begins_as_saved_plan(path)):
            return "saved"
        is_one = is_called_one or _holds_a_plan(path, os.path.splitext(name)[1])
    except FileNotFoundError:  # a link that leads to nothing
        is_one = is_called_one or name.endswith(".json")
    except OSError:  # what cannot be read may be a plan; judging it tells why
        is_one = True
    return "json" if is_one else ""


def _is_wrapped(name: str) -> bool:
    """Whether it is called as a plan that is compressed or encrypted; judging it tells that it has to be unpacked."""
    inner, ending = os.path.splitext(name)
    return ending in _WRAPPED and is_plan_name(inner)


def _begins_as_saved_plan(path: str) -> bool:
    """Also if it is cut off: Terraform writes the entry `tfplan` first."""
    with open(path, "rb") as file:
        head = file.read(36)
    return head.startswith(b"PK\x03\x04") and head[30:] == b"tfplan"


def _holds_a_plan(path: str, ending: str) -> bool:
    with open(path, "rb") as file:
        head = file.read(_HEAD).replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \t\r\n")
    if not head and ending == ".json":
        return True
    if not (ending == ".json" or head.startswith(b"{") or (ending in _OF_OUTPUT and _begins_somewhere(path))):
        return False
    marks = _marks(path)
    # A plan that is cut off before what it plans is no JSON; a state, or a schema, is.
    return len(marks) > 1 or (_MARKS[0] in marks and not is_json(path))


def _begins_somewhere(path: str) -> bool:
    """Whether a line of what a command printed begins the JSON of a plan, or may; a program is no such text."""
    return any(_BEGINS.search(piece) for piece in _pieces(path))


def _marks(path: str) -> set[bytes]:
    """The keys of plan JSON that a file holds, whatever its encoding."""
    found: set[bytes] = set()
    for piece in _pieces(path):
        found |= {mark for mark in _MARKS if mark in piece}
        if len(found) == len(_MARKS):
            break
    return found


def _pieces(path: str) -> Iterator[bytes]:
    """What a file holds, without the zeros of UTF-16, in pieces that overlap; no more than a plan can be."""
    end = b""
    with open(path, "rb") as file:
        for _ in range(MAX_BYTES // _PIECE):
            read = file.read(_PIECE)
            if not read:
                return
            piece = end + read.replace(b"\0", b"")
            yield piece
            end = piece[-_OVERLAP:]


def _marks_of_json(path: str) -> set[bytes]:
    """The time of planning, which the saved plan holds too; before Terraform 1.5 there is none, and the names have to do."""
    try:
        found = {stamp for piece in _pieces(path) for stamp in _STAMP.findall(piece)}
    except OSError:
        return set()
    return found or {os.fsencode(stem(path))}


def _marks_of_saved(path: str) -> set[bytes]:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo("tfplan")
            if entry.file_size > min(MAX_TOTAL_BYTES, MAX_RATIO * max(entry.compress_size, 5000)):
                return set()
            return {os.fsencode(stem(path)), *_TIME.findall(archive.read(entry))}
    except Exception:  # zipfile and zlib raise many kinds on a damaged archive
        return set()
