"""Reads expressions of the native syntax.

The grammar is that of the HCL native syntax specification, as Terraform and OpenTofu have it. `a.0.1` is let pass, which Terraform
wants written `a[0][1]`.
"""

from __future__ import annotations

from decimal import Decimal
from re import Match

from planproof.errors import SyntaxProblem
from planproof.syntax import lexer, templates
from planproof.syntax.file import SourceFile
from planproof.syntax.lexer import LINE, WIDE
from planproof.syntax.nodes import (
    Binary,
    Call,
    Conditional,
    Constant,
    Each,
    ForObject,
    ForTuple,
    GetAttr,
    Index,
    Literal,
    Node,
    ObjectNode,
    Splat,
    Step,
    TupleNode,
    Unary,
    Variable,
)

MAX_NESTING = 100  # expressions and blocks within each other: what the parser's own calls nest
MAX_HEIGHT = 250  # of a tree, so that what walks it may call itself; a directive's Template and a block's Body are not counted
_MAX_EXPONENT = 1_000
_PRECEDENCE = {
    "||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">": 4, "<=": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6,
}  # fmt: skip
_KEYWORDS: dict[str, Constant] = {"true": True, "false": False, "null": None}


def parse_expression(file: SourceFile) -> Node:
    """The expression that a whole text is; newlines do not end it."""
    parser = Expressions(file)
    parser.tokens = WIDE
    node = parser.expression()
    parser.pos = parser.over(parser.pos)
    if parser.pos < len(file.text):
        raise parser.problem("expected the end of the expression")
    return node


def number(digits: str) -> int | float | None:
    """What a number comes to; None if it has more digits than anyone writes."""
    if digits.isdigit() and len(digits) <= _MAX_EXPONENT:
        return int(digits)
    exact = Decimal(digits)
    if abs(exact.adjusted()) > _MAX_EXPONENT:
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def parse_template(file: SourceFile) -> Node:
    """The template that a whole text is."""
    return templates.bare(Expressions(file))


