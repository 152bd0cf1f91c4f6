"""The source: HCL from a folder, or from the archive that a saved plan is.

Plan JSON has no `lifecycle` block, no `locals`, no literal parts of templates and no line numbers; the source has. A saved plan
holds the configuration that it was made from (`tfconfig/`), so whoever has it needs no checkout. The archive is untrusted: it is
read in memory, within bounds, and never extracted.

Files are parsed module by module, the first time that a check asks for that module, and once.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from planproof.errors import SourceError
from planproof.plan.model import Module
from planproof.source.files import (
    MAX_TOTAL_BYTES,
    ArchiveFiles,
    Files,
    Folder,
    FolderFiles,
    is_configuration,
    is_saved_plan,
    read_by_tool,
    regular,
)
from planproof.source.modules import ModuleSource, literal_source
from planproof.syntax.file import SourceFile


class Source:
    """A configuration's files. `name` is what messages call it; `root` is the folder, where there is one."""

    def __init__(self, files: Files, name: str, root: Path | None = None, is_opentofu: bool = False) -> None:
        self._files, self.name, self.root, self._is_opentofu = files, name, root, is_opentofu
        self._modules: dict[tuple[str, ...], ModuleSource | None] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """A folder with `.tf` files, or a saved plan. Raises SourceError."""
        path = Path(path)
        if path.is_dir():
            return cls(FolderFiles(path), os.fspath(path), path)
        if not path.exists():
            raise SourceError(
                f"the source {path} does not exist; provide the folder of the .tf files or the saved plan (terraform plan -out)"
            )
        content = regular(path, os.fspath(path), MAX_TOTAL_BYTES)
        files = ArchiveFiles(content, os.fspath(path))
        folder = path.absolute().parent  # what is not in the archive, such as tests, may lie beside it
        return cls(files, os.fspath(path), folder if any(is_configuration(name) for name in os.listdir(folder)) else None)

    @classmethod
    def beside(cls, plan: str | os.PathLike[str]) -> Source | None:
        """The source that lies beside a plan's JSON: `.tf` files, else a saved plan; None where there is neither."""
        if not os.path.isfile(plan):
            return None  # a pipe lies beside nothing
        folder = Path(plan).absolute().parent
        try:
            # Beside a plan may lie a thousand others; their names are enough to pass them over.
            others = [name for name in os.listdir(folder) if not name.endswith(".json") or name.endswith(".tf.json")]
        except OSError:
            return None
        files = [folder / name for name in sorted(others) if (folder / name).is_file()]
        if any(is_configuration(file.name) for file in files):
            return cls(FolderFiles(folder), os.fspath(folder), folder)
        saved = [file for file in files if is_saved_plan(file)]
        return cls.open(saved[0]) if len(saved) == 1 else None  # of several, none is known to be this plan's

    def read_by(self, is_opentofu: bool) -> Source:
        """The same, with the files that the tool reads which made the plan: OpenTofu takes `.tofu` before `.tf`, Terraform none of those."""
        return Source(self._files, self.name, self.root, is_opentofu)

    def module(self, path: tuple[str, ...]) -> ModuleSource | None:
        """The module that the calls' names lead to, root first; None if the source does not hold it."""
        if path not in self._modules:
            self._modules[path] = self._read(path)
        return self._modules[path]

    def of(self, module: Module) -> ModuleSource | None:
        """The source of a module's instance, if there is one."""
        return self.module(module.path)

    def folder_of(self, path: tuple[str, ...]) -> str | None:
        """What `path.module` is in a module; None if that cannot be told."""
        folder = self._folder(path) if self.root else None
        return Path(os.path.relpath(folder, self.root)).as_posix() if folder is not None and self.root else None

    def text_of(self, file: str, path: tuple[str, ...]) -> str | None:
        """The text of a file that an expression of a module reads; None unless it lies in the module's folder or in the root's."""
        folder = self._folder(path) if self.root else None
        if folder is None or self.root is None:
            return None
        found = os.path.join(self.root, file)
        return next((t for inside in (folder, self.root) if (t := Folder(Path(inside)).text_within(found)) is not None), None)

    @cached_property
    def folder(self) -> Folder | None:
        """All files of the folder, tests among them; None where the source is a saved plan alone."""
        return Folder(self.root) if self.root else None

    def display_path(self, file: str) -> str:
        """The file as a reader knows it: relative to the working directory where it lies below it."""
        return self._files.display_path(file)

    def _read(self, path: tuple[str, ...]) -> ModuleSource | None:
        folder = self._folder(path)
        if folder is None:
            return None
        files = read_by_tool(self._files.list(folder), self._is_opentofu)
        return ModuleSource([SourceFile(file, self._files.read(file)) for file in files])

    def _folder(self, path: tuple[str, ...]) -> str | None:
        """The folder of a module: where the files have it, else where the call of it leads to."""
        found = self._files.folder(path)
        if found is not None or not path:
            return found
        parent, parent_folder = self.module(path[:-1]), self._folder(path[:-1])
        body = parent.body("module", path[-1]) if parent else None
        where = literal_source(body) if body else None
        return self._files.called(parent_folder, where) if parent_folder and where is not None else None


def find_source(plan: str | os.PathLike[str]) -> Source | None:
    """The source of the plan in this file: what PLANPROOF_SOURCE names, else what lies beside it. Raises SourceError."""
    named = os.environ.get("PLANPROOF_SOURCE")
    return Source.open(named) if named else Source.beside(plan)
