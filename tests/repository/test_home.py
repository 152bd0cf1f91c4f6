"""The project's home stands in one place; guides and examples follow it, and say so if it has none."""

from __future__ import annotations

import configparser
import json
from pathlib import Path

import pytest

import home as tool
from conftest import ROOT
from planproof import version
from planproof.formats import to_html, to_sarif
from planproof.verdict import CheckInfo, Finding, Report, Verdict

HOME = "https://example.com/team/planproof"
EXAMPLES = {
    "      - uses: OWNER/planproof@v0.1.0": "      - uses: team/planproof@v0.1.0",
    "          repository: OWNER/planproof": "          repository: team/planproof",
    "  - repo: https://github.com/OWNER/planproof": f"  - repo: {HOME}",
    'pip install "planproof @ git+https://github.com/OWNER/planproof.git@<tag>"': f'pip install "planproof @ git+{HOME}.git@<tag>"',
    "see [the checks](docs/checks/README.md) of planproof": "see [the checks](docs/checks/README.md) of planproof",
}


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "home", lambda: HOME)


def test_while_there_is_no_home_a_guide_is_a_command() -> None:
    assert version.home() == ""
    assert version.guide("CKV_PLAN_3") == "planproof explain CKV_PLAN_3"
    assert version.page_url("CKV_PLAN_3") == ""


@pytest.mark.usefixtures("settled")
def test_a_home_makes_guides_links() -> None:
    assert version.guide("CKV_PLAN_3") == f"{HOME}/blob/HEAD/docs/checks/CKV_PLAN_3.md"
    assert version.guide("CKV_ACME_1") == ""


REPORT = Report(
    "plan.json",
    (Finding("CKV_PLAN_3", Verdict.FAIL, "plan", "missing", "no output", "LOW"),),
    rules=(CheckInfo("CKV_PLAN_3", "outputs", "LOW"),),
)


@pytest.mark.usefixtures("settled")
def test_reports_link_to_the_guide() -> None:
    page = f"{HOME}/blob/HEAD/docs/checks/CKV_PLAN_3.md"
    assert json.loads(to_sarif.render([REPORT]))["runs"][0]["tool"]["driver"]["rules"][0]["helpUri"] == page
    assert f'<a href="{page}" rel="noreferrer">guide</a>' in to_html.render([REPORT])


def test_reports_name_the_command_while_there_is_no_guide() -> None:
    assert "helpUri" not in to_sarif.render([REPORT])
    assert "<code>planproof explain CKV_PLAN_3</code>" in to_html.render([REPORT])


CONFIGURATIONS = {
    "[metadata]\nname = planproof\nurl = https://example.com/team/planproof/\n": HOME,
    "[metadata]\nname = planproof\n": "",
    "[metadata]\nname = another\nurl = https://example.com/another\n": "",
    "no configuration": "",
}


@pytest.mark.parametrize(("text", "expected"), CONFIGURATIONS.items())
def test_a_clone_reads_its_own_configuration(text: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.cfg").write_text(text, encoding="utf-8")
    monkeypatch.setattr(version, "__file__", str(tmp_path / "checks" / "planproof" / "version.py"))
    monkeypatch.setattr("importlib.metadata.metadata", lambda _name: {})
    assert version.home.__wrapped__() == expected


@pytest.mark.parametrize(("text", "expected"), EXAMPLES.items())
def test_examples_are_made_from_the_home(text: str, expected: str) -> None:
    assert tool.render(text, HOME) == expected
    assert tool.render(expected, tool.NOWHERE) == text


def test_the_pages_are_up_to_date() -> None:
    assert [
        page
        for page in tool.PAGES
        if tool.render(text := (ROOT / page).read_text("utf-8"), version.home() or tool.NOWHERE) != text
    ] == []


def test_the_library_has_the_version_of_the_package() -> None:
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    assert settings["metadata"]["version"] == version.version()
