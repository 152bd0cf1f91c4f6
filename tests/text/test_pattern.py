"""Patterns of a policy: what they fit is what Python's own regular expressions fit, in linear time."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from planproof.engine import find_policy
from planproof.errors import PatternError, PolicyError
from planproof.policy.layers import bundled_policy
from planproof.text import pattern
from planproof.text.pattern import MAX_TEXT, Pattern, compiled

ATOMS = (
    *("a", "b", "-", ".", "[a-b]", "[^a]", "[a\\-b]", "[-a]", "[a-]", "[]a]", "\\w", "\\d", "\\-", "(a|b)", "(?:a|)", "(ab?)"),
    *("(ab)*", "(a*)*", "(a+b?)+", "a{2}", "(a|b-){1,3}", "b{0}", "(ab?){2,}", "((a|b){1,2}-?){2}"),
)
SUFFIXES = ("", "", "", "*", "+", "?", "{1,2}", "{2,}", "*?")


def test_patterns_fit_what_regular_expressions_fit() -> None:
    """Random patterns and texts, the same ones in each run."""
    rng = random.Random(7)
    compared = 0
    for _ in range(3_000):
        text = "".join(rng.choice(ATOMS) + rng.choice(SUFFIXES) if rng.random() < 0.95 else "|" for _ in range(rng.randint(1, 5)))
        try:
            expected, found = re.compile(text), Pattern(text)
        except (re.error, PatternError):
            continue  # two repetitions in a row
        for _ in range(5):
            sample = "".join(rng.choice("ab-1") for _ in range(rng.randint(0, 7)))
            assert found.fits(sample) is bool(expected.fullmatch(sample)), (text, sample)
            compared += 1
    assert compared > 5_000


@pytest.mark.parametrize(
    ("text", "fitting", "others"),
    [
        ("[a-z0-9]+(-[a-z0-9]+)*", ["corp", "corp-logs-1"], ["", "Corp", "corp_logs", "-corp", "corp-", "corp--logs"]),
        ("^[A-Z][a-z]+$", ["Owner"], ["owner", "OwnerX"]),
        ("^dev$|^prod$", ["dev", "prod"], ["devprod", "$prod"]),
        ("(?i)abc[x-z]", ["ABCX", "abcz"], ["abcd"]),
        ("[a-z]{3,5}", ["abc", "abcde"], ["ab", "abcdef"]),
        ("a.b", ["a-b", "aéb"], ["a\nb", "ab"]),
        ("x{0}y", ["y"], ["xy"]),
        ("", [""], ["a"]),
    ],
)
def test_a_pattern_fits_a_text_as_a_whole(text: str, fitting: list[str], others: list[str]) -> None:
    found = compiled(text)
    assert [t for t in (*fitting, *others) if found.fits(t)] == fitting


@pytest.mark.parametrize(
    ("parts", "fits"),
    [
        (("corp-", None), True),
        (("corp-", None, "-logs"), True),
        ((None,), True),
        (("corpS", None), False),
        (("corp-", None, "_logs"), False),
        (("corp-", None, "-"), False),
        (("corp", None, "-a"), True),
    ],
)
def test_parts_that_are_not_known_may_be_anything(parts: tuple[str | None, ...], fits: bool) -> None:
    assert compiled("[a-z0-9]+(-[a-z0-9]+)*").fits(*parts) is fits


REFUSED = {
    "(?=a)b": "has a group that begins with (?",
    "(?P<x>a)": "has a group that begins with (?",
    "(a)\\1": "has a backreference",
    "\\bfoo": "has word boundaries",
    "[\\D]": "inside a class",
    "(a": "has a ( without its )",
    "a)": "has a ) without its (",
    "[a": "has a [ without its ]",
    "[z-a]": "has an invalid range in a class",
    "*a": "repeats nothing with *",
    "a**": "has two repetitions in a row",
    "a{": "has a { that is not a count",
    "a{3,1}": "has a count whose end is below its start",
    "a^b": "has a ^ inside",
    "a\\": "which is not supported",
    "a" * 600: "is longer than 500 characters",
    "(" * 60 + ")" * 60: "is nested too deeply",
    "(a{50}){50}": "is too large when its repetitions are expanded",
    "(){9999999}": "is too large when its repetitions are expanded",
    "((((a?){90}){90}){90}){90}": "is too large when its repetitions are expanded",
}


@pytest.mark.parametrize(("text", "problem"), REFUSED.items(), ids=[text[:20] for text in REFUSED])
def test_what_would_not_be_linear_is_refused_with_the_reason(text: str, problem: str) -> None:
    with pytest.raises(PatternError, match=re.escape(problem)):
        Pattern(text)


@pytest.mark.parametrize("text", ["(a*)*b", "((a|a)+)+b", "(a|aa)*c", "(.*a.{200}|.*b.{200})", "(.*.*.*.*)*x"])
def test_the_work_grows_with_the_text_alone(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each character of a text is worked on at most once, whatever the pattern."""
    found, steps = Pattern(text), []
    work = found._next
    monkeypatch.setattr(found, "_next", lambda mask, character: steps.append(1) or work(mask, character))
    sample = "".join(random.Random(1).choice("ab") for _ in range(MAX_TEXT))
    assert found.fits("a" * MAX_TEXT) is (bool(re.search(r"200", text)))
    assert found.fits(sample) in (True, False)
    assert len(steps) <= 2 * MAX_TEXT
    assert not found.fits("a" * (MAX_TEXT + 1))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern, "_REMEMBERED", 50)
    found = Pattern("(.*a.{9}|.*b.{9})")
    rng = random.Random(3)
    for _ in range(30):
        assert found.fits("".join(rng.choice("ab") for _ in range(30)))
        assert len(found._states) <= 52


def test_a_policy_with_a_pattern_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("checks:\n  naming_convention:\n    pattern: (a)\\1\n", encoding="utf-8")
    with pytest.raises(
        PolicyError, match=r"policy\.yaml:3: checks\.naming_convention\.pattern must be a pattern.*has a backreference"
    ):
        find_policy(file)


@pytest.mark.parametrize("profile", ["secure-logs", "general"])
def test_the_bundled_patterns_can_be_used(profile: str) -> None:
    settings = bundled_policy(profile)["checks"]["naming_convention"]
    assert all(compiled(text) for text in (settings["pattern"], *settings["patterns"].values()) if text is not None)
    assert settings["patterns"].keys() <= settings["attributes"].keys()
    assert set(settings["within"]) <= settings["attributes"].keys()
    assert settings["paths"].keys() <= settings["attributes"].keys()
    assert len(settings["attributes"]) > 60
