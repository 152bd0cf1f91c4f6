"""Whole files: bodies, blocks, positions, and what is refused with which line and column."""

from __future__ import annotations

import time

import pytest

from planproof.errors import PlanproofError, SyntaxProblem
from planproof.syntax.blocks import top_blocks
from planproof.syntax.expressions import MAX_HEIGHT, MAX_NESTING, parse_expression
from planproof.syntax.file import SourceFile
from planproof.syntax.hcl import parse
from planproof.syntax.nodes import Body

FILE = """\
# What logs.
resource "aws_s3_bucket" logs { // both labels
  bucket = "corp-logs"   # a name

  versioning { enabled = true }
  tags = {
    Owner = "ä"
  } /* none */
  lifecycle_rule {
    id = <<-EOT
      x {
    EOT
  }
  empty {}
}
variable "a" {
}

locals { b = "}" }
"""


def read(text: str) -> Body:
    return parse(SourceFile("main.tf", text))


def test_a_file_is_its_blocks() -> None:
    body = read(FILE)
    assert [(block.type, block.labels) for block in body.blocks] == [
        ("resource", ("aws_s3_bucket", "logs")),
        ("variable", ("a",)),
        ("locals", ()),
    ]
    bucket = body.blocks[0].body
    assert repr(bucket.attributes) == (
        "{'bucket': Attribute('bucket', Literal('corp-logs')), "
        "'tags': Attribute('tags', ObjectNode(((Literal('Owner'), Literal('ä')),)))}"
    )
    assert [block.type for block in bucket.blocks] == ["versioning", "lifecycle_rule", "empty"]
    assert [repr(block.body) for block in bucket.blocks_of("lifecycle_rule")] == [
        "Body({'id': Attribute('id', Literal('x {\\n'))}, [])"
    ]


@pytest.mark.parametrize(
    "text", [FILE, FILE.replace("\n", "\r\n"), "\ufeff" + FILE, "", "\n", "# only", "/* */", "a = 1", "b {}"]
)
def test_the_scan_finds_the_blocks_that_the_parser_finds(text: str) -> None:
    file = SourceFile("main.tf", text)
    found = [(b.start, b.end, b.type, b.labels, repr(b.block)) for b in top_blocks(file)]
    assert found == [(b.start, b.end, b.type, b.labels, repr(b)) for b in parse(file).blocks]


SCANNED = {
    "braces in strings": 'b {\n  a = "}"\n  c = "\\"}"\n}\nd {}\n',
    "braces in templates": 'b {\n  a = "${"}"}"\n  c = "$${"\n  d = "%%{ }${x}"\n  e = "$%{if x}}%{endif}"\n}\nd {}\n',
    "braces in heredocs": "b {\n  a = <<E\n}\n${x}\n  E\n}\nd {}\n",
    "heredocs in templates": "b {\n  a = <<E\n${<<F\nE\n}\nF\n}\nE\n}\nd {}\n",
    "comments": "b {\n  # }\n  // }\n  /* } */\n  a = 4 / 2 /* { **/\n}\nd {}\n",
    "comments in templates": 'b {\n  a = "${x # }"\n}"\n}\nd {}\n',
    "operators": "b {\n  a = 4 / 2 < 3\n}\nd {}\n",
    "objects": "b {\n  a = {x = {y = [{}]}}\n}\nd {}\n",
    "arguments of the file": 'a = {b = "}"}\nb {}\nc = <<E\n{\nE\nd {}\n',
}


@pytest.mark.parametrize("text", SCANNED.values(), ids=SCANNED)
def test_the_scan_is_not_misled(text: str) -> None:
    file = SourceFile("main.tf", text)
    found = [(b.type, b.start, b.end) for b in top_blocks(file)]
    assert [type for type, _, _ in found] == ["b", "d"]
    assert found == [(b.type, b.start, b.end) for b in parse(file).blocks]


def test_positions_are_lines_columns_and_bytes() -> None:
    text = '\ufeffé = 1\r\nb {\r\n  ö = "ü" # x\r\n}\r\n'
    body = read(text)
    first, (block,) = body.attributes["é"], body.blocks
    inner = block.body.attributes["ö"].expression
    assert [(node.line, node.column) for node in (first, first.expression, block, inner)] == [(1, 1), (1, 5), (2, 1), (3, 7)]
    for node, written in ((first, "é = 1"), (inner, '"ü"'), (block, text[text.index("b {") : -2])):
        start, end = node.byte_range
        assert text.encode()[start:end].decode() == written == node.text


