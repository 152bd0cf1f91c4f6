"""What each check says, in words: tests/reasons holds, for each code that it can give, the reason, the place and the evidence of one finding.

    PYTHONPATH=checks:tests:tools python tests/checks/test_reasons.py

writes them anew. Read the difference before it is committed: these lines are what people act on. Verdict and code of every finding stand
in each fixture's expected.json.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest

from planproof.verdict import Finding
from support.judged import CASES, CHECKS, judge
from support.repository import FIXTURES, ROOT

REASONS = ROOT / "tests" / "reasons"


def file_of(key: str) -> Path:
    return REASONS / f"{key}.txt"


@cache
def said(key: str) -> dict[str, str]:
    """Two lines for each verdict and code of a check, from the first fixture that shows it; plain ones come first."""
    found: dict[str, str] = {}
    for folder in sorted((case for case in CASES if case.parent.name == key), key=lambda case: (case.name != "plain", case)):
        for finding in judge(folder, CHECKS[key]).findings:
            found.setdefault(f"{finding.verdict.value} {finding.code}", _lines(folder, finding))
    return dict(sorted(found.items()))


def _lines(folder: Path, finding: Finding) -> str:
    reason = finding.reason.replace(f"{ROOT}{os.sep}", "")
    place = f"{Path(finding.file).resolve().relative_to(ROOT)}:{finding.line}" if finding.file else "no place"
    where = f"{folder.relative_to(FIXTURES)}, {finding.subject}"
    return f"{finding.verdict.value} {finding.code}: {reason}\n  {' | '.join((where, place, *finding.evidence))}\n"


@pytest.mark.parametrize("key", CHECKS)
def test_the_check_says_what_it_said(key: str) -> None:
    if not file_of(key).exists():
        pytest.skip("`make generate` writes the reasons of a new check")
    assert "".join(said(key).values()) == file_of(key).read_text(encoding="utf-8")


def test_the_reasons_of_every_check_are_kept() -> None:
    assert {file_of(key) for key in CHECKS} == set(REASONS.iterdir())


if __name__ == "__main__":
    for key in CHECKS:
        file_of(key).write_text("".join(said(key).values()), encoding="utf-8")
