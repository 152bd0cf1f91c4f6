"""`planproof fleet`, on a disk and against S3 on loopback: exit codes, several processes, and going on after a break."""

from __future__ import annotations

import collections
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.main import main
from planproof.fleet.store import findings
from planproof.fleet.table import WHOLE
from support.fleets import BAD, GOOD, HOSTILE, SMALL, place, put, s3
from support.repository import ROOT

for package in ("pyarrow", "fsspec", "duckdb"):
    pytest.importorskip(package, reason=f"{package} is not installed")
pytestmark = pytest.mark.slow


def whole(url: str) -> list[tuple[str, str]]:
    """The workspace and the code of each row of a plan as a whole."""
    rows = findings(url).to_table().to_pylist()
    return sorted((row["workspace"], row["code"]) for row in rows if row["check"] == WHOLE)


@pytest.mark.parametrize(
    ("plans", "code", "words"),
    [
        (
            {"a/plan.json": GOOD},
            0,
            "1 plans (policy secure-logs): 0 with failures, 1 without, 0 not judged; 0 of them were known",
        ),
        ({"a/plan.json": GOOD, "b/plan.json": BAD}, 1, "1 with failures, 1 without, 0 not judged"),
        ({"a/plan.json": GOOD, "b/plan.json": BAD, "c/plan.json": HOSTILE}, 2, "1 with failures, 1 without, 1 not judged"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_plan_and_stays_so(
    plans: dict[str, Path | bytes], code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place(tmp_path / "plans", plans)
    command = ["fleet", "check", f"{tmp_path}/plans/**/plan.json", "--format", f"parquet={tmp_path}/findings", "--jobs", "1"]
    assert main(command) == code
    told = capsys.readouterr()
    assert words in told.out
    assert ("too deeply nested" in told.err) is (code == 2)
    before = whole(str(tmp_path / "findings"))
    assert main(command) == code
    assert f"{len(plans)} of them were known" in capsys.readouterr().out
    assert whole(str(tmp_path / "findings")) == before


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nothing/**/plan.json", "--format", "parquet=F"], "cannot be listed: it does not exist"),
        (["plans/*.txt", "--format", "parquet=F"], "matches nothing; give a pattern"),
        (["plans/a.json", "--format", "parquet=F", "--policy", "no.yaml"], "no.yaml cannot be read as a policy"),
    ],
)
def test_what_cannot_begin_is_one_sentence_and_exit_2(
    arguments: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place(tmp_path, {"plans/a.json": GOOD}))
    assert main(["fleet", "check", *arguments]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1


def test_without_the_packages_the_command_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] in ("fsspec", "pyarrow", "duckdb")]:
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["fleet", "check", "plan.json", "--format", "parquet=out"]) == 2
    assert capsys.readouterr().err == "planproof: fleets need the package pyarrow: pip install 'planproof[fleet]'\n"


def test_check_refuses_a_url_by_naming_the_command_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "https://me:secret@host/plan.json?signature=secret"]) == 2
    problem = "https://host/plan.json is a URL; provide a file, or judge URLs with planproof fleet check"
    assert capsys.readouterr().err == f"planproof: {problem}\n"


