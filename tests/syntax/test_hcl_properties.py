"""What holds for any text: it is a tree or the project's error, and an expression that is written from a tree is that tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from planproof.errors import SyntaxProblem
from planproof.syntax import hcl, json_syntax
from planproof.syntax.blocks import top_blocks
from planproof.syntax.expressions import parse_expression
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Body, Node
from planproof.syntax.traversals import references
from support.repository import ROOT

TEXTS = [text for path in sorted(ROOT.glob("fixtures/**/*.tf"))[::5] if len(text := path.read_text(encoding="utf-8")) < 4_000]
PIECES = [
    '"',
    "${",
    "%{",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "=",
    "==",
    "=>",
    ":",
    "?",
    ".",
    "...",
    ",",
    "*",
    "[*]",
    ".*",
    "#",
    "//",
    "/*",
    "*/",
    "<<EOT\n",
    "EOT\n",
    "<<-E\n",
    "E\n",
    "~}",
    "\n",
    "\t",
    "\\",
    "\\u00e9",
    "$${",
    "%%{",
    "::",
    "!",
    "-",
    "<",
    "<=",
    "&&",
    "for",
    "in",
    "if",
    "else",
    "endif",
    "endfor",
    "null",
    "true",
    "0",
    "1.5e3",
    "é",
    "\r\n",
    "\ufeff",
    "\x00",
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A real file with pieces put in, taken out and doubled."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = (
            text[:start] + draw(st.sampled_from([*PIECES, "", text[start:end] * 2])) + text[draw(st.sampled_from([start, end])) :]
        )
    return text


def _problem(read: Callable[[], object]) -> SyntaxProblem | None:
    try:
        read()
    except SyntaxProblem as problem:
        return problem
    return None


def _check(text: str, path: str) -> None:
    file = SourceFile(path, text)
    parse = json_syntax.parse if path.endswith(".json") else hcl.parse
    problem = _problem(lambda: parse(file))
    scanned = _problem(lambda: [found.block for found in top_blocks(file)])
    if problem:
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.column >= 1
    else:
        assert scanned is None
        _check_tree(parse(file), file)


def _check_tree(body: Body, file: SourceFile) -> None:
    assert [found.block.text for found in top_blocks(file)] == [block.text for block in body.blocks]
    assert all(found.node.text for found in references(body))
    pending: list[Node] = [body]
    while pending:
        node = pending.pop()
        assert 0 <= node.start <= node.end <= len(node.file.text)
        for child in node.children():
            assert child.file is not node.file or node.start <= child.start <= child.end <= node.end
            pending.append(child)


@given(mutated())
def test_any_file_is_a_tree_or_an_error(text: str) -> None:
    _check(text, "main.tf")


@given(st.text(st.sampled_from(list("ab1 \n\"'${}%[]().,:=*<>-E\\#/~?!&|"))) | st.text())
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    _check(text, "main.tf")
    _check(f"a = {text}\n", "main.tf")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["x", "${a.b}", "%{ if a }b%{ endif }", "$${", "é\n", "${", "a.b[0]"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "depends_on", "${k}", "a", "//"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["resource", "locals", "variable", "module", "terraform", "x"]), JSON), st.integers(0, 60))
def test_any_json_is_a_tree_or_an_error(data: object, cut: int) -> None:
    text = json.dumps(data, ensure_ascii=False)
    _check(text, "main.tf.json")
    _check(text[:cut] + text[cut + 1 :], "main.tf.json")


class Written(NamedTuple):
    """An expression's text, its tree, and how strongly it binds: 0 a conditional, 1 to 6 operators, 7 a sign, 8 a term."""

    text: str
    tree: str
    strength: int = 8

    def at(self, strength: int) -> str:
        return self.text if self.strength >= strength else f"({self.text})"


OPERATORS = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
NAMES = ["a", "b-1", "é", "for_", "trueish"]
LEAVES = [
    Written("1", "Literal(1)"),
    Written("2.5", "Literal(2.5)"),
    Written('"t"', "Literal('t')"),
    Written("null", "Literal(None)"),
    *(Written(name, f"Variable({name!r})") for name in NAMES),
]
SPACES = ["", " ", " /* x */ ", "\n", " # x\n"]


