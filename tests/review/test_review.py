"""The written review of a plan, and its comparison with another."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.review.document import Bullets, Code, Heading, Listing, Paragraph, Table, to_comment, to_html, to_markdown
from planproof.review.modes import MODES
from support.repository import FIXTURES

REVIEW, IDEAL = (FIXTURES / "bad" / "review" / "plan.json", FIXTURES / "good" / "ideal" / "plan.json")


def written(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    code = main(["review", *map(str, arguments)])
    return code, capsys.readouterr().out


def sections(text: str) -> dict[str, str]:
    """The sections of the second level, by their titles."""
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_review_has_the_nine_failure_modes_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = written(capsys, REVIEW)
    titles = list(sections(text))
    assert code == 1
    assert titles[:9] == [f"{number}. {title}" for number, title in MODES.items()]
    for title in titles[:9]:
        assert re.findall(r"^### (.*)$", sections(text)[title], re.MULTILINE) == ["Issue", "Impact", "Fix Needed"]
    assert titles[9:] == ["What is right, and stays"]


def test_a_section_names_the_place_shows_the_lines_and_says_why_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    section = sections(written(capsys, REVIEW)[1])[f"4. {MODES[4]}"]
    issue, _, rest = section.partition("### Impact")
    impact, _, fix = rest.partition("### Fix Needed")
    assert re.search(r"^- `aws_s3_bucket\.secure_logs` \(`\S*s3\.tf:1`\): the name is a literal", issue, re.MULTILINE)
    assert '> 1  resource "aws_s3_bucket" "secure_logs" {' in issue
    assert "<https://docs.aws.amazon.com/" in impact
    assert "In this configuration: aws_s3_bucket.access_logs, aws_s3_bucket.secure_logs." in impact
    assert "bucket_prefix" in fix


def test_what_is_right_and_what_is_open_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = written(capsys, IDEAL)
    assert code == 0
    assert "Nothing must be fixed" in text
    assert sections(text)["What is right, and stays"].count("\n- ") == 15
    _, later = written(capsys, FIXTURES / "bad" / "unauthorized_access_alert" / "unknown" / "plan.json", "--policy", "general")
    assert "known after apply" in sections(later)["What this plan does not determine"]


@pytest.mark.parametrize("other", ["ideal", str(IDEAL)], ids=["bundled", "a plan"])
def test_against_another_plan_what_differs_is_told(other: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, text = written(capsys, REVIEW, "--against", other)
    section = next(section for title, section in sections(text).items() if title.startswith("Beside "))
    assert "Only this plan has failure modes 1, 2, 3, 4, 5, 6, 7, 8, 9." in section
    assert "| `kms_key_arn` | no such output | `aws_kms_key.arn` |" in section
    assert "`aws_s3_bucket_lifecycle_configuration`" in section
    assert "(`CKV_PLAN_6`) | FAIL | PASS |" in section
    _, turned = written(capsys, IDEAL, "--against", REVIEW)
    assert "Only the other plan has failure modes 1, 2, 3, 4, 5, 6, 7, 8, 9." in turned
    _, same = written(capsys, IDEAL, "--against", IDEAL)
    assert "Neither plan has any of the failure modes." in same
    assert "differ" not in next(section for title, section in sections(same).items() if title.startswith("Beside "))


def test_it_is_the_same_each_time_and_as_html_for_such_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(capsys, REVIEW)[1] == written(capsys, REVIEW)[1]
    assert written(capsys, REVIEW, "--output", tmp_path / "review.html")[0] == 1
    page = (tmp_path / "review.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("<h3>Fix Needed</h3>") == 9
    assert not re.search(r'(?:src|href)="(?!https://(?:docs\.aws\.amazon\.com|developer\.hashicorp\.com)/)', page)


HOSTILE = "`</code><script>alert(1)</script> [x](https://evil.example) @all | ::error::"


def test_no_text_becomes_markup() -> None:
    blocks = [
        Heading(2, HOSTILE),
        Paragraph([HOSTILE, Code(HOSTILE)]),
        Bullets([[HOSTILE]]),
        Table([HOSTILE], [[[HOSTILE]]]),
        Listing([(1, "```" + HOSTILE, True)]),
    ]
    text, page = to_markdown(blocks), to_html(blocks, HOSTILE)
    assert "<script" not in page
    outside_code = re.sub(r"(`+).*?\1(?!`)", "", text, flags=re.DOTALL)
    assert "<script" not in outside_code
    assert "](https" not in outside_code
    assert not re.search(r"@all", outside_code)
    assert "````" in text  # a fence that the listing cannot close


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.json"], "does not exist"),
        ([str(IDEAL), "--against", "gone.json"], "does not exist"),
        ([str(IDEAL), "--policy", "gone.yaml"], "gone.yaml"),
    ],
)
def test_what_cannot_be_reviewed_is_one_sentence(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.slow
def test_the_ideal_is_in_the_wheel_with_its_tests(installed: Path, tmp_path: Path) -> None:
    code = "from planproof.cli.main import main; raise SystemExit(main())"
    words = [str(installed), "-c", code, "review", str(REVIEW), "--against", "ideal"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert f"| 9. {MODES[9]} | FAIL | PASS |" in done.stdout


def test_a_comment_holds_whole_blocks_and_says_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    blocks = [Heading(1, "Review"), *(Paragraph([f"{number} ", Code("x" * 900)]) for number in range(100))]
    text = to_comment(blocks)
    assert 60_000 < len(text.encode()) <= 65_536
    assert text.startswith("<!-- planproof -->\n\n# Review\n\n0 `xxx")
    assert text.endswith("x`\n\n_The rest of the review does not fit into a comment; `planproof review` writes all of it._\n")
    whole = written(capsys, REVIEW)[1]
    assert written(capsys, REVIEW, "--format", "pr-comment")[1] == f"<!-- planproof -->\n\n{whole}"


def test_a_baseline_narrows_the_review_and_not_what_it_is_compared_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    assert main(["baseline", "write", str(REVIEW), "--output", str(baseline)]) == 0
    capsys.readouterr()
    code, text = written(capsys, REVIEW, "--baseline", baseline, "--against", REVIEW)
    assert (code, "Nothing must be fixed" in text) == (0, True)
    assert "What is accepted for now" in sections(text)
    assert written(capsys, REVIEW, "--only-changes")[0] == 1
