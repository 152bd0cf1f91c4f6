"""Edits by ranges, and the layout around them."""

from __future__ import annotations

import pytest

from planproof.fix.edits import Edit, Overlap, applied, fitting
from planproof.fix.layout import aligned
from planproof.fix.places import added_argument, added_block, removed, set_argument
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Body


def body_of(text: str) -> Body:
    return top_blocks(SourceFile("main.tf", text))[0].block.body


def after(text: str, edits: list[Edit]) -> str:
    return aligned(*applied(text, fitting(edits)))


ARGUMENT = [
    ('a "b" {\n  x = 1 /* why\n  z = 3 */\n}\n', "yyy", 'a "b" {\n  x   = 1 /* why\n  z = 3 */\n  yyy = 2\n}\n'),
    ('a "b" {\n  x = "/*" # */\n  z = "*/"\n}\n', "yyy", 'a "b" {\n  x   = "/*" # */\n  z   = "*/"\n  yyy = 2\n}\n'),
    ('a "b" {\n  x = 1 /* why\n  and so */\n}\n', "y", 'a "b" {\n  x = 1 /* why\n  and so */\n  y = 2\n}\n'),
    ('a "b" { /* why\n  and so */\n}\n', "y", 'a "b" { /* why\n  and so */\n  y = 2\n}\n'),
    (
        'a "b" {\n  x = 1 /* a */ /* why\n  and so */ # /* not\n}\n',
        "y",
        'a "b" {\n  x = 1 /* a */ /* why\n  and so */ # /* not\n  y = 2\n}\n',
    ),
    ('a "b" {\n  x = 1 # /* no\n  z = 3 # */\n}\n', "y", 'a "b" {\n  x = 1 # /* no\n  z = 3 # */\n  y = 2\n}\n'),
    # before, the name, after
    ('a "b" {\n  x = 1\n}\n', "y", 'a "b" {\n  x = 1\n  y = 2\n}\n'),
    ('a "b" {\n  x = 1\n}\n', "longer", 'a "b" {\n  x      = 1\n  longer = 2\n}\n'),
    ('a "b" {\n  longer = 1\n}\n', "y", 'a "b" {\n  longer = 1\n  y      = 2\n}\n'),
    ('a "b" {\n\tx = 1\n}\n', "y", 'a "b" {\n\tx = 1\n\ty = 2\n}\n'),
    ('a "b" {\n  x    = 1\n  tags = t\n}\n', "y", 'a "b" {\n  x    = 1\n  y    = 2\n  tags = t\n}\n'),
    ('a "b" {\n  x = 1 # why\n}\n', "yy", 'a "b" {\n  x  = 1 # why\n  yy = 2\n}\n'),
    ('a "b" {\n  x = 1 # why\n  z = 3 # so\n}\n', "x", 'a "b" {\n  x = 2 # why\n  z = 3 # so\n}\n'),
    ('a "b" {\n  x = [\n    1,\n  ]\n}\n', "y", 'a "b" {\n  y = 2\n  x = [\n    1,\n  ]\n}\n'),
    ('a "b" {\n  x = 1\n\n  c {\n    d = 3\n  }\n}\n', "y", 'a "b" {\n  x = 1\n  y = 2\n\n  c {\n    d = 3\n  }\n}\n'),
    ('a "b" {}\n', "y", 'a "b" {\n  y = 2\n}\n'),
    ('a "b" { x = 1 }\n', "y", 'a "b" {\n  x = 1\n  y = 2\n}\n'),
    ('a "b" {\r\n  x = 1\r\n}\r\n', "yy", 'a "b" {\r\n  x  = 1\r\n  yy = 2\r\n}\r\n'),
    ('a "b" {\n  x = "${f("=")}" # = \n}\n', "yy", 'a "b" {\n  x  = "${f("=")}" # = \n  yy = 2\n}\n'),
    ('a "b" {\n  x = <<-EOT\n    k = v\n  EOT\n}\n', "y", 'a "b" {\n  y = 2\n  x = <<-EOT\n    k = v\n  EOT\n}\n'),
]


@pytest.mark.parametrize(("before", "name", "expected"), ARGUMENT)
def test_an_argument_is_set_in_the_layout_of_fmt(before: str, name: str, expected: str) -> None:
    assert after(before, set_argument(body_of(before), name, "2")) == expected


BLOCK = [
    ('a "b" {\n  x = 1 /* why\n  and so */\n}\n', 'a "b" {\n  x = 1 /* why\n  and so */\n\n  c {\n    d = 3\n  }\n}\n'),
    ('a "b" {\n  x = 1\n}\n', 'a "b" {\n  x = 1\n\n  c {\n    d = 3\n  }\n}\n'),
    ('a "b" {\n}\n', 'a "b" {\n  c {\n    d = 3\n  }\n}\n'),
    ('a "b" {}\n', 'a "b" {\n  c {\n    d = 3\n  }\n}\n'),
    ('a "b" { x = 1 }\n', 'a "b" {\n  x = 1\n\n  c {\n    d = 3\n  }\n}\n'),
]


@pytest.mark.parametrize(("before", "expected"), BLOCK)
def test_a_block_is_added_behind_a_blank_line(before: str, expected: str) -> None:
    assert after(before, added_block(body_of(before), "c {\n  d = 3\n}")) == expected


