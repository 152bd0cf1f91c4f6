"""The recipes of examples/fleet on their engines, on this machine, against S3 on loopback: workers that die lose no row and double none."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.fleet.judge import judge
from planproof.fleet.objects import listed
from planproof.fleet.store import findings
from planproof.fleet.table import WHOLE
from support.fleets import BAD, HOSTILE, SMALL, put, s3
from support.repository import ROOT

pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytestmark = pytest.mark.slow

RECIPES = {"on_dask": "distributed", "on_ray": "ray", "on_spark": "pyspark"}
PATTERN, TABLE = "s3://plans/**/plan.json", "s3://findings/table"
# A check of a team's own that ends the process of a worker, once: while it judges, or when it has written what it found.
DEADLY = '''
import os, signal
from pathlib import Path
from planproof.check import PLAN_WIDE, check, passed
from planproof.fleet import store

def die():
    try:
        Path({marker!r}).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)

@check(id="CKV_ACME_1", name="No worker dies", severity="LOW", category="CONVENTION", types=PLAN_WIDE)
def no_worker_dies(plan, context):
    """A worker judges to the end."""
    if {before}:
        die()
    return passed("alive", "the worker is alive")

if not {before} and not Path({marker!r}).exists():
    put = store._put
    def put_and_die(*arguments):
        put(*arguments)
        die()
    store._put = put_and_die
'''


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with s3(monkeypatch) as fs:
        put(fs, {f"plans/team-{number % 3}/{number:03}/plan.json": SMALL for number in range(120)})
        put(fs, {"plans/team-0/hostile/plan.json": HOSTILE})
        yield fs


def run(recipe: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks"), "PYSPARK_PYTHON": sys.executable, "RAY_DEDUP_LOGS": "0"}
    command = [sys.executable, str(ROOT / "examples" / "fleet" / f"{recipe}.py"), PATTERN, TABLE]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()[-1]


def told(rows: list[dict[str, Any]]) -> Counter[tuple[Any, ...]]:
    return Counter(
        tuple(row[name] for name in ("plan", "check", "subject", "verdict", "code", "reason", "plan_digest")) for row in rows
    )


@pytest.fixture
def recipe(request: pytest.FixtureRequest) -> str:
    """Comes before the bucket, which takes seconds, so that a test without its engine takes none."""
    engine = RECIPES[request.param]
    pytest.importorskip(engine, reason=f"{engine} is not installed (make fleet)")
    return str(request.param)


@pytest.mark.parametrize("dies", ["while it judges", "after it wrote"])
@pytest.mark.parametrize("recipe", RECIPES, indirect=True)
def test_a_worker_that_dies_loses_no_row_and_doubles_none(
    recipe: str, dies: str, bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "died"
    (tmp_path / "checks").mkdir()
    text = DEADLY.format(marker=str(marker), before=dies == "while it judges")
    (tmp_path / "checks" / "deadly.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PLANPROOF_CHECKS", str(tmp_path / "checks"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    said = run(recipe)
    assert marker.exists()
    rows = findings(TABLE).to_table().to_pylist()
    assert told(rows) == told(judge(listed(PATTERN)).to_pylist())
    assert Counter(row["code"] for row in rows if row["check"] == WHOLE) == {"judged_with_failures": 120, "not_judged": 1}
    assert said == f"{len(rows)} rows"
    assert run(recipe) == "0 rows"  # nothing is new
    put(bucket, {"plans/team-1/new/plan.json": BAD, "plans/team-0/hostile/plan.json": SMALL})
    new = {"s3://plans/team-1/new/plan.json", "s3://plans/team-0/hostile/plan.json"}
    assert run(recipe) == f"{judge(sorted(new)).num_rows} rows"


def test_each_recipe_is_short() -> None:
    recipes = sorted((ROOT / "examples" / "fleet").glob("*.py"))
    assert [file.stem for file in recipes] == sorted(RECIPES)
    for file in recipes:
        lines = [
            line
            for line in file.read_text(encoding="utf-8").splitlines()
            if line and not line.startswith(("import", "from", '"""'))
        ]
        assert len(lines) <= 20
