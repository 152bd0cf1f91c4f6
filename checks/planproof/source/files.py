"""The files of a configuration: in a folder, or in the archive that a saved plan is. Untrusted, so read within bounds."""

from __future__ import annotations

import json
import os
import posixpath
import stat
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from planproof.errors import SourceError, SyntaxProblem
from planproof.syntax.file import SourceFile
from planproof.text.paths import from_here

if TYPE_CHECKING:
    import zipfile

    from planproof.syntax.blocks import TopBlock

MAX_FILES = 5_000
MAX_LISTED = 50_000
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_LIST_BYTES = 4 * 1024 * 1024
MAX_RATIO = 200


class Folder:
    """The files of a source folder by their paths within it. Untrusted: bounded, and no link leads out of it.

    Each method raises SourceError where there is more than a configuration can be, or a file cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._left = root, MAX_TOTAL_BYTES

    def files_in(self, *folders: str) -> list[str]:
        """The files directly in these folders, sorted."""
        found = [entry.path for folder in folders for entry in self._entries(self._root / folder) if entry.is_file()]
        return sorted({Path(os.path.relpath(path, self._root)).as_posix() for path in found})

    @cached_property
    def files(self) -> list[str]:
        """All files at any depth but those of hidden folders and of what tools install, sorted."""
        found: list[str] = []
        pending = [""]
        while pending:
            within = pending.pop()
            for entry in self._entries(self._root / within):
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and entry.name not in _INSTALLED:
                        pending.append(f"{within}{entry.name}/")
                elif entry.is_file():
                    found.append(f"{within}{entry.name}")
            if len(found) + len(pending) > MAX_LISTED:
                raise SourceError(f"{self._root} contains more than {MAX_LISTED} files; provide only the folder of the .tf files")
        return sorted(found)

    def text(self, file: str) -> str:
        """The text of a file."""
        content = regular(self._root / file, file, MAX_FILE_BYTES)
        self._left -= len(content)
        if self._left < 0:
            raise SourceError(f"the files of {self._root} exceed {MAX_TOTAL_BYTES} bytes in total")
        return content.decode("utf-8-sig", errors="replace")

    def text_within(self, path: str) -> str | None:
        """The text of a regular file at a path; None if there is none, or if it lies outside this folder."""
        try:
            real = os.path.realpath(path)
        except ValueError:
            return None  # the name is invalid
        return self.text(os.path.relpath(real, self._root)) if real.startswith(self._inside) and os.path.isfile(real) else None

    def blocks(self, file: str) -> list[TopBlock]:
        """The blocks of a file of the configuration's language, native or JSON."""
        from planproof.syntax.blocks import top_blocks  # a plan without source reads none

        try:
            return top_blocks(SourceFile(file, self.text(file)))
        except SyntaxProblem as error:
            raise SourceError(str(error)) from None

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What lies in a folder; of the links, those that stay within the root."""
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return []
        return [e for e in entries if not e.is_symlink() or os.path.realpath(e.path).startswith(self._inside)]

    @cached_property
    def _inside(self) -> str:
        return os.path.realpath(self._root) + os.sep


_INSTALLED = {"node_modules", "vendor", "venv", "__pycache__"}


def regular(path: str | os.PathLike[str], name: str, most: int) -> bytes:
    """The bytes of an ordinary file, no more than `most`; what lies beside a plan is read by this. Raises SourceError."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            # Looked at once it is open, so that it cannot be another by then.
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SourceError(f"{name} is not a regular file, so it is not read; replace it with a file")
            content = file.read(most + 1)
    except OSError as error:
        raise SourceError(f"{name} cannot be read: {error.strerror or error}") from None
    if len(content) > most:
        raise SourceError(f"{name} is larger than {most} bytes")
    return content


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe that nobody writes to, too; otherwise that would wait until somebody does."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def is_saved_plan(path: str | os.PathLike[str]) -> bool:
    """Whether the file is what `terraform plan -out` writes. A pipe is not asked: what is read of it is gone."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb", opener=_without_waiting) as file:
            head = file.read(_LONGEST_HEAD)
        if not head.startswith(b"PK\x03\x04"):
            return False
        if os.path.getsize(path) > MAX_TOTAL_BYTES:
            return head.endswith(_PLAN)  # which Terraform writes first
        return _PLAN.decode() in _archive(regular(path, "", MAX_TOTAL_BYTES)).namelist()
    except Exception:  # zipfile raises many kinds on a damaged archive
        return False


LOCK = ".terraform.lock.hcl"
_PLAN = b"tfplan"
_LONGEST_HEAD = 30 + len(_PLAN)  # of an archive whose first file is called so


def _archive(content: bytes) -> zipfile.ZipFile:
    """The archive of these bytes. Raises BadZipFile, and SourceError where its list alone is more than that of a configuration."""
    import io
    import zipfile

    end = content.rfind(b"PK\x05\x06")
    if end < 0 or len(content) < end + 22 or content[max(end - 20, 0) : end].startswith(b"PK\x06\x07"):
        raise zipfile.BadZipFile  # of more than 4 GiB, or damaged
    if int.from_bytes(content[end + 12 : end + 16], "little") > MAX_LIST_BYTES:
        raise SourceError("it lists more files than planproof reads")
    return zipfile.ZipFile(io.BytesIO(content))


def _module_folders(text: str) -> dict[str, str]:
    """From a module's key to its folder, as `terraform init` and a saved plan list them. Raises ValueError."""
    try:
        found = json.loads(text)
        listed = found["Modules"] or () if isinstance(found, dict) else found
        return {str(module["Key"]): str(module["Dir"]) for module in listed}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError from None