REMOVED = [
    # before, what is taken out, after
    ('a "b" {\n  x   = 1\n  yyy = 2\n}\n', "yyy", 'a "b" {\n  x = 1\n}\n'),
    ('a "b" {\n  x = 1\n\n  c {\n    d = 3\n  }\n}\n', "c", 'a "b" {\n  x = 1\n}\n'),
    ('a "b" {\n  c {\n    d = 3\n  }\n\n  e {\n    f = 4\n  }\n}\n', "c", 'a "b" {\n  e {\n    f = 4\n  }\n}\n'),
    ('a "b" {\n  x = 1\n\n  c {\n    d = 3\n  }\n\n  e {}\n}\n', "c", 'a "b" {\n  x = 1\n\n  e {}\n}\n'),
    ('a "b" {\n  # why\n  x = 1\n  y = 2 # so\n}\n', "y", 'a "b" {\n  # why\n  x = 1\n}\n'),
    ('a "b" {\n  x = 1\n\n  # why\n  # so\n  c {}\n\n  e {}\n}\n', "c", 'a "b" {\n  x = 1\n\n  e {}\n}\n'),
    ('a "b" {\n  x = 1\n\n  // why\n  c {}\n}\n', "c", 'a "b" {\n  x = 1\n}\n'),
    ('a "b" {\n  x = 1\n  # why\n  y = 2\n}\n', "y", 'a "b" {\n  x = 1\n}\n'),
    ('a "b" {\n  # both\n  x = 1\n  y = 2\n}\n', "x", 'a "b" {\n  # both\n  y = 2\n}\n'),
    ('a "b" {\n  # of the block\n\n  x = 1\n}\n', "x", 'a "b" {\n  # of the block\n}\n'),
    ('a "b" {\n  x = 1\n  y = 2 /* so\n  and so */\n}\n', "y", 'a "b" {\n  x = 1\n}\n'),
    ('a "b" {\n  x = 1\n  /* why\n  and so */ y = 2\n}\n', "y", 'a "b" {\n  x = 1\n  /* why\n  and so */\n}\n'),
    ('a "b" { x = 1 }\n', "x", 'a "b" {}\n'),
    ('a "b" {\n  c { x = 1 }\n  y = "{ }"\n}\n', "y", 'a "b" {\n  c { x = 1 }\n}\n'),
]


@pytest.mark.parametrize(("before", "name", "expected"), REMOVED)
def test_what_is_taken_out_leaves_no_gap(before: str, name: str, expected: str) -> None:
    body = body_of(before)
    node = body.attributes.get(name) or body.blocks_of(name)[0]
    assert after(before, removed(node, body)) == expected


def test_edits_at_one_place_have_one_order_whichever_is_first() -> None:
    before = 'a "b" {\n  x = 1\n}\n'
    body = body_of(before)
    both = [added_block(body, "c {}"), added_argument(body, "y", "2")]
    expected = 'a "b" {\n  x = 1\n  y = 2\n\n  c {}\n}\n'
    assert after(before, [*both[0], *both[1]]) == after(before, [*both[1], *both[0]]) == expected


def test_what_is_taken_out_and_what_is_added_behind_it_go_together() -> None:
    before = 'a "b" {\n  x = 1\n  y = 2\n}\n'
    body = body_of(before)
    edits = [*removed(body.attributes["y"], body), *added_argument(body, "z", "3")]
    assert after(before, edits) == 'a "b" {\n  x = 1\n  z = 3\n}\n'


def test_equal_edits_are_one() -> None:
    edit = Edit("main.tf", 3, 3, "x")
    assert fitting([edit, edit]) == [edit]


@pytest.mark.parametrize(
    ("one", "other"),
    [((0, 4, "x"), (2, 6, "y")), ((0, 4, "x"), (0, 4, "y")), ((0, 4, "x"), (2, 2, "y"))],
    ids=["in part", "the same range", "an insertion within"],
)
def test_edits_of_the_same_characters_are_refused(one: tuple[int, int, str], other: tuple[int, int, str]) -> None:
    with pytest.raises(Overlap):
        fitting([Edit("main.tf", *one), Edit("main.tf", *other)])
    assert len(fitting([Edit("main.tf", *one), Edit("other.tf", *other)])) == 2


def test_lines_that_no_edit_touched_stay_as_they_are() -> None:
    before = 'a "b" {\n  x   = 1\n  yy = 2\n\n  z = 3\n}\n'
    assert after(before, set_argument(body_of(before), "z", "4")) == before.replace("z = 3", "z = 4")


HELD = [
    # lines that an edit touches, and lines that are no code
    'a "b" {\n  x = <<-EOT\n    export A=1 # one\n    export LONGER=2 # two\n  EOT\n  y = 3\n}\n',
    'a "b" {\n  x = <<EOT\nk = 1\n\nlonger = 2\nEOT\n}\n',
    'a "b" {\n  /* k = 1\n  longer = 2 */\n  y = 3\n}\n',
]


@pytest.mark.parametrize("text", HELD)
def test_lines_of_heredocs_and_comments_stay_as_they_are(text: str) -> None:
    assert aligned(text, [(0, len(text))]) == text
