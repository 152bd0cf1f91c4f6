"""The version of a provider that `terraform init` has locked: plan JSON does not hold it."""

from __future__ import annotations

import os
from pathlib import Path

from planproof.errors import SourceError, SyntaxProblem
from planproof.source.files import LOCK, MAX_FILE_BYTES, regular
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Literal

Version = tuple[int, ...]


def locked(root: Path, provider: str) -> Version | None:
    """The version of a provider (`hashicorp/aws`, of whichever registry) in a folder's lock file; None if that does not tell."""
    path = os.path.join(root, LOCK)
    try:
        text = regular(path, path, MAX_FILE_BYTES).decode("utf-8")
        for top in top_blocks(SourceFile(path, text)):
            if top.type == "provider" and top.labels[:1] and top.labels[0].partition("/")[2] == provider:
                written = top.block.body.attributes["version"].expression
                return tuple(map(int, str(written.value).split("."))) if isinstance(written, Literal) else None
    except (SourceError, SyntaxProblem, UnicodeDecodeError, KeyError, ValueError):
        return None
    return None
