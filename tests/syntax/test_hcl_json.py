"""The JSON syntax: the same tree as the native syntax, with positions in the JSON file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from planproof.errors import PlanproofError, SyntaxProblem
from planproof.syntax import hcl, json_syntax
from planproof.syntax.blocks import top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Body, Node
from planproof.syntax.traversals import references


def read(text: str) -> Body:
    return json_syntax.parse(SourceFile("main.tf.json", text))


def argument(value: Any, name: str = "a", *path: str) -> Node:
    """The expression of an argument of a local, or of the block that a path of names leads to."""
    for key in [name, *reversed(path or ("locals",))]:
        value = {key: value}
    (block,) = read(json.dumps(value)).blocks
    return block.body.attributes[name].expression


SAME = {
    "blocks": (
        {"resource": {"aws_sqs_queue": {"a": {"name": "x"}, "b": {"name": "y"}}, "aws_sns_topic": {"c": {}}}},
        'resource "aws_sqs_queue" "a" {\n  name = "x"\n}\nresource "aws_sqs_queue" "b" {\n  name = "y"\n}\nresource "aws_sns_topic" "c" {}',
    ),
    "arrays of blocks": (
        {"provider": {"aws": [{"region": "a"}, {"alias": "b"}]}, "locals": [{"x": 1}, {"y": 2}]},
        'provider "aws" {\n  region = "a"\n}\nprovider "aws" {\n  alias = "b"\n}\nlocals {\n  x = 1\n}\nlocals {\n  y = 2\n}',
    ),
    "arrays of labels": ({"variable": [{"x": {}}, {"y": [{}]}]}, 'variable "x" {}\nvariable "y" {}'),
    "an array at the root": ([{"locals": {"x": 1}}, {"output": {"o": {}}}], 'locals {\n  x = 1\n}\noutput "o" {}'),
    "comments": ({"//": "x", "locals": {"//": ["y"], "x": {"//": 1}}}, 'locals {\n  x = {"//" = 1}\n}'),
    "expressions": (
        {"locals": {"a": "${f(x.y)}", "b": "n-${c}", "d": {"${k}-x": [1, -2.5, True, None, "s"]}, "e": "$${x}"}},
        'locals {\n  a = "${f(x.y)}"\n  b = "n-${c}"\n  d = {"${k}-x" = [1, (-2.5), true, null, "s"]}\n  e = "$${x}"\n}',
    ),
    "references of a resource": (
        {"resource": {"a": {"b": {"provider": "aws.west", "depends_on": ["c.d", "module.e[0]"], "count": "${n}"}}}},
        'resource "a" "b" {\n  provider = aws.west\n  depends_on = [c.d, module.e[0]]\n  count = "${n}"\n}',
    ),
    "variables": (
        {"variable": {"v": {"type": "list(string)", "default": ["${x}"], "description": "%{if}"}}},
        'variable "v" {\n  type = list(string)\n  default = ["$${x}"]\n  description = "%%{if}"\n}',
    ),
    "modules": (
        {"module": {"m": {"source": "./${x}", "providers": {"aws": "aws.b", "aws.c": "aws.d"}, "n": "${x}"}}},
        'module "m" {\n  source = "./$${x}"\n  providers = {\n    aws = aws.b\n    aws.c = aws.d\n  }\n  n = "${x}"\n}',
    ),
    "moves": ({"moved": {"from": "a.b", "to": "a.c[0]"}}, "moved {\n  from = a.b\n  to = a.c[0]\n}"),
    "imports": ({"import": {"to": "a.b", "id": "${x}"}}, 'import {\n  to = a.b\n  id = "${x}"\n}'),
    "settings of Terraform": ({"terraform": {"required_version": "${x}"}}, 'terraform {\n  required_version = "$${x}"\n}'),
    "text in NFC": ({"locals": {"a": "e\u0301"}}, 'locals {\n  a = "e\u0301"\n}'),
}


@pytest.mark.parametrize(("data", "native"), SAME.values(), ids=SAME)
def test_json_is_the_tree_of_the_native_syntax(data: Any, native: str) -> None:
    wanted = hcl.parse(SourceFile("main.tf", native)).blocks
    for text in (json.dumps(data), json.dumps(data, indent=2, ensure_ascii=False), f"\ufeff{json.dumps(data)}\r\n"):
        found = read(text).blocks
        assert [(b.type, b.labels) for b in found] == [(b.type, b.labels) for b in wanted]
        assert [_plain(b.body) for b in found] == [_plain(b.body) for b in wanted]


def _plain(body: Body) -> str:
    """A body's tree; a negative number is one token of JSON."""
    return repr(body.attributes).replace("Unary('-', Literal(2.5))", "Literal(-2.5)")


