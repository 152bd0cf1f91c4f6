"""Which names say that a thing holds logs, tried on names that people have given their buckets."""

from __future__ import annotations

from pathlib import Path

import pytest

from planproof.aws.log_words import log_word, words_of
from planproof.policy.profiles import bundled_data

SETTINGS = bundled_data("secure-logs")["log_buckets"]
NAMES = [
    line.split(" ", 1)
    for line in (Path(__file__).parent / "bucket_names.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("kind", "name"), NAMES, ids=[name for _, name in NAMES])
def test_the_words_tell_as_a_person_does(kind: str, name: str) -> None:
    assert (log_word(name, SETTINGS["words"], SETTINGS["not_before"]) is not None) == (kind == "log")


def test_there_are_a_hundred_names_of_each_kind_some() -> None:
    kinds = [kind for kind, _ in NAMES]
    assert len({name for _, name in NAMES}) == len(NAMES) >= 100
    assert (kinds.count("log") >= 50, kinds.count("other") >= 30) == (True, True)


@pytest.mark.parametrize(
    ("text", "word"),
    {
        "corp-logs": "logs",
        "corpAccessLogs": "logs",
        "CORP_AUDIT": "audit",
        "aws_s3_bucket.logs2024": "logs",
        "catalog": None,
        "blog": None,
        "login": None,
        "dialog-store": None,
        "log_source": None,
        "module.log_forwarder.module.bucket.aws_s3_bucket.this[0]": None,
        "module.log_forwarder.aws_s3_bucket.access_logs": "logs",
        "source-of-logs": "logs",
        "logs-of-the-source": None,
        "": None,
    }.items(),
)
def test_a_word_counts_where_nothing_behind_it_says_otherwise(text: str, word: str | None) -> None:
    assert log_word(text, ["log", "logs", "audit"], ["source", "forwarder"]) == word


@pytest.mark.parametrize(
    ("text", "said"), [("vpc-flow-logs", True), ("flowLogs", True), ("logs-flow", False), ("flow", False), ("flow-x-logs", False)]
)
def test_several_words_stand_side_by_side(text: str, said: bool) -> None:
    assert (log_word(text, ["flow-logs"]) == "flow-logs") == said


def test_words_of_a_name() -> None:
    assert words_of("S3AccessLogs-2024_eu") == ["s", "access", "logs", "eu"]
