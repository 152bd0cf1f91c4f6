"""Expressions of the native syntax and the trees that they are."""

from __future__ import annotations

import pytest

from planproof.syntax.expressions import parse_expression
from planproof.syntax.file import SourceFile
from planproof.syntax.hcl import parse
from planproof.syntax.nodes import Literal, Node, Template
from planproof.syntax.traversals import references


def expression(text: str) -> Node:
    return parse_expression(SourceFile("main.tf", text))


def argument(text: str) -> Node:
    """The expression of the argument `a` of a file."""
    return parse(SourceFile("main.tf", text)).attributes["a"].expression


TREES = {
    # constants
    "12": "Literal(12)",
    "007": "Literal(7)",
    "1.5": "Literal(1.5)",
    "1e3": "Literal(1000)",
    "1.5E-2": "Literal(0.015)",
    "2.50e+1": "Literal(25)",
    "1e30": f"Literal({10**30})",
    "9" * 40: f"Literal({'9' * 40})",
    "true": "Literal(True)",
    "false": "Literal(False)",
    "null": "Literal(None)",
    "truely": "Variable('truely')",
    '"text"': "Literal('text')",
    '""': "Literal('')",
    r'"\n\r\t\"\\\u00e9\U0001F600"': r"""Literal('\n\r\t"\\é😀')""",
    r'"\ud800\UFFFFFFFF"': "Literal('\ufffd\ufffd')",
    '"e\u0301"': "Literal('é')",
    # names
    "var": "Variable('var')",
    "größe-1": "Variable('größe-1')",
    "a.b-c.d_e": "GetAttr(GetAttr(Variable('a'), 'b-c'), 'd_e')",
    "a . b": "GetAttr(Variable('a'), 'b')",
    "a\n  .b\n  .c": "GetAttr(GetAttr(Variable('a'), 'b'), 'c')",
    "a.for.in.if": "GetAttr(GetAttr(GetAttr(Variable('a'), 'for'), 'in'), 'if')",
    'a[0]["k"][b.c]': "Index(Index(Index(Variable('a'), Literal(0)), Literal('k')), GetAttr(Variable('b'), 'c'))",
    "a.0.b": "GetAttr(Index(Variable('a'), Literal(0)), 'b')",
    "a.0.1": "Index(Index(Variable('a'), Literal(0)), Literal(1))",
    "a[-1]": "Index(Variable('a'), Unary('-', Literal(1)))",
    "(a).b": "GetAttr(Variable('a'), 'b')",
    "f(x).b[0]": "Index(GetAttr(Call('f', (Variable('x'),), False), 'b'), Literal(0))",
    "{a = 1}.a": "GetAttr(ObjectNode(((Literal('a'), Literal(1)),)), 'a')",
    # splats
    "a[*]": "Splat(Variable('a'), True, ())",
    "a [ * ] .b": "Splat(Variable('a'), True, ('b',))",
    "a[*].b[0].c": "Splat(Variable('a'), True, ('b', Literal(0), 'c'))",
    "a[*][b]": "Splat(Variable('a'), True, (Variable('b'),))",
    "a[*].b.0": "Splat(Variable('a'), True, ('b', Literal(0)))",
    "a[*].b[*].c": "Splat(Variable('a'), True, ('b', Each(True, ('c',))))",
    "a[*].b.*.c[0]": "Splat(Variable('a'), True, ('b', Each(False, ('c',)), Literal(0)))",
    "a.*.b.c": "Splat(Variable('a'), False, ('b', 'c'))",
    "a.*.b.0.c": "Splat(Variable('a'), False, ('b', Literal(0), 'c'))",
    "a.*.b[0].c": "GetAttr(Index(Splat(Variable('a'), False, ('b',)), Literal(0)), 'c')",
    "a.*.b[*].c": "Splat(Splat(Variable('a'), False, ('b',)), True, ('c',))",
    # operators
    "1 + 2 * 3": "Binary('+', Literal(1), Binary('*', Literal(2), Literal(3)))",
    "1 * 2 + 3": "Binary('+', Binary('*', Literal(1), Literal(2)), Literal(3))",
    "1 - 2 - 3": "Binary('-', Binary('-', Literal(1), Literal(2)), Literal(3))",
    "8 / 4 % 3": "Binary('%', Binary('/', Literal(8), Literal(4)), Literal(3))",
    "1 - (2 - 3)": "Binary('-', Literal(1), Binary('-', Literal(2), Literal(3)))",
    "a || b && c": "Binary('||', Variable('a'), Binary('&&', Variable('b'), Variable('c')))",
    "a == b != c": "Binary('!=', Binary('==', Variable('a'), Variable('b')), Variable('c'))",
    "a < 1 == b >= 2": "Binary('==', Binary('<', Variable('a'), Literal(1)), Binary('>=', Variable('b'), Literal(2)))",
    "a && b == 1 + 2 > c": (
        "Binary('&&', Variable('a'), Binary('==', Variable('b'), Binary('>', Binary('+', Literal(1), Literal(2)), Variable('c'))))"
    ),
    "a-b": "Variable('a-b')",
    "a - b": "Binary('-', Variable('a'), Variable('b'))",
    "1-2": "Binary('-', Literal(1), Literal(2))",
    "-1 + 2": "Binary('+', Unary('-', Literal(1)), Literal(2))",
    "-a.b[0]": "Unary('-', Index(GetAttr(Variable('a'), 'b'), Literal(0)))",
    "!!a": "Unary('!', Unary('!', Variable('a')))",
    "!a == b": "Binary('==', Unary('!', Variable('a')), Variable('b'))",
    "a ? b : c": "Conditional(Variable('a'), Variable('b'), Variable('c'))",
    "a ? b : c ? d : e": "Conditional(Variable('a'), Variable('b'), Conditional(Variable('c'), Variable('d'), Variable('e')))",
    "a ? b ? c : d : e": "Conditional(Variable('a'), Conditional(Variable('b'), Variable('c'), Variable('d')), Variable('e'))",
    "a || b ? 1 : 0": "Conditional(Binary('||', Variable('a'), Variable('b')), Literal(1), Literal(0))",
    "a\n? b\n: c": "Conditional(Variable('a'), Variable('b'), Variable('c'))",
    # calls
    "f()": "Call('f', (), False)",
    "f (1, )": "Call('f', (Literal(1),), False)",
    "f(a, b...)": "Call('f', (Variable('a'), Variable('b')), True)",
    "f(\n  a, # one\n  b // two\n)": "Call('f', (Variable('a'), Variable('b')), False)",
    "provider::aws::arn_parse(a)": "Call('provider::aws::arn_parse', (Variable('a'),), False)",
    # tuples and objects
    "[]": "TupleNode(())",
    "[1, [2], ]": "TupleNode((Literal(1), TupleNode((Literal(2),))))",
    "[\n  1,\n\n  2\n]": "TupleNode((Literal(1), Literal(2)))",
    "{}": "ObjectNode(())",
    "{a = 1, b : 2}": "ObjectNode(((Literal('a'), Literal(1)), (Literal('b'), Literal(2))))",
    "{\n  a = 1\n  b = 2,\n\n  # c\n}": "ObjectNode(((Literal('a'), Literal(1)), (Literal('b'), Literal(2))))",
    '{"a b" = 1}': "ObjectNode(((Literal('a b'), Literal(1)),))",
    '{"a-${b}" = 1}': "ObjectNode(((Template((Literal('a-'), Variable('b')), False), Literal(1)),))",
    "{(a) = 1}": "ObjectNode(((Variable('a'), Literal(1)),))",
    "{1 = 2}": "ObjectNode(((Literal(1), Literal(2)),))",
    "{null = 1, true = 2}": "ObjectNode(((Literal('null'), Literal(1)), (Literal('true'), Literal(2))))",
    "{a.b = 1}": "ObjectNode(((GetAttr(Variable('a'), 'b'), Literal(1)),))",
    "{a = b ? 1 : 2, c = 3}": (
        "ObjectNode(((Literal('a'), Conditional(Variable('b'), Literal(1), Literal(2))), (Literal('c'), Literal(3))))"
    ),
    "{a = (\n1\n+\n2\n)}": "ObjectNode(((Literal('a'), Binary('+', Literal(1), Literal(2))),))",
    "[{\n  a = 1\n}]": "TupleNode((ObjectNode(((Literal('a'), Literal(1)),)),))",
    # for
    "[for x in y : x]": "ForTuple(None, 'x', Variable('y'), Variable('x'), None)",
    "[for i, x in y : x if i > 0]": "ForTuple('i', 'x', Variable('y'), Variable('x'), Binary('>', Variable('i'), Literal(0)))",
    "[\n  for x in y :\n  x\n  if z\n]": "ForTuple(None, 'x', Variable('y'), Variable('x'), Variable('z'))",
    "{for k, v in m : k => v}": "ForObject('k', 'v', Variable('m'), Variable('k'), Variable('v'), False, None)",
    "{for v in m : v.k => v... if v.on}": (
        "ForObject(None, 'v', Variable('m'), GetAttr(Variable('v'), 'k'), Variable('v'), True, GetAttr(Variable('v'), 'on'))"
    ),
    "[for x in a ? b : c : x]": (
        "ForTuple(None, 'x', Conditional(Variable('a'), Variable('b'), Variable('c')), Variable('x'), None)"
    ),
    "[fortune]": "TupleNode((Variable('fortune'),))",
    # templates
    '"${a}"': "Template((Variable('a'),), True)",
    '"${ a ~}"': "Template((Variable('a'),), True)",
    '"x-${a}-y"': "Template((Literal('x-'), Variable('a'), Literal('-y')), False)",
    '"${a}${b}"': "Template((Variable('a'), Variable('b')), False)",
    '"x ${~ a ~} y"': "Template((Literal('x'), Variable('a'), Literal('y')), False)",
    '"${"in ${"deep"}"}"': "Template((Template((Literal('in '), Literal('deep')), False),), True)",
    '"${{"}" = "}"}}"': "Template((ObjectNode(((Literal('}'), Literal('}')),)),), True)",
    '"${\n  a # }\n}"': "Template((Variable('a'),), True)",
    '"$${a} %%{b} $c %d $$ 100%"': "Literal('${a} %{b} $c %d $$ 100%')",
    '"$$${a}"': "Literal('$${a}')",
    '"%{ if a }b%{ endif }"': "Template((TemplateIf(Variable('a'), Template((Literal('b'),), False), Template((), False)),), False)",
    '"%{ if a }b%{ else }${c}%{ endif }"': (
        "Template((TemplateIf(Variable('a'), Template((Literal('b'),), False), Template((Variable('c'),), False)),), False)"
    ),
    '"%{ for k, v in m ~} ${k} %{~ endfor }"': (
        "Template((TemplateFor('k', 'v', Variable('m'), Template((Literal(''), Variable('k'), Literal('')), False)),), False)"
    ),
    '"%{ for x in y }%{ if x }a%{ endif }%{ endfor }"': (
        "Template((TemplateFor(None, 'x', Variable('y'), "
        "Template((TemplateIf(Variable('x'), Template((Literal('a'),), False), Template((), False)),), False)),), False)"
    ),
}


