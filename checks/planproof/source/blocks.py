"""The blocks of a module's files, as the HCL parser gives them."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from planproof.source.expressions import Expression, expression_of

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


_LABELS = {"resource": 2, "data": 2, "module": 1, "output": 1, "variable": 1, "provider": 1}


def parse_file(file: str, text: str, module: ModuleSource) -> None:
    try:
        document = load(file, text)
    except Exception as error:  # the parser raises many kinds; each means the same to a reader
        module.problems.append(f"{file} does not parse as HCL{line_in(error)}")
        return
    for kind, depth in _LABELS.items():
        for labels, body in labelled(document.get(kind), depth):
            line = body.get("__start_line__") or _line_of(text, kind, labels)
            block = Block(body, file, line)
            alias = block.argument("alias") if kind == "provider" else None
            address = (kind, *labels) if alias is None else (kind, *labels, str(alias.raw))
            overridden = module.blocks.get(address) if is_override(file) else None
            module.blocks[address] = _merged(overridden, body) if overridden else block
    for block in document.get("locals") or ():
        if isinstance(block, dict):
            module.locals.update({k: _unwrap(v) for k, v in block.items() if not k.startswith("__")})


def is_override(file: str) -> bool:
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


def load(file: str, text: str) -> dict[str, Any]:
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


def line_in(error: Exception) -> str:
    line = getattr(error, "line", None)
    return f" (line {line})" if isinstance(line, int) and line > 0 else ""


def _line_of(text: str, kind: str, labels: tuple[str, ...]) -> int | None:
    quoted = r"\s+".join(rf'"?{re.escape(label)}"?' for label in labels)
    match = re.search(rf"^[ \t]*{kind}\s+{quoted}\s*\{{", text, re.MULTILINE)
    return text.count("\n", 0, match.end()) + 1 if match else None
