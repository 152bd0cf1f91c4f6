"""The tree of a configuration file, the same for the native syntax and for JSON.

Each node knows its file and the offsets of its text. An expression in parentheses is the expression itself; its text then has them.
`__match_args__` are what a class takes after these three: what `match` sees, and what `children` and `repr` go through.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from planproof.syntax.file import SourceFile

Constant = str | int | float | bool | None


class Node:
    """What every node has."""

    __slots__ = ("end", "file", "start")
    __match_args__: ClassVar[tuple[str, ...]] = ()

    file: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        """The node as it is written."""
        return self.file.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.file.position(self.start)[1]

    @property
    def byte_range(self) -> tuple[int, int]:
        """Where the text begins and ends in the file's UTF-8."""
        return self.file.byte(self.start), self.file.byte(self.end)

    def children(self) -> Iterator[Node]:
        """The nodes directly below, in the order of the text."""
        for name in self.__match_args__:
            yield from _nodes(getattr(self, name))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(getattr(self, name)) for name in self.__match_args__)})"


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _nodes(part)  # at most a list of pairs
    elif isinstance(value, dict):
        yield from value.values()


class Literal(Node):
    """A constant: `"text"`, a heredoc without interpolation, `90`, `true`, `null`, or a part of a template."""

    __slots__ = __match_args__ = ("value",)

    def __init__(self, file: SourceFile, start: int, end: int, value: Constant) -> None:
        self.file, self.start, self.end, self.value = file, start, end, value


class Template(Node):
    """`"corp-${var.a}"`: Literals, expressions, TemplateIf and TemplateFor.

    `is_wrapped` says that it is one interpolation and nothing else, `"${var.a}"`, whose value is that of `var.a`, not a text.
    """

    __slots__ = __match_args__ = ("parts", "is_wrapped")

    def __init__(self, file: SourceFile, start: int, end: int, parts: tuple[Node, ...], is_wrapped: bool = False) -> None:
        self.file, self.start, self.end, self.parts, self.is_wrapped = file, start, end, parts, is_wrapped

    @property
    def unwrapped(self) -> Node:
        """The expression of `"${var.a}"`; else the template itself."""
        return self.parts[0] if self.is_wrapped else self


class TemplateIf(Node):
    """`%{ if condition }then%{ else }otherwise%{ endif }`; without an else, `otherwise` is empty."""

    __slots__ = __match_args__ = ("condition", "then", "otherwise")

    def __init__(self, file: SourceFile, start: int, end: int, condition: Node, then: Template, otherwise: Template) -> None:
        self.file, self.start, self.end = file, start, end
        self.condition, self.then, self.otherwise = condition, then, otherwise


class TemplateFor(Node):
    """`%{ for key, value in collection }body%{ endfor }`; without a key, its name is None."""

    __slots__ = __match_args__ = ("key_name", "value_name", "collection", "body")

    def __init__(
        self, file: SourceFile, start: int, end: int, key_name: str | None, value_name: str, collection: Node, body: Template
    ) -> None:
        self.file, self.start, self.end = file, start, end
        self.key_name, self.value_name, self.collection, self.body = key_name, value_name, collection, body


class Variable(Node):
    """The name that a traversal begins with: `var`, `each`, `aws_s3_bucket`, or what a `for` binds."""

    __slots__ = __match_args__ = ("name",)

    def __init__(self, file: SourceFile, start: int, end: int, name: str) -> None:
        self.file, self.start, self.end, self.name = file, start, end, name


class GetAttr(Node):
    """`source.name`"""

    __slots__ = __match_args__ = ("source", "name")

    def __init__(self, file: SourceFile, start: int, end: int, source: Node, name: str) -> None:
        self.file, self.start, self.end, self.source, self.name = file, start, end, source, name


class Index(Node):
    """`source[key]`, or `source.0`, whose key is a Literal too."""

    __slots__ = __match_args__ = ("source", "key")

    def __init__(self, file: SourceFile, start: int, end: int, source: Node, key: Node) -> None:
        self.file, self.start, self.end, self.source, self.key = file, start, end, source, key


class Each(Node):
    """A splat among the steps of another splat: `[*].c` of `a[*].b[*].c`. It applies to what the steps before it give."""

    __slots__ = __match_args__ = ("is_full", "steps")

    def __init__(self, file: SourceFile, start: int, end: int, is_full: bool, steps: tuple[Step, ...]) -> None:
        self.file, self.start, self.end, self.is_full, self.steps = file, start, end, is_full, steps


class Splat(Node):
    """`source[*].name[0]` (full) or `source.*.name`: the steps apply to each element.

    A step is an attribute's name, an index's key, or an Each. `a.*.b[0]` is an Index of a Splat: an index ends a splat that is not full.
    """

    __slots__ = __match_args__ = ("source", "is_full", "steps")

    def __init__(self, file: SourceFile, start: int, end: int, source: Node, is_full: bool, steps: tuple[Step, ...]) -> None:
        self.file, self.start, self.end = file, start, end
        self.source, self.is_full, self.steps = source, is_full, steps


