"""What users read is held to the word list of docs/style.md, and a word of it is found wherever users would read it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import words
from support.repository import ROOT

pytest.importorskip("codespell_lib")

CHECK = '''"""Internal."""
from planproof.check import check


@check(id="CKV_ACME_1", name="{title}")
def some_check(subject, context):
    """{page}"""
    return failed("code", f"{{subject}} {message}" " at all")
'''
PARTS = {"title": "Volumes are encrypted", "page": "Finds volumes.", "message": "is not encrypted"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with nothing to find."""
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / words.STYLE, tmp_path / words.STYLE)
    (tmp_path / "docs" / "page.md").write_text("# A page\n\nLogs are kept\nfor a year.\n", encoding="utf-8")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.yaml").write_text("level: off # a remark\n", encoding="utf-8")
    (tmp_path / "policies" / "a.schema.json").write_text('{"description": "A level."}\n', encoding="utf-8")
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "some_check.py").write_text(CHECK.format(**PARTS), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_the_repository_is_held_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert words.main() == 0, capsys.readouterr().out


def test_what_holds_no_word_of_the_list_passes(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert words.main(root) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("docs/page.md", "# A page\n\nLogs are kept for ever.\n", "docs/page.md:3: for ever ==> indefinitely"),
        ("docs/page.md", "# A page\n\nLogs are kept for\never.\n", "docs/page.md:3: for ever ==> indefinitely"),
        ("docs/page.md", "Somebody is alerted.\n", "docs/page.md:1: Somebody ==> Someone"),
        ("SECURITY.md", "Nobody reads it.\n", "SECURITY.md:1: Nobody ==> No one"),
        ("action.yml", "description: What is demanded.\n", "action.yml:1: demanded ==> require"),
        ("policies/a.yaml", "level: off # has to be off\n", "policies/a.yaml:1: has to ==> must"),
        ("policies/a.schema.json", '{"description": "What it demands."}\n', "policies/a.schema.json:1: demands ==> require"),
        ("checks/some_check.py", {"title": "Tags are demanded"}, "checks/some_check.py:5: demanded ==> require"),
        ("checks/some_check.py", {"page": "Finds what has to go."}, "checks/some_check.py:7: has to ==> must"),
        ("checks/some_check.py", {"message": "is kept for ever"}, "checks/some_check.py:8: for ever ==> indefinitely"),
    ],
)
def test_a_word_of_the_list_is_found(
    file: str, text: str | dict[str, str], found: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = text if isinstance(text, str) else CHECK.format(**PARTS | text)
    (root / file).write_text(written, encoding="utf-8")
    assert words.main(root) == 1
    assert capsys.readouterr().out.splitlines() == [found]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("docs/page.md", "The code `alert_reaches_somebody` and the word `for ever`.\n"),
        (
            "checks/some_check.py",
            '"""What nobody but us reads for ever."""\n\ndemanded = "b"  # a demand\nassert f"{demanded}"\n',
        ),
    ],
)
def test_code_is_left_alone(file: str, text: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / file).write_text(text, encoding="utf-8")
    assert words.main(root) == 0, capsys.readouterr().out


def test_the_page_has_its_pairs_and_no_word_twice() -> None:
    page = (ROOT / words.STYLE).read_text(encoding="utf-8")
    pairs, table = page.partition("## Before and after")[2].split("\n## Words\n")
    assert len(re.findall(r"^\| .+ \| .+ \|$", pairs, re.MULTILINE)) > 20
    listed = [word for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[1:] for word in row.split(", ")]
    assert sorted(words.entries()) == sorted(listed)
    assert not set(words.entries()) & set(words.entries().values())
