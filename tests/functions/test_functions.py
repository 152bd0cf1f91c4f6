"""Terraform's functions: each call of tests/functions/function_cases.json comes to what the real Terraform said, or to nothing.

`python tests/functions/test_functions.py` asks the Terraform at hand again, and writes down what it says and which calls are left open here.
A row is a call: `f` the function, `a` its arguments ({"set": [...]} for a set), `is` the result as JSON, null for a call that is
refused; `set` for a set; `lists` where lists and maps in place of tuples and objects make a difference; `open` for a call that is
not computed here. To add one, write `f` and `a`.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
import unicodedata
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.functions.json_text import json_of
from planproof.functions.set_value import SetValue
from planproof.functions.table import EVALUATED, FUNCTIONS, UNDETERMINED
from planproof.functions.values import FunctionError, NotComputable, key, set_of
from support.real_functions import UNKNOWN, Answer, answers, call
from support.repository import ROOT

HERE = Path(__file__).parent
CASES = HERE / "function_cases.json"
NAMES = HERE / "function_names.txt"
PAGE = ROOT / "docs" / "functions.md"

Row = dict[str, Any]


def rows() -> list[Row]:
    found: list[Row] = json.loads(CASES.read_text(encoding="utf-8"))
    return found


def value_of(data: Any) -> Any:
    """An argument of a row."""
    if isinstance(data, list):
        return [value_of(element) for element in data]
    if isinstance(data, dict):
        return set_of(value_of(data["set"])) if data.keys() == {"set"} else {name: value_of(each) for name, each in data.items()}
    return data


def ours(name: str, arguments: list[Any]) -> Answer | None:
    """What planproof says; None where it does not."""
    try:
        found = FUNCTIONS[name](*arguments)
    except FunctionError:
        return Answer(None)
    except NotComputable:
        return None
    if isinstance(found, SetValue):
        return Answer(json.dumps(sorted(map(json_of, found))), True)
    return Answer(json_of(found))


def expected(row: Row, lists: bool) -> Answer:
    """What Terraform said, a set's elements in an order of their own."""
    text = row["lists"] if lists and "lists" in row else row["is"]
    if text is not None and row.get("set"):
        return Answer(json.dumps(sorted(map(json_of, FUNCTIONS["jsondecode"](text)))), True)
    return Answer(text)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - UNDETERMINED.keys()))
def test_a_call_comes_to_what_terraform_says(name: str) -> None:
    calls = [row for row in rows() if row["f"] == name]
    assert len(calls) >= 2
    wrong = []
    for row in calls:
        found = ours(name, value_of(row["a"]))
        right = found is None if row.get("open") else found == expected(row, False) == expected(row, True)
        if not right:
            wrong.append((row, found))
    assert wrong == []


@pytest.mark.exhaustive
def test_the_cases_are_what_terraform_says(tmp_path: Path) -> None:
    if not shutil.which("terraform"):
        pytest.skip("there is no terraform")
    committed = rows()
    assert made(committed, tmp_path) == committed


@pytest.mark.parametrize("name", sorted(UNDETERMINED))
def test_what_cannot_be_computed_is_left_open(name: str) -> None:
    with pytest.raises(NotComputable, match=UNDETERMINED[name]):
        FUNCTIONS[name]("x")


def test_every_function_of_terraform_is_here_or_the_evaluators() -> None:
    names = NAMES.read_text(encoding="utf-8").split()
    assert sorted(FUNCTIONS.keys() | EVALUATED.keys()) == names
    assert not FUNCTIONS.keys() & EVALUATED.keys()


def test_the_page_says_what_is_computed() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tests/functions/test_functions.py"