# A text, and the place and the words of its error.
ERRORS = {
    "a =\n": (1, 4, "expected an expression"),
    "a = \n 1\n": (1, 5, "expected an expression"),
    "a\n= 1\n": (1, 1, "expected an argument or a block"),
    "= 1\n": (1, 1, "expected an argument or a block"),
    '"a" = 1\n': (1, 1, "expected an argument or a block"),
    "x {}\n  ]\n": (2, 3, "expected an argument or a block"),
    "a = 1 b = 2\n": (1, 7, "expected a new line after an argument"),
    "a = 1\na = 2\n": (2, 1, "this argument is set twice"),
    "b {\n  a = 1\n": (3, 1, "a closing brace is missing"),
    "b {\n}\n}\n": (3, 1, "unexpected closing brace"),
    "b {\n  a = 1 }\n": (2, 9, "expected a new line after an argument"),
    "b { a = 1\n}\n": (1, 10, "a block on one line can have only one argument; expected a closing brace"),
    "b { c {} }\n": (1, 5, "a block on one line can have only one argument"),
    "b {} c {}\n": (1, 6, "expected a new line after a block"),
    "b\n{}\n": (1, 1, "expected an argument or a block"),
    'b "x" 1 {}\n': (1, 7, "expected a label or an opening brace"),
    'b "${x}" {}\n': (1, 3, "a label cannot hold an interpolation"),
    'a = "x\n': (1, 7, "this string is not closed on its line, or holds an unknown escape"),
    'a = "\\q"\n': (1, 6, "this string is not closed on its line, or holds an unknown escape"),
    'a = "\\u12"\n': (1, 6, "this string is not closed on its line, or holds an unknown escape"),
    'a = "${x"\n': (1, 9, "expected a closing }"),
    'a = "${}"\n': (1, 8, "expected an expression"),
    'a = "%{ while x }"\n': (1, 9, "expected if, else, endif, for or endfor"),
    'a = "%{ if x }"\n': (1, 15, "a directive of this template has no end"),
    'a = "%{ endif }"\n': (1, 6, "this endif ends nothing"),
    'a = "%{ else }"\n': (1, 6, "this else ends nothing"),
    'a = "%{ if x }%{ endfor }"\n': (1, 15, "this endfor ends nothing"),
    'a = "%{ if x }%{ else }%{ else }%{ endif }"\n': (1, 24, "this else ends nothing"),
    "a = <<E\nx\n": (3, 1, "the heredoc's closing marker is missing"),
    "a = <<E\nE": (2, 2, "the heredoc's closing marker is missing"),
    "a = << E\nE\n": (1, 5, "expected a heredoc: << or <<-, a marker and a new line"),
    "a = [1 2]\n": (1, 8, "expected a comma or a closing ]"),
    "a = [1\n": (2, 1, "expected a comma or a closing ]"),
    "a = f(1 2)\n": (1, 9, "expected a comma or a closing )"),
    "a = f(x..., y)\n": (1, 11, "expected a closing )"),
    "a = (1\n": (2, 1, "expected a closing )"),
    "a = x[0\n": (2, 1, "expected a closing ]"),
    "a = {b = 1 c = 2}\n": (1, 12, "expected a comma, a new line or a closing }"),
    "a = {b = 1,, c = 2}\n": (1, 12, "expected an expression"),
    "a = {b\n = 2}\n": (1, 7, "expected an equals sign or a colon, and a value"),
    "a = {for = 1}\n": (1, 10, "expected the names of the loop and `in`"),
    "a = [for x in y x]\n": (1, 17, "expected a colon after the collection"),
    "a = {for x in y : x}\n": (1, 20, "expected => between the key and the value"),
    "a = [for x in y : x => x]\n": (1, 21, "expected a closing ]"),
    "a = x ? 1\n": (1, 10, "expected a colon between the two results"),
    "a = x ? 1 :\n 2\n": (1, 12, "expected an expression"),
    "a = 1 +\n 2\n": (1, 8, "expected an expression"),
    "a = x.*.y.*.z\n": (1, 11, "a splat cannot stand within another; write [*]"),
    "a = 1e9999\n": (1, 11, "this number is too large or too small"),
    "a = 1 /* x\n": (1, 7, "expected a new line after an argument"),
    "a = b & c\n": (1, 7, "expected a new line after an argument"),
    "a = 'x'\n": (1, 5, "expected an expression"),
    "{\n": (1, 1, "expected an argument or a block"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ERRORS.items(), ids=map(repr, ERRORS))
def test_what_is_wrong_and_where(text: str, expected: tuple[int, int, str]) -> None:
    line, column, what = expected
    with pytest.raises(SyntaxProblem) as raised:
        read(text)
    assert str(raised.value) == f"main.tf, line {line}, column {column}: {what}"
    assert (raised.value.path, raised.value.line, raised.value.column) == ("main.tf", line, column)


SCAN_ERRORS = {
    "b {\n  a = 1\n": (1, 1, "the brace of this block is not closed"),
    "x {}\nb {\n  /* }\n": (2, 1, "a comment of this block is not closed"),
    'b {\n  a = "}\n}\n': (2, 9, "this string is not closed on its line, or holds an unknown escape"),
    "b {\n  a = <<E\n}\n": (4, 1, "the heredoc's closing marker is missing"),
    "b {} c {}\n": (1, 6, "expected a new line after a block"),
    "b {}\n}\n": (2, 1, "unexpected closing brace"),
}


@pytest.mark.parametrize(("text", "expected"), SCAN_ERRORS.items(), ids=map(repr, SCAN_ERRORS))
def test_the_scan_says_what_it_cannot_pass_over(text: str, expected: tuple[int, int, str]) -> None:
    with pytest.raises(SyntaxProblem) as raised:
        top_blocks(SourceFile("main.tf", text))
    assert (raised.value.line, raised.value.column, str(raised.value).partition(": ")[2]) == expected


def test_what_is_wrong_in_a_block_is_said_when_it_is_read() -> None:
    bad, good = top_blocks(SourceFile("main.tf", "b {\n  a = 1 2\n}\nc {}\n"))
    assert good.block.type == "c"
    with pytest.raises(SyntaxProblem, match="line 2, column 9"):
        _ = bad.block


NESTED = {
    "parentheses": ("(", "1", ")"),
    "tuples": ("[", "1", "]"),
    "objects": ("{a = ", "1", "}"),
    "keys": ("a[", "1", "]"),
    "calls": ("f(", "1", ")"),
    "strings": ('"${', "1", '}"'),
    "loops": ("[for x in y : ", "1", "]"),
    "conditions": ("a ? ", "1", " : 2"),
    "results": ("a ? 1 : ", "1", ""),
    "negations": ("!", "a", ""),
}
CHAINED = {
    "sums": "1" + " + 1" * MAX_HEIGHT,
    "attributes": "a" + ".b" * MAX_HEIGHT,
    "indexes": "a" + "[0]" * MAX_HEIGHT,
    "in parentheses": "(" * 60 + "a" + ".b" * 100 + ")" * 60 + "[0]" * 100,
    "splats": "a" + "[*]" * MAX_NESTING,
    "directives": '"' + "%{ if a }" * MAX_NESTING + "%{ endif }" * MAX_NESTING + '"',
}


@pytest.mark.parametrize(("before", "inner", "after"), NESTED.values(), ids=NESTED)
def test_nesting_has_an_end(before: str, inner: str, after: str) -> None:
    fits = MAX_NESTING - 1
    text = before * fits + inner + after * fits
    node = parse_expression(SourceFile("main.tf", text))
    assert node.text == text
    assert inner in repr(node)
    for depth in (MAX_NESTING, 100_000):
        with pytest.raises(PlanproofError, match="nested more than 100 levels deep"):
            parse_expression(SourceFile("main.tf", before * depth + inner + after * depth))


@pytest.mark.parametrize("text", CHAINED.values(), ids=CHAINED)
def test_a_tree_has_a_height(text: str) -> None:
    with pytest.raises(PlanproofError, match="levels deep"):
        parse_expression(SourceFile("main.tf", text))


def test_blocks_nest_no_deeper() -> None:
    text = "b {\n" * MAX_NESTING + "}\n" * MAX_NESTING
    assert len(top_blocks(SourceFile("main.tf", text))) == 1
    assert read(text).blocks[0].type == "b"
    with pytest.raises(PlanproofError, match="nested more than 100 levels deep"):
        read("b {\n" + text + "}\n")


SIZE = 100_000
LONG = {
    "blanks": "a = 1" + " " * SIZE + "2\n",
    "comments": "a = 1\n" + "# x\n" * SIZE + "]",
    "block comments": "a = [1 " + "/* * */" * SIZE + "2]\n",
    "stars": "a = 1 /*" + "*" * SIZE + "\n",
    "names": "a = " + "b" * SIZE + "(\n",
    "dots": "a = " + "b." * 200 + "." * SIZE + "\n",
    "digits": "a = " + "1" * SIZE + "\n",
    "quotes": "b {\n" + '"' * (SIZE + 1) + "\n",
    "dollars": 'b {\n a = "' + "$" * SIZE + "\n",
    "escapes": 'b {\n a = "' + "$${" * SIZE + "\n",
    "interpolations": 'b {\n a = "' + "${a}" * SIZE + "\n",
    "open interpolations": "b {\n a = " + '"${a' * SIZE + "\n",
    "heredoc lines": "b {\n a = <<E\n" + " \n" * SIZE,
    "heredoc markers": "b {\n a = <<E\n" + " Ex\n" * SIZE,
    "heredocs": "b {\n a = [" + "<<E\nE\n," * SIZE,
    "entries": "a = {" + "b\n" * SIZE + "}",
    "loops": "a = [for " + "x" * SIZE + ", y of z : 1]",
    "labels": "b " + "c " * SIZE + "\n",
}


@pytest.mark.slow
@pytest.mark.parametrize("text", LONG.values(), ids=LONG)
def test_a_long_file_takes_no_longer_for_each_of_its_lines(text: str) -> None:
    """What would go over such a text again and again would take minutes."""
    began = time.process_time()
    file = SourceFile("main.tf", text)
    for reader in (parse, top_blocks):
        with pytest.raises(SyntaxProblem):
            reader(file)
    assert time.process_time() - began < 5