@pytest.mark.parametrize(("text", "tree"), TREES.items(), ids=TREES)
def test_an_expression_is_its_tree(text: str, tree: str) -> None:
    node = expression(text)
    assert repr(node) == tree
    assert node.text == text
    assert repr(expression(f" ( {text}\n) ")) == tree


# What Terraform makes of each (`terraform console`).
HEREDOCS = {
    "<<EOT\nx\n  y\nEOT\n": "x\n  y\n",
    "<<EOT\n  x\n  EOT\n": "  x\n",
    "<<EOT\nEOT\n": "",
    "<<EOT\nEOT x\n EOT \t\n": "EOT x\n",
    "<<-EOT\n    a\n      b\n\tc\n\n   \n    EOT\n": "   a\n     b\nc\n\n   \n",
    "<<-E\n  a\n    b\n  E\n": "a\n  b\n",
    '<<E\nq \\n "w" $${x} %%{y} $z %\nE\n': 'q \\n "w" ${x} %{y} $z %\n',
    "<<E\r\na\r\nE\r\n": "a\r\n",
}


@pytest.mark.parametrize(("text", "value"), HEREDOCS.items(), ids=map(repr, HEREDOCS))
def test_a_heredoc_is_its_text(text: str, value: str) -> None:
    node = argument(f"a = {text}")
    assert isinstance(node, Literal)
    assert node.value == value


