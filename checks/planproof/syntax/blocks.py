"""The blocks of a whole file, found in one pass; what is in them is read when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.syntax import json_syntax, lexer, templates
from planproof.syntax.file import BOM, SourceFile
from planproof.syntax.hcl import Parser
from planproof.syntax.nodes import Block

# Code in which no brace counts: strings whose interpolations hold neither strings nor braces, and comments. It stops at what does
# count, at a heredoc, and at a string that must be read properly.
_INTERPOLATION = r'[$%]\{[^"#/<{}]*\}'
_STRING = rf'"[^"\\$%\r\n]*(?:(?:\\.|\$\$\{{|%%\{{|{_INTERPOLATION}|[$%](?![$%]?\{{))[^"\\$%\r\n]*)*"'
_code = re.compile(rf'[^"#/<{{}}]*(?:(?:{_STRING}|{lexer.COMMENTS}|/(?![/*])|<(?!<))[^"#/<{{}}]*)*').match

# A comment, or what may look as if it held one: a string, a heredoc.
_comment_or_text = re.compile(rf'(?P<comment>{lexer.COMMENTS})|(?P<plain>{_STRING})|(?P<quote>")|(?P<heredoc><<)').search


class TopBlock:
    """A block of a file: its header and where it lies. `block` is the tree, read when it is first asked for."""

    __slots__ = ("_block", "end", "file", "labels", "start", "type")

    def __init__(
        self, file: SourceFile, start: int, end: int, type: str, labels: tuple[str, ...], block: Block | None = None
    ) -> None:
        self.file, self.start, self.end, self.type, self.labels = file, start, end, type, labels
        self._block = block

    @property
    def block(self) -> Block:
        """Raises SyntaxProblem if what is between the braces cannot be read."""
        if self._block is None:
            self._block = Parser(self.file, self.start).block()
        return self._block

    def comments(self) -> list[str]:
        """The comments in it, of the native syntax."""
        text = self.file.text
        return [text[start:end] for kind, start, end in no_code(self.file, self.start, self.end) if kind == "comment"]


def no_code(file: SourceFile, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """The comments ("comment") and the heredocs ("heredoc") of the native syntax between two offsets. Raises SyntaxProblem."""
    parser = Parser(file, start)
    while part := _comment_or_text(file.text, parser.pos, end):
        parser.pos = part.end()
        if part["quote"]:
            templates.quoted(parser, part.start())
        elif part["heredoc"]:
            templates.heredoc(parser, part.start())
        if part["comment"] or part["heredoc"]:
            yield "comment" if part["comment"] else "heredoc", part.start(), parser.pos


def top_blocks(file: SourceFile) -> list[TopBlock]:
    """The blocks of a file, in order; by its name it is native or JSON. Raises SyntaxProblem."""
    if file.path.endswith(".json"):
        return [TopBlock(file, b.start, b.end, b.type, b.labels, b) for b in json_syntax.parse(file).blocks]
    return _scan(file)


def _scan(file: SourceFile) -> list[TopBlock]:
    text, found = file.text, list[TopBlock]()
    parser = Parser(file, 1 if text.startswith(BOM) else 0)
    while item := parser.item("end"):
        if item["mark"]:
            parser.argument(item)
            continue
        start, parser.pos = item.start("name"), item.end()
        labels = parser.labels()
        parser.pos = _body_end(parser, start)
        found.append(TopBlock(file, start, parser.pos, item["name"], labels))
        parser.end_of_line("a block")
    return found


def _body_end(parser: Parser, start: int) -> int:
    """Behind the brace that closes the body that begins here."""
    text, depth = parser.text, 1
    while depth:
        found = _code(text, parser.pos)
        pos = found.end() if found else parser.pos
        mark = text[pos : pos + 1]
        parser.pos = pos + 1
        if mark == "{":
            depth += 1
        elif mark == "}":
            depth -= 1
        elif mark == '"':
            templates.quoted(parser, pos)
        elif mark == "<":
            templates.heredoc(parser, pos)
        else:
            raise parser.problem(
                "a comment of this block is not closed" if mark else "the brace of this block is not closed", start
            )
    return parser.pos