class Files:
    """Where a source's files come from."""

    def folder(self, path: tuple[str, ...]) -> str | None:
        """The folder of a module; None where the files do not tell."""
        raise NotImplementedError

    def called(self, folder: str, source: str) -> str | None:
        """The folder that a module's call in `folder` leads to by its `source`; None where it is not there."""
        return None

    def list(self, folder: str) -> list[str]:
        """The configuration files directly in the folder, sorted."""
        raise NotImplementedError

    def read(self, file: str) -> str:
        raise NotImplementedError

    def display_path(self, file: str) -> str:
        raise NotImplementedError


def read_by_tool(files: list[str], is_opentofu: bool) -> list[str]:
    """Those of a folder's files that the tool reads: of `main.tofu` and `main.tf` OpenTofu reads the first, Terraform the second."""
    if not is_opentofu:
        return [file for file in files if not file.endswith((".tofu", ".tofu.json"))]
    own = {file.replace(".tofu", ".tf") for file in files if file.endswith((".tofu", ".tofu.json"))}
    return [file for file in files if file not in own]


def is_configuration(name: str) -> bool:
    return name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))


class FolderFiles(Files):
    """A checkout. Local modules are found by their `source`, others by `.terraform/modules/modules.json` after an init."""

    def __init__(self, root: Path) -> None:
        self._root, self._left = root, MAX_TOTAL_BYTES
        self._installed: dict[str, str] = {}
        manifest = root / ".terraform" / "modules" / "modules.json"
        if manifest.exists():  # else nothing is initialised here: only modules with a relative source can be found
            try:
                self._installed = _module_folders(self.read(os.fspath(manifest)))
            except ValueError:
                raise SourceError(
                    f"{from_here(manifest)} is not in the form that `terraform init` writes; run terraform init again"
                ) from None

    def folder(self, path: tuple[str, ...]) -> str | None:
        if not path:
            return os.fspath(self._root)
        installed = self._installed.get(".".join(path))
        found = os.path.normpath(os.path.join(self._root, installed)) if installed is not None else ""
        return found if os.path.isdir(found) else None

    def called(self, folder: str, source: str) -> str | None:
        found = os.path.normpath(os.path.join(folder, source))
        return found if source.startswith(".") and os.path.isdir(found) else None

    def list(self, folder: str) -> list[str]:
        try:
            names = sorted(entry.name for entry in os.scandir(folder) if is_configuration(entry.name) and entry.is_file())
        except OSError as error:
            raise SourceError(f"{from_here(folder)} cannot be read: {error.strerror or error}") from None
        if len(names) > MAX_FILES:
            raise SourceError(f"{from_here(folder)} contains more than {MAX_FILES} configuration files")
        return [os.path.join(folder, name) for name in names]

    def read(self, file: str) -> str:
        content = regular(file, from_here(file), MAX_FILE_BYTES)
        self._left -= len(content)
        if self._left < 0:
            raise SourceError(f"the files of {from_here(self._root)} exceed {MAX_TOTAL_BYTES} bytes in total")
        return content.decode("utf-8-sig", errors="replace")

    def display_path(self, file: str) -> str:
        return from_here(file)


