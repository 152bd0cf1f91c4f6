"""Tests of a configuration that lie outside its folder: those that name it, up to the root of the repository.

The root is the nearest folder with `.git`. Where there is none, only the policy's test folders (`test`, `tests`) beside the configuration
and one level up are looked through, as what lies around it may be anybody's.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from planproof.errors import SourceError, SyntaxProblem
from planproof.source.files import Folder
from planproof.source.modules import literal_source
from planproof.source.terraform_tests import (
    KINDS,
    SUFFIXES,
    Modules,
    Run,
    TerraformTests,
    asserting_text,
    is_broken,
    run_of,
    tools_of,
)
from planproof.text.remembered import remembered

TOO_MANY_FILES = "too_many_files"
"""The code of a repository that cannot be looked through."""
_LITERAL = re.compile(r'"([^"\n]{1,300})"|\'([^\'\n]{1,300})\'|`([^`\n]{1,300})`')
# A path that does not begin with a dot is one of a configuration if its line says so: TerraformDir: "live".
_NAMES_A_FOLDER = re.compile(
    r"(?:terraform|working|tofu|tf|module|root)_?(?:dir|folder|path|test)|tftest|chdir|source", re.IGNORECASE
)
_MOST_ON_A_LINE = 6  # literals that are taken together: filepath.Join("..", "live")


def tests_around(root: Path, settings: Mapping[str, Any]) -> TerraformTests:
    """The tests outside the folder `root` that name it. Raises SourceError if the repository has too many files to look through."""
    runs: list[Run] = []
    others: dict[str, tuple[str, ...]] = dict.fromkeys(KINDS, ())
    tools = {kind: tools_of(settings, kind) for kind in KINDS}
    for place in _places(root.resolve(), settings):
        for file in place.files():
            if file.endswith(SUFFIXES):
                runs += place.runs(file)
                continue
            for kind in KINDS:
                text = asserting_text(place.folder, file, tools[kind])
                if text and place.names_it(file, text) and not is_broken(file, place.folder.text(file)):
                    others[kind] = (*others[kind], file)
    return TerraformTests(tuple(runs), others, ())


def repository_of(root: Path) -> Path | None:
    """The nearest folder, this one or one around it, that is a repository."""
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), None)


def _places(root: Path, settings: Mapping[str, Any]) -> Iterator[_Place]:
    repository = repository_of(root)
    if repository:
        if repository != root:
            yield _Place(repository, repository, root)
        return
    for around in [folder for folder in root.parents if folder != folder.parent][:2]:
        for name in settings["beside"]:
            folder = around / name
            if folder.is_dir() and not folder.is_symlink() and folder != root and folder not in root.parents:
                yield _Place(folder, around, root)


class _Place:
    """A folder in which tests are looked for; paths in a test may be relative to any folder between the test and `top`."""

    def __init__(self, base: Path, top: Path, root: Path) -> None:
        self.folder = Folder(base)
        self._base, self._top, self._modules = str(base), str(top), Modules(Folder(top))
        self._root, self._within = str(root), _posix(os.path.relpath(root, top))
        self._leads_here: dict[str, bool] = {self._root: True}

    def files(self) -> list[str]:
        """All files here but those in the configuration's own folder."""
        own = posixpath.join(_posix(os.path.relpath(self._root, self._base)), "")
        return [file for file in self.folder.files if not file.startswith(own)]

    def runs(self, file: str) -> Iterator[Run]:
        """The runs of a Terraform test that run this configuration as their module."""
        try:
            for block in self.folder.blocks(file):
                called = block.block.body.blocks_of("module") if block.type == "run" and block.labels else []
                source = literal_source(called[0].body) if called else None
                if source is not None and self._is_here(file, source):
                    yield run_of(block.labels[0], block.block.body, file)
        except (SourceError, SyntaxProblem):
            return  # a test of something else is not ours to complain of

    def names_it(self, file: str, text: str) -> bool:
        """Whether a text of the file is the path of the configuration, or of one that calls it."""
        return any(self._is_here(file, path) for path in _paths(text))

    def _is_here(self, file: str, path: str) -> bool:
        folder = os.path.dirname(os.path.join(self._base, file))
        while True:
            if self._leads(os.path.normpath(os.path.join(folder, path))):
                return True
            if folder == self._top or len(folder) <= len(self._top):
                return False
            folder = os.path.dirname(folder)

    def _leads(self, folder: str) -> bool:
        """Whether the folder is the configuration's, or that of one that calls it."""
        if folder not in self._leads_here:
            is_module = folder.startswith(self._top + os.sep) and "\0" not in folder and os.path.isdir(folder)
            called = self._modules.reach(_posix(os.path.relpath(folder, self._top))) if is_module else set()
            self._leads_here[folder] = self._within in called
        return self._leads_here[folder]


@remembered
def _paths(text: str) -> tuple[str, ...]:
    """The texts of a test that can be the path of a folder."""
    paths: dict[str, None] = {}
    for line in text.splitlines():
        found = ["".join(match.groups("")) for match in _LITERAL.finditer(line)][:_MOST_ON_A_LINE]
        is_told = bool(found) and _NAMES_A_FOLDER.search(line) is not None
        joined = ("/".join(found[start:end]) for start, end in combinations(range(len(found) + 1), 2))
        paths.update(dict.fromkeys(path for path in joined if is_told or path.startswith(".")))
    return tuple(paths)


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")
