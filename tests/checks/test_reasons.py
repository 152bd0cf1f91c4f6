"""What each check says of its fixtures, in words: tests/reasons holds the reason, the evidence and the place of every finding.

    PYTHONPATH=checks:tests:tools python tests/checks/test_reasons.py

writes them anew. Read the difference before it is committed: these lines are what people act on.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.judged import CASES, CHECKS, NAMES, judge
from support.repository import FIXTURES, ROOT

REASONS = ROOT / "tests" / "reasons"


def file_of(key: str) -> Path:
    return REASONS / f"{key}.txt"


def section(folder: Path) -> str:
    """A fixture's name, and below it two lines for each finding of its check."""
    lines = [str(folder.relative_to(FIXTURES))]
    for finding in judge(folder, CHECKS[folder.parent.name]).findings:
        reason = finding.reason.replace(f"{ROOT}{os.sep}", "")
        place = f"{Path(finding.file).resolve().relative_to(ROOT)}:{finding.line}" if finding.file else "no place"
        lines.append(f"  {finding.verdict.value} {finding.code}, {finding.subject}: {reason}")
        lines.append(f"    {' | '.join((place, *finding.evidence))}")
    return "\n".join(lines)


@pytest.mark.parametrize("folder", CASES, ids=NAMES)
def test_the_check_says_what_it_said(folder: Path) -> None:
    if not file_of(folder.parent.name).exists():
        pytest.skip("`make generate` writes the reasons of a new check")
    assert section(folder) in file_of(folder.parent.name).read_text(encoding="utf-8").split("\n\n")


def test_the_reasons_of_every_check_are_kept() -> None:
    assert {file_of(key) for key in CHECKS} == set(REASONS.iterdir())


if __name__ == "__main__":
    for key in CHECKS:
        sections = [section(folder) for folder in CASES if folder.parent.name == key]
        file_of(key).write_text("\n\n".join((*sections, "")), encoding="utf-8")
