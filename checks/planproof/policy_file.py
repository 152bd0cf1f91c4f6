"""Reads a policy file: YAML, layered by `extends:`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from planproof import bundled
from planproof.policy import DEFAULT, PolicyError, bundled_policy, merge

MAX_BYTES = 1024 * 1024


def load(path: str | os.PathLike[str], above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """The effective policy of a file: what it extends (the bundled default, where it says nothing), with its own on top."""
    file = Path(path).resolve()
    if file in above:
        raise PolicyError(f"{path}: extends itself, by way of {' -> '.join(p.name for p in [*above, file])}")
    own = _read(path)
    base = own.pop("extends", DEFAULT)
    if base in bundled.POLICIES:
        return merge(bundled_policy(base), own)
    if not isinstance(base, str) or "://" in base:
        raise PolicyError(f"{path}: extends names a bundled profile ({', '.join(sorted(bundled.POLICIES))}) or a relative file, not {base!r}")
    return merge(load(file.parent / base, (*above, file)), own)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    import yaml

    try:
        with open(path, "rb") as handle:
            content = handle.read(MAX_BYTES + 1)
    except OSError as error:
        raise PolicyError(f"{path} cannot be read as a policy: {error.strerror or error}") from None
    if len(content) > MAX_BYTES:
        raise PolicyError(f"{path} is larger than a policy can be ({MAX_BYTES} bytes)")
    try:
        found = yaml.safe_load(content)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        raise PolicyError(f"{path}{where} is not valid YAML: {getattr(error, 'problem', None) or type(error).__name__}") from None
    if not isinstance(found, dict):
        raise PolicyError(f"{path} is not a policy: it holds no mapping at the top")
    return found
