"""Results of the evaluator as a table can hold them, and expressions as text."""

from __future__ import annotations

from typing import Any

from planproof.evaluation.expressions import Expressions
from planproof.evaluation.result import Encoded, OpenObject, Result, Text
from planproof.plan.model import Instance, Module
from planproof.syntax.expressions import parse_expression
from planproof.syntax.file import SourceFile


def evaluated(text: str, expressions: Expressions, module: Module | None = None, instance: Instance | None = None) -> Result:
    """What an expression comes to in a module (else the root), or in the block of an instance."""
    return expressions.of(parse_expression(SourceFile("text", text)), module or expressions.plan.root, instance)


def shown(part: Any) -> Any:
    """The value; `?` is in the place of what is not determined, `${name}` of what is not known in a text, and "..." says that an object
    may have more members."""
    raw = part.raw if isinstance(part, Result) else part
    if isinstance(raw, Text):
        return "".join(each if isinstance(each, str) else f"${{{', '.join(each.needs)}}}" for each in raw.parts)
    if isinstance(raw, dict):
        return {key: shown(value) for key, value in raw.items()}
    if isinstance(raw, list):
        return [shown(value) for value in raw]
    if isinstance(raw, OpenObject):
        return {**{key: shown(value) for key, value in raw.entries.items()}, "...": shown(raw.rest)}
    if isinstance(raw, Encoded):
        return {raw.function: shown(raw.value)}
    return raw if raw is None or isinstance(raw, (str, int, float)) else "?"


def made_of(result: Result | None) -> list[str]:
    """Its origins, each with what it came through."""
    found = result.all_origins if result is not None else ()
    return [f"{o.display_name or o.constant} {o.through.name.lower()}" for o in found]
