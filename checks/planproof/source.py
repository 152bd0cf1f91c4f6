"""The source: HCL from a folder, or from the archive that a saved plan is.

Plan JSON has no `lifecycle` block, no `locals`, no literal parts of templates and no line numbers; the source has. A saved plan
holds the configuration that it was made from (`tfconfig/`), so whoever has it needs no checkout. The archive is untrusted: it is
read in memory, within bounds, and never extracted.

Files are parsed module by module, the first time that a check asks for that module, and once.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from planproof.errors import SourceError
from planproof.hcl import Expression, expression_of
from planproof.plan import MISSING, Instance, Json, Module, part_of

MAX_FILES = 5_000
MAX_LISTED = 50_000
MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_RATIO = 200
_MAX_NESTING = 200


class Block(NamedTuple):
    """A block of HCL: its body as the HCL parser gives it (arguments in one-element lists), and where it begins."""

    body: Mapping[str, Any]
    file: str
    line: int | None

    def argument(self, name: str) -> Expression | None:
        """The expression of an argument, or None where the block does not set it."""
        return expression_of(self.body[name]) if name in self.body else None

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """The nested blocks of that name."""
        found = self.body.get(name)
        found = [found] if isinstance(found, dict) else found  # JSON syntax
        return [block for block in found if isinstance(block, dict)] if isinstance(found, list) else []


class ModuleSource:
    """The blocks of one module's folder. `problems` names each file that could not be parsed, with the reason."""

    def __init__(self) -> None:
        self.blocks: dict[tuple[str, ...], Block] = {}
        self.locals: dict[str, Any] = {}
        self.problems: list[str] = []

    def resource(self, local_address: str) -> Block | None:
        """The block of `aws_s3_bucket.logs` or `data.aws_region.current`."""
        parts = tuple(local_address.split("."))
        return self.blocks.get(parts if parts[0] == "data" else ("resource", *parts))

    def block(self, *labels: str) -> Block | None:
        """The block with these labels: `block("output", "bucket_name")`; of a provider, its alias too: `("provider", "aws", "west")`."""
        return self.blocks.get(labels)


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
        return cls(files, os.fspath(path), folder if any(_is_configuration(name) for name in os.listdir(folder)) else None)

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
        if any(_is_configuration(file.name) for file in files):
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

    def shown(self, file: str) -> str:
        """The file as a reader knows it: relative to the working directory where it lies below it."""
        return self._files.shown(file)

    def _parse(self, path: tuple[str, ...]) -> ModuleSource | None:
        folder = self._folder(path)
        if folder is None:
            return None
        module = ModuleSource()
        for file in sorted(self._files.list(folder), key=_is_override):
            _parse_file(file, self._files.read(file), module)
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


