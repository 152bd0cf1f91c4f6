"""The levels of checks as files write them: `level: off`, which YAML reads as false, and `enabled: false`, which came before levels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planproof.policy.yaml_file import Document, KeyPath
from planproof.verdict import MANDATORY, OFF


def with_words(document: Document) -> Document:
    """The document with the bare word `off` as the level that it is."""
    for path, word in document.words.items():
        if word.lower() == OFF and path[:1] == ("checks",) and path[2:3] in (("level",), ("levels",)):
            below = document.data
            for step in path[:-1]:
                below = below[step]
            below[path[-1]] = OFF
    return document


def as_levels(data: Mapping[str, Any], base: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a file says, with `level` in the place of `enabled`. `base`: what the files say that it is laid over."""
    sections, below = data.get("checks") or {}, base.get("checks") or {}
    return {**data, "checks": {key: _section(section, below.get(key) or {}) for key, section in sections.items()}}


def _section(section: Mapping[str, Any], base: Mapping[str, Any]) -> Mapping[str, Any]:
    """`enabled: false` is `level: off`; `enabled: true` puts an end to that, and leaves another level as it is."""
    if "enabled" not in section:
        return section
    before = base.get("level", OFF)
    said = OFF if not section["enabled"] else MANDATORY if before == OFF else before
    return {"level": said, **{key: value for key, value in section.items() if key != "enabled"}}


def older(path: KeyPath) -> KeyPath:
    """The key that a file may have in place of a check's `level`."""
    return (*path[:2], "enabled") if path[:1] == ("checks",) and path[2:] == ("level",) else path
