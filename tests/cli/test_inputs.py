"""What `planproof check` takes, in which order it answers, and where its reports go."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fixtures as tool
from planproof.cli import inputs
from planproof.cli.main import main
from planproof.errors import PlanError
from support.reports import plans_of
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Plans at two depths, and what is not a plan."""
    for name in ("b/plan.json", "a/staging.json", ".hidden/plan.json", "node_modules/x/plan.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BAD, tmp_path / name)
    (tmp_path / "b" / "package.json").write_text('{"name": "planned_values"}', encoding="utf-8")
    (tmp_path / "b" / "notes.txt").write_text("plan", encoding="utf-8")
    return tmp_path


# --- inputs ----------------------------------------------------------------------------------------------------------


def test_a_folder_stands_for_the_plans_below_it(folder: Path) -> None:
    assert inputs.plans([str(folder)]).paths == [str(folder / "a" / "staging.json"), str(folder / "b" / "plan.json")]


def test_a_broken_plan_in_a_folder_is_not_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "c.tfplan.json").write_text("", encoding="utf-8")
    assert main(["check", str(folder), "--format", "json"]) == 2
    streams = capsys.readouterr()
    plans = plans_of(streams.out)
    assert [bool(plan["findings"]) for plan in plans] == [True, True, False]
    assert "c.tfplan.json is empty" in plans[2]["errors"][0]
    assert "c.tfplan.json is empty" in streams.err


def test_a_folder_without_a_plan_is_told(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="is a folder without a plan; create one: terraform plan"):
        inputs.plans([str(tmp_path)])


def test_standard_input_is_read_once_only() -> None:
    with pytest.raises(PlanError, match="only once"):
        inputs.plans(["-", "-"])


@pytest.mark.parametrize(
    ("plans", "code"), [((GOOD,), 0), ((GOOD, BAD), 1), ((BAD, GOOD), 1), ((BAD, "no-such.json", GOOD), 2)], ids=str
)
def test_the_exit_code_is_the_highest_of_all_plans(
    plans: tuple[object, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *map(str, plans)]) == code


def test_reports_come_in_the_order_given_whatever_the_number_of_processes(capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(p) for p in (BAD, GOOD, PLAN, "no-such.json", BAD) * 3]
    outputs = []
    for jobs in ("1", "2"):
        assert main(["check", *paths, "--jobs", jobs, "--format", "json"]) == 2
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert [plan["plan"] for plan in json.loads(outputs[0])["plans"]] == paths