def test_a_property_is_an_argument_and_blocks() -> None:
    (block,) = read(
        json.dumps(
            {
                "resource": {
                    "a": {
                        "b": {
                            "rule": [{"id": "${x}", "filter": {"prefix": "p"}}, {"id": "y"}],
                            "lifecycle": {"ignore_changes": ['tags["x"]'], "prevent_destroy": True},
                            "provisioner": [{"local-exec": {"when": "destroy", "command": "${c}"}}, {"file": {}}],
                            "dynamic": {"set": {"for_each": "${d}", "iterator": "it", "content": {"n": "${it.value}"}}},
                        }
                    }
                }
            }
        )
    ).blocks
    body = block.body
    assert [repr(rule.body.attributes["id"].expression) for rule in body.blocks_of("rule")] == [
        "Template((Variable('x'),), True)",
        "Literal('y')",
    ]
    (filter_,) = body.blocks_of("rule")[0].body.blocks_of("filter")
    assert repr(filter_.body.attributes) == "{'prefix': Attribute('prefix', Literal('p'))}"
    (lifecycle,) = body.blocks_of("lifecycle")
    assert repr(lifecycle.body.attributes["ignore_changes"].expression) == "TupleNode((Index(Variable('tags'), Literal('x')),))"
    provisioners = body.blocks_of("provisioner", labels=1)
    assert [provisioner.labels for provisioner in provisioners] == [("local-exec",), ("file",)]
    assert repr(provisioners[0].body.attributes["when"].expression) == "Variable('destroy')"
    (dynamic,) = body.blocks_of("dynamic", labels=1)
    assert repr(dynamic.body.attributes["iterator"].expression) == "Variable('it')"
    assert [str(found) for found in references(dynamic.body.blocks_of("content")[0].body)] == ["it.value"]
    assert body.blocks_of("other") == []


def test_a_keyword_is_a_variable() -> None:
    (block,) = read('{"resource": {"a": {"b": {"lifecycle": {"ignore_changes": "all"}}}}}').blocks
    assert repr(block.body.blocks_of("lifecycle")[0].body.attributes["ignore_changes"].expression) == "Variable('all')"


def test_positions_are_those_of_the_file() -> None:
    text = '{"locals": {\n  "a": "é\\u00e9\\n\\ud83d\\ude00\\"${ var.x }\\"${var.y}"\n}}'
    (block,) = read(text).blocks
    whole = block.body.attributes["a"].expression
    assert (whole.line, whole.column, whole.text) == (2, 8, text[text.index('"é') : text.index("\n}}")])
    first, second = references(whole)
    for found, name in ((first, "var.x"), (second, "var.y")):
        start, end = found.node.byte_range
        assert text.encode()[start:end].decode() == name == found.node.text
        assert (found.node.line, found.node.column) == (2, text.index(name) - text.index("\n"))


def test_top_blocks_are_those_of_the_tree() -> None:
    text = '{"resource": {"a": {"b": {"c": 1}}}}'
    (block,) = top_blocks(SourceFile("main.tf.json", text))
    assert (block.type, block.labels, text[block.start : block.end]) == ("resource", ("a", "b"), '{"c": 1}')
    assert repr(block.block.body.attributes) == "{'c': Attribute('c', Literal(1))}"


ERRORS = {
    "": (1, 1, "expected a value"),
    "{": (1, 2, "expected a name in double quotes"),
    '{"a" 1}': (1, 6, "expected a colon"),
    '{"a": 1': (1, 8, "expected a comma or a closing }"),
    '{"a": [1 2]}': (1, 10, "expected a comma or a closing ]"),
    '{"a": 1,}': (1, 9, "expected a name in double quotes"),
    '{"a": [1,]}': (1, 10, "expected a value"),
    '{"a": 01}': (1, 8, "expected a comma or a closing }"),
    '{"a": "x\ny"}': (1, 7, "expected a value"),
    '{"a": "\\x"}': (1, 7, "this string holds an unknown escape"),
    '{"a": 1e9999}': (1, 7, "this number is too large or too small"),
    '{"a": nul}': (1, 7, "expected a value"),
    "{} {}": (1, 4, "expected the end of the file"),
    '"x"': (1, 1, "expected an object for a block"),
    '{"locals": 1}': (1, 12, "expected an object for a block"),
    '{"resource": {"a": []}}': None,
    '{"resource": {"a": {"b": "x"}}}': (1, 26, "expected an object for a block"),
    '{"locals": {"a": 1, "a": 2}}': (1, 21, "this argument is set twice"),
    '{"locals": {\n "a": "x${"}}': (2, 11, "expected an expression"),
    '{"locals": {\n "a": "\\n${b"}}': (2, 13, "expected a closing }"),
    '{"module": {"m": {"depends_on": ["a b"]}}}': (1, 37, "expected the end of the expression"),
}


@pytest.mark.parametrize(("text", "expected"), ERRORS.items(), ids=map(repr, ERRORS))
def test_what_is_wrong_and_where(text: str, expected: tuple[int, int, str] | None) -> None:
    if expected is None:
        assert read(text).blocks == []
        return
    with pytest.raises(SyntaxProblem) as raised:
        read(text)
    line, column, what = expected
    assert str(raised.value) == f"main.tf.json, line {line}, column {column}: {what}"


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"locals": {"a": ' + "[" * 200 + "]" * 200 + "}}"])
def test_nesting_has_an_end(text: str) -> None:
    with pytest.raises(PlanproofError, match="nested more than 100 levels deep"):
        read(text)


def test_a_template_in_a_deep_value_is_read() -> None:
    node = argument(json.loads("[" * 90 + '"' + "${f(" * 1 + "x" + ")}" + '"' + "]" * 90))
    assert repr(node).count("TupleNode") == 90
    assert [str(found) for found in references(node)] == ["x"]
