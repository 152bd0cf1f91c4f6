"""regex, regexall and replace: https://developer.hashicorp.com/terraform/language/functions/regex."""

from __future__ import annotations

import re

from planproof.functions.regex_run import Regex, Spans, compiled
from planproof.functions.strings import replace_plain
from planproof.functions.values import MAX_ITEMS, FunctionError, Json, bounded, normal, text

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|(?P<name>[A-Za-z0-9_]+)|\{(?P<braced>[A-Za-z0-9_]+)\})")


def regex(pattern: Json, string: Json) -> Json:
    expression, value = _grouped(text(pattern)), text(string)
    found = expression.search(value)
    if found is None:
        raise FunctionError("the pattern does not match the text")
    return _captured(expression, value, found)


def regexall(pattern: Json, string: Json) -> Json:
    expression, value = _grouped(text(pattern)), text(string)
    matches: list[Json] = []
    for found in expression.all(value):
        bounded(len(matches), MAX_ITEMS)
        matches.append(_captured(expression, value, found))
    return matches


def _grouped(pattern: str) -> Regex:
    """The pattern, all groups of which have names, or none of them. Raises FunctionError."""
    found = compiled(pattern)
    if "" in found.names and any(found.names):
        raise FunctionError("a pattern mixes groups with and without names")
    return found


def _captured(expression: Regex, value: str, spans: Spans) -> Json:
    """The match itself where there are no groups; else those, by their names if they have any. One that took no part is null."""
    groups = [_part(value, spans, at + 1) for at in range(len(expression.names))]
    if not groups:
        return _part(value, spans, 0)
    return dict(zip(expression.names, groups, strict=True)) if expression.names[0] else groups


def _part(value: str, spans: Spans, group: int) -> str | None:
    start, end = spans[2 * group : 2 * group + 2]
    return None if start < 0 else normal(value[start:end])


def replace(string: Json, substring: Json, replacement: Json) -> Json:
    """A substring between slashes is a pattern."""
    value, wanted, new = text(string), text(substring), text(replacement)
    if len(wanted) > 1 and wanted.startswith("/") and wanted.endswith("/"):
        return _replaced(compiled(wanted[1:-1]), value, new)
    return replace_plain(value, wanted, new)


def _replaced(expression: Regex, value: str, replacement: str) -> str:
    parts, end, size = [], 0, len(value)
    for spans in expression.all(value):
        new = _expanded(replacement, expression, value, spans)
        parts += [value[end : spans[0]], new]
        end = spans[1]
        size += len(new)
        bounded(size)
    return "".join([*parts, value[end:]])


def _expanded(replacement: str, expression: Regex, value: str, spans: Spans) -> str:
    """The replacement with the groups that `$1`, `${1}` and `${name}` refer to; nothing for one that there is not."""

    def group(match: re.Match[str]) -> str:
        if match["dollar"]:
            return "$"
        name = match["name"] or match["braced"]
        if name.isdecimal() and (name == "0" or not name.startswith("0")):
            numbers = [int(name[:9])]
        else:
            numbers = [number for number, other in enumerate(expression.names, 1) if other == name]
        return next((part for number in numbers if 2 * number < len(spans) and (part := _part(value, spans, number))), "")

    return _REFERENCE.sub(group, replacement)
