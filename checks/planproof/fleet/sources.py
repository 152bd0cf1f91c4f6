"""The configuration beside a plan, fetched from wherever that is into a folder of this machine, within the limits of a source."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from planproof.errors import PlanError, SourceError
from planproof.fleet.objects import PlanAt, entries_of, filesystem, is_saved, is_source, reason_of, shown
from planproof.plan.file_names import is_plan_name
from planproof.source.files import MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES, FolderFiles, is_configuration, is_saved_plan
from planproof.source.model import Source

_READ_AT_ONCE = 8
_INSTALLED = {"node_modules", "vendor", "venv", "__pycache__"}


class _Fetched(FolderFiles):
    """Files whose paths are told from the plan's folder, and not from here."""

    def display_path(self, file: str) -> str:
        return Path(os.path.relpath(file, self._root)).as_posix()


class Beside:
    """What is beside a plan: its source, if there is one, and the digest of what was fetched. `folder` is where it was fetched to."""

    def __init__(self, source: Source | None = None, digest: str = "", folder: str = "") -> None:
        self.source, self.digest, self.folder = source, digest, folder


@contextmanager
def beside(plan: PlanAt) -> Iterator[Beside]:
    """The source of a plan, by the rule of `planproof check`: the configuration in its folder, else the one saved plan there.

    Raises SourceError if it is more than a configuration can be, or cannot be read.
    """
    files = {} if plan.beside is False else _files(plan)
    if not files:
        yield Beside()
        return
    with tempfile.TemporaryDirectory(prefix="planproof-") as folder:
        digest = hashlib.sha256()
        for name, content in files.items():
            _put(os.path.join(folder, *name.split("/")), content, plan)
            digest.update(f"{len(name)} {name} {len(content)}\n".encode("utf-8", "surrogatepass") + content)
        yield Beside(_source(folder, list(files)), digest.hexdigest(), folder)


def _put(target: str, content: bytes, plan: PlanAt) -> None:
    try:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "xb") as file:
            file.write(content)
    except OSError as error:  # a name that is too long here, or is a folder's too
        raise SourceError(f"a file beside {shown(plan.url)} cannot be copied: {error.strerror or error}") from None


def _source(folder: str, names: list[str]) -> Source | None:
    if any(map(is_configuration, names)):
        return Source(_Fetched(Path(folder)), folder, Path(folder))
    saved = os.path.join(folder, names[0])
    return Source.open(saved) if is_saved_plan(saved) else None


def _files(plan: PlanAt) -> dict[str, bytes]:
    """By path, what is to be fetched: of a folder with configuration all files, else the saved plan if there is just one."""
    fs, path = filesystem(plan.url)
    folder = path.rpartition("/")[0]
    try:
        here = [name for name, kind in entries_of(fs, folder, plan.url) if kind != "directory" and is_source(name)]
        alone = here if len(here) == 1 else []
        wanted = _below(fs, folder, plan.url) if any(map(is_configuration, here)) else alone
    except PlanError as error:
        raise SourceError(str(error)) from None
    return _contents(fs, folder, wanted, plan, path)


def _below(fs: Any, folder: str, url: str) -> list[str]:
    """The files of a folder at any depth, without other plans."""
    found: list[str] = []
    pending = [folder]
    while pending:
        for name, kind in entries_of(fs, pending.pop(), url):
            if kind == "directory" and _is_entered(name[len(folder) :].strip("/").split("/")):
                pending.append(name)
            elif kind == "file" and not is_plan_name(name.rpartition("/")[2].lower()):
                found.append(name)
        if len(found) > MAX_FILES:
            raise SourceError(f"the folder of {shown(url)} contains more than {MAX_FILES} files, so it is not read as its source")
    return sorted(found)


def _is_entered(steps: list[str]) -> bool:
    """Hidden folders, and those that tools install, are not; but for the modules that `terraform init` has fetched."""
    if steps[0] == ".terraform":
        return steps[1:2] in ([], ["modules"])
    return not steps[-1].startswith(".") and steps[-1] not in _INSTALLED


def _contents(fs: Any, folder: str, paths: list[str], plan: PlanAt, own: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_TOTAL_BYTES
    paths = [path for path in paths if path != own and _is_inside(path[len(folder) :].lstrip("/"))]
    with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
        for start in range(0, len(paths), _READ_AT_ONCE):
            some = paths[start : start + _READ_AT_ONCE]
            for path, content in zip(some, pool.map(lambda path: _content(fs, path, plan), some), strict=True):
                left -= len(content)
                if left < 0:
                    raise SourceError(f"the files beside {shown(plan.url)} exceed {MAX_TOTAL_BYTES} bytes in total")
                if len(content) <= MAX_FILE_BYTES or is_saved(path):  # else it is not there, which its reader tells
                    found[path[len(folder) :].lstrip("/")] = content
    return found


def _content(fs: Any, path: str, plan: PlanAt) -> bytes:
    most = MAX_TOTAL_BYTES if is_saved(path) else MAX_FILE_BYTES
    try:
        with fs.open(path, "rb") as file:
            content: bytes = file.read(most + 1)
    except Exception as error:  # each filesystem has its own kinds
        raise SourceError(f"{path.rpartition('/')[2]} beside {shown(plan.url)} cannot be read: {reason_of(error)}") from None
    if len(content) > most and is_source(path):
        raise SourceError(f"{path.rpartition('/')[2]} beside {shown(plan.url)} is larger than {most} bytes")
    return content


def _is_inside(name: str) -> bool:
    """Whether a file of that name is made inside the folder: a key of object storage may hold anything."""
    return bool(name) and "\\" not in name and "\0" not in name and not {"", ".", ".."} & set(name.split("/"))
