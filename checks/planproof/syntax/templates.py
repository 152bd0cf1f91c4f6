"""Reads templates: strings in quotes, heredocs, and the strings of JSON.

First come the parts one after the other: texts, interpolations and directives. Then whitespace is taken away (`~`, and the
indentation of `<<-`), and then directives are put around what they hold. A text of a heredoc ends with its line, because
Terraform takes whitespace away no further than that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from re import Match
from typing import NamedTuple, Protocol

from planproof.errors import SyntaxProblem
from planproof.syntax import lexer
from planproof.syntax.file import SourceFile
from planproof.syntax.lexer import WIDE, Tokens
from planproof.syntax.nodes import Literal, Node, Template, TemplateFor, TemplateIf


class Reader(Protocol):
    """The parser of the expressions that stand in a template (planproof.syntax.expressions)."""

    file: SourceFile
    pos: int
    text: str
    tokens: Tokens

    def problem(self, what: str, at: int | None = None) -> SyntaxProblem: ...

    def enter(self) -> None: ...

    def leave(self) -> None: ...

    def expression(self) -> Node: ...

    def take(self, found: Match[str] | None, what: str) -> Match[str]: ...

    def loop(self) -> tuple[str | None, str, Node]: ...


_NESTS = {"if": 1, "for": 1, "endif": -1, "endfor": -1}
Matcher = Callable[[str, int], "Match[str] | None"]


class _Text:
    """A literal part; `value` is what it comes to."""

    __slots__ = ("end", "start", "value")

    def __init__(self, start: int, end: int, value: str) -> None:
        self.start, self.end, self.value = start, end, value


class _Directive(NamedTuple):
    """`%{ if condition }`, `%{ for key, value in expression }`, or one without an expression."""

    start: int
    end: int
    keyword: str
    key_name: str | None = None
    value_name: str = ""
    expression: Node | None = None


_Part = _Text | _Directive | Node


def normal(text: str) -> str:
    """A string in the form that Terraform keeps strings in, which is NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def quoted(parser: Reader, start: int) -> Node:
    """The string whose opening quote is at `start`."""
    parser.pos = start + 1
    parts = _parts(parser, lexer.quoted_part, "this string is not closed on its line, or holds an unknown escape")
    return _build(parser, start, parts)


def heredoc(parser: Reader, start: int) -> Node:
    """The heredoc whose `<<` is at `start`."""
    found = lexer.heredoc(parser.text, start)
    if not found:
        raise parser.problem("expected a heredoc: << or <<-, a marker and a new line", start)
    parser.pos = found.end()
    parts = _parts(parser, lexer.heredoc_part(found[2]).match, "the heredoc's closing marker is missing")
    if found[1]:
        _unindent(parts)
    return _build(parser, start, parts)


def bare(parser: Reader) -> Node:
    """The template that a whole text is."""
    return _build(parser, 0, _parts(parser, lexer.bare_part, "a template cannot be read here"))


def _parts(parser: Reader, matcher: Matcher, missing: str) -> list[_Part]:
    """The parts up to the closing quote or marker, which is read too."""
    text, parts = parser.text, list[_Part]()
    trims, open_directives = False, 0
    while found := matcher(text, parser.pos):
        start, parser.pos = parser.pos, found.end()
        if found.lastgroup == "close":
            if open_directives:
                raise parser.problem("a directive of this template has no end", start)
            return parts
        if found.lastgroup == "literal":
            value = _unescape(found[0], matcher is lexer.quoted_part)
            parts.append(_Text(start, parser.pos, value.lstrip() if trims else value))
            trims = False
            continue
        last = parts[-1] if parts else None
        if len(found[0]) == 3 and isinstance(last, _Text):
            last.value = last.value.rstrip()
        part, trims = _sequence(parser, start, found[0])
        parts.append(part)
        if isinstance(part, _Directive):
            open_directives += _nest(parser, part, open_directives)
    raise parser.problem(missing)


def _nest(parser: Reader, directive: _Directive, open_directives: int) -> int:
    """How many more directives are open after one; they count as nesting."""
    change = _NESTS.get(directive.keyword, 0)
    if open_directives + change < 0:
        raise parser.problem(f"this {directive.keyword} ends nothing", directive.start)
    if change > 0:
        parser.enter()
    elif change < 0:
        parser.leave()
    return change


def _sequence(parser: Reader, start: int, opening: str) -> tuple[_Part, bool]:
    """An interpolation or a directive whose opening is read, and whether it takes away the whitespace that follows."""
    outer, parser.tokens = parser.tokens, WIDE
    part = parser.expression() if opening[0] == "$" else _directive(parser, start)
    end = parser.take(lexer.interpolation_end(parser.text, parser.pos), "expected a closing }")
    parser.tokens = outer
    return (part._replace(end=parser.pos) if isinstance(part, _Directive) else part), bool(end[1])


