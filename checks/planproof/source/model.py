"""The source: HCL from a folder, or from the archive that a saved plan is.

Plan JSON has no `lifecycle` block, no `locals`, no literal parts of templates and no line numbers; the source has. A saved plan
holds the configuration that it was made from (`tfconfig/`), so whoever has it needs no checkout. The archive is untrusted: it is
read in memory, within bounds, and never extracted.

Files are parsed module by module, the first time that a check asks for that module, and once.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from planproof.errors import SourceError
from planproof.plan.model import Instance, Module
from planproof.plan.value import MISSING, Json, part_of
from planproof.source.blocks import Block, ModuleSource, is_override, parse_file
from planproof.source.expressions import expression_of
from planproof.source.files import MAX_TOTAL_BYTES, ArchiveFiles, Files, Folder, FolderFiles, is_configuration, is_saved_plan


class Source:
    """A configuration's files. `name` is what messages call it; `root` is the folder, where there is one."""

    def __init__(self, files: Files, name: str, root: Path | None = None) -> None:
        self._files, self.name, self.root = files, name, root
        self._modules: dict[tuple[str, ...], ModuleSource | None] = {}

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Source:
        """A folder with `.tf` files, or a saved plan. Raises SourceError."""
        path = Path(path)
        if path.is_dir():
            return cls(FolderFiles(path), os.fspath(path), path)
        if not path.exists():
            raise SourceError(
                f"the source {path} does not exist; give the folder of the .tf files, or the saved plan (terraform plan -out)"
            )
        try:
            with path.open("rb") as file:
                files = ArchiveFiles(file.read(MAX_TOTAL_BYTES + 1), os.fspath(path))
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror or error}") from None
        folder = path.absolute().parent  # what is not in the archive, such as tests, may lie beside it
        return cls(files, os.fspath(path), folder if any(is_configuration(name) for name in os.listdir(folder)) else None)

    @classmethod
    def beside(cls, plan: str | os.PathLike[str]) -> Source | None:
        """The source that lies beside a plan's JSON: `.tf` files, else a saved plan; None where there is neither."""
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

    def module(self, path: tuple[str, ...]) -> ModuleSource | None:
        """The module that the calls' names lead to, root first; None where the source does not hold it."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def of(self, module: Module) -> ModuleSource | None:
        """The source of a module's instance, if there is one."""
        return self.module(module.path)

    def block_of(self, instance: Instance) -> Block | None:
        """The block of an instance, if there is one."""
        module = self.of(instance.module)
        return module.resource(instance.local_address) if module else None

    def expression(
        self, path: tuple[str, ...], labels: tuple[str, ...], argument: str, steps: Sequence[Any]
    ) -> tuple[Json, Sequence[Any]] | None:
        """The expression at `steps` of an argument, as plan JSON would write it, and the steps that its text cannot be split by.

        The locals are arguments of the block labelled `("locals",)`. None where there is no such block or argument.
        """
        module = self.module(path)
        if module is None:
            return None
        if labels == ("locals",):
            raw = module.locals.get(argument, MISSING)
        else:
            block = module.block(*labels)
            found = block.argument(argument) if block else None
            raw = found.raw if found else MISSING
        if raw is MISSING:
            return None
        for number, step in enumerate(steps):
            inner = part_of(raw, step) if isinstance(step, (str, int)) else MISSING
            if inner is MISSING:
                return expression_of(raw).as_plan_json(), steps[number:]
            raw = inner
        return expression_of(raw).as_plan_json(), ()

    def text(self, path: tuple[str, ...], labels: tuple[str, ...], argument: str) -> str | None:
        """The argument as it is written, where it is a template or a bare expression."""
        module = self.module(path)
        block = module.block(*labels) if module else None
        found = block.argument(argument) if block else None
        return found.raw if found and isinstance(found.raw, str) else None

    @cached_property
    def folder(self) -> Folder | None:
        """All files of the folder, tests among them; None where the source is a saved plan alone."""
        return Folder(self.root) if self.root else None

    def display_path(self, file: str) -> str:
        """The file as a reader knows it: relative to the working directory where it lies below it."""
        return self._files.display_path(file)

    def _parse(self, path: tuple[str, ...]) -> ModuleSource | None:
        folder = self._folder(path)
        if folder is None:
            return None
        module = ModuleSource()
        for file in sorted(self._files.list(folder), key=is_override):
            parse_file(file, self._files.read(file), module)
        return module

    def _folder(self, path: tuple[str, ...]) -> str | None:
        """The folder of a module: where the files have it, else where the call of it leads to."""
        found = self._files.folder(path)
        if found is not None or not path:
            return found
        parent, parent_folder = self.module(path[:-1]), self._folder(path[:-1])
        call = parent.block("module", path[-1]) if parent else None
        where = call.argument("source") if call else None
        return self._files.called(parent_folder, where.raw) if parent_folder and where and isinstance(where.raw, str) else None


def find_source(plan: str | os.PathLike[str]) -> Source | None:
    """The source of the plan in this file: what PLANPROOF_SOURCE names, else what lies beside it. Raises SourceError."""
    named = os.environ.get("PLANPROOF_SOURCE")
    return Source.open(named) if named else Source.beside(plan)
