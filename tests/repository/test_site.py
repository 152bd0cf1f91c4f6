"""The documentation is built as a site, with a warning for a link that leads nowhere or a page that nobody finds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from planproof.registry import all_checks
from support.repository import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_check_has_its_page_in_the_navigation(site: Path) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    assert [check.id for check in all_checks() if f'href="checks/{check.id}.html"' not in page] == []


def test_what_is_searched_finds_a_check_and_a_setting(site: Path) -> None:
    texts = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))["docs"]
    assert {"CKV_PLAN_6", "retention_days"} <= set(re.findall(r"\w+", " ".join(each["text"] + each["title"] for each in texts)))


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    asked = {
        found
        for page in site.rglob("*.html")
        for found in re.findall(r'<(?:script|img|link)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text(encoding="utf-8"))
    }
    assert asked == set()


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)\n", encoding="utf-8")
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    kept = re.sub(r"^(nav|hooks):.*?(?=^\w|\Z)", "", settings, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "mkdocs.yml").write_text(kept, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "gone.md" in done.stderr