def _directive(parser: Reader, start: int) -> _Directive:
    keyword = parser.take(lexer.directive(parser.text, parser.pos), "expected if, else, endif, for or endfor")[1]
    if keyword == "if":
        return _Directive(start, 0, keyword, expression=parser.expression())
    if keyword == "for":
        return _Directive(start, 0, keyword, *parser.loop())
    return _Directive(start, 0, keyword)


def _unescape(raw: str, backslashes: bool) -> str:
    if "{" in raw or (backslashes and "\\" in raw):
        raw = (lexer.escape if backslashes else lexer.doubled).sub(_character, raw)
    return normal(raw)


def _character(found: Match[str]) -> str:
    """What an escape stands for; a number that is no character's stands for U+FFFD, as in Go."""
    kind = found.lastgroup or ""
    if kind == "doubled":
        return found[kind]
    if kind == "simple":
        return lexer.ESCAPES[found[kind]]
    code = int(found[kind], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def _unindent(parts: list[_Part]) -> None:
    """Takes away what all lines that are not blank begin with: as many spaces as the line with the fewest has."""
    begins, first = True, list[_Text | None]()
    for part in parts:
        text = part if isinstance(part, _Text) else None
        if begins and not (text and text.value.endswith("\n") and not text.value.strip()):
            first.append(text)
        begins = bool(text and text.value.endswith("\n"))
    least = min((len(text.value) - len(text.value.lstrip()) if text else 0 for text in first), default=0)
    for text in first:
        if text:
            text.value = text.value[least:]


class _Open:
    """A directive that waits for its end, and the parts read since; `before` are the parts of an `if` that has come to its else."""

    __slots__ = ("before", "directive", "parts", "start")

    def __init__(self, directive: _Directive | None, start: int) -> None:
        self.directive = directive
        self.start = start  # of `parts`
        self.parts: list[_Text | Node] = []
        self.before: Template | None = None


def _build(parser: Reader, start: int, parts: list[_Part]) -> Node:
    """The node of a template that ends where the parser is."""
    if all(isinstance(part, _Text) for part in parts):
        return Literal(parser.file, start, parser.pos, "".join(part.value for part in parts if isinstance(part, _Text)))
    opened = [_Open(None, start)]
    for part in parts:
        if isinstance(part, _Directive):
            _arrange(parser, opened, part)
        else:
            opened[-1].parts.append(part)
    nodes = _merged(parser, opened[0].parts)
    return Template(parser.file, start, parser.pos, nodes, len(parts) == 1 and isinstance(parts[0], Node))


def _arrange(parser: Reader, opened: list[_Open], directive: _Directive) -> None:
    """Opens, turns or closes a directive."""
    top, keyword = opened[-1], directive.keyword
    if keyword in ("if", "for"):
        opened.append(_Open(directive, directive.end))
        return
    opening = top.directive
    if opening is None or opening.keyword != ("for" if keyword == "endfor" else "if") or (keyword == "else" and top.before):
        raise parser.problem(f"this {keyword} ends nothing", directive.start)
    inner = Template(parser.file, top.start, directive.start, _merged(parser, top.parts))
    if keyword == "else":
        top.before, top.start, top.parts = inner, directive.end, []
        return
    opened.pop()
    opened[-1].parts.append(_closed(parser, opening, directive.end, top.before, inner))


def _closed(parser: Reader, opening: _Directive, end: int, before: Template | None, inner: Template) -> Node:
    """The node of a directive that has come to its end."""
    file, start = parser.file, opening.start
    assert opening.expression is not None  # an if or a for has one
    if opening.keyword == "for":
        return TemplateFor(file, start, end, opening.key_name, opening.value_name, opening.expression, inner)
    empty = Template(file, inner.end, inner.end, ())
    return TemplateIf(file, start, end, opening.expression, before or inner, inner if before else empty)


def _merged(parser: Reader, parts: list[_Text | Node]) -> tuple[Node, ...]:
    """Texts that follow each other become one Literal."""
    nodes: list[Node] = []
    texts: list[_Text] = []
    for part in [*parts, None]:
        if isinstance(part, _Text):
            texts.append(part)
            continue
        if texts:
            nodes.append(Literal(parser.file, texts[0].start, texts[-1].end, "".join(text.value for text in texts)))
            texts = []
        if part is not None:
            nodes.append(part)
    return tuple(nodes)
