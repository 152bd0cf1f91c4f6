"""What a resource block itself sets, as against what the provider fills in.

An Optional+Computed attribute that nobody set is unknown in a plan, exactly like one that was set to something unknown. The
configuration tells the two apart; where a `dynamic` block hides the argument from plan JSON, the source does.
"""

from __future__ import annotations

from typing import Any

from planproof.plan import Instance, Json, Value
from planproof.source import Block

Path = tuple[str | int, ...]


def argument(instance: Instance, path: Path, block: Block | None) -> Value:
    """The attribute at `path`; where it is unknown only because nobody set it, null. `block` is its source, where there is one."""
    value = instance.get(*path)
    if value.is_unknown and not may_be_set(instance, path, block):
        return Value(None)
    return value


def may_be_set(instance: Instance, path: Path, block: Block | None) -> bool:
    """Whether the configuration sets the argument at `path`; True also where that cannot be told."""
    if instance.config is None:
        return True
    found: list[Json] = [instance.config.expressions]
    for step in path[:-1]:
        found = _inside(found, step)
    if any(isinstance(part, dict) and path[-1] in part for part in found):
        return True
    if found and (len(path) > 1 or block is None):
        return False
    return block is None or _source_sets(block.body, path)


def _inside(parts: list[Json], step: str | int) -> list[Json]:
    """One step into static blocks: by name, or by number where all stand in one list."""
    if isinstance(step, str):
        return [part[step] for part in parts if isinstance(part, dict) and step in part]
    blocks = [block for part in parts for block in (part if isinstance(part, list) else [part])]
    return [blocks[step]] if len(parts) == 1 and isinstance(parts[0], list) and step < len(blocks) else blocks


def _source_sets(body: Any, path: Path) -> bool:
    """Whether any block at `path`, static or dynamic, sets the argument."""
    found = [body]
    for step in (s for s in path[:-1] if isinstance(s, str)):
        found = [inner for part in found for inner in nested_blocks(part, step)]
    last = path[-1]
    return any(last in part or nested_blocks(part, str(last)) for part in found)


def nested_blocks(body: Any, name: str) -> list[Any]:
    """The nested blocks of that name in a body of HCL, and the contents of `dynamic` blocks of that name."""
    static = [block for block in body.get(name) or () if isinstance(block, dict)] if isinstance(body.get(name), list) else []
    dynamic = [d[name] for d in body.get("dynamic") or () if isinstance(d, dict) and isinstance(d.get(name), dict)]
    contents = [c for d in dynamic for c in (d.get("content") or ()) if isinstance(c, dict)]
    return static + contents