HEREDOC_TEMPLATES = {
    "<<E\n    a ${x ~}   \n      b\n  ${~ y}\nE\n": [
        "Literal('    a ')",
        "Variable('x')",
        "Literal('      b\\n')",
        "Variable('y')",
        "Literal('\\n')",
    ],
    "<<-E\n    a\n      ${x}\n    E\n": ["Literal('a\\n  ')", "Variable('x')", "Literal('\\n')"],
    "<<-E\n    a\n${x}\n    E\n": ["Literal('    a\\n')", "Variable('x')", "Literal('\\n')"],
    "<<E\n%{ if x ~}\n   c\n    %{~ endif ~}\n  d\nE\n": [
        "TemplateIf(Variable('x'), Template((Literal('   c\\n'),), False), Template((), False))",
        "Literal('  d\\n')",
    ],
    "<<E\n${<<F\nE\nF\n}\nE\n": ["Literal('E\\n')", "Literal('\\n')"],
}


@pytest.mark.parametrize(("text", "parts"), HEREDOC_TEMPLATES.items(), ids=map(repr, HEREDOC_TEMPLATES))
def test_a_heredoc_takes_whitespace_away_line_by_line(text: str, parts: list[str]) -> None:
    node = argument(f"a = {text}")
    assert isinstance(node, Template)
    assert [repr(part) for part in node.parts] == parts