class ArchiveFiles(Files):
    """The configuration in a saved plan: `tfconfig/m-KEY/*.tf`, the root's key being empty."""

    def __init__(self, content: bytes, name: str) -> None:
        import zipfile

        self._name = name
        try:
            self._archive = _archive(content)
            entries = [e for e in self._archive.infolist() if e.filename.startswith("tfconfig/")]
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise SourceError(f"{name} is neither a folder nor a saved plan; provide one of them") from None
        except SourceError:
            raise SourceError(f"{name} unpacks to more than planproof reads; provide the folder of the .tf files") from None
        if not entries:
            raise SourceError(
                f"{name} is an archive without Terraform configuration; provide the saved plan (terraform plan -out)"
            )
        total = sum(e.file_size for e in entries)
        suspicious = any(e.file_size > MAX_RATIO * max(e.compress_size, 1) and e.file_size > 1_000_000 for e in entries)
        if len(entries) > MAX_FILES or total > MAX_TOTAL_BYTES or suspicious:
            raise SourceError(f"{name} unpacks to more than planproof reads; provide the folder of the .tf files")
        self._sizes = {e.filename: e.file_size for e in entries}
        self._paths = self._manifest()

    def _manifest(self) -> dict[str, str]:
        """From a module's key to its folder's path as the plan saw it, for `file:line` that a reader can open."""
        if "tfconfig/modules.json" not in self._sizes:
            return {}
        try:
            return _module_folders(self.read("tfconfig/modules.json"))
        except (SourceError, ValueError):
            return {}

    @property
    def lock(self) -> str:
        """The providers that the plan was made with, as `terraform init` locks them; nothing where there are none."""
        return self.read(LOCK) if LOCK in self._archive.namelist() else ""

    def folder(self, path: tuple[str, ...]) -> str | None:
        folder = f"tfconfig/m-{'.'.join(path)}/"
        return folder if any(name.startswith(folder) for name in self._sizes) else None

    def list(self, folder: str) -> list[str]:
        return sorted(n for n in self._sizes if posixpath.dirname(n) + "/" == folder and is_configuration(n))

    def read(self, file: str) -> str:
        try:
            with self._archive.open(file) as handle:
                content = handle.read(MAX_FILE_BYTES + 1)
        except Exception as error:  # zipfile and zlib raise many kinds on a damaged or encrypted entry
            raise SourceError(f"{self._name} is damaged: {file} cannot be read ({type(error).__name__})") from None
        if len(content) > MAX_FILE_BYTES:
            raise SourceError(f"{self._name}: {file} is larger than {MAX_FILE_BYTES} bytes")
        return content.decode("utf-8-sig", errors="replace")

    def display_path(self, file: str) -> str:
        # The manifest tells each module's folder: modules/logs/main.tf for tfconfig/m-logs/main.tf.
        key = posixpath.dirname(file).removeprefix("tfconfig/m-")
        path = posixpath.normpath(posixpath.join(self._paths.get(key, key), posixpath.basename(file)))
        beside = os.path.join(os.path.dirname(os.path.abspath(self._name)), path)
        return from_here(beside) if os.path.isfile(beside) else path