def test_a_process_that_dies_is_told_and_leaves_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = inputs.judge
    monkeypatch.setattr(inputs, "judge", lambda path, *how: os._exit(9) if path == str(BAD) else whole(path, *how))
    for output in ([], ["--format", "json", "--output", str(tmp_path / "report.json")]):
        assert main(["check", str(GOOD), str(GOOD), str(BAD), "--jobs", "2", *output]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "a process was killed while it judged" in said.err
    assert list(tmp_path.iterdir()) == []


def test_the_source_of_standard_input_is_what_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANPROOF_SOURCE", str(BAD.parent))
    with BAD.open() as file:
        monkeypatch.setattr(sys, "stdin", file)
        main(["check", "-", "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert {f["file"] for f in findings if f["subject"] != "plan"} == {os.path.relpath(BAD.parent / "main.tf")}


# --- saved plans -----------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """What stands for a saved plan: the archive's layout, for a terraform that is not one."""
    (tmp_path / "infra").mkdir()
    with zipfile.ZipFile(tmp_path / "infra" / "tfplan", "w") as archive:
        archive.writestr("tfplan", b"")
        archive.write(BAD.parent / "main.tf", "tfconfig/m-/main.tf")
    return tmp_path / "infra" / "tfplan"


def stand_in(saved: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tool that is on PATH, outside of the plan's folder."""
    path = saved.parent.parent / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")


@pytest.mark.parametrize("name", ["terraform", "tofu"])
def test_a_saved_plan_is_read_by_the_tool_on_path_and_is_its_own_source(
    name: str, saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(saved, name, f'test "$1 $2" = "show -json" && cat {BAD}', monkeypatch)
    assert main(["check", str(saved), "--format", "json"]) == 1
    (document,) = plans_of(capsys.readouterr().out)
    assert document["plan"] == str(saved)
    assert {(f["file"], f["line"]) for f in document["findings"] if f["subject"] != "plan"} == {
        ("main.tf", n) for n in (1, 5, 10)
    }


def test_a_tool_that_cannot_read_it_leaves_it_to_the_next(
    saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in(saved, "terraform", "exit 1", monkeypatch)
    stand_in(saved, "tofu", f"cat {BAD}", monkeypatch)
    assert main(["check", str(saved)]) == 1


def test_a_saved_plan_without_a_tool_or_its_providers_is_one_sentence(
    saved: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(saved.parent))
    assert main(["check", str(saved)]) == 2
    assert "neither terraform nor tofu is on PATH to read it" in capsys.readouterr().err
    stand_in(saved, "terraform", "printf '╷\\n│ Error: Failed to load plugin schemas\\n╵\\n' >&2; exit 1", monkeypatch)
    assert main(["check", str(saved)]) == 2
    message = capsys.readouterr().err
    assert (
        "`terraform show` failed (Error: Failed to load plugin schemas); provide the plan's JSON: terraform show -json" in message
    )
    assert message.count("\n") == 1


@pytest.mark.exhaustive
def test_a_real_saved_plan_is_judged_and_points_into_its_modules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reason = tool.available()
    if reason:
        pytest.skip(reason)
    work = tmp_path / "infra"
    shutil.copytree(PLANS / "references", work, ignore=shutil.ignore_patterns("*.json"))
    (work / "zz_offline.tf").write_text(tool.PROVIDER, encoding="utf-8")
    environment = {**tool.terraform_environment(), "PYTHONPATH": str(ROOT / "checks")}
    tool._terraform(work, environment, "init", "-backend=false")
    tool._terraform(work, environment, "plan", "-lock=false", "-refresh=false", "-out=saved.tfplan")
    command = [sys.executable, "-m", "planproof", "check", "infra/saved.tfplan", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    findings = json.loads(done.stdout)["findings"]
    files = {f["file"] for f in findings if f["subject"].startswith("module.")}
    assert files
    assert all(str(file).startswith("infra/modules/") and (tmp_path / str(file)).exists() for file in files)


# --- outputs ---------------------------------------------------------------------------------------------------------


def test_several_formats_in_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sarif, page = tmp_path / "out.sarif", tmp_path / "out.xml"
    arguments = ["--format", "text", "--format", f"sarif={sarif}", "--format", f"junit={page}"]
    assert main(["check", str(BAD), *arguments]) == 1
    assert capsys.readouterr().out.startswith("planproof: ")
    assert json.loads(sarif.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert page.read_text(encoding="utf-8").startswith("<?xml")
    assert {path.name for path in tmp_path.iterdir()} == {"out.sarif", "out.xml"}


def test_output_holds_the_format_that_names_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "report.json"
    target.write_text("of an earlier run", encoding="utf-8")
    target.chmod(0o640)
    assert main(["check", str(BAD), "--format", "json", "--output", str(target)]) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(target.read_text(encoding="utf-8"))["findings"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "text", "--format", "json"], "two reports have the same destination"),
        (["--format", "json=a", "--format", "text=./a"], "two reports have the same destination"),
        (["--format", "json=a", "--output", "b"], "--output has no effect"),
        (["--output", "no-such-folder/a"], "the report no-such-folder/a cannot be written: No such file or directory"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(BAD), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not Path("a").exists()


@pytest.mark.parametrize("arguments", [["--format", "yaml"], ["--format", "json="], ["--jobs", "0"], ["--jobs", "many"]])
def test_a_wrong_option_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", str(BAD), *arguments])
    assert ended.value.code == 2


@pytest.mark.parametrize("kind", ["a link to a file", "a link to nothing", "a linked folder", "a link within"])
def test_no_report_goes_through_a_link(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever wrote the checkout could have laid it there; where the path that is given leads outside, it is the user's own."""
    work, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    work.mkdir()
    elsewhere.mkdir()
    kept = (work if kind == "a link within" else elsewhere) / "kept"
    kept.write_text("kept", encoding="utf-8")
    monkeypatch.chdir(work)
    if kind == "a linked folder":
        Path("out").symlink_to(elsewhere)
    else:
        Path("out").mkdir()
        Path("out/kept").symlink_to(elsewhere / "none" if kind == "a link to nothing" else kept)
    assert main(["check", str(BAD), "--format", "sarif=out/kept"]) == 2
    assert "the report out/kept is not written, because it is a link to " in capsys.readouterr().err
    assert (kept.read_text(encoding="utf-8"), (elsewhere / "none").exists()) == ("kept", False)
    assert main(["check", str(BAD), "--format", f"sarif={kept}"]) == 1


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One report that cannot be written leaves what was there before, and nothing half done."""
    kept = tmp_path / "kept.json"
    kept.write_text("of an earlier run", encoding="utf-8")
    missing = tmp_path / "no-such-folder" / "b.json"
    assert main(["check", str(BAD), "--format", f"json={kept}", "--format", f"sarif={missing}"]) == 2
    assert kept.read_text(encoding="utf-8") == "of an earlier run"
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]


@pytest.mark.skipif(not hasattr(os, "fork") or sys.platform != "linux", reason="needs a limit on the size of files")
def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)); "
        "from planproof.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-B", "-c", code, "check", str(BAD), "--format", "json", "--output", str(target)]
    done = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT / "checks")}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "cannot be written: File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []
