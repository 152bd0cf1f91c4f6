"""Many plans into one table: the findings that `planproof check` has, its refusals in its words, and nothing that is sensitive."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.inputs import judge_or_tell
from planproof.engine import evaluate, find_policy
from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import plan_at
from planproof.fleet.table import ERROR, WHOLE, Row, schema
from planproof.plan import json_file
from planproof.source import files
from support.canaries import LEAK, MASKS, all_sensitive
from support.fleets import BAD, GOOD, HOSTILE, SMALL, place
from support.repository import FIXTURES, PLANS, ROOT

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
fsspec = pytest.importorskip("fsspec", reason="fsspec is not installed")
pytestmark = pytest.mark.slow

NOON = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.timezone.utc)
SOME = [*sorted((FIXTURES / "bad" / "tagging").rglob("plan.json")), BAD, GOOD, PLANS / "keys" / "plan.json"]


def rows(*plans: Path | str, **how: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = judge([str(plan) for plan in plans], **how).to_pylist()
    return found


@pytest.mark.parametrize("plan", SOME, ids=lambda plan: plan.parent.relative_to(ROOT).as_posix())
def test_the_findings_are_those_of_the_command(plan: Path) -> None:
    expected = evaluate(plan).findings
    found = rows(plan)
    assert found[0]["check"] == WHOLE
    assert [(r["check"], r["verdict"], r["level"], r["subject"], r["code"], r["reason"], r["line"]) for r in found[1:]] == [
        (f.check_id, f.verdict.value, f.level, f.subject, f.code, f.reason, f.line) for f in expected
    ]
    assert [r["file"] for r in found[1:]] == [f.file and os.path.relpath(f.file, plan.parent) for f in expected]


def test_a_row_names_the_mode_the_type_and_the_module() -> None:
    found = {row["subject"]: row for row in rows(PLANS / "keys" / "plan.json") if row["module"]}
    assert found
    for address, row in found.items():
        assert address.startswith(f"{row['module']}.{row['type']}.")
    assert {row["mode"] for row in rows(BAD)} == {None, *range(1, 10)}


REFUSED = {
    "empty": b"",
    "hcl": b'resource "aws_s3_bucket" "logs" {\n}\n',
    "compressed": gzip.compress(b"\0" * 50_000_000),
    "saved": (PLANS / "saved" / "tfplan").read_bytes(),
    "cut off": SMALL.read_bytes()[:2000],
    "deep": HOSTILE,
    "state": b'{"version": 4, "serial": 1, "lineage": "a"}',
    "errored": b'{"format_version": "1.2", "planned_values": {}, "errored": true}',
    "newer": b'{"format_version": "9.0", "planned_values": {}}',
    "not an object": b"[1, 2]",
    "no text": b"\xff\xfe\xfd" * 100,
}


@pytest.mark.parametrize("content", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_judged_is_a_row_with_the_words_of_the_command(content: bytes, tmp_path: Path) -> None:
    plan = place(tmp_path, {"a/plan.json": content}) / "a" / "plan.json"
    if content.startswith(b"PK"):  # which the command lets Terraform read, and which is no plan JSON here
        words = [f"{plan} is a saved plan (binary); convert it to JSON: terraform show -json plan.json > plan.json"]
    else:
        words = [error for report in judge_or_tell(str(plan), find_policy()) for error in report.errors]
    (found,) = rows(plan)
    assert (found["check"], found["verdict"], found["code"]) == (WHOLE, ERROR, "not_judged")
    assert [found["reason"]] == words


def test_no_plan_takes_another_with_it(tmp_path: Path) -> None:
    place(tmp_path, {"a/plan.json": SMALL, "b/plan.json": HOSTILE, "d/plan.json": GOOD})
    found = rows(*(tmp_path / name / "plan.json" for name in "abcd"))
    whole = [(row["plan"][-11:-10], row["code"]) for row in found if row["check"] == WHOLE]
    assert whole == [("a", "judged_with_failures"), ("b", "not_judged"), ("c", "not_judged"), ("d", "judged")]


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.json")
    (found,) = rows(tmp_path / "plan.json")
    assert "is not a regular file (a pipe" in found["reason"]
    (found,) = rows(tmp_path)
    assert found["reason"] == f"{tmp_path} is a folder; give a pattern, such as {tmp_path}/**/plan.json"


class Endless(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """Objects that have no end, and do not say how long they are."""

    protocol = "endless"
    read = 0

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        class Stream:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: object) -> None: ...

            def read(self, size: int) -> bytes:
                Endless.read += size
                return b" " * size

        return Stream()


def test_an_object_without_an_end_is_read_as_far_as_a_plan_can_be_long(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.register_implementation("endless", Endless, clobber=True)
    monkeypatch.setattr(json_file, "MAX_BYTES", 5 * 2**20)
    (found,) = judge([plan_at("endless://plans/plan.json")._replace(beside=False)]).to_pylist()
    assert found["reason"] == "endless://plans/plan.json is larger than the limit for plans (0 GiB)"
    assert Endless.read <= 7 * 2**20


def test_several_plans_in_one_object_are_judged_each(tmp_path: Path) -> None:
    content = SMALL.read_bytes().strip() + b"\n" + GOOD.read_bytes().strip()
    plan = place(tmp_path, {"plan.json": content}) / "plan.json"
    found = rows(plan)
    assert {row["plan"] for row in found} == {str(plan), f"{plan}#1", f"{plan}#2"}
    assert [row["check"] for row in found].count(WHOLE) == 1


def test_files_beside_a_plan_decide_and_change_its_digest(tmp_path: Path) -> None:
    place(tmp_path, {"a/plan.json": SMALL, "a/main.tf": SMALL.with_name("main.tf"), "b/plan.json": SMALL})
    with_source, without = (rows(tmp_path / name / "plan.json") for name in "ab")
    assert {row["file"] for row in with_source[1:]} >= {"main.tf"}
    assert {row["file"] for row in without} == {None}
    assert with_source[0]["plan_digest"] != without[0]["plan_digest"]
    (tmp_path / "a" / "more.tf").write_text("# nothing\n", encoding="utf-8")
    assert rows(tmp_path / "a" / "plan.json")[0]["plan_digest"] != with_source[0]["plan_digest"]


def test_more_beside_a_plan_than_a_source_can_be_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place(tmp_path, {"plan.json": SMALL, "main.tf": SMALL.with_name("main.tf"), "big.tf": b"#" * 5_000_000})
    assert "big.tf beside" in rows(tmp_path / "plan.json")[0]["reason"]
    (tmp_path / "big.tf").unlink()
    monkeypatch.setattr("planproof.fleet.sources.MAX_FILES", 1)
    place(tmp_path, {"modules/a/main.tf": b"", "modules/b/main.tf": b""})
    assert rows(tmp_path / "plan.json")[0]["reason"].endswith("contains more than 1 files, so it is not read as its source")
    assert files.MAX_FILES > 1


def test_a_name_that_leads_out_of_the_folder_is_not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keys of object storage hold anything; on a disk they would be other places."""
    fs = fsspec.filesystem("memory")
    fs.pipe_file("/keys/plan.json", SMALL.read_bytes())
    fs.pipe_file("/keys/main.tf", SMALL.with_name("main.tf").read_bytes())
    fs.store["/keys/../../escaped.tf"] = fs.store["/keys/main.tf"]
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    assert rows("memory://keys/plan.json")[0]["verdict"] == "PASS"
    assert [*tmp_path.rglob("*")] == [tmp_path / "work"]
    fs.store.clear()


@pytest.mark.parametrize("mask", MASKS)
def test_nothing_sensitive_is_in_the_table(mask: Any, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(all_sensitive(json.loads(BAD.read_text(encoding="utf-8")), mask)), encoding="utf-8")
    found = rows(plan)
    assert len(found) > 50
    assert not LEAK.search(json.dumps(found, default=str))


def test_text_that_is_no_unicode_is_escaped(tmp_path: Path) -> None:
    plan = place(
        tmp_path, {"plan.json": SMALL.read_bytes().replace(b"aws_cloudwatch_log_group.", b"aws_cloudwatch_log_group.\\ud800")}
    )
    (found,) = rows(plan / "plan.json")
    assert "contradicts itself: aws_cloudwatch_log_group.\\ud800" in found["reason"]


def test_the_same_task_has_the_same_rows_twice_and_can_be_pickled() -> None:
    task = pickle.loads(pickle.dumps((judge, [plan_at(str(BAD))], find_policy())))
    one, two = (task[0](task[1], task[2], judged_at=NOON) for _ in range(2))
    assert one.equals(two)
    assert one.schema.equals(schema())
    assert one.schema.names == list(Row._fields)


def test_what_is_known_is_not_judged_again() -> None:
    (digest,) = {row["plan_digest"] for row in rows(SMALL)}
    assert rows(SMALL) != []
    assert judge([plan_at(str(SMALL))._replace(known=digest)]).num_rows == 0


@pytest.mark.parametrize(
    "changed",
    [{"unknown": "fail"}, {"exceptions": [{"check": "CKV_PLAN_1", "address": "*", "reason": "r", "expires": "2026-12-01"}]}],
)
def test_another_policy_has_another_digest(changed: dict[str, Any]) -> None:
    assert Judge(changed).digest != Judge().digest
    assert Judge(changed).digest == Judge(changed).digest


def test_an_exception_that_ends_changes_the_digest() -> None:
    exceptions = [{"check": "CKV_PLAN_1", "address": "*", "reason": "r", "expires": "2026-12-01"}]
    before, after = find_policy({"exceptions": exceptions}), find_policy({"exceptions": exceptions})
    before.today, after.today = datetime.date(2026, 11, 30), datetime.date(2026, 12, 1)
    assert Judge(before).digest != Judge(after).digest


def test_your_own_checks_judge_and_are_of_the_digest() -> None:
    team = ROOT / "examples" / "platform-team"
    how: dict[str, Any] = {"policy": str(team / "planproof.yaml"), "checks_from": [str(team / "checks")]}
    assert "CKV_ACME_1" in {row["check"] for row in rows(team / "plan.json", **how)}
    assert Judge(**how).digest != Judge(find_policy(str(team / "planproof.yaml"), Judge(**how).checks)).digest


def test_an_exception_tells_when_it_ends() -> None:
    policy = {"exceptions": [{"check": "CKV_PLAN_12", "address": "*", "reason": "moves", "expires": "2999-01-31"}]}
    found = {row["expires"] for row in rows(SMALL, policy=policy) if row["verdict"] == "SKIP"}
    assert found == {datetime.date(2999, 1, 31)}