class Folder:
    """The files of a source folder by their paths within it. Untrusted: bounded, and no link leads out of it.

    Each method raises SourceError where there is more than a configuration can be, or a file cannot be read.
    """

    def __init__(self, root: Path) -> None:
        self._root, self._left = root, MAX_TOTAL_BYTES

    def files_in(self, *folders: str) -> list[str]:
        """The files directly in these folders, sorted."""
        found = {self._relative(entry) for folder in folders for entry in self._entries(self._root / folder) if entry.is_file()}
        return sorted(found)

    @cached_property
    def files(self) -> list[str]:
        """All files at any depth but those of hidden folders and of what tools install, sorted."""
        found, pending = [], [self._root]
        while pending:
            for entry in self._entries(pending.pop()):
                if entry.is_dir(follow_symlinks=False):
                    if not entry.name.startswith(".") and entry.name not in _INSTALLED:
                        pending.append(Path(entry.path))
                elif entry.is_file():
                    found.append(self._relative(entry))
            if len(found) + len(pending) > MAX_LISTED:
                raise SourceError(f"{self._root} holds more than {MAX_LISTED} files; give the folder of the .tf files alone")
        return sorted(found)

    def text(self, file: str) -> str:
        """The text of a file."""
        try:
            with (self._root / file).open("rb") as handle:
                content = handle.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise SourceError(f"{file} cannot be read: {error.strerror or error}") from None
        self._left -= len(content)
        if len(content) > MAX_FILE_BYTES or self._left < 0:
            raise SourceError(f"{file} is larger than {MAX_FILE_BYTES} bytes, or all files together than {MAX_TOTAL_BYTES}")
        return content.decode("utf-8-sig", errors="replace")

    def document(self, file: str) -> Mapping[str, Any]:
        """The blocks of a file of HCL, or of its JSON form, as the parser gives them."""
        text = self.text(file)
        try:
            return _load(file, text)
        except Exception as error:  # the parser raises many kinds; each means the same to a reader
            raise SourceError(f"{file} does not parse as HCL{_where(error)}") from None

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What lies in a folder; of the links, those that stay within the root."""
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return []
        inside = os.path.realpath(self._root) + os.sep
        return [e for e in entries if not e.is_symlink() or os.path.realpath(e.path).startswith(inside)]

    def _relative(self, entry: os.DirEntry[str]) -> str:
        return Path(os.path.relpath(entry.path, self._root)).as_posix()


_INSTALLED = {"node_modules", "vendor", "venv", "__pycache__"}


def find_source(plan: str | os.PathLike[str]) -> Source | None:
    """The source of the plan in this file: what PLANPROOF_SOURCE names, else what lies beside it. Raises SourceError."""
    named = os.environ.get("PLANPROOF_SOURCE")
    return Source.open(named) if named else Source.beside(plan)


def is_saved_plan(path: str | os.PathLike[str]) -> bool:
    """Whether the file is what `terraform plan -out` writes."""
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"PK\x03\x04":
                return False
        import zipfile

        with zipfile.ZipFile(path) as archive:
            return "tfplan" in archive.namelist()
    except Exception:  # zipfile raises many kinds on a damaged archive
        return False


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

    def shown(self, file: str) -> str:
        raise NotImplementedError


def _is_configuration(name: str) -> bool:
    return name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))


class FolderFiles(Files):
    """A checkout. Local modules are found by their `source`, others by `.terraform/modules/modules.json` after an init."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._installed: dict[str, str] = {}
        try:
            manifest = json.loads((root / ".terraform" / "modules" / "modules.json").read_text(encoding="utf-8"))
            self._installed = {str(m["Key"]): str(m["Dir"]) for m in manifest["Modules"]}
        except (OSError, ValueError, KeyError, TypeError):
            pass  # not initialised here; only modules with a relative source can be found

    def folder(self, path: tuple[str, ...]) -> str | None:
        if not path:
            return os.fspath(self._root)
        installed = self._installed.get(".".join(path))
        return os.fspath(self._root / installed) if installed is not None else None

    def called(self, folder: str, source: str) -> str | None:
        found = os.path.normpath(os.path.join(folder, source))
        return found if source.startswith(".") and os.path.isdir(found) else None

    def list(self, folder: str) -> list[str]:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and _is_configuration(entry.name))
        return [os.path.join(folder, name) for name in names[:MAX_FILES]]

    def read(self, file: str) -> str:
        with open(file, "rb") as handle:
            content = handle.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise SourceError(f"{file} is larger than {MAX_FILE_BYTES} bytes")
        return content.decode("utf-8-sig", errors="replace")

    def shown(self, file: str) -> str:
        return _from_here(file)


class ArchiveFiles(Files):
    """The configuration in a saved plan: `tfconfig/m-KEY/*.tf`, the root's key being empty."""

    def __init__(self, content: bytes, name: str) -> None:
        import io
        import zipfile

        self._name = name
        if len(content) > MAX_TOTAL_BYTES:
            raise SourceError(f"{name} is larger than {MAX_TOTAL_BYTES} bytes; give the folder of the .tf files instead")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            entries = [e for e in self._archive.infolist() if e.filename.startswith("tfconfig/")]
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            raise SourceError(f"{name} is neither a folder nor a saved plan; give one of the two") from None
        if not entries:
            raise SourceError(f"{name} is an archive without Terraform configuration; give the saved plan (terraform plan -out)")
        total = sum(e.file_size for e in entries)
        suspicious = any(e.file_size > MAX_RATIO * max(e.compress_size, 1) and e.file_size > 1_000_000 for e in entries)
        if len(entries) > MAX_FILES or total > MAX_TOTAL_BYTES or suspicious:
            raise SourceError(f"{name} unpacks to more than a configuration can be; it is not read")
        self._sizes = {e.filename: e.file_size for e in entries}
        self._paths = self._manifest()

    def _manifest(self) -> dict[str, str]:
        """From a module's key to its folder's path as the plan saw it, for `file:line` that a reader can open."""
        if "tfconfig/modules.json" not in self._sizes:
            return {}
        try:
            manifest = json.loads(self.read("tfconfig/modules.json"))
            return {str(m["Key"]): str(m["Dir"]) for m in manifest}
        except (SourceError, ValueError, KeyError, TypeError):
            return {}

    def folder(self, path: tuple[str, ...]) -> str | None:
        folder = f"tfconfig/m-{'.'.join(path)}/"
        return folder if any(name.startswith(folder) for name in self._sizes) else None

    def list(self, folder: str) -> list[str]:
        return sorted(n for n in self._sizes if posixpath.dirname(n) + "/" == folder and _is_configuration(n))

    def read(self, file: str) -> str:
        try:
            with self._archive.open(file) as handle:
                content = handle.read(MAX_FILE_BYTES + 1)
        except Exception as error:  # zipfile and zlib raise many kinds on a damaged or encrypted entry
            raise SourceError(f"{self._name} is damaged: {file} cannot be read ({type(error).__name__})") from None
        if len(content) > MAX_FILE_BYTES:
            raise SourceError(f"{self._name}: {file} is larger than {MAX_FILE_BYTES} bytes")
        return content.decode("utf-8-sig", errors="replace")

    def shown(self, file: str) -> str:
        # The manifest tells each module's folder: modules/logs/main.tf for tfconfig/m-logs/main.tf.
        key = posixpath.dirname(file).removeprefix("tfconfig/m-")
        path = posixpath.normpath(posixpath.join(self._paths.get(key, key), posixpath.basename(file)))
        beside = os.path.join(os.path.dirname(os.path.abspath(self._name)), path)
        return _from_here(beside) if os.path.isfile(beside) else path


