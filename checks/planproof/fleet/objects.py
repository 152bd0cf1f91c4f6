"""Plans in any filesystem of fsspec: patterns are listed as they are asked for, and what is read is bounded as a plan on disk is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from planproof.errors import CommandError, PlanError
from planproof.plan.file_names import stem
from planproof.plan.json_file import read_stream
from planproof.source.files import is_configuration

LISTED_AT_ONCE = 16
_MAGIC = re.compile(r"[*?\[]")
COMMIT = re.compile(r"\b[0-9a-f]{40}(?:[0-9a-f]{24})?\b")
"""The hash of a commit in a path; DuckDB reads this too."""
_LOCAL = ("file", "local")
_REMEMBERING = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss")
"""Filesystems that remember every listing unless they are told not to, which of a big estate is much."""
_CONTAINERS = ("abfs", "abfss", "az")
"""Azure's URLs, in which a container and no user is before the @."""


class PlanAt(NamedTuple):
    """A plan to judge. Plain data: it travels between processes.

    `workspace` and `commit` are by default what the URL says of them. `beside`: whether files of configuration, or a saved plan, are in its
    folder; None if nobody has looked. `known`: the digest that it was judged with before, by the same policy; then it is not judged again.
    """

    url: str
    workspace: str = ""
    commit: str = ""
    beside: bool | None = None
    known: str = ""


def plan_at(url: str, within: str = "", beside: bool | None = None) -> PlanAt:
    """The plan of this URL. `within` is its path as far as the workspace is told by it (by default the whole path of the URL): the folders,
    and the file's name without the words that say that it is a plan. A commit's hash is no part of a workspace."""
    path = within or (urlsplit(shown(url)).path if "://" in url else url)
    steps = [COMMIT.sub("", step).strip("._-") for step in path.strip("/").split("/")]
    workspace = "/".join(filter(None, [*steps[:-1], stem(steps[-1])]))
    commits = COMMIT.findall(path)
    return PlanAt(url, workspace or "plan", commits[-1] if commits else "", beside)


def listed(*urls: str) -> Iterator[PlanAt]:
    """The plans that these URLs name. In a pattern, `*` is a part of a name and `**` any folders; links to folders are not followed.

    Raises PlanError for a pattern that nothing matches, and for a folder that cannot be listed: what is in it would go unjudged.
    """
    seen: set[str] = set()
    for plan in _listed(urls):
        if plan.url not in seen:
            yield plan
        if len(urls) > 1:  # one pattern names no plan twice
            seen.add(plan.url)


def _listed(urls: Iterable[str]) -> Iterator[PlanAt]:
    for url in urls:
        fs, path = filesystem(url)
        found = _matching(fs, path, url) if _MAGIC.search(path) else iter((plan_at(url),))
        first = next(found, None)
        if first is None:
            raise PlanError(f"{shown(url)} matches nothing; give a pattern that matches plans, such as s3://plans/**/plan.json")
        yield first
        yield from found


def _matching(fs: Any, pattern: str, url: str) -> Iterator[PlanAt]:
    from fsspec.utils import glob_translate

    magic = _MAGIC.search(pattern)
    root = pattern[: magic.start() if magic else None].rpartition("/")[0]
    fits = re.compile(glob_translate(pattern)).match
    deepest = None if "**" in pattern else pattern.count("/")
    prefix = url.removesuffix(pattern) if url.endswith(pattern) else None  # such as sftp://host, which fsspec's paths are without
    for files in _folders(fs, root, deepest, url):
        beside = any(is_source(name) for name in files)
        for name in files:
            if fits(name):
                own = str(fs.unstrip_protocol(name)) if prefix is None else prefix + name
                yield plan_at(own, name.removeprefix(root), beside)


