"""The code of HCL expressions, parsed: `merge(var.tags, {Name = "corp-${local.name}"})` as a tree.

The HCL parser gives what stands inside `${...}` as text, with objects and lists in it written as Python writes them
(`{'Name': 'corp-${local.name}'}`). This reads that text again, as far as the checks look into it; the rest is `Other`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.source.conditions import conditional
from planproof.source.expressions import Expression, names, parts

_MAX_DEPTH = 60
_NAME = re.compile(r"""[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\.\d+|\[(?:\d+|"[^"\\$]*"|each\.key|each\.value|count\.index)\])+""")
_INDEXED = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\.\d+)+(?=\[)")
_BOUND = re.compile(r"[A-Za-z_][\w-]*")
_FOR = re.compile(r"\s*for\s+(?P<first>[\w-]+)\s*(?:,\s*(?P<second>[\w-]+)\s*)?\bin\b")
_CALL = re.compile(r"([a-z_0-9]+)\(")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class Template(NamedTuple):
    """Text, its parts in order: literal texts and expressions."""

    parts: tuple[str | Node, ...]


class Name(NamedTuple):
    """A reference: `var.environment`, `aws_s3_bucket.logs.id`."""

    name: str


class Index(NamedTuple):
    """`base[key]rest`, where the key is an expression: `aws_s3_bucket.logs["${var.team}-x"].id`."""

    base: str
    key: Node
    rest: str
    names: tuple[str, ...]


class Call(NamedTuple):
    function: str
    arguments: tuple[Node, ...]


class Table(NamedTuple):
    """An object. A key that is an expression is an Other."""

    entries: tuple[tuple[str | Other, Node], ...]


class Items(NamedTuple):
    """A list."""

    items: tuple[Node, ...]


class Choice(NamedTuple):
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node


class Comparison(NamedTuple):
    """`left == right`, or `left != right` where `equal` is False."""

    left: Node
    right: Node
    equal: bool


class Loop(NamedTuple):
    """`{ for key, value in over : name => result if condition }`, or, with no `name`, `[for key, value in over : result if condition]`;
    `key` is empty where the loop does not name it."""

    key: str
    value: str
    over: Node
    name: Node | None
    result: Node
    condition: Node
    names: tuple[str, ...]


class Literal(NamedTuple):
    """A number, a boolean or null."""

    value: int | float | bool | None


class Other(NamedTuple):
    """Code that is not looked into; `names` are what it refers to."""

    names: tuple[str, ...]


Node = Template | Name | Index | Call | Table | Items | Choice | Comparison | Loop | Literal | Other


def parse(raw: Any, depth: int = 0) -> Node:
    """The tree of an expression as the HCL parser gives it: text with `${...}`, a dict, a list, a number."""
    if depth > _MAX_DEPTH:
        return Other(())
    if isinstance(raw, str):
        return _template(raw, depth)
    if isinstance(raw, dict):
        entries = ((_key(key), parse(value, depth + 1)) for key, value in raw.items() if not str(key).startswith("__"))
        return Table(tuple(entries))
    if isinstance(raw, list):
        return Items(tuple(parse(item, depth + 1) for item in raw))
    return Literal(raw)


@lru_cache(maxsize=20_000)
def _template(text: str, depth: int = 0) -> Node:
    literals, codes = parts(text)
    if len(codes) == 1 and not "".join(literals):
        return _code(codes[0], depth + 1)
    found: list[str | Node] = [literals[0]]
    for literal, code in zip(literals[1:], codes, strict=True):
        found += [_code(code, depth + 1), literal]
    return Template(tuple(part for part in found if part != ""))


def _key(text: Any) -> str | Other:
    """The key of an object; one in parentheses is an expression, and the parser keeps no more of it than its text."""
    text = str(text)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    is_code = "${" in text or re.match(r"(?:var|local|each|count|module|data|self|aws_\w+|random_\w+)\.", text)
    return Other(tuple(names(text) or Expression(text).references)) if is_code else text


def _code(code: str, depth: int) -> Node:
    code = code.strip()
    if depth > _MAX_DEPTH or not code:
        return Other(())
    if code[0] in "\"'" and _string_end(code, 0) == len(code) - 1:
        return _template(_unescaped(code[1:-1], code[0]), depth + 1)
    if code[0] in "([{" and _closing(code, 0) == len(code) - 1:
        return _bracketed(code, depth)
    if _NAME.fullmatch(code):
        return Name(code)
    indexed = _INDEXED.match(code)
    end = _closing(code, indexed.end()) if indexed else 0
    if indexed and re.fullmatch(r"(?:\.[\w-]+)*", code[end + 1 :]):
        return Index(indexed[0], _code(code[indexed.end() + 1 : end], depth + 1), code[end + 1 :], _other(code).names)
    call = _CALL.match(code)
    if call and _closing(code, call.end() - 1) == len(code) - 1:
        arguments = tuple(_code(part, depth + 1) for part in split(code[call.end() : -1], ","))
        return Call(call[1], arguments)
    return _rest(code, depth)


def _bracketed(code: str, depth: int) -> Node:
    inside = code[1:-1]
    if code[0] == "(":
        return _code(inside, depth + 1)
    if re.match(r"\s*for\b", inside):
        return _loop(code, depth) or _other(code)
    if code[0] == "[":
        return Items(tuple(_code(part, depth + 1) for part in split(inside, ",")))
    entries = []
    for part in split(inside, ",\n"):
        key, value = _entry(part)
        if key is None:
            return _other(code)
        quoted = key[0] in "\"'"
        entries.append((_key(key[1:-1] if quoted else key), _code(value, depth + 1)))
    return Table(tuple(entries))


def _loop(code: str, depth: int) -> Loop | None:
    head = _FOR.match(code, 1)
    body = code[head.end() : -1] if head else ""
    colon = len(split(body, ":")[0]) if body.strip() else 0
    arrow = next((at for at, operator in _operators(body) if operator == "=>" and at > colon), -1)
    if head is None or (arrow > 0) is not (code[0] == "{") or body.rstrip().endswith("..."):
        return None
    start = arrow + 2 if arrow > 0 else colon + 1
    test = next((m for m in re.finditer(r"\sif\s", body) if m.start() > start and _is_outside(body, m.start())), None)
    over, result = _code(body[:colon], depth + 1), _code(body[start : test.start() if test else len(body)], depth + 1)
    name = _code(body[colon + 1 : arrow], depth + 1) if arrow > 0 else None
    condition = _code(body[test.end() :], depth + 1) if test else Literal(True)
    key, value = (head["first"], head["second"]) if head["second"] else ("", head["first"])
    return Loop(key, value, over, name, result, condition, _other(code).names)


def _is_outside(code: str, place: int) -> bool:
    """Whether a place is outside brackets and strings."""
    at = 0
    while at < place:
        if code[at] in "\"'":
            at = _string_end(code, at)
        elif code[at] in "([{":
            at = _closing(code, at)
        at += 1
    return at == place


def _entry(text: str) -> tuple[str | None, str]:
    for mark in ":=":
        found = split(text, mark)
        if len(found) >= 2 and found[0].strip():
            key = found[0].strip()
            return key, text[text.index(mark, len(found[0])) + 1 :]
    return None, ""


def _rest(code: str, depth: int) -> Node:
    if code in ("true", "false", "True", "False"):
        return Literal(code.lower() == "true")
    if code in ("null", "None"):
        return Literal(None)
    if _BOUND.fullmatch(code):
        return Name(code)
    if _NUMBER.fullmatch(code):
        return Literal(float(code) if "." in code else int(code))
    choice = conditional(code)
    if choice:
        return Choice(*(_code(part, depth + 1) for part in choice))
    operators = _operators(code)
    if len(operators) == 1 and operators[0][1] in ("==", "!="):
        at, operator = operators[0]
        return Comparison(_code(code[:at], depth + 1), _code(code[at + 2 :], depth + 1), operator == "==")
    return _other(code)


def _other(code: str) -> Other:
    return Other(tuple(dict.fromkeys(names(code))))


def split(code: str, marks: str) -> list[str]:
    """The pieces between marks that stand outside brackets and strings; an empty last one is left out."""
    found, start, at = [], 0, 0
    while at < len(code):
        if code[at] in "\"'":
            at = _string_end(code, at)
        elif code[at] in "([{":
            at = _closing(code, at)
        elif code[at] in marks:
            found.append(code[start:at])
            start = at + 1
        at += 1
    rest = [code[start:]] if code[start:].strip() else []
    return [part for part in found + rest if part.strip()]


def _operators(code: str) -> list[tuple[int, str]]:
    """The operators of two characters that stand outside brackets and strings, with their places."""
    found, at = [], 0
    while at < len(code):
        if code[at] in "\"'":
            at = _string_end(code, at)
        elif code[at] in "([{":
            at = _closing(code, at)
        elif code[at : at + 2] in ("==", "!=", "<=", ">=", "=>", "&&", "||"):
            found.append((at, code[at : at + 2]))
            at += 1
        at += 1
    return found


def _string_end(code: str, at: int, depth: int = 0) -> int:
    """Where the string that begins at `at` ends: its closing quote, templates inside it passed over."""
    quote, at = code[at], at + 1
    while at < len(code) and code[at] != quote:
        if code[at] == "\\":
            at += 1
        elif code[at : at + 2] in ("${", "%{") and depth < _MAX_DEPTH:
            at = _closing(code, at + 1, depth + 1)
        at += 1
    return at


def _closing(code: str, at: int, depth: int = 0) -> int:
    """Where the bracket that opens at `at` closes."""
    open_brackets = 0
    while at < len(code):
        if code[at] in "\"'" and depth < _MAX_DEPTH:
            at = _string_end(code, at, depth + 1)
        elif code[at] in "([{":
            open_brackets += 1
        elif code[at] in ")]}":
            open_brackets -= 1
            if not open_brackets:
                return at
        at += 1
    return at


def _unescaped(text: str, quote: str) -> str:
    return text.replace("\\" + quote, quote) if "\\" in text else text