def _terms(inner: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
    name, space = st.sampled_from(NAMES), st.sampled_from(SPACES)
    operator = st.sampled_from(sorted(OPERATORS))
    return st.one_of(
        st.builds(
            lambda op, a, b, s: Written(
                f"{a.at(OPERATORS[op])} {op} {s}{b.at(OPERATORS[op] + 1)}", f"Binary({op!r}, {a.tree}, {b.tree})", OPERATORS[op]
            ),
            operator,
            inner,
            inner,
            space,
        ),
        st.builds(
            lambda a, b, c: Written(f"{a.at(1)} ? {b.text} : {c.text}", f"Conditional({a.tree}, {b.tree}, {c.tree})", 0),
            inner,
            inner,
            inner,
        ),
        st.builds(lambda op, a: Written(f"{op}{a.at(7)}", f"Unary({op!r}, {a.tree})", 7), st.sampled_from("-!"), inner),
        st.builds(lambda a, n: Written(f"({a.text}).{n}", f"GetAttr({a.tree}, {n!r})"), inner, name),
        st.builds(lambda a, k: Written(f"({a.text})[{k.text}]", f"Index({a.tree}, {k.tree})"), inner, inner),
        st.builds(
            lambda a, k, n: Written(f"({a.text})[*].{n}[{k.text}]", f"Splat({a.tree}, True, ({n!r}, {k.tree}))"),
            inner,
            inner,
            name,
        ),
        st.builds(lambda a, n: Written(f"({a.text}).*.{n}", f"Splat({a.tree}, False, ({n!r},))"), inner, name),
        st.builds(
            lambda items, s: Written(f"[{s}{f',{s}'.join(i.text for i in items)}{s}]", f"TupleNode({_tuple(items)})"),
            st.lists(inner, max_size=3),
            space,
        ),
        st.builds(
            lambda items, s: Written(f"f({s}{f'{s},'.join(i.text for i in items)}{s})", f"Call('f', {_tuple(items)}, False)"),
            st.lists(inner, max_size=3),
            space,
        ),
        st.builds(
            lambda k, v, n: Written(
                f"{{\n  ({k.text}) = ({v.text}), {n} : ({k.text})\n}}",
                f"ObjectNode((({k.tree}, {v.tree}), (Literal({n!r}), {k.tree})))",
            ),
            inner,
            inner,
            name,
        ),
        st.builds(
            lambda c, v, w, n: Written(
                f"[for {n} in {c.text} : {v.text} if {w.text}]", f"ForTuple(None, {n!r}, {c.tree}, {v.tree}, {w.tree})"
            ),
            inner,
            inner,
            inner,
            name,
        ),
        st.builds(
            lambda c, k, v, n: Written(
                f"{{for {n}, x in {c.text} : {k.text} => {v.text}...}}",
                f"ForObject({n!r}, 'x', {c.tree}, {k.tree}, {v.tree}, True, None)",
            ),
            inner,
            inner,
            inner,
            name,
        ),
        st.builds(lambda a, s: Written(f'"x ${{{s}{a.text}{s}}}"', f"Template((Literal('x '), {a.tree}), False)"), inner, space),
        st.builds(
            lambda a, b: Written(
                f'"%{{ if {a.text} }}y%{{ else }}${{{b.text}}}%{{ endif }}"',
                f"Template((TemplateIf({a.tree}, Template((Literal('y'),), False), Template(({b.tree},), False)),), False)",
            ),
            inner,
            inner,
        ),
    )


def _tuple(items: list[Written]) -> str:
    inner = ", ".join(item.tree for item in items)
    return f"({inner},)" if len(items) == 1 else f"({inner})"


@given(st.recursive(st.sampled_from(LEAVES), _terms, max_leaves=25))
def test_what_is_written_from_a_tree_is_that_tree(written: Written) -> None:
    for text in (written.text, f"({written.text})"):
        assert repr(parse_expression(SourceFile("main.tf", text))) == written.tree
