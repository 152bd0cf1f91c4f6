"""The table of findings on a disk: what is written twice is there once, what is half written is not there, and any reader can read it."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest

from planproof.errors import CommandError
from planproof.fleet.judge import Judge, judge
from planproof.fleet.objects import plan_at
from planproof.fleet.store import findings, judged, pending, write
from planproof.fleet.table import Row, schema
from support.fleets import BAD, GOOD, HOSTILE, SMALL, place
from support.repository import ROOT

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("fsspec", reason="fsspec is not installed")
pytestmark = pytest.mark.slow

DAY = datetime.datetime(2026, 11, 28, 23, 59, 59, tzinfo=datetime.timezone.utc)
NEXT = DAY + datetime.timedelta(seconds=1)


def test_what_is_written_again_is_there_once(tmp_path: Path) -> None:
    table = judge([str(BAD), str(GOOD)], judged_at=DAY)
    write(table, str(tmp_path))
    write(judge([str(GOOD), str(BAD)], judged_at=DAY), f"file://{tmp_path}")
    (part,) = (file for file in tmp_path.rglob("*") if file.is_file())
    assert part.parent.name == "day=2026-11-28"
    assert findings(str(tmp_path)).count_rows() == table.num_rows


def test_each_day_has_its_folder(tmp_path: Path) -> None:
    for time in (DAY, NEXT):
        write(judge([str(SMALL)], judged_at=time), str(tmp_path))
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["day=2026-11-28", "day=2026-11-29"]
    assert set(findings(str(tmp_path)).to_table()["day"].to_pylist()) == {"2026-11-28", "2026-11-29"}


def test_a_part_that_is_half_written_is_not_there(tmp_path: Path) -> None:
    write(judge([str(SMALL)], judged_at=DAY), str(tmp_path))
    whole = findings(str(tmp_path)).count_rows()
    (tmp_path / "day=2026-11-28" / ".0123.tmp").write_bytes(b"PAR1")
    assert findings(str(tmp_path)).count_rows() == whole


@pytest.mark.parametrize("content", [b"", b"PAR1 and no more", b"text"])
def test_a_part_that_is_no_parquet_is_refused(content: bytes, tmp_path: Path) -> None:
    place(tmp_path, {"day=2026-11-28/part-0.parquet": content})
    with pytest.raises(CommandError, match="cannot be read"):
        judged(str(tmp_path), Judge().digest)


def test_what_was_judged_by_another_policy_or_from_other_content_is_pending(tmp_path: Path) -> None:
    place(tmp_path, {"a/plan.json": SMALL, "b/plan.json": HOSTILE})
    plans = [plan_at(str(tmp_path / name / "plan.json")) for name in "abc"]
    table = str(tmp_path / "findings")
    write(judge(plans, judged_at=DAY), table)
    one, two, missing = pending(plans, table, Judge().digest)
    assert (bool(one.known), bool(two.known), bool(missing.known)) == (
        True,
        True,
        False,
    )  # what could not be read may be there now
    assert [plan.known for plan in pending(plans, table, Judge("general").digest)] == ["", "", ""]
    again = judge(pending(plans, table, Judge().digest), judged_at=NEXT)
    assert set(again["plan"].to_pylist()) == {str(tmp_path / "c" / "plan.json")}
    place(tmp_path, {"a/plan.json": GOOD})
    again = judge(pending(plans, table, Judge().digest), judged_at=NEXT)
    assert set(again["plan"].to_pylist()) == {str(tmp_path / name / "plan.json") for name in "ac"}


def test_other_readers_read_it(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed")
    write(judge([str(BAD)], judged_at=DAY), str(tmp_path))
    query = f"SELECT day, count(*) FROM read_parquet('{tmp_path}/*/*.parquet', hive_partitioning = true) WHERE verdict = 'FAIL' GROUP BY day"
    assert duckdb.sql(query).fetchall() == [(DAY.date(), 44)]


def test_the_guide_describes_each_column_with_its_type() -> None:
    text = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
    described = dict(re.findall(r"^\| `(\w+)` \| ([\w\[\], =]+) \|", text, re.MULTILINE))
    types = {
        field.name: str(field.type).replace("date32[day]", "date").replace("timestamp[us, tz=UTC]", "timestamp")
        for field in schema()
    }
    assert described == types
    assert list(described) == list(Row._fields)