class Unary(Node):
    """`-operand` or `!operand`"""

    __slots__ = __match_args__ = ("op", "operand")

    def __init__(self, file: SourceFile, start: int, end: int, op: str, operand: Node) -> None:
        self.file, self.start, self.end, self.op, self.operand = file, start, end, op, operand


class Binary(Node):
    """`left op right`"""

    __slots__ = __match_args__ = ("op", "left", "right")

    def __init__(self, file: SourceFile, start: int, end: int, op: str, left: Node, right: Node) -> None:
        self.file, self.start, self.end, self.op, self.left, self.right = file, start, end, op, left, right


class Conditional(Node):
    """`condition ? yes : no`"""

    __slots__ = __match_args__ = ("condition", "yes", "no")

    def __init__(self, file: SourceFile, start: int, end: int, condition: Node, yes: Node, no: Node) -> None:
        self.file, self.start, self.end, self.condition, self.yes, self.no = file, start, end, condition, yes, no


class Call(Node):
    """`name(arguments)`; `expands` where the last argument is followed by `...`. A provider's function is `provider::aws::arn_parse`."""

    __slots__ = __match_args__ = ("name", "arguments", "expands")

    def __init__(self, file: SourceFile, start: int, end: int, name: str, arguments: tuple[Node, ...], expands: bool) -> None:
        self.file, self.start, self.end, self.name, self.arguments, self.expands = file, start, end, name, arguments, expands


class ForTuple(Node):
    """`[for key_name, value_name in collection : value if condition]`"""

    __slots__ = __match_args__ = ("key_name", "value_name", "collection", "value", "condition")

    def __init__(
        self,
        file: SourceFile,
        start: int,
        end: int,
        key_name: str | None,
        value_name: str,
        collection: Node,
        value: Node,
        condition: Node | None,
    ) -> None:
        self.file, self.start, self.end = file, start, end
        self.key_name, self.value_name, self.collection = key_name, value_name, collection
        self.value, self.condition = value, condition


class ForObject(Node):
    """`{for key_name, value_name in collection : key => value if condition}`; `grouped` where the value is followed by `...`."""

    __slots__ = __match_args__ = ("key_name", "value_name", "collection", "key", "value", "grouped", "condition")

    def __init__(
        self,
        file: SourceFile,
        start: int,
        end: int,
        key_name: str | None,
        value_name: str,
        collection: Node,
        key: Node,
        value: Node,
        grouped: bool,
        condition: Node | None,
    ) -> None:
        self.file, self.start, self.end = file, start, end
        self.key_name, self.value_name, self.collection = key_name, value_name, collection
        self.key, self.value, self.grouped, self.condition = key, value, grouped, condition


class TupleNode(Node):
    """`[item, item]`"""

    __slots__ = __match_args__ = ("items",)

    def __init__(self, file: SourceFile, start: int, end: int, items: tuple[Node, ...]) -> None:
        self.file, self.start, self.end, self.items = file, start, end, items


class ObjectNode(Node):
    """`{key = value}`: pairs, in the order of the text. A key that is a bare name is a Literal."""

    __slots__ = __match_args__ = ("items",)

    def __init__(self, file: SourceFile, start: int, end: int, items: tuple[tuple[Node, Node], ...]) -> None:
        self.file, self.start, self.end, self.items = file, start, end, items


class Attribute(Node):
    """`name = expression` of a body."""

    __slots__ = __match_args__ = ("name", "expression")

    def __init__(self, file: SourceFile, start: int, end: int, name: str, expression: Node) -> None:
        self.file, self.start, self.end, self.name, self.expression = file, start, end, name, expression


class Body(Node):
    """What stands between a block's braces, or in a whole file."""

    __slots__ = __match_args__ = ("attributes", "blocks")

    attributes: dict[str, Attribute]
    blocks: list[Block]

    def __init__(self, file: SourceFile, start: int, end: int, attributes: dict[str, Attribute], blocks: list[Block]) -> None:
        self.file, self.start, self.end, self.attributes, self.blocks = file, start, end, attributes, blocks

    def blocks_of(self, name: str, labels: int = 0) -> list[Block]:
        """The blocks of a type. In JSON nothing tells a block from an argument, so the asker says how many labels it has."""
        return [block for block in self.blocks if block.type == name]


class Block(Node):
    """`type "label" "label" { body }`"""

    __slots__ = __match_args__ = ("type", "labels", "body")

    def __init__(self, file: SourceFile, start: int, end: int, type: str, labels: tuple[str, ...], body: Body) -> None:
        self.file, self.start, self.end, self.type, self.labels, self.body = file, start, end, type, labels, body


Step = str | Node
