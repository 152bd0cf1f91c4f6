"""The documents at the root say what is so: their links lead somewhere, their code runs, their output is what the programs print."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import readme
from planproof.cli.commands.check import FORMATS
from planproof.engine import find_policy
from planproof.registry import all_checks
from planproof.review.modes import MODES, mode_of
from support.repository import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
TEXT = readme.README.read_text(encoding="utf-8")


def blocks(language: str, text: str = TEXT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """The text of a section of the README."""
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_to_files_that_exist(name: str) -> None:
    targets = re.findall(r"\]\((?!https://|#)([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_make_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=    |`)", (ROOT / name).read_text(encoding="utf-8")))
    assert named <= targets


def test_the_two_commands_stand_at_the_top() -> None:
    assert re.findall(r"^    (make \w+)", "\n".join(TEXT.splitlines()[:6]), re.MULTILINE) == ["make demo", "make test"]


def test_commands_of_planproof_exist() -> None:
    folder = ROOT / "checks" / "planproof" / "cli" / "commands"
    known = {file.stem.replace("_", "-") for file in folder.glob("*.py")}
    assert set(re.findall(r"`planproof ([a-z-]+)", TEXT)) <= known


def test_the_code_for_the_library_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = blocks("python", section("As a library"))
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "PASS CKV_PLAN_4 aws_s3_bucket.logs the name contains random_id.suffix.hex\n" in printed


def test_the_policy_can_be_used_and_means_what_it_says(tmp_path: Path) -> None:
    (text,) = blocks("yaml", section("Policy"))
    file = tmp_path / "planproof.yaml"
    file.write_text(text, encoding="utf-8")
    policy = find_policy(file)
    types = policy.settings("versioning_coverage")["types"]
    assert policy.settings("log_bucket_retention")["retention_days"] == 400
    assert types.get("aws_lambda_function") is None
    assert set(types["aws_cloudwatch_log_group"]["must"]) == {"a_year"}
    assert [(waiver.check, str(waiver.expires)) for waiver in policy.waivers] == [("CKV_PLAN_8", "2027-03-31")]


def test_every_failure_mode_of_the_review_has_a_check() -> None:
    assert {mode_of(check.id) for check in all_checks()} >= set(MODES)


def test_the_generated_parts_are_marked_and_each_is_shown_once() -> None:
    marked = [
        part for page in readme.PAGES for part in re.findall(r"<!-- generated: (\w+) -->", page.read_text(encoding="utf-8"))
    ]
    assert sorted(marked) == sorted(readme.PARTS)


@pytest.mark.slow
@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_the_generated_parts_are_what_the_programs_print_today(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert readme.render(text) == text


@pytest.mark.slow
def test_the_picture_shows_what_the_command_prints_today() -> None:
    pytest.importorskip("rich", reason="rich is not installed")
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pictures.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_can_be_read_in_one_go() -> None:
    assert len(TEXT.splitlines()) <= 150


def test_the_number_of_formats_is_told() -> None:
    assert len(FORMATS) == 14
    assert "[fourteen formats](docs/formats.md)" in TEXT