def _folders(fs: Any, root: str, deepest: int | None, url: str) -> Iterator[list[str]]:
    """The files of each folder, sorted; several folders are listed at a time, as an answer of object storage takes long."""
    pending = [root]
    with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
        while pending:
            now, pending = pending[:LISTED_AT_ONCE], pending[LISTED_AT_ONCE:]
            inner: list[str] = []
            for folder, entries in zip(now, pool.map(lambda folder: entries_of(fs, folder, url), now), strict=True):
                inner += [name for name, kind in entries if kind == "directory"]
                yield [name for name, kind in entries if kind != "directory"]
                if deepest is not None and folder.count("/") + 1 >= deepest:
                    inner = []
            pending = inner + pending


def entries_of(fs: Any, folder: str, url: str) -> list[tuple[str, str]]:
    """The paths directly in a folder, and whether each is a `file`, a `directory` or other; sorted. Raises PlanError."""
    try:
        entries = [(str(entry["name"]).rstrip("/"), str(entry["type"])) for entry in fs.ls(folder, detail=True)]
    except Exception as error:  # each filesystem has its own kinds
        raise PlanError(f"{shown(url)} cannot be listed: {reason_of(error)}; there may be plans") from None
    return sorted(entry for entry in entries if entry[0] != folder.rstrip("/"))


def is_source(path: str) -> bool:
    """Whether a file's name makes it the configuration of the plan beside it, or the saved plan."""
    name = path.rpartition("/")[2]
    return is_configuration(name) or is_saved(name)


def is_saved(name: str) -> bool:
    """Whether the name is that of a saved plan."""
    return name.lower().endswith(("tfplan", "plan.out"))


def content_of(url: str) -> bytes:
    """All bytes of a plan. Raises PlanError if there are more than a plan can have, or if they cannot be read."""
    fs, path = filesystem(url)
    name = shown(url)
    try:
        if _is_local(url) and fs.info(path)["type"] == "other":
            raise PlanError(f"{name} is not a regular file (a pipe, a socket or a device); give the plan's file")
        with fs.open(path, "rb") as file:
            found: bytes = read_stream(file, name)
            return found
    except PlanError:
        raise
    except FileNotFoundError:
        raise PlanError(f"{name} does not exist") from None
    except IsADirectoryError:
        raise PlanError(f"{name} is a folder; give a pattern, such as {name.rstrip('/')}/**/plan.json") from None
    except Exception as error:  # each filesystem has its own kinds
        raise PlanError(f"{name} cannot be read: {reason_of(error)}") from None


def filesystem(url: str) -> tuple[Any, str]:
    """The filesystem of a URL, and the path in it. Raises CommandError."""
    fsspec = needed("fsspec")
    if "::" in url:
        raise CommandError(f"{shown(url)} is a chain of URLs; unpack it first, or give the URL of what is in it")
    try:
        how = {"use_listings_cache": False} if url.partition("://")[0] in _REMEMBERING else {}
        fs, path = fsspec.core.url_to_fs(url, **how)
    except ImportError as error:
        package = f" ({error.name})" if error.name else ""
        raise CommandError(
            f"{shown(url)} needs a package that is not installed{package}: pip install 'planproof[fleet]'"
        ) from None
    except Exception as error:
        raise CommandError(f"{shown(url)} cannot be opened: {reason_of(error)}") from None
    return fs, str(path)


def needed(module: str) -> Any:
    """A module of the extra `fleet`. Raises CommandError if it is missing."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        raise CommandError(f"fleets need the package {module.partition('.')[0]}: pip install 'planproof[fleet]'") from None


def shown(url: str) -> str:
    """The URL as a report may show it: without user, password and signature."""
    if "://" not in url or _is_local(url):
        return url
    parts = urlsplit(url)
    netloc = parts.netloc if parts.scheme in _CONTAINERS else parts.netloc.rpartition("@")[2]
    signed = parts.scheme in (*_CONTAINERS, "http", "https")
    return urlunsplit((parts.scheme, netloc, parts.path, *(("", "") if signed else (parts.query, parts.fragment))))


def reason_of(error: BaseException) -> str:
    """Why something could not be read; a library's own text may hold credentials, so it is not told."""
    if isinstance(error, FileNotFoundError):
        return "it does not exist"
    return error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__


def _is_local(url: str) -> bool:
    return "://" not in url or url.partition("://")[0] in _LOCAL
