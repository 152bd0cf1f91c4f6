"""tree-sitter's grammar of HCL reads every file of the repository as we do.

Its known faults, each of which grammar.py makes up for or a case below names: `a ? b : c ? d : e` is grouped from the left, an exponent
needs a fraction before it, and what is not JSON nor HCL is let pass.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.grammar import compare
from support.repository import ROOT

GLOBS = ("fixtures/**/*.tf", "fixtures/**/*.tofu", "fixtures/**/*.hcl", "tests/plans/**/*.tf", "examples/**/*.tf")
FILES = [file for glob in GLOBS for file in sorted(ROOT.glob(glob))]
BROKEN = ROOT / "fixtures/bad/test_coverage/broken/tests/more.tftest.hcl"
OTHERWISE = {
    BROKEN: "both refuse",
    # numbers such as 4e2
    ROOT / "fixtures/bad/log_bucket_retention/references/main.tf": "only they refuse",
    ROOT / "fixtures/bad/prevent_destroy/always/main.tf": "only they refuse",
    ROOT / "tests/plans/expressions/main.tf": "only they refuse",
}


def test_there_are_files() -> None:
    assert len(FILES) > 150
    assert OTHERWISE.keys() <= set(FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_both_read_a_file_alike(path: Path) -> None:
    assert compare(path.read_bytes().decode()) == OTHERWISE.get(path, "same")


TEXTS = {
    "a = b ? c : d ? e : (f ? g : h)\n": "same",
    "a = ((b) + (c * d))\n": "same",
    'a = ["${b}", "é${c ~} d", <<E\nx ${"y"}\nE\n, ("z")]\n': "same",
    'ö "é" b {\n  c = { (d) = -e, f = g[*].h, "i" : [for j in k : j] }\n}\n': "same",
    "a = {for b, c in d : b => c... if e}\n": "same",
    'a = "%{ for b in c }%{ if d }e%{ else }f%{ endif }%{ endfor }"\n': "same",
    "a = 1e3\n": "only they refuse",
    "a = 1\na = 2\n": "only we refuse: main.tf, line 2, column 1: this argument is set twice",
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.items(), ids=map(repr, TEXTS))
def test_both_read_a_text_alike(text: str, expected: str) -> None:
    assert compare(text) == expected
