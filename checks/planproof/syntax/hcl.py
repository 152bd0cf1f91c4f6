"""Reads the native syntax into a tree; what is refused is what Terraform refuses, but for a carriage return between tokens."""

from __future__ import annotations

from re import Match

from planproof.syntax import lexer, templates
from planproof.syntax.expressions import Expressions, after_space
from planproof.syntax.file import BOM, SourceFile
from planproof.syntax.nodes import Attribute, Block, Body, Literal, Node


def parse(file: SourceFile) -> Body:
    """The body of a whole file. Raises SyntaxProblem."""
    return Parser(file, 1 if file.text.startswith(BOM) else 0).body("end")


class Parser(Expressions):
    """Expressions, and the bodies that they stand in."""

    __slots__ = ()

    def body(self, closed_by: str) -> Body:
        """Arguments and blocks up to the closing brace ("close") or the end of the file ("end"), which is read too."""
        start = self.pos
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while True:
            found = lexer.simple(self.text, self.pos)
            if found:
                attribute = self._simple(found)
            else:
                found = self.item(closed_by)
                if not found:
                    return Body(self.file, start, self.pos - (closed_by == "close"), attributes, blocks)
                if not found["mark"]:
                    blocks.append(self._block(found))
                    continue
                attribute = self.argument(found)
            if attribute.name in attributes:
                raise self.problem("this argument is set twice", attribute.start)
            attributes[attribute.name] = attribute

    def item(self, closed_by: str) -> Match[str] | None:
        """The beginning of an argument or a block; None when the body is at its end, which is then read."""
        found = lexer.item(self.text, self.pos)
        if not found:
            raise self.problem("expected an argument or a block", after_space(self.text, self.pos))
        kind = found.lastgroup or ""
        if kind == "mark":
            return found
        if kind != closed_by:
            raise self.problem("a closing brace is missing" if kind == "end" else "unexpected closing brace", found.start(kind))
        self.pos = found.end()
        return None

    def _simple(self, found: Match[str]) -> Attribute:
        """A line whose value is a plain string, names with dots between, or a whole number."""
        start, kind = found.start(1), found.lastindex
        self.pos = end = found.end()
        expression: Node
        if kind == 2:
            expression = Literal(self.file, found.start(2) - 1, end, templates.normal(found[2]))
        elif kind == 3:
            expression = self.names(found.start(3), found[3])
        else:
            expression = Literal(self.file, found.start(4), end, self.number(found[4]))
        return Attribute(self.file, start, end, found[1], expression)

    def argument(self, found: Match[str]) -> Attribute:
        """An argument whose name and equals sign are found, and the end of its line."""
        attribute = self._attribute(found)
        self.end_of_line("an argument")
        return attribute

    def _attribute(self, found: Match[str]) -> Attribute:
        self.pos = found.end()
        expression = self.expression()
        return Attribute(self.file, found.start("name"), expression.end, found["name"], expression)

    def end_of_line(self, what: str) -> None:
        found = lexer.newline(self.text, self.pos)
        if not found:
            raise self.problem(f"expected a new line after {what}", self.over(self.pos))
        self.pos = found.end()

    def block(self) -> Block:
        """The block that begins here."""
        found = self.item("end")
        if not found or found["mark"]:
            raise self.problem("expected a block")
        return self._block(found)

    def _block(self, found: Match[str]) -> Block:
        """A block whose type is found, and the end of its line."""
        start, self.pos = found.start("name"), found.end()
        labels = self.labels()
        self.enter()
        body = self.body("close") if lexer.opened(self.text, self.pos) else self._one_line_body()
        self.leave()
        block = Block(self.file, start, self.pos, found["name"], labels, body)
        self.end_of_line("a block")
        return block

    def labels(self) -> tuple[str, ...]:
        """A block's labels and its opening brace."""
        labels: list[str] = []
        while True:
            found = self.take(lexer.label(self.text, self.pos), "expected a label or an opening brace")
            kind = found.lastgroup or ""
            if kind == "open":
                return tuple(labels)
            labels.append(self._quoted_label() if kind == "quote" else found[kind])

    def _quoted_label(self) -> str:
        literal = templates.quoted(self, self.pos - 1)
        if not isinstance(literal, Literal):
            raise self.problem("a label cannot hold an interpolation", literal.start)
        return str(literal.value)

    def _one_line_body(self) -> Body:
        start = self.pos
        found = lexer.item(self.text, start)
        if not found or not found["mark"]:
            raise self.problem("a block on one line can have only one argument", self.over(start))
        attribute = self._attribute(found)
        self.take(
            lexer.closing_brace(self.text, self.pos), "a block on one line can have only one argument; expected a closing brace"
        )
        return Body(self.file, start, self.pos - 1, {attribute.name: attribute}, [])
