"""Conditions in expressions of HCL: `a ? b : c`, and what lets a `count` or `for_each` come to nothing."""

from __future__ import annotations

import re

from planproof.source.expressions import find


def conditional(code: str) -> tuple[str, str, str] | None:
    """The condition and the two results of `a ? b : c`, where the whole of the code is one; else None."""
    code = _unwrapped(code)
    question = find(code, "?")
    colon = find(code, ":", question + 1) if question >= 0 else -1
    if question < 0 or colon < 0:
        return None
    return code[:question].strip(), code[question + 1 : colon].strip(), code[colon + 1 :].strip()


_CONVERTED = re.compile(r"^(?:to\w+|length|keys|values|sort|distinct|compact|flatten|nonsensitive)\(")


def is_gate(code: str) -> bool:
    """Whether a `count` or `for_each` can come to nothing by a condition: `x ? 1 : 0`, `x ? {...} : {}`, `{for ... if x}`, or by
    what a table has for the key: `{prod = 1, dev = 0}[x]`, `lookup(table, x, 0)`."""
    code = _unwrapped(code)
    call = _CONVERTED.match(code)
    if call and find(code, ")", call.end()) == len(code) - 1:
        return is_gate(code[call.end() : -1])
    found = conditional(code)
    if found is not None:
        return any(_is_nothing(result) or is_gate(result) for result in found[1:])
    if re.match(r"^[\[{]\s*for\b.*\bif\b", code, re.DOTALL):
        return True
    if code.startswith("try("):
        return any(_is_nothing(entry) or is_gate(entry) for entry in _entries(code))
    if code.startswith("lookup("):
        return any(_is_nothing(entry) for entry in [*_entries(code), *_table(code[len("lookup(") :])])
    return any(_is_nothing(entry) for entry in _table(code))


def _table(code: str) -> list[str]:
    """The values of an object that is indexed or looked up in, where the code begins with one."""
    code = code.strip()
    while code.startswith("("):
        code = code[1:].lstrip()
    end = find(code, "}", 1) if code.startswith("{") else -1
    if end < 0 or not re.match(r"^[\s)]*[\[,]", code[end + 1 :]):
        return []
    closing = find(code, "]", code.index("[", end) + 1) if "[" in code[end:] else -1
    read = re.match(r"(?:\s*\.\s*[\w-]+)*", code[closing + 1 :]) if closing > 0 else None
    found = list(_object(code[: end + 1]).values())
    for step in re.findall(r"[\w-]+", read[0]) if read else ():  # {prod = {keep = 1}, dev = {keep = 0}}[x].keep
        found = [_object(entry).get(step, "null") for entry in found]
    return found


def _object(code: str) -> dict[str, str]:
    """The keys and values of an object that is written out."""
    pairs = (entry.partition("=") for entry in _entries(code))
    return {key.strip().strip('"'): value.strip() for key, _, value in pairs}


def alternatives(code: str) -> list[str]:
    """The conditions of which each alone lets a `count` or `for_each` come to something: `a` and `b` of `a || b ? 1 : 0`, or of
    `a && b ? 0 : 1`. The whole code, where it is no such conditional."""
    found = conditional(code)
    if found is None:
        return [code]
    condition, yes, no = found
    operator = "|" if _is_nothing(no) else "&" if _is_nothing(yes) else ""
    return _split(condition, operator) if operator else [code]


def _split(condition: str, operator: str) -> list[str]:
    condition = _unwrapped(condition)
    at = find(condition, operator)
    return [condition] if at < 0 else [*_split(condition[:at], operator), *_split(condition[at + 2 :], operator)]


def _entries(code: str) -> list[str]:
    """What stands between the commas of a call or an object."""
    start = re.search(r"[({]", code)
    found, at = [], start.end() if start else len(code)
    while at < len(code):
        end = find(code, ",", at)
        found.append(code[at : end if end >= 0 else len(code)].strip(" \n)}"))
        at = end + 1 if end >= 0 else len(code)
    return found


def _is_nothing(code: str) -> bool:
    bare = re.sub(r"\s+", "", _unwrapped(code))
    inner = re.fullmatch(r"to(?:set|map|list)\((.*)\)", bare)
    return (inner[1] if inner else bare) in ("0", "[]", "{}", "null", "None")


def _unwrapped(code: str) -> str:
    """Without the parentheses around the whole."""
    code = code.strip()
    while code.startswith("(") and find(code, ")", 1) == len(code) - 1:
        code = code[1:-1].strip()
    return code
