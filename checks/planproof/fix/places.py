"""Where in the files of a module a change belongs: the edits that set an argument, add a block or take one out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property

from planproof.fix.edits import Edit
from planproof.source.modules import ModuleSource, is_override
from planproof.syntax.blocks import TopBlock
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Attribute, Block, Body, Node

LAST = ("tags", "tags_all", "depends_on", "lifecycle")  # arguments that come last by convention
NATIVE = (".tf", ".tofu")


class NotMechanical(Exception):
    """No mechanical remedy is right; `str()` is the sentence that says why."""


class Place:
    """A block at the top of a file, and the edits in it."""

    def __init__(self, top: TopBlock, module: ModuleFiles) -> None:
        self.top, self.module = top, module
        self.body: Body = top.block.body

    @property
    def labels(self) -> tuple[str, ...]:
        return self.top.labels

    @property
    def address(self) -> str:
        """`aws_s3_bucket.logs`, `data.aws_region.current`."""
        return ".".join((*(("data",) if self.top.type == "data" else ()), *self.labels))

    def argument(self, name: str) -> Attribute | None:
        return self.body.attributes.get(name)

    def text_of(self, name: str) -> str:
        """An argument as it is written; empty if it is not set."""
        found = self.argument(name)
        return found.expression.text if found else ""

    def after(self, text: str) -> Edit:
        """Adds blocks behind this one."""
        at = end_of_line(self.top.file, self.top.end)
        return Edit(self.top.file.path, at, at, f"\n\n{text.strip()}")


class ModuleFiles:
    """The files of one module of the source, of which all are in the folder that may be edited."""

    def __init__(self, source: ModuleSource) -> None:
        self.source = source

    @cached_property
    def tops(self) -> list[TopBlock]:
        return [top for top in self.source.tops if top.file.path.endswith(NATIVE)]

    @property
    def first(self) -> TopBlock:
        """A block to begin from. Raises NotMechanical if the module has none in native syntax."""
        if not self._own:
            raise NotMechanical("the module has no block in native syntax, beside which a new one could be written")
        return self._own[0]

    @cached_property
    def _own(self) -> list[TopBlock]:
        """The blocks of files that others may be added to: an override file only changes what is there, a link leads elsewhere."""
        return [top for top in self.tops if not is_override(top.file.path) and not os.path.islink(top.file.path)]

    def place(self, *labels: str) -> Place:
        """The block with these labels. Raises NotMechanical if it is written in JSON or in several files."""
        found = self.source.blocks(*labels)
        if not found:
            raise NotMechanical(f"{'.'.join(labels)} is not in the source")
        if len(found) > 1 or is_override(found[0].file.path):
            raise NotMechanical(f"an override file changes {'.'.join(labels)}; edit both files together")
        if not found[0].file.path.endswith(NATIVE):
            raise NotMechanical("the block is written in JSON syntax, which planproof does not edit")
        return Place(found[0], self)

    def has(self, *labels: str) -> bool:
        return bool(self.source.blocks(*labels))

    def free(self, kind: str, name: str) -> str:
        """The name, or one with a number behind it, that no resource of the type has yet."""
        found, number = name, 2
        while self.has("resource", kind, found) or self.has("data", kind, found):
            found, number = f"{name}_{number}", number + 1
        return found

    def mentions(self, word: str) -> int:
        """How often a reference such as `var.days` is written in the module, in JSON syntax too."""
        return sum(mentioned(text, word) for text in {top.file.path: top.file.text for top in self.source.tops}.values())

    def added(self, name: str, text: str) -> Edit:
        """Adds a block to the file of that name, else where the last block of its type is, else to main.tf, else to the first file: what
        several failures add is in one place. Raises NotMechanical if the module has no block in native syntax."""
        kind = text.split(maxsplit=1)[0]
        alike = [os.path.basename(top.file.path) for top in self._own if top.type == kind][-1:]
        files = (name, *alike, "main.tf", os.path.basename(self.first.file.path))
        last = next(self._last_of[file] for file in files if file in self._last_of)
        at = end_of_line(last.file, last.end)
        return Edit(last.file.path, at, at, f"\n\n{text.strip()}")

    @cached_property
    def _last_of(self) -> dict[str, TopBlock]:
        """The last block of each file, by the file's name."""
        return {os.path.basename(top.file.path): top for top in self._own}


_REST = re.compile(r'(?:"(?:[^"\\\n]|\\.)*"|/\*(?s:.*?)\*/|/(?![/*])|[^\r\n"/#])*')


def mentioned(text: str, word: str) -> int:
    """How often a reference such as `var.days` is written in a text."""
    return len(re.findall(rf"(?<![\w.]){re.escape(word)}(?!\w)", text))


def end_of_line(file: SourceFile, offset: int) -> int:
    """The end of the line that an offset in code is on; of the line that a comment ends on, if one begins here and has several lines."""
    rest = _REST.match(file.text, offset)
    return _line_end(file, rest.end() if rest else offset)