def page() -> str:
    """docs/functions.md: the part written by hand, and the table."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition("| function |")
    lines = ["| function | |", "| --- | --- |"]
    for name in sorted(FUNCTIONS.keys() | EVALUATED.keys()):
        if name in UNDETERMINED:
            lines.append(f"| `{name}` | left undetermined: {UNDETERMINED[name]} |")
        elif name in EVALUATED:
            lines.append(f"| `{name}` | evaluated with the configuration: {EVALUATED[name]} |")
        else:
            lines.append(f"| `{name}` | computed{LIMITS.get(name, '')} |")
    return head + "\n".join(lines) + "\n"


LIMITS = {
    "contains": ", except for a null, and for lists or objects among the elements",
    "element": ", except for a negative index",
    "log": " for powers of two, to the base of two",
    "pathexpand": ", except for a path that begins with `~`",
    "pow": " for whole numbers up to 2^53, and for square roots that are whole",
    "regex": ", except for scripts of Unicode and letters beyond ASCII without regard to case",
    "regexall": ", as `regex` is",
    "replace": ", as `regex` is",
    "textdecodebase64": " for UTF-8, UTF-16LE, UTF-16BE and ISO-8859-1",
    "textencodebase64": " for UTF-8, UTF-16LE, UTF-16BE and ISO-8859-1",
    "yamldecode": ", except for tags, merged mappings, times, and invalid YAML",
    "yamlencode": ", except for names over 128 bytes or of several lines, and text that ends in empty lines",
}


# --- bounds ---

LONG = "a" * 50_000
DEEP: Any = []
for _ in range(5_000):
    DEEP = [DEEP]
SHARED: Any = ["x"]
for _ in range(40):
    SHARED = [SHARED, SHARED]
HOSTILE: dict[str, tuple[str, list[Any]]] = {
    "a pattern that goes back": ("regex", ["(a*)*(a*)*(a*)*(a*)*b", LONG]),
    "a pattern written out": ("regex", ["((a{1,30}){1,30}){0,1}b", LONG]),
    "a deep pattern": ("regex", ["(" * 1_000 + ")" * 1_000, ""]),
    "a long pattern": ("regex", ["a|" * 100_000, "a"]),
    "a large class": ("regexall", ["[" + "aé" * 900 + "]x", "y" * 100_000]),
    "many matches": ("regexall", ["", LONG]),
    "a replacement that grows": ("replace", ["a" * 1_000, "/a*?/", "b" * 100_000]),
    "text that grows": ("replace", [LONG, "a", LONG]),
    "text between all": ("replace", [LONG, "", LONG]),
    "a wide format": ("format", ["%99999999d", 1]),
    "a precise format": ("format", ["%.99999999f", 1]),
    "a large number": ("format", ["%f", "1e999999999"]),
    "a number of many digits": ("tonumber", ["9" * 100_000]),
    "digits of a base": ("parseint", ["1" * 100_000, 2]),
    "a power": ("pow", [10, 10**9]),
    "an indent": ("indent", [10**9, "a\n"]),
    "a product": ("setproduct", [list(range(100))] * 10),
    "deep JSON": ("jsondecode", ["[" * 100_000]),
    "deep YAML": ("yamldecode", ["[" * 50_000]),
    "aliases of YAML": ("yamldecode", ["a: &a [1,1,1,1]\n" + "".join(f"{b}: &{b} [*{a},*{a},*{a},*{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True))]),
    "a shared value": ("jsonencode", [SHARED]),
    "a shared value written": ("yamlencode", [SHARED]),
    "a shared list": ("flatten", [SHARED]),
    "shared values alike": ("distinct", [SHARED]),
    "shared values together": ("concat", [SHARED, SHARED]),
    "a shared value sought": ("contains", [SHARED, SHARED]),
    "a shared default": ("lookup", [{"a": 1}, "a", SHARED]),
    "a format of many turns": ("formatlist", ["%s%s", [1] * 10_000, LONG]),
    "a deep value": ("jsonencode", [DEEP]),
    "a deep list": ("flatten", [DEEP]),
    "deep values alike": ("distinct", [[DEEP, DEEP]]),
    "a deep set": ("toset", [[DEEP]]),
    "a deep value written": ("yamlencode", [DEEP]),
    "deep values equal": ("index", [[DEEP], DEEP]),
    "a deep value in a format": ("format", ["%v", DEEP]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_call_is_left_open_soon(name: str, arguments: list[Any]) -> None:
    start = time.process_time()
    with pytest.raises(NotComputable) as error:
        FUNCTIONS[name](*arguments)
    assert time.process_time() - start < 5
    assert len(str(error.value)) < 100


def test_nothing_of_a_value_is_in_a_message() -> None:
    refused = []
    for name in FUNCTIONS:
        for arguments in ([], ["hush"], ["hush", "hush"], [{"hush": "hush"}], [["hush", {"hush": 1}]], ["hush", -1, "hush"]):
            try:
                FUNCTIONS[name](*arguments)
            except (FunctionError, NotComputable) as error:
                refused.append(str(error))
    assert len(refused) > 200
    assert [message for message in refused if "hush" in message or "\n" in message] == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=True) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=3), inner, max_size=4)
        | st.lists(inner, max_size=3).map(SetValue)
    ),
    max_leaves=8,
)


def outcome(name: str, arguments: list[Any]) -> Any:
    """What the call comes to: what its value is told by, or the sentence with which it is refused or left open."""
    try:
        return key(FUNCTIONS[name](*arguments))
    except (FunctionError, NotComputable) as error:
        return str(error)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(VALUES, max_size=4))
def test_any_call_has_a_value_or_is_refused_or_left_open(name: str, arguments: list[Any]) -> None:
    before = repr(arguments)
    assert outcome(name, arguments) == outcome(name, arguments) != ""
    assert repr(arguments) == before


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cn"))).map(partial(unicodedata.normalize, "NFC"))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


@given(DOCUMENTS)
def test_what_is_encoded_is_decoded(value: Any) -> None:
    text = FUNCTIONS["jsonencode"](value)
    assert json.loads(text) == value
    assert FUNCTIONS["jsondecode"](text) == value == FUNCTIONS["jsondecode"](json.dumps(value))


# --- the cases, made anew ---


def made(given: list[Row], folder: Path) -> list[Row]:
    """The rows with what Terraform says now. Those with a null of no type, of which it says nothing, are dropped."""
    calls = [call(row["f"], value_of(row["a"]), lists) for row in given for lists in (False, True)]
    said = answers(calls, folder)
    return [
        _row(row, *pair) for row, pair in zip(given, zip(said[::2], said[1::2], strict=True), strict=True) if UNKNOWN not in pair
    ]


def _row(row: Row, tuples: Answer, lists: Answer) -> Row:
    found: Row = {"f": row["f"], "a": row["a"], "is": tuples.json}
    if tuples.is_set:
        found["set"] = True
    if lists.json != tuples.json:
        found["lists"] = lists.json
    if ours(row["f"], value_of(row["a"])) is None:
        found["open"] = True
    return found


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        lines = [json.dumps(row, ensure_ascii=False) for row in made(rows(), Path(folder))]
    CASES.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