def test_a_template_of_one_interpolation_is_what_is_in_it() -> None:
    wrapped, made = expression('"${var.a}"'), expression('"${var.a} "')
    assert isinstance(wrapped, Template)
    assert isinstance(made, Template)
    assert (wrapped.unwrapped.text, made.unwrapped) == ("var.a", made)


REFERENCES = {
    "var.a": ["var.a"],
    'a.b[0].c["d e"].f': ['a.b[0].c["d e"].f'],
    "a.b.0.c": ["a.b[0].c"],
    "a[each.key].b": ["a", "each.key"],
    "a.b[*].c[d.e]": ["a.b", "d.e"],
    "a[*].b[*][c]": ["a", "c"],
    "f(a.b)[0].c": ["a.b"],
    '"${a.b}-%{ if c.d }${e}%{ else }${f}%{ endif }"': ["a.b", "c.d", "e", "f"],
    "{(a.b) = c.d, e = f}": ["a.b", "c.d", "f"],
    "a.b ? c.d : -e.f": ["a.b", "c.d", "e.f"],
    "[for x in x.y : x.z if x.w]": ["x.y"],
    "{for k, v in a : k => v.b if c}": ["a", "c"],
    "[for x in a : [for y in x.b : [x, y, z]]]": ["a", "z"],
    "[for x in a : x] == x.b": ["a", "x.b"],
    '"%{ for x in a }${x}${y}%{ endfor }${x}"': ["a", "y", "x"],
    "[for x in a : b[x].c]": ["a", "b"],
    "a[true]": ["a"],
}


@pytest.mark.parametrize(("text", "names"), REFERENCES.items(), ids=REFERENCES)
def test_what_an_expression_refers_to(text: str, names: list[str]) -> None:
    assert [str(found) for found in references(expression(text))] == names


def test_a_reference_knows_its_text() -> None:
    (found,) = references(expression('"${ a.b[ 0 ].c[*].d }"'))
    assert found.node.text == "a.b[ 0 ].c"
