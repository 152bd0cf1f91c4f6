"""What a resource block itself sets, as against what the provider fills in.

An Optional+Computed attribute that nobody set is unknown in a plan, exactly like one that was set to something unknown. The
configuration tells the two apart: an argument that is not written is not set, and one whose expression draws on nothing but what
is known while planning cannot be unknown unless it is null. Where a `dynamic` block hides the argument from plan JSON, the source
tells.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from planproof.plan.model import Instance
from planproof.plan.value import Json, Value
from planproof.source.blocks import Block
from planproof.source.expressions import expression_of

Path = tuple[str | int, ...]
IsSettled = Callable[[Json], bool]
"""Whether all that an expression draws on is known while planning."""


def path_of(text: str) -> Path:
    """A path as a policy writes it, `logging.0.target_bucket`: a step that is a number is an index."""
    return tuple(int(step) if step.isdigit() else step for step in text.split("."))


def argument(instance: Instance, path: Path, block: Block | None, is_settled: IsSettled) -> Value:
    """The attribute at `path`; where it is unknown only because nobody set it, null. `block` is its source, where there is one."""
    value = instance.get(*path)
    if value.is_unknown and not may_be_set(instance, path, block, is_settled):
        return Value(None)
    return value


def may_be_set(instance: Instance, path: Path, block: Block | None, is_settled: IsSettled) -> bool:
    """Whether the configuration sets the argument at `path`; True also where that cannot be told."""
    if instance.value.is_unknown:
        return True
    path = next((path[:n] for n in range(1, len(path)) if instance.get(*path[:n]).is_unknown), path)
    if instance.config is None or isinstance(path[-1], int):
        return True
    found: list[Json] = [instance.config.expressions]
    for step in path[:-1]:
        found = _inside(found, step)
    written = [part[path[-1]] for part in found if isinstance(part, dict) and path[-1] in part]
    if written:
        return not all(is_settled(expression) for expression in written)
    if found and (len(path) > 1 or block is None):
        return False
    return block is None or not all(is_settled(expression) for expression in _in_source(block.body, path))


def _inside(parts: list[Json], step: str | int) -> list[Json]:
    """One step into static blocks: by name, or by number where all stand in one list."""
    if isinstance(step, str):
        return [part[step] for part in parts if isinstance(part, dict) and step in part]
    blocks = [block for part in parts for block in (part if isinstance(part, list) else [part])]
    return [blocks[step]] if len(parts) == 1 and isinstance(parts[0], list) and step < len(blocks) else blocks


def _in_source(body: Any, path: Path) -> list[Json]:
    """The expressions that any block at `path`, static or dynamic, gives the argument, as plan JSON would write them.

    Where the argument is a block itself: `{}` for a static one, and for a dynamic one what it runs over.
    """
    found = [_Nested(body, {}, {})]
    *steps, last = (step for step in path if isinstance(step, str))
    for step in steps:
        found = [inner for part in found for inner in _blocks(part, step)]
    written = [_unbound(expression_of(part.body[last]).as_plan_json(), part.bound) for part in found if _is_argument(part, last)]
    return written + [inner.expression for part in found if not _is_argument(part, last) for inner in _blocks(part, last)]


class _Nested(NamedTuple):
    """A nested block: its body, what the iterators around it stand for, and the expression that a dynamic one runs over."""

    body: Mapping[str, Any]
    bound: dict[str, list[str]]
    expression: Json


def _is_argument(part: _Nested, name: str) -> bool:
    found = part.body.get(name)
    return found is not None and not (isinstance(found, list) and found and all(isinstance(block, dict) for block in found))


def _blocks(part: _Nested, name: str) -> list[_Nested]:
    """The nested blocks of that name, and the contents of `dynamic` ones."""
    static = part.body.get(name)
    found = [_Nested(block, part.bound, {}) for block in static if isinstance(block, dict)] if isinstance(static, list) else []
    for dynamic in part.body.get("dynamic") or ():
        block = dynamic.get(name) if isinstance(dynamic, dict) else None
        if isinstance(block, dict):
            over = _unbound(expression_of(block.get("for_each")).as_plan_json(), part.bound)
            iterator = expression_of(block.get("iterator", name))
            bound = {**part.bound, str(iterator.code or iterator.raw): over.get("references", [])}
            found += [_Nested(content, bound, over) for content in block.get("content") or () if isinstance(content, dict)]
    return found


def _unbound(expression: Json, bound: dict[str, list[str]]) -> Json:
    """The expression, with what is read of an iterator traced to what it runs over."""
    references = expression.get("references")
    if not references:
        return expression
    names = [n for name in references for n in bound.get(name.split(".")[0], [name])]
    return {"references": list(dict.fromkeys(names))} if names else {"constant_value": None}


def nested_blocks(body: Any, name: str) -> list[Any]:
    """The nested blocks of that name in a body of HCL, and the contents of `dynamic` blocks of that name."""
    return [block.body for block in _blocks(_Nested(body, {}, {}), name)]
