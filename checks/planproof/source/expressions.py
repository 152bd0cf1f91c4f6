"""Expressions of HCL as the HCL parser gives them: what they refer to, and the literal parts of templates.

The parser (bc-python-hcl2, which Checkov brings) turns `"corp-${random_id.a.hex}"` into that text, a bare expression `var.a` into
`"${var.a}"`, objects and lists into dicts and lists, and what stands inside an expression into text again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from planproof.plan.value import Json

# A traversal: identifiers and indices. Keys in quotes may hold anything; an index that is an expression is kept as text.
_STRING = r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\''
_SCAN = re.compile(
    rf'(?P<string>{_STRING})|(?P<name>[A-Za-z_][\w-]*(?:\s*\.\s*[A-Za-z_*][\w-]*|\.\d+|\[(?:{_STRING}|[^\[\]"\'])*\])*)(?P<call>\s*\()?'
)
_LONGEST = 100_000  # characters of an expression with its locals written out
_WORDS = {"true", "false", "null", "None", "True", "False", "for", "in", "if", "else", "endif", "endfor"}


class Expression(NamedTuple):
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


_FOR = re.compile(
    r"\bfor\s+(?P<first>\w+)(?:\s*,\s*(?P<second>\w+))?\s+in\s+(?P<over>[A-Za-z_][\w-]*(?:\.[\w-]+|\[[^\[\]]*\])+)?"
)
_AFTER = re.compile(r"(?:\[[^\[\]]*\]|\.\*)*((?:\.[A-Za-z_][\w-]*)+)")
_DEEPEST = 10  # strings in templates in strings


def names(code: str, depth: int = 0) -> list[str]:
    """The names that an expression's code refers to; functions, keywords and text are not names.

    What is read of a call's result or of a `for`'s element is read of what went in: `one(aws_kms_key.a[*]).arn` refers to
    `aws_kms_key.a[*].arn`, and `[for b in aws_s3_bucket.a : b.id]` to `aws_s3_bucket.a.id`.
    """
    loops = list(_FOR.finditer(code))
    elements = {loop["second"] or loop["first"]: loop["over"] or "" for loop in loops}
    bound = {loop["first"]: "" for loop in loops} | elements
    used = {name for name in elements if re.search(rf"(?<![\w.]){name}\b(?!\s+in\b)", code)}
    passed_over = {loop.start(group) for loop in loops for group in ("first", "second")}
    passed_over |= {loop.start("over") for loop in loops if (loop["second"] or loop["first"]) in used}
    suffixes = _suffixes(code)
    found: list[str] = []

    def add(names: Iterable[str], after: str = "") -> None:
        for name in names:
            first = re.split(r"[.\[]", name)[0]
            name = bound.get(first, first) + name[len(first) :]
            if "." in name.lstrip(".") and not name.startswith(".") and first not in _WORDS:
                found.append(name + after)

    for match in _SCAN.finditer(code):
        if match["string"] is not None:
            inner = parts(match["string"][1:-1])[1] if depth < _DEEPEST else ()
            add(n for c in inner for n in names(c, depth + 1))
        elif match["call"] is None or "." in match["name"] or "[" in match["name"]:
            if match.start() not in passed_over:
                after = "".join(text for start, end, text in suffixes if start < match.start() < end)
                add([re.sub(r"\s+", "", match["name"])], after)
            indices = re.findall(r"\[([^\[\]]*)\]", match["name"]) if depth < _DEEPEST else ()
            add(n for index in indices for n in names(index, depth + 1))
    return found


def _suffixes(code: str) -> list[tuple[int, int, str]]:
    """Where each call and each pair of parentheses begins and ends whose result an attribute is read of, and the attribute."""
    found = []
    for opening in re.finditer(r"\(", code):
        closing = find(code, ")", opening.end()) if ")." in code or ")[" in code else -1
        after = _AFTER.match(code, closing + 1) if closing > 0 else None
        if after:
            found.append((opening.start(), closing, after[1]))
    return found[::-1]


def written(raw: Any) -> str:
    """A value of the parser as code again."""
    if isinstance(raw, dict):
        return "{" + ", ".join(f"{key} = {written(value)}" for key, value in raw.items()) + "}"
    if isinstance(raw, list):
        return "[" + ", ".join(written(value) for value in raw) + "]"
    if isinstance(raw, str):
        code = Expression(raw).code
        return f'"{raw}"' if code is None else code
    return "null" if raw is None else str(raw).lower()


def expanded(expression: Expression, local_values: Mapping[str, Any], depth: int = 8) -> str:
    """The text of an expression, with the locals of its module written out."""
    code = written(expression.raw)
    for name in expression.references if depth else ():
        local = re.match(r"local\.([\w-]+)", name)
        if local and local[1] in local_values:
            code = _substituted(code, local[0], expanded(Expression(local_values[local[1]]), local_values, depth - 1))
    return code if len(code) < _LONGEST else written(expression.raw)


def _substituted(code: str, name: str, text: str) -> str:
    return re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w-])", lambda _: f"({text})", code)


def find(code: str, wanted: str, start: int = 0) -> int:
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
