"""The pages of the checks: one for each, made of the check itself, never stale; and the commands that print them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pages as tool
from planproof import check_page as pages
from planproof.check import Check
from planproof.cli.main import main
from planproof.registry import all_checks
from planproof.text.docstring import sections
from reason_codes import failing_codes
from support.repository import ROOT

CHECKS = all_checks()
IDS = [check.id for check in CHECKS]


@pytest.mark.slow
def test_the_pages_are_what_the_checks_make_of_them_and_no_page_is_without_a_check() -> None:
    assert tool.out_of_date() == []
    assert {file.stem for file in tool.TARGET.glob("*.md")} == {"README", *IDS}
    assert {file.stem for file in tool.TARGET.glob("patches/*.md")} == set(IDS)


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_page_has_the_headings_that_every_page_has(check: Check) -> None:
    text = (tool.TARGET / f"{check.id}.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {check.id}: {check.name}\n")
    outside_code = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert tuple(re.findall(r"^## (.*)$", outside_code, re.MULTILINE)) == pages.HEADINGS
    assert text.count("```") % 2 == 0


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_a_docstring_says_why_with_a_page_to_read_and_how_to_fix(check: Check) -> None:
    said = sections(check.judge.__doc__)
    assert said.finds
    assert said.url.startswith("https://")
    assert re.fullmatch(r"[A-Z`].{10,250}[.]", said.remedy)


DOCSTRING = """Finds things,
    in lines.

    Still finds.

    Why: Because.
    https://docs.example/page.html.

    Fix: Set `a ? b : c.` to x, e.g. to 90. Then plan.

    Second paragraph.

    Controls: CIS 1.1.
    """


def test_a_docstring_is_read_by_paragraph() -> None:
    said = sections(DOCSTRING)
    assert said.finds == "Finds things,\nin lines.\n\nStill finds."
    assert (said.why, said.url) == ("Because.\nhttps://docs.example/page.html.", "https://docs.example/page.html")
    assert said.fix == "Set `a ? b : c.` to x, e.g. to 90. Then plan.\n\nSecond paragraph."
    assert said.remedy == "Set `a ? b : c.` to x, e.g. to 90."
    assert (said.controls, said.cannot_see) == ("CIS 1.1.", "")
    assert sections(None).remedy == ""


def test_a_setting_is_told_with_its_default() -> None:
    text = (tool.TARGET / "CKV_PLAN_12.md").read_text(encoding="utf-8")
    assert "| `retention_days` | integer | `90` |" in text
    assert "checks:\n  log_group_retention:\n    level: mandatory\n    retention_days: 90\n" in text


@pytest.mark.parametrize("name", ["CKV_PLAN_12", "ckv_plan_12", "12", "log_group_retention"])
def test_explain_prints_the_page(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 0
    assert capsys.readouterr().out == (tool.TARGET / "CKV_PLAN_12.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_each_failure_has_its_patch_or_the_reason_why_there_is_none(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    page = (tool.TARGET / f"{check.id}.md").read_text(encoding="utf-8")
    patches = (tool.TARGET / "patches" / f"{check.id}.md").read_text(encoding="utf-8")
    assert re.findall(r"^## `(\w+)`$", patches, re.MULTILINE) == sorted(failing_codes(check.key))
    for code in failing_codes(check.key):
        part = pages.patch_of(check, code)
        assert f"`{code}`" in page
        assert part.startswith("No patch: ") or "```diff\ndiff --git a/" in part
        assert main(["explain", f"{check.id}/{code}"]) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"# {check.id} `{code}`: {check.name}\n")
        assert said.endswith(f"\n\n{part}\n")


def test_a_patch_of_a_page_is_what_git_takes(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "bad" / "log_group_retention" / "plain", tmp_path / "work")
    check = next(check for check in CHECKS if check.key == "log_group_retention")
    (diff,) = re.findall(r"```diff\n(.*?)```", pages.patch_of(check, "retention_too_short"), re.DOTALL)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path / "work", input=diff.encode(), check=True)
    assert "retention_in_days = 30" not in (tmp_path / "work" / "main.tf").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("12/never_expire", "CKV_PLAN_12 has no reason code 'never_expire'; it has delivery_class, "),
        ("nothing/never_expires", "there is no check 'nothing'"),
        ("never_expire", "there is no check 'never_expire'"),
    ],
)
def test_explain_says_what_there_is(name: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", name]) == 2
    assert said in capsys.readouterr().err


def test_explain_tells_of_each_check_that_has_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    shared = [
        code for code in {c for check in CHECKS for c in pages.codes(check)} if sum(code in pages.codes(c) for c in CHECKS) > 1
    ]
    assert shared
    assert main(["explain", shared[0]]) == 0
    heads = re.findall(r"^# (CKV_PLAN_\d+) ", capsys.readouterr().out, re.MULTILINE)
    assert heads == [check.id for check in CHECKS if shared[0] in pages.codes(check)]


def test_explain_on_a_terminal_shows_no_marks(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["explain", "12"])
    out = capsys.readouterr().out
    assert out.startswith("\x1b[1mCKV_PLAN_12: ")
    assert "```" not in out
    assert '    \x1b[36mresource "aws_cloudwatch_log_group"' in out


def test_explain_names_the_nearest_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "log_group_retentoin"]) == 2
    assert "did you mean log_group_retention?" in capsys.readouterr().err
    assert main(["explain", "nothing like it"]) == 2
    assert "`planproof list` shows them all" in capsys.readouterr().err


def test_list_shows_every_check_with_what_the_policy_makes_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "checks:\n  output_contract: {enabled: false}\n  log_group_retention: {severity: CRITICAL}\n", encoding="utf-8"
    )
    assert main(["list", "--policy", str(policy)]) == 0
    rows = {line.split()[0]: line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("CKV_")}
    assert list(rows) == IDS
    assert (rows["CKV_PLAN_3"], rows["CKV_PLAN_12"]) == ("off", "CRITICAL")


def test_a_copy_of_the_pack_explains_without_the_repository(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "checks", tmp_path / "pack", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "planproof", "explain", "CKV_PLAN_12"],
        cwd=tmp_path / "pack",
        env={**os.environ, "PYTHONPATH": ""},  # two copies on one path are refused
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "## How to fix" in done.stdout
    done = subprocess.run(
        [*done.args[:-1], "retention_too_short"],
        cwd=tmp_path / "pack",
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.startswith("# CKV_PLAN_12 `retention_too_short`: ")) == (0, True)
    done = subprocess.run(
        [*done.args[:-1], "CKV_PLAN_12"],
        cwd=tmp_path / "pack",
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "| `retention_days` | integer | `90` |" in done.stdout
