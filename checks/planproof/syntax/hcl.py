"""Reads the native syntax into a tree; what is refused is what Terraform refuses, but for a carriage return between tokens."""

from __future__ import annotations

from re import Match

from planproof.syntax import lexer, templates
from planproof.syntax.expressions import Expressions, after_space
from planproof.syntax.file import BOM, SourceFile
from planproof.syntax.nodes import Attribute, Block, Body, Literal, Node


def parse(file: SourceFile) -> Body:
    """The body of a whole file."""
    parser = Parser(file)
    parser.pos = 1 if file.text.startswith(BOM) else 0
    return parser.body("end")


class Parser(Expressions):
    """Expressions, and the bodies that they stand in."""

    __slots__ = ()

    def body(self, closed_by: str) -> Body:
        """Attributes and blocks up to the closing brace ("close"), which is read too, or the end of the file ("end")."""
        file, text, start = self.file, self.text, self.pos
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        while True:
            found = lexer.simple(text, self.pos)
            if found:
                attribute = self._simple(found)
            else:
                found = lexer.item(text, self.pos)
                if not found:
                    self.pos = after_space(text, self.pos)
                    raise self.problem("an argument or a block should begin here")
                kind = found.lastgroup
                if kind != "mark":
                    if kind != closed_by:
                        raise self.problem(
                            "a closing brace is missing" if kind == "end" else "no brace is open here", found.end()
                        )
                    self.pos = found.end()
                    return Body(file, start, found.end("end") if kind == "end" else found.start("close"), attributes, blocks)
                if not found["mark"]:
                    blocks.append(self._block(found))
                    self._end_of_line("a block")
                    continue
                attribute = self._attribute(found)
                self._end_of_line("an argument")
            if attribute.name in attributes:
                raise self.problem("this argument is set twice", attribute.start)
            attributes[attribute.name] = attribute

    def _simple(self, found: Match[str]) -> Attribute:
        """A line whose value is a plain string, a whole number, or names with dots between."""
        start, kind = found.start(1), found.lastindex
        self.pos = end = found.end()
        expression: Node
        if kind == 2:
            expression = Literal(self.file, found.start(2) - 1, end, templates.normal(found[2]))
        elif kind == 3:
            expression = self._names(found.start(3), found[3])
        else:
            expression = Literal(self.file, found.start(4), end, self._number(found[4]))
        return Attribute(self.file, start, end, found[1], expression)

    def _attribute(self, found: Match[str]) -> Attribute:
        self.pos = found.end()
        expression = self.expression()
        return Attribute(self.file, found.start("name"), expression.end, found["name"], expression)

    def _end_of_line(self, what: str) -> None:
        found = lexer.newline(self.text, self.pos)
        if not found:
            self.pos = self.over(self.pos)
            raise self.problem(f"{what} ends here, so a new line should begin")
        self.pos = found.end()

    def _block(self, found: Match[str]) -> Block:
        """A block whose type is found."""
        start, self.pos = found.start("name"), found.end()
        labels = self.labels()
        self.enter()
        body = self.body("close") if lexer.opened(self.text, self.pos) else self._one_line_body()
        self.leave()
        return Block(self.file, start, self.pos, found["name"], labels, body)

    def labels(self) -> tuple[str, ...]:
        """A block's labels and its opening brace."""
        labels: list[str] = []
        while True:
            found = lexer.label(self.text, self.pos)
            if not found:
                raise self.problem("a label or an opening brace should stand here", self.over(self.pos))
            self.pos, kind = found.end(), found.lastindex
            if kind == 4:
                return tuple(labels)
            if kind == 3:
                literal = templates.quoted(self, self.pos - 1)
                if not isinstance(literal, Literal):
                    raise self.problem("a label cannot hold an interpolation", literal.start)
                labels.append(str(literal.value))
            else:
                labels.append(found[kind or 1])

    def _one_line_body(self) -> Body:
        start = self.pos
        found = lexer.item(self.text, start)
        if not found or not found["mark"]:
            raise self.problem("a block on one line holds one argument", self.over(start))
        attribute = self._attribute(found)
        closing = lexer.closing_brace(self.text, self.pos)
        if not closing:
            raise self.problem("a block on one line holds one argument, and its brace should close here", self.over(self.pos))
        self.pos = closing.end()
        return Body(self.file, start, self.pos - 1, {attribute.name: attribute}, [])
