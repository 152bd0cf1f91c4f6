"""Edits of objects and lists, however their lines, commas, braces and comments stand."""

from __future__ import annotations

import pytest

from planproof.fix.edits import Edit, applied, fitting
from planproof.fix.layout import aligned
from planproof.fix.objects import added_entries, removed_entries, with_items
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Body, ObjectNode


def body_of(text: str) -> Body:
    return top_blocks(SourceFile("main.tf", text))[0].block.body


def after(text: str, edits: list[Edit]) -> str:
    found = aligned(*applied(text, fitting(edits)))
    assert body_of(found)
    return found


def block(text: str) -> str:
    return f"a {{\n  x = {text}\n}}\n"


def object_in(text: str) -> ObjectNode:
    node = body_of(text).attributes["x"].expression
    assert isinstance(node, ObjectNode)
    return node


ADDED = [
    ("{}", "{\n    C = 3\n  }"),
    ("{ A = 1 }", "{ A = 1, C = 3 }"),
    ("{ A = 1, }", "{ A = 1, C = 3, }"),
    ("{\n    A = 1\n  }", "{\n    A = 1\n    C = 3\n  }"),
    ("{\n    A = 1,\n  }", "{\n    A = 1,\n    C = 3,\n  }"),
    ("{\n    A = 1 ,\n  }", "{\n    A = 1 ,\n    C = 3,\n  }"),
    ("{\n    A = 1\n    B = 2 }", "{\n    A = 1\n    B = 2\n    C = 3\n  }"),
    ("{\n    A = 1\n    B = 2, }", "{\n    A = 1\n    B = 2,\n    C = 3,\n  }"),
    ("{\n    A = 1\n    B = 2}", "{\n    A = 1\n    B = 2\n    C = 3\n  }"),
    ("{\n    A = 1, B = 2 }", "{\n    A = 1, B = 2\n    C = 3\n  }"),
    ("{\n    A = 1 # why }\n  }", "{\n    A = 1 # why }\n    C = 3\n  }"),
    ("{\n    A = 1 /* why\n    so */\n  }", "{\n    A = 1 /* why\n    so */\n    C = 3\n  }"),
    ("{\n    A = 1\n    B = 2 /* why */ }", "{\n    A = 1\n    B = 2 /* why */\n    C = 3\n  }"),
    ("{ A = 1,\n    B = 2\n  }", "{ A = 1,\n    B = 2\n    C = 3\n  }"),
    ("{ A = 1,\n    B = 2 }", "{ A = 1,\n    B = 2, C = 3 }"),
    ("{\n    A = <<-EOT\n      }\n    EOT\n  }", "{\n    A = <<-EOT\n      }\n    EOT\n    C = 3\n  }"),
]


@pytest.mark.parametrize(("before", "expected"), ADDED)
def test_an_entry_is_added_within_the_braces(before: str, expected: str) -> None:
    text = block(before)
    assert after(text, added_entries(object_in(text), {"C": "3"})) == block(expected)


REMOVED = [
    ("{ A = 1, B = 2, C = 3 }", "A", "{ B = 2, C = 3 }"),
    ("{ A = 1, B = 2, C = 3 }", "B", "{ A = 1, C = 3 }"),
    ("{ A = 1, B = 2, C = 3 }", "C", "{ A = 1, B = 2 }"),
    ("{ A = 1, B = 2, C = 3 }", "AB", "{ C = 3 }"),
    ("{ A = 1, B = 2, C = 3 }", "BC", "{ A = 1 }"),
    ("{ A = 1, B = 2, C = 3 }", "AC", "{ B = 2 }"),
    ("{ A = 1, B = 2 }", "AB", "{}"),
    ("{ A = 1, B = 2 }", "", "{ A = 1, B = 2 }"),
    ("{\n    A = 1\n    B = 2\n    C = 3\n  }", "AB", "{\n    C = 3\n  }"),
    ("{\n    A = 1\n    B = 2\n    C = 3\n  }", "BC", "{\n    A = 1\n  }"),
    ("{\n    A = 1, # why\n    B = 2,\n    C = 3,\n  }", "AC", "{\n    B = 2,\n  }"),
    ("{\n    A = 1\n    B = 2 }", "B", "{\n    A = 1 }"),
    ("{\n    A = 1\n    B = 2 }", "A", "{\n    B = 2 }"),
    ("{\n    A = 1\n    B = 2,\n    C = 3 }", "BC", "{\n    A = 1 }"),
    ("{\n    A = 1, B = 2\n    C = 3\n  }", "A", "{\n    B = 2\n    C = 3\n  }"),
    ("{\n    A = 1, B = 2\n    C = 3\n  }", "B", "{\n    A = 1, C = 3\n  }"),
    ("{\n    A = 1\n    B = 2 /* why\n    so */\n    C = 3\n  }", "B", "{\n    A = 1\n    C = 3\n  }"),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize(("before", "keys", "expected"), REMOVED)
def test_entries_are_taken_out_with_their_lines_or_commas(before: str, keys: str, expected: str, newline: str) -> None:
    text = block(before).replace("\n", newline)
    assert after(text, removed_entries(object_in(text), keys)) == block(expected).replace("\n", newline)


ITEMS = [
    ("[]", "[n]"),
    ("[ ]", "[n]"),
    ("[\n  ]", "[n]"),
    ("null", "[n]"),
    ("[\n    # nobody yet\n  ]", "[\n    # nobody yet\n    n,\n  ]"),
    ("[a]", "[a, n]"),
    ("[\n    a,\n  ]", "[\n    a, n,\n  ]"),
    ("var.all", "concat(var.all, [n])"),
]


@pytest.mark.parametrize(("before", "expected"), ITEMS)
def test_an_item_is_added_to_a_list(before: str, expected: str) -> None:
    text = block(before)
    assert after(text, with_items(body_of(text), "x", ["n"])) == block(expected)
