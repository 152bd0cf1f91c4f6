"""Expressions of HCL as the HCL parser gives them: what they refer to, and the literal parts of templates.

The parser (bc-python-hcl2, which Checkov brings) turns `"corp-${random_id.a.hex}"` into that text, a bare expression `var.a` into
`"${var.a}"`, objects and lists into dicts and lists, and what stands inside an expression into text again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from planproof.plan import Json

# A traversal: identifiers and indices. Keys in quotes may hold anything; an index that is an expression is kept as text.
_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_SCAN = re.compile(
    rf'(?P<string>{_STRING})|(?P<name>[A-Za-z_][\w-]*(?:\s*\.\s*[A-Za-z_*][\w-]*|\.\d+|\[(?:{_STRING}|[^\[\]"\'])*\])*)(?P<call>\s*\()?'
)
_WORDS = {"true", "false", "null", "None", "True", "False", "for", "in", "if", "else", "endif", "endfor"}


@dataclass(frozen=True)
class Expression:
    """An argument's expression, as the parser gives it."""

    raw: Any

    @property
    def references(self) -> list[str]:
        """The names that it refers to, in order: `["var.environment", "random_id.a.hex"]`."""
        found: list[str] = []
        pending = [self.raw]
        while pending:
            part = pending.pop()
            if isinstance(part, str):
                found.extend(name for code in parts(part)[1] for name in names(code))
            elif isinstance(part, (dict, list)):
                pending.extend(reversed(list(part.values() if isinstance(part, dict) else part)))
        return list(dict.fromkeys(found))

    @property
    def literals(self) -> list[str] | None:
        """The literal parts of a template, in order, with None's place taken by nothing: `["corp-", "-logs"]`.

        None where the expression is not a string or a template.
        """
        return parts(self.raw)[0] if isinstance(self.raw, str) else None

    @property
    def is_literal(self) -> bool:
        return not isinstance(self.raw, (dict, list)) and not (isinstance(self.raw, str) and parts(self.raw)[1])

    @property
    def code(self) -> str | None:
        """The text of a bare expression, `var.environment == "prod" ? 1 : 0`; None where it is something else."""
        if not isinstance(self.raw, str):
            return None
        literals, codes = parts(self.raw)
        return codes[0] if len(codes) == 1 and not "".join(literals) else None

    def as_plan_json(self) -> Json:
        """The same in plan JSON's form: `{"references": [...]}` or `{"constant_value": ...}`."""
        references = self.references
        if references:
            return {"references": references}
        if isinstance(self.raw, str) and (code := self.code) is not None:
            return {"constant_value": None} if code in ("null", "None") else {}
        return {"constant_value": self.raw}


def expression_of(raw: Any) -> Expression:
    """The expression of an argument; the parser wraps each in a list of one."""
    return Expression(raw[0] if isinstance(raw, list) and len(raw) == 1 else raw)


def parts(template: str) -> tuple[list[str], list[str]]:
    """A template's literal parts, and the code of its `${...}` and `%{...}`, in one pass.

    `"corp-${a}-x"` gives `(["corp-", "-x"], ["a"])`: the literals are always one more than the codes.
    """
    literals, codes, at, literal = [], [], 0, ""
    while at < len(template):
        mark = template[at : at + 2]
        if mark in ("$$", "%%") and template[at + 2 : at + 3] == "{":
            literal, at = literal + mark[0] + "{", at + 3
        elif mark in ("${", "%{"):
            end = _closing(template, at + 2)
            literals.append(literal)
            codes.append(template[at + 2 : end].strip("~ "))
            literal, at = "", end + 1
        else:
            literal, at = literal + template[at], at + 1
    return [*literals, literal], codes


def _closing(text: str, at: int) -> int:
    """Where the brace that is open at `at` closes; strings inside are passed over, their own templates counted."""
    depth, quote = 1, ""
    while at < len(text):
        character = text[at]
        if character == "\\" and quote:
            at += 1
        elif quote:
            if character == quote:
                quote = ""
            elif text[at : at + 2] in ("${", "%{"):
                at = _closing_flat(text, at + 2)
        elif character in "\"'":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(text)


def _closing_flat(text: str, at: int) -> int:
    """As `_closing`, for a template inside a string inside a template: braces only."""
    depth = 1
    while at < len(text) and depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at - 1


def names(code: str, depth: int = 0) -> list[str]:
    """The names that an expression's code refers to; functions, keywords and text are not names."""
    found: list[str] = []
    bound = set(re.findall(r"\bfor\s+(\w+)(?:\s*,\s*(\w+))?\s+in\b", code))
    inner = {name for pair in bound for name in pair if name}
    for match in _SCAN.finditer(code):
        if match["string"] is not None:
            if depth < 10:
                found.extend(
                    n for c in parts(match["string"][1:-1])[1] for n in names(c, depth + 1) if n.split(".")[0] not in inner
                )
        elif match["call"] is None or "." in match["name"] or "[" in match["name"]:
            name = re.sub(r"\s+", "", match["name"])
            if "." in name and re.split(r"[.\[]", name)[0] not in _WORDS | inner:
                found.append(name)
            found.extend(
                n for index in re.findall(r"\[([^\[\]]*)\]", match["name"]) if depth < 10 for n in names(index, depth + 1)
            )
    return found


def conditional(code: str) -> tuple[str, str, str] | None:
    """The condition and the two results of `a ? b : c`, where the whole of the code is one; else None."""
    code = _unwrapped(code)
    question = _find(code, "?")
    colon = _find(code, ":", question + 1) if question >= 0 else -1
    if question < 0 or colon < 0:
        return None
    return code[:question].strip(), code[question + 1 : colon].strip(), code[colon + 1 :].strip()


def is_gate(code: str) -> bool:
    """Whether a `count` or `for_each` can come to nothing by a condition: `x ? 1 : 0`, `x ? {...} : {}`, `{for ... if x}`."""
    found = conditional(code)
    if found is None:
        return bool(re.match(r"^[\[{]\s*for\b.*\bif\b", _unwrapped(code), re.DOTALL))
    return any(_is_nothing(result) or is_gate(result) for result in found[1:])


def _is_nothing(code: str) -> bool:
    bare = re.sub(r"\s+", "", _unwrapped(code))
    inner = re.fullmatch(r"to(?:set|map|list)\((.*)\)", bare)
    return (inner[1] if inner else bare) in ("0", "[]", "{}", "null", "None")


def _unwrapped(code: str) -> str:
    """Without the parentheses around the whole."""
    code = code.strip()
    while code.startswith("(") and _find(code, ")", 1) == len(code) - 1:
        code = code[1:-1].strip()
    return code


def _find(code: str, wanted: str, start: int = 0) -> int:
    """Where a character stands outside brackets and strings, and, for the colon, outside inner conditionals; -1 if nowhere."""
    depth = inner = 0
    quote = ""
    at = start
    while at < len(code):
        character = code[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif depth == 0 and character == wanted and inner == 0:
            return at
        elif depth == 0 and wanted == ":" and character in "?:":
            inner += 1 if character == "?" else -1
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        at += 1
    return -1