def _line_end(file: SourceFile, offset: int) -> int:
    found = file.text.find("\n", offset)
    end = len(file.text) if found < 0 else found
    return end - 1 if end > offset and file.text[end - 1] == "\r" else end


def start_of_line(file: SourceFile, offset: int) -> int:
    return file.text.rfind("\n", 0, offset) + 1


def indent_of(file: SourceFile, offset: int) -> str:
    """The blanks that the line of an offset begins with."""
    line = file.text[start_of_line(file, offset) : offset]
    return line[: len(line) - len(line.lstrip())]


def indented(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.strip("\n").split("\n"))


def replaced(node: Node, text: str) -> Edit:
    return Edit(node.file.path, node.start, node.end, text)


def set_argument(body: Body, name: str, text: str) -> list[Edit]:
    """Sets an argument of a body to an expression."""
    found = body.attributes.get(name)
    if found is None:
        return added_argument(body, name, text)
    return [replaced(found.expression, text.replace("\n", f"\n{indent_of(body.file, found.start)}"))]


def added_argument(body: Body, name: str, text: str) -> list[Edit]:
    """Adds an argument, behind the last of the body that stands on one line."""
    file, by = body.file, indent_of(body.file, body.start) + "  "
    line = indented(f"{name} = {text}", by)
    if _is_one_line(body):
        return _opened(body, f"\n{line}")
    first_block = min((block.start for block in body.blocks), default=body.end)
    arguments = [a for a in body.attributes.values() if a.start < first_block and a.name not in LAST and "\n" not in a.text]
    at = end_of_line(file, max((a.end for a in arguments), default=body.start))
    return [Edit(file.path, at, at, f"\n{line}")]


def added_block(body: Body, text: str) -> list[Edit]:
    """Adds a block at the end of a body, with a blank line before it."""
    file = body.file
    block = indented(text, indent_of(file, body.start) + "  ")
    if _is_one_line(body):
        return _opened(body, f"\n{'' if not body.attributes else chr(10)}{block}")
    last = max((node.end for node in (*body.attributes.values(), *body.blocks)), default=body.start)
    at = end_of_line(file, last)
    return [Edit(file.path, at, at, f"\n\n{block}" if last > body.start else f"\n{block}")]


def _is_one_line(body: Body) -> bool:
    return "\n" not in body.file.text[body.start : body.end]


def _opened(body: Body, text: str) -> list[Edit]:
    """Adds lines to a body that is written on one line, which then gets a line for each argument."""
    path, by = body.file.path, indent_of(body.file, body.start)
    last = max((node.end for node in (*body.attributes.values(), *body.blocks)), default=body.start)
    edits = [Edit(path, last, body.end, f"\n{by}") if last < body.end else Edit(path, last, last, f"\n{by}")]
    if body.attributes:
        first = min(a.start for a in body.attributes.values())
        edits.append(Edit(path, body.start, first, f"\n{by}  "))
    return [*edits, Edit(path, last, last, text)]


def removed(node: Attribute | Block, body: Body) -> list[Edit]:
    """Takes an argument or a block out of a body, with its line, and with the blank line before it that would be left over."""
    file = node.file
    first, end = start_of_line(file, node.start), end_of_line(file, node.end)
    before = file.text[first : node.start].strip()
    if _is_one_line(body) or before:
        start = first + len(file.text[first : node.start].rstrip()) if before and not _is_one_line(body) else node.start
        return [Edit(file.path, start, node.end, "")]
    first = _with_comments(file, first, end)
    start = _line_end(file, start_of_line(file, first - 1))
    is_first = not file.text[body.start : first].strip()
    is_last = not file.text[end : body.end].strip()
    if not is_first and _is_blank(file, start) and (is_last or _is_blank(file, end + 1)):
        start = _line_end(file, start_of_line(file, start_of_line(file, start) - 1))
    elif is_first and not is_last and _is_blank(file, end + 1):
        end = _line_end(file, end + 1)
    return [Edit(file.path, start, end, "")]


def _with_comments(file: SourceFile, first: int, end: int) -> int:
    """Where what is removed from the line at `first` up to `end` begins, with the comment directly above it; without, if a line directly
    below may belong to the comment too."""
    below = file.text[end + 1 : _line_end(file, end + 1)].strip()
    if below and below[0] != "}":
        return first
    while first and re.match(r"[ \t]*(#|//)", file.text[start_of_line(file, first - 1) : first]):
        first = start_of_line(file, first - 1)
    return first


def _is_blank(file: SourceFile, offset: int) -> bool:
    """Whether the line of an offset is."""
    return not file.text[start_of_line(file, offset) : _line_end(file, offset)].strip()


def joined(edits: Iterable[Iterable[Edit]]) -> list[Edit]:
    return [edit for some in edits for edit in some]