class Expressions:
    """Recursive descent. Each method reads from `pos`, which is behind what it has read when it returns."""

    __slots__ = ("_depth", "_height", "file", "pos", "text", "tokens")

    def __init__(self, file: SourceFile, pos: int = 0) -> None:
        self.file = file
        self.text = file.text
        self.pos = pos
        self.tokens = LINE
        self._depth = 0
        self._height = 0  # of the expression that is being read, counted from the root

    def problem(self, what: str, at: int | None = None) -> SyntaxProblem:
        return self.file.problem(self.pos if at is None else at, what)

    def over(self, pos: int) -> int:
        """Where the next token begins."""
        found = self.tokens.over(self.text, pos)
        return found.end() if found else pos

    def enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self.problem(f"this is nested more than {MAX_NESTING} levels deep")

    def leave(self) -> None:
        self._depth -= 1

    def expression(self) -> Node:
        self.enter()
        outer, self._height = self._height, self._depth
        node = self._operand()
        found = self.tokens.operator(self.text, self.pos)
        if found:
            node = self._operation(node, found)
        self.leave()
        if outer > self._height:
            self._height = outer
        return node

    def _grow(self, height: int) -> None:
        self._height = height
        if height > MAX_HEIGHT:
            raise self.problem(f"this expression is more than {MAX_HEIGHT} levels deep")

    def _operation(self, left: Node, found: Match[str] | None) -> Node:
        """Operands with operators between, each reduced when one follows that binds no tighter; then what `?` chooses between."""
        operands, operators = [left], [""]
        while found and found[1] != "?":
            strength = _PRECEDENCE[found[1]]
            self._reduce(operands, operators, strength)
            operators.append(found[1])
            self.pos = found.end()
            operands.append(self._operand())
            self._grow(self._height + 1)
            found = self.tokens.operator(self.text, self.pos)
        self._reduce(operands, operators, 0)
        return self._choice(operands[0], found.end()) if found else operands[0]

    def _reduce(self, operands: list[Node], operators: list[str], strength: int) -> None:
        while _PRECEDENCE.get(operators[-1], -1) >= strength:
            right = operands.pop()
            left = operands[-1]
            operands[-1] = Binary(self.file, left.start, right.end, operators.pop(), left, right)

    def _choice(self, condition: Node, pos: int) -> Node:
        self.pos = pos
        yes = self.expression()
        self.take(self.tokens.colon(self.text, self.pos), "expected a colon between the two results")
        no = self.expression()
        self._grow(self._height + 1)
        return Conditional(self.file, condition.start, no.end, condition, yes, no)

    def _operand(self) -> Node:
        """A term and the steps of its traversal."""
        found = self.tokens.term(self.text, self.pos)
        if not found:
            raise self.problem("expected an expression", self.over(self.pos))
        kind = found.lastgroup
        node: Node
        self.pos = end = found.end()
        if kind == "name":
            node = self._named(found)
        elif kind == "plain":
            node = Literal(self.file, found.start("plain") - 1, end, templates.normal(found["plain"]))
        elif kind == "number":
            node = Literal(self.file, found.start("number"), end, self.number(found["number"]))
        else:
            node = self._marked(found["mark"], found.start("mark"))
        step = self.tokens.step(self.text, self.pos)
        return self._traversal(node, step) if step else node

    def _marked(self, mark: str, start: int) -> Node:
        """What begins with a bracket, a quote or an operator at `start`."""
        if mark == '"':
            return templates.quoted(self, start)
        if mark == "<<":
            return templates.heredoc(self, start)
        if mark in "-!":
            return self._unary(mark, start)
        outer, self.tokens = self.tokens, WIDE
        node = self._parenthesized(start) if mark == "(" else self._collection(mark, start)
        self.tokens = outer
        return node

    def _unary(self, mark: str, start: int) -> Node:
        self.enter()
        operand = self._operand()
        self._grow(self._height + 1)
        self.leave()
        return Unary(self.file, start, operand.end, mark, operand)

    def _parenthesized(self, start: int) -> Node:
        node = self.expression()
        self.closing(")")
        node.start, node.end = start, self.pos
        return node

    def _collection(self, mark: str, start: int) -> Node:
        found = lexer.introduction(self.text, self.pos)
        if found:
            self.pos = found.end()
            return self._for(mark, start)
        if mark == "{":
            return self._object(start)
        items, _ = self.items("]")
        return TupleNode(self.file, start, self.pos, items)

    def number(self, digits: str) -> int | float:
        value = number(digits)
        if value is None:
            raise self.problem("this number is too large or too small")
        return value

    # Names and traversals

    def _named(self, found: Match[str]) -> Node:
        """A function's call, a keyword, or a variable and the attributes that follow it."""
        name, start = found["name"], found.start("name")
        call = self.tokens.call(self.text, self.pos) if "." not in name else None
        if call:
            self.pos = call.end()
            return self._call(name + "".join(call[1].split()), start)
        if name in _KEYWORDS:
            return Literal(self.file, start, self.pos, _KEYWORDS[name])
        return self.names(start, name)

    def names(self, start: int, dotted: str) -> Node:
        """`a.b.c`, at `start`."""
        if "." not in dotted:
            if dotted in _KEYWORDS:
                return Literal(self.file, start, start + len(dotted), _KEYWORDS[dotted])
            return Variable(self.file, start, start + len(dotted), dotted)
        first, *rest = dotted.split(".")
        end = start + len(first)
        node: Node = (
            Literal(self.file, start, end, _KEYWORDS[first]) if first in _KEYWORDS else Variable(self.file, start, end, first)
        )
        if self._depth + len(rest) > self._height:
            self._grow(self._depth + len(rest))
        for name in rest:
            end += 1 + len(name)
            node = GetAttr(self.file, start, end, node, name)
        return node

    def _traversal(self, node: Node, found: Match[str] | None) -> Node:
        """A node and the steps that follow it."""
        while found:
            step = self._step(found)
            self._grow(self._height + 1)
            if isinstance(step, str):
                node = GetAttr(self.file, node.start, self.pos, node, step)
            elif isinstance(step, Each):
                node = Splat(self.file, node.start, self.pos, node, step.is_full, step.steps)
            else:
                node = Index(self.file, node.start, self.pos, node, step)
            found = self.tokens.step(self.text, self.pos)
        return node

    def _step(self, found: Match[str]) -> Step:
        kind = found.lastgroup
        self.pos = found.end()
        if kind == "attribute":
            return found["attribute"]
        if kind == "index":
            return Literal(self.file, found.start("index"), found.end(), self.number(found["index"]))
        if kind == "open":
            return self._key()
        start = found.start("star") - 1 if kind == "star" else found.start("full")
        self.enter()
        steps = self._splat_steps(kind == "full")
        self.leave()
        return Each(self.file, start, self.pos, kind == "full", steps)

    def _splat_steps(self, is_full: bool) -> tuple[Step, ...]:
        """What applies to each element: everything that follows `[*]`, or the attributes and the indexes with a dot after `.*`."""
        steps: list[Step] = []
        while found := self.tokens.step(self.text, self.pos):
            if not is_full and found.lastgroup not in ("attribute", "index"):
                if found.lastgroup == "star":
                    raise self.problem("a splat cannot stand within another; write [*]", found.start("star"))
                break
            steps.append(self._step(found))
            self._grow(self._height + 1)
        return tuple(steps)

    def _key(self) -> Node:
        outer, self.tokens = self.tokens, WIDE
        key = self.expression()
        self.closing("]")
        self.tokens = outer
        return key

    def _call(self, name: str, start: int) -> Node:
        outer, self.tokens = self.tokens, WIDE
        arguments, expands = self.items(")")
        self.tokens = outer
        return Call(self.file, start, self.pos, name, arguments, expands)

    # Lists of things

    def take(self, found: Match[str] | None, missing: str) -> Match[str]:
        """Goes behind what is found; an error where nothing is."""
        if not found:
            raise self.problem(missing, self.over(self.pos))
        self.pos = found.end()
        return found

    def closing(self, bracket: str) -> None:
        self.take(lexer.closers[bracket](self.text, self.pos), f"expected a closing {bracket}")

    def items(self, bracket: str) -> tuple[tuple[Node, ...], bool]:
        """Expressions with commas between, and the closing bracket; whether the last is followed by `...`, in a call."""
        items: list[Node] = []
        close = lexer.closers[bracket]
        while not (found := close(self.text, self.pos)):
            items.append(self.expression())
            if bracket == ")" and (ellipsis := WIDE.ellipsis(self.text, self.pos)):
                self.pos = ellipsis.end()
                self.closing(bracket)
                return tuple(items), True
            comma = lexer.comma(self.text, self.pos)
            if not comma:
                self.take(close(self.text, self.pos), f"expected a comma or a closing {bracket}")
                return tuple(items), False
            self.pos = comma.end()
        self.pos = found.end()
        return tuple(items), False

    def _object(self, start: int) -> Node:
        """Newlines end an entry of an object, whatever the object stands in."""
        self.tokens = LINE
        items: list[tuple[Node, Node]] = []
        while True:
            found = lexer.entry(self.text, self.pos)
            kind = found.lastindex or 0 if found else 0
            key: Node
            if found and kind == 3:
                self.pos = found.end()
                return ObjectNode(self.file, start, self.pos, tuple(items))
            if found:
                quote = 2 - kind  # 1 for a string in quotes
                key = Literal(self.file, found.start(kind) - quote, found.end(kind) + quote, templates.normal(found[kind]))
                self.pos = found.end()
            else:
                key = self._object_key()
            items.append((key, self.expression()))
            self.take(lexer.separator(self.text, self.pos), "expected a comma, a new line or a closing }")

    def _object_key(self) -> Node:
        self.pos = after_space(self.text, self.pos)
        key = self.expression()
        self.take(lexer.assignment(self.text, self.pos), "expected an equals sign or a colon, and a value")
        bare = self.text[key.start] not in '("'
        if bare and isinstance(key, Variable):
            return Literal(self.file, key.start, key.end, key.name)
        return key

    def _for(self, mark: str, start: int) -> Node:
        """What follows `[for` or `{for`."""
        key_name, value_name, collection = self.loop()
        self.take(self.tokens.colon(self.text, self.pos), "expected a colon after the collection")
        key = self.expression() if mark == "{" else None
        if key:
            self.take(self.tokens.arrow(self.text, self.pos), "expected => between the key and the value")
        value = self.expression()
        ellipsis = self.tokens.ellipsis(self.text, self.pos) if key else None
        self.pos = ellipsis.end() if ellipsis else self.pos
        found = self.tokens.condition(self.text, self.pos)
        self.pos = found.end() if found else self.pos
        condition = self.expression() if found else None
        self.closing("}" if key else "]")
        if key is None:
            return ForTuple(self.file, start, self.pos, key_name, value_name, collection, value, condition)
        return ForObject(self.file, start, self.pos, key_name, value_name, collection, key, value, bool(ellipsis), condition)

    def loop(self) -> tuple[str | None, str, Node]:
        """The names that a `for` binds, and what it loops over: `key, value in collection`."""
        found = self.take(lexer.names(self.text, self.pos), "expected the names of the loop and `in`")
        key_name, value_name = (found[1], found[2]) if found[2] else (None, found[1])
        return key_name, value_name, self.expression()


def after_space(text: str, pos: int) -> int:
    """Behind newlines, blanks and comments."""
    found = WIDE.over(text, pos)
    return found.end() if found else pos