def test_a_report_goes_to_a_file_by_its_ending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place(tmp_path / "plans", {"a/plan.json": BAD})
    main(["fleet", "check", f"{tmp_path}/plans/**/plan.json", "--format", f"parquet={tmp_path}/f", "--jobs", "1"])
    for name, begins in (("r.html", "<!doctype html>"), ("r.md", "# The fleet on "), ("r.txt", "The fleet on ")):
        assert main(["fleet", "report", f"{tmp_path}/f", "--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)
    capsys.readouterr()


def test_a_process_that_dies_loses_nothing_that_the_next_run_does_not_judge(tmp_path: Path) -> None:
    """The whole command is killed in the middle; the next run judges the rest, and no plan twice."""
    for number in range(300):
        place(tmp_path / "plans", {f"{number:03}/plan.json": SMALL})
    command = [sys.executable, "-m", "planproof", "fleet", "check", f"{tmp_path}/plans/**/plan.json", "--jobs", "2"]
    command += ["--format", f"parquet={tmp_path}/findings"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks"), "FLEET_TEST": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as run:
        until = time.monotonic() + 60
        while not list(tmp_path.glob("findings/*/part-*")) and time.monotonic() < until:
            time.sleep(0.01)
        run.send_signal(signal.SIGKILL)
    part = len(whole(str(tmp_path / "findings")))
    assert 0 < part < 300
    until = time.monotonic() + 60
    while processes(str(tmp_path)) and time.monotonic() < until:
        time.sleep(0.1)
    assert processes(str(tmp_path)) == []  # those that it had started end with it
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    counts = collections.Counter(workspace for workspace, _ in whole(str(tmp_path / "findings")))
    assert counts == {f"{number:03}": 1 for number in range(300)}


def processes(word: str) -> list[str]:
    """The processes of this machine that were started, by whomever, in an environment with this word."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"FLEET_TEST={word}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
    return found


# --- S3 --------------------------------------------------------------------------------------------------------------

FLEET: dict[str, Path | bytes] = {
    "plans/pay/web/plan.json": BAD,
    "plans/pay/web/main.tf": SMALL.with_name("main.tf"),
    "plans/pay/api/plan.json": SMALL,
    "plans/logs/plan.json": GOOD,
    "plans/logs/hostile/plan.json": HOSTILE,
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with s3(monkeypatch) as fs:
        put(fs, FLEET)
        yield fs


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_fleet_in_s3(bucket: Any, jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["fleet", "check", "s3://plans/**/plan.json", "--format", "parquet=s3://findings/table", "--jobs", jobs]
    assert main(command) == 2
    told = capsys.readouterr()
    assert told.err == "planproof: s3://plans/logs/hostile/plan.json: too deeply nested for a plan\n"
    assert "4 plans (policy secure-logs): 2 with failures, 1 without, 1 not judged; 0 of them were known" in told.out
    rows = findings("s3://findings/table").to_table().to_pylist()
    assert {row["workspace"] for row in rows} == {"pay/web", "pay/api", "logs", "logs/hostile"}
    assert {row["workspace"] for row in rows if row["file"]} == set()  # the source beside `pay/web` is that of another plan
    put(bucket, {"plans/logs/hostile/plan.json": GOOD})
    assert main(command) == 1
    assert "3 with failures" not in (told := capsys.readouterr()).out
    assert "4 plans (policy secure-logs): 2 with failures, 2 without, 0 not judged; 3 of them were known" in told.out
    assert main(["fleet", "report", "s3://findings/table"]) == 0
    assert "4 workspaces: 2 with failures, 0 not judged." in capsys.readouterr().out


def test_s3_and_a_disk_have_the_same_findings(bucket: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(SMALL.parent, tmp_path / "plans" / "a")
    for file in (tmp_path / "plans").rglob("*"):
        if file.is_file():
            bucket.pipe_file(f"plans/same/{file.relative_to(tmp_path / 'plans').as_posix()}", file.read_bytes())
    for url, table in (
        (f"{tmp_path}/plans/**/plan.json", f"{tmp_path}/f"),
        ("s3://plans/same/**/plan.json", "s3://findings/same"),
    ):
        main(["fleet", "check", url, "--format", f"parquet={table}", "--jobs", "1"])
    capsys.readouterr()
    varies = {"plan", "judged_at", "day"}
    disk, s3_rows = (
        [{name: cell for name, cell in row.items() if name not in varies} for row in findings(url).to_table().to_pylist()]
        for url in (f"{tmp_path}/f", "s3://findings/same")
    )
    assert any(row["file"] for row in disk)
    assert disk == s3_rows


def test_a_bucket_that_is_not_there_is_one_sentence(bucket: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert bucket is not None
    assert main(["fleet", "check", "s3://missing/**/plan.json", "--format", "parquet=s3://findings"]) == 2
    assert capsys.readouterr().err == (
        "planproof: s3://missing/**/plan.json cannot be listed: it does not exist; there may be plans\n"
    )
