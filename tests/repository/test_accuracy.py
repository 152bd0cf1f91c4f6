"""tools/accuracy.py: what it counts, what it lists, and what it makes of the words in a list."""

from __future__ import annotations

from pathlib import Path

import pytest

import accuracy
from planproof.errors import CommandError
from support.repository import FIXTURES

GOOD, BAD = FIXTURES / "good" / "log_group_retention" / "plain", FIXTURES / "bad" / "log_group_retention" / "plain"


def output(capsys: pytest.CaptureFixture[str], *words: str, exit_code: int = 0) -> list[str]:
    assert accuracy.main(list(words)) == exit_code
    return capsys.readouterr().out.splitlines()


def test_configurations_and_verdicts_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    lines = output(capsys, str(GOOD), str(BAD))
    assert lines[0] == "2 configurations: 1 exit 0, 1 exit 1, 0 exit 2"
    assert "| CKV_PLAN_12 | 2 | 2 | 0 | 0 | 1 |" in lines
    assert lines[-1] == "| CKV_PLAN_12 | never_expires | 2 |"


def test_a_plan_that_cannot_be_judged_exits_2_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert accuracy.main([str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out.startswith("1 configurations: 0 exit 0, 0 exit 1, 1 exit 2")
    assert str(tmp_path / "plan.json") in told.err


def test_a_list_with_words_makes_the_table_of_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs, listed = tmp_path / "pairs.tsv", tmp_path / "failures.tsv"
    pairs.write_text(f"{BAD / 'plan.json'}\t{BAD}\n", encoding="utf-8")
    heads, failure, _ = output(capsys, "--pairs", str(pairs), "--list")
    assert heads.split("\t") == list(accuracy.Failure._fields)
    assert failure.split("\t")[:4] == ["", str(BAD / "plan.json"), "CKV_PLAN_12", "never_expires"]
    lines = [heads, *(word + failure for word in ("worth", "worth", "noise", ""))]
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert output(capsys, "--read", str(listed))[2:] == [
        "| CKV_PLAN_12 | 4 | 2 | 1 | 0 | 1 | 66.7 % |",
        "| all | 4 | 2 | 1 | 0 | 1 | 66.7 % |",
    ]


def test_a_failure_keeps_its_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = tmp_path / "failures.tsv"
    heads, first, second = output(capsys, str(BAD), "--list")
    listed.write_text(f"{heads}\nworth{first}\n", encoding="utf-8")
    assert output(capsys, str(BAD), "--list", "--read", str(listed)) == [heads, f"worth{first}", second]


@pytest.mark.parametrize(
    ("line", "said"),
    [("good\tp\tc\tc\ts\t\tr", "failures.tsv:2: 'good' is no word"), ("worth\tp", "failures.tsv:2: a line has 7 columns, not 2")],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, line: str, said: str) -> None:
    listed = tmp_path / "failures.tsv"
    listed.write_text("\t".join(accuracy.Failure._fields) + f"\n{line}\n", encoding="utf-8")
    with pytest.raises(CommandError, match=said):
        accuracy.main(["--read", str(listed)])


def test_a_list_of_pairs_that_is_none_is_refused(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("plan.json .\n", encoding="utf-8")
    with pytest.raises(CommandError, match=r"pairs.tsv:1: write a plan, a tab, and the folder of its configuration"):
        accuracy.main(["--pairs", str(pairs)])


def test_nothing_to_judge_is_refused() -> None:
    with pytest.raises(SystemExit, match="2"):
        accuracy.main([])