def _from_here(file: str) -> str:
    """The path as someone in the current folder would write it."""
    relative = os.path.relpath(file)
    return Path(file if relative.startswith("..") else relative).as_posix()


_LABELS = {"resource": 2, "data": 2, "module": 1, "output": 1, "variable": 1, "provider": 1}


def _parse_file(file: str, text: str, module: ModuleSource) -> None:
    try:
        document = _load(file, text)
    except Exception as error:  # the parser raises many kinds; each means the same to a reader
        module.problems.append(f"{file} does not parse as HCL{_where(error)}")
        return
    for kind, depth in _LABELS.items():
        for labels, body in labelled(document.get(kind), depth):
            line = body.get("__start_line__") or _line_of(text, kind, labels)
            block = Block(body, file, line)
            alias = block.argument("alias") if kind == "provider" else None
            address = (kind, *labels) if alias is None else (kind, *labels, str(alias.raw))
            overridden = module.blocks.get(address) if _is_override(file) else None
            module.blocks[address] = _merged(overridden, body) if overridden else block
    for block in document.get("locals") or ():
        if isinstance(block, dict):
            module.locals.update({k: _unwrap(v) for k, v in block.items() if not k.startswith("__")})


def _is_override(file: str) -> bool:
    """Files that Terraform reads last, to change blocks of the others argument by argument."""
    name = posixpath.basename(file.replace(os.sep, "/")).split(".")[0]
    return name == "override" or name.endswith("_override")


def _merged(block: Block, override: Mapping[str, Any]) -> Block:
    """The block with the arguments of an override file; `lifecycle` is merged by its arguments too."""
    body = {**block.body, **{key: value for key, value in override.items() if not key.startswith("__")}}
    if "lifecycle" in block.body and "lifecycle" in override:
        both = [*Block(block.body, "", None).blocks("lifecycle"), *Block(override, "", None).blocks("lifecycle")]
        body["lifecycle"] = [{key: value for part in both for key, value in part.items()}]
    return Block(body, block.file, block.line)


def _load(file: str, text: str) -> dict[str, Any]:
    if file.endswith(".json"):
        return _wrap_json(json.loads(text))
    if _nesting(text) > _MAX_NESTING:
        raise ValueError("nested too deeply")
    import logging

    import hcl2

    logging.getLogger("lark").setLevel(logging.ERROR)
    # Of a carriage return in a heredoc the parser makes nothing.
    loaded = hcl2.loads(text.replace("\r\n", "\n").rstrip("\n") + "\n")
    return loaded if isinstance(loaded, dict) else {}


def _nesting(text: str) -> int:
    deepest = depth = 0
    for character in text:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


def _wrap_json(document: Any) -> dict[str, Any]:
    """Terraform's JSON syntax, in the shape that the HCL parser gives: each block type a list."""
    return {k: v if isinstance(v, list) else [v] for k, v in document.items()} if isinstance(document, dict) else {}


def labelled(blocks: Any, depth: int) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """The bodies of blocks as the parser gives them, with their labels."""
    found: list[tuple[tuple[str, ...], dict[str, Any]]]
    found = [((), block) for block in blocks or () if isinstance(block, dict)] if isinstance(blocks, list) else []
    for _ in range(depth):
        found = [
            ((*labels, str(label)), inner) for labels, body in found for label, inner in body.items() if isinstance(inner, dict)
        ]
    return found


def _unwrap(value: Any) -> Any:
    """The parser gives each argument as a list of one."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _where(error: Exception) -> str:
    line = getattr(error, "line", None)
    return f" (line {line})" if isinstance(line, int) and line > 0 else ""


def _line_of(text: str, kind: str, labels: tuple[str, ...]) -> int | None:
    quoted = r"\s+".join(rf'"?{re.escape(label)}"?' for label in labels)
    match = re.search(rf"^[ \t]*{kind}\s+{quoted}\s*\{{", text, re.MULTILINE)
    return text.count("\n", 0, match.end()) + 1 if match else None
