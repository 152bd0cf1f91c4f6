"""A policy and the files that make it up: each checked against the published schema, merged in the order of `extends:`."""

from __future__ import annotations

import datetime
import difflib
import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from planproof.errors import PolicyError
from planproof.policy import bundled, schema
from planproof.policy.levels import as_levels, older, with_words
from planproof.policy.profiles import DEFAULT, PROFILES, bundled_data, merge
from planproof.policy.yaml_file import Document, KeyPath, read
from planproof.text.escaping import one_line

MAX_LAYERS = 20
_BUNDLED = " (bundled)"
_SUFFIXES = (".yaml", ".yml", ".json")


class KnownCheck(Protocol):
    """What a policy knows of a check."""

    @property
    def id(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def severity(self) -> str: ...


class Layered(NamedTuple):
    """A policy as its files make it up, the one that all the others extend first."""

    layers: tuple[Document, ...]

    @property
    def merged(self) -> dict[str, Any]:
        """Everything that the files say. An entry of a table that a file took out is null."""
        found: dict[str, Any] = {}
        for layer in self.layers:
            found = merge(found, as_levels(layer.data, found))
        return {key: value for key, value in found.items() if key != "extends"}

    @property
    def profile(self) -> str:
        """The bundled profile that the files extend, or that is the whole of it."""
        return next(layer.name for layer in reversed(self.layers) if layer.name.endswith(_BUNDLED)).removesuffix(_BUNDLED)

    @property
    def effective(self) -> dict[str, Any]:
        """What holds."""
        found = schema.without_nulls(self.merged)
        assert isinstance(found, dict)
        return found

    def origin(self, path: KeyPath) -> Document:
        """The file that has the last word on the key at `path`."""
        paths = (path, older(path))
        return next((layer for layer in reversed(self.layers) if any(_says(layer.data, p) for p in paths)), self.layers[0])

    def place(self, path: KeyPath) -> str:
        """`policy.yaml:12`, or the name of a bundled profile."""
        found = self.origin(path)
        return found.place(path if _says(found.data, path) else older(path))


def load(path: str | os.PathLike[str], checks: Iterable[KnownCheck]) -> Layered:
    """The policy of a file or a bundled profile. `checks`: all that it may have sections and exceptions for. Raises PolicyError for the
    first problem."""
    checks = tuple(checks)
    return usable(layers(path, checks), checks)


def layers(path: str | os.PathLike[str], checks: Iterable[KnownCheck]) -> Layered:
    """The files that make up a policy; `path` may be the name of a bundled profile. Raises PolicyError where one cannot be used."""
    name = os.fspath(path)
    if name in bundled.POLICIES:
        return Layered(bundled_layers(name))
    if "\0" not in name and not os.path.lexists(name):
        profiles = ", ".join(PROFILES)
        missing = f"{one_line(name)} cannot be read as a policy: No such file or directory"
        raise PolicyError(f"{missing}; provide a file or a bundled profile ({profiles}){_near(name)}")
    return _with_bases(with_words(read(name, Path(path))), Path(path), checks)


def from_mapping(data: Mapping[str, Any], name: str, checks: Iterable[KnownCheck]) -> Layered:
    """The policy of data that a program made; what it extends is relative to the working directory."""
    checks = tuple(checks)
    return usable(_with_bases(Document(name, _plain(data, name)), Path(name), checks), checks)


def _plain(value: Any, name: str) -> Any:
    """The data as a file would give it: days are text, and keys have to be."""
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [_plain(item, name) for item in value]
    if not isinstance(value, Mapping):
        return value
    strange = next((key for key in value if not isinstance(key, str)), None)
    if strange is not None:
        raise PolicyError(f"{name}: a key must be text, and {strange!r} is not")
    return {key: _plain(below, name) for key, below in value.items()}


@cache
def bundled_policy(name: str) -> Mapping[str, Any]:
    """A bundled profile, complete."""
    return Layered(bundled_layers(name)).effective


def bundled_layers(profile: str) -> tuple[Document, ...]:
    """A bundled profile and those it extends. They are held to the schema by a test, not each time."""
    data = bundled_data(profile)
    below = bundled_layers(data["extends"]) if "extends" in data else ()
    return (*below, Document(f"{profile}{_BUNDLED}", dict(data)))


def _with_bases(top: Document, file: Path, checks: Iterable[KnownCheck]) -> Layered:
    keys = [check.key for check in checks]
    found: list[Document] = []
    seen: list[Path] = []
    document = top
    while True:
        real = file.resolve()
        if real in seen:
            circle = " -> ".join(one_line(f.name) for f in [*seen[seen.index(real) :], real])
            raise PolicyError(f"{document.place(('extends',))}: the policies extend each other in a circle: {circle}")
        if len(seen) == MAX_LAYERS:
            raise PolicyError(f"{top.name} extends more than {MAX_LAYERS} files in a chain")
        seen.append(real)
        _refuse(schema.problems(document, keys), document.place)
        found.insert(0, document)
        base = document.data.get("extends", DEFAULT)
        if base in bundled.POLICIES:
            return Layered((*bundled_layers(base), *found))
        # Relative to the file that says it: where that is a link, to the file it leads to.
        file = real.parent / _relative(base, document, real.parent)
        name = os.path.normpath(os.path.join(os.path.dirname(document.name), base))
        document = with_words(read(name if os.path.exists(name) else os.fspath(file), file))


def _relative(base: str, document: Document, folder: Path) -> str:
    """The file that `extends` names. A URL is never fetched."""
    where, profiles = document.place(("extends",)), PROFILES
    wanted = f"extends must be a bundled profile ({', '.join(profiles)}) or the path of a file relative to this one"
    shown = one_line(base)
    if "://" in base or base.startswith(("git::", "git@")):
        raise PolicyError(f"{where}: {wanted}, never a URL ({shown!r})")
    if os.path.isabs(base) or base.startswith("~"):
        raise PolicyError(f"{where}: {wanted}, not {shown!r}")
    if "\0" in base or not os.path.lexists(folder / base):
        raise PolicyError(f"{where}: {wanted}, and there is no {shown!r}{_near(base)}")
    return base


def _near(name: str) -> str:
    """The bundled profile that is meant, for the end of a sentence."""
    near = difflib.get_close_matches(name, bundled.POLICIES, n=1)
    return f"; did you mean {near[0]}?" if near and not name.endswith(_SUFFIXES) else ""


def usable(policy: Layered, checks: Iterable[KnownCheck]) -> Layered:
    """The same policy. Raises PolicyError where it demands what is impossible, or names a check that does not exist."""
    _refuse(list(schema.impossible(policy.effective, [check.id for check in checks])), policy.place)
    return policy


def _refuse(problems: list[tuple[KeyPath, str]], place: Any) -> None:
    if problems:
        raise PolicyError(*(f"{place(path)}: {text}" for path, text in problems))


def _says(data: Any, path: KeyPath) -> bool:
    for step in path:
        if isinstance(data, Mapping):
            if step not in data:
                return False
        elif not isinstance(data, list) or not isinstance(step, int) or step >= len(data):
            return False
        data = data[step]
    return True
