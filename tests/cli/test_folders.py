"""A folder passes over no plan: what looks like one is judged, or its exit code is 2; and the report says what was looked at."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from planproof.cli import folders, inputs
from planproof.cli.main import main
from planproof.errors import PlanError
from planproof.policy.model import Policy
from support.repository import PLANS, ROOT

GOOD = ROOT / "fixtures" / "good" / "ideal" / "plan.json"
BAD = ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json"
SAVED = PLANS / "saved" / "tfplan"
TEXT = BAD.read_text(encoding="utf-8")


def written(name: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def linked(name: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).symlink_to(target)


def linked_folder(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(BAD, elsewhere / "staging.json")
    (elsewhere / "back").symlink_to(folder)  # a circle
    (folder / "linked").symlink_to(elsewhere)


def closed_file(folder: Path) -> None:
    written("staging", b"?")(folder)
    (folder / "staging").chmod(0)


def after_many_variables() -> bytes:
    document = json.loads(TEXT)
    head = {key: document.pop(key) for key in ("format_version", "terraform_version")}
    return json.dumps({**head, "variables": {"big": {"value": "x" * 2**21}}, **document}).encode()


FAILS: dict[str, Callable[[Path], None]] = {
    "UTF-16 under another name": written("staging.json", TEXT.encode("utf-16")),
    "UTF-16 without a mark": written("staging.json", TEXT.encode("utf-16-le")),
    "UTF-16 without an extension": written("staging", TEXT.encode("utf-16-be")),
    "capitals": written("PLAN.JSON", TEXT.encode()),
    "another name in capitals": written("Staging.Json", TEXT.encode()),
    "another extension": written("staging.txt", TEXT.encode()),
    "no extension": written("staging", TEXT.encode()),
    "a line of a CI wrapper before it": written("staging.log", b"Running\n" + TEXT.encode()),
    "a line of a CI wrapper, and no extension": written("staging", b"Running\n" + TEXT.encode()),
    "many variables before it": written("staging.json", after_many_variables()),
    "keys in another order": written("staging.json", json.dumps(json.loads(TEXT), sort_keys=True, indent=1).encode()),
    "a link to a file": linked("staging.json", str(BAD)),
    "a folder that is a link": linked_folder,
    "several in one file": written("staging.json", GOOD.read_bytes() + TEXT.encode()),
}
CANNOT: dict[str, Callable[[Path], None]] = {
    "empty": written("staging.json", b""),
    "blank": written("staging.json", b" \n"),
    "empty, as a saved plan": written("tfplan", b""),
    "empty, as a saved plan of one of several": written("staging.tfplan", b""),
    "a link to nothing": linked("staging.json", "nothing"),
    "a link to itself": linked("staging.json", "staging.json"),
    "cut off": written("staging.json", TEXT.encode()[:2000]),
    "cut off before what it plans": written("staging.json", TEXT.encode()[:60]),
    "a saved plan that is cut off": written("staging", SAVED.read_bytes()[:3000]),
    "ended with an error": written("staging.json", json.dumps({**json.loads(TEXT), "errored": True}).encode()),
    "of no version": written("staging.json", json.dumps({**json.loads(TEXT), "format_version": None}).encode()),
    "a pipe": lambda folder: os.mkfifo(folder / "staging.json"),
    "a folder that cannot be read": lambda folder: (folder / "closed").mkdir(mode=0),
    "a file that cannot be read": closed_file,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good plan, and what is none."""
    here = tmp_path / "plans"
    here.mkdir()
    shutil.copy(GOOD, here / "good.json")
    for name, content in NO_PLANS.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(here)
    return here


NO_PLANS = {
    "package.json": '{"name": "planned_values"}',
    "state.json": '{"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {}}}',
    "schema.json": '{"format_version": "1.0", "provider_schemas": {}}',
    "terraform.tfstate": '{"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "x"}',
    "plan.md": '# The plan\n```json\n{"format_version": "1.2", "planned_values": {}, "resource_changes": []}\n```\n',
    "read.py": 'KEYS = ("format_version", "planned_values", "resource_changes")\n',
    "plan.sh": "terraform show -json tfplan\n",
    "main.tf": 'resource "aws_s3_bucket" "a" {\n}\n',
    ".gitignore": "",
    "empty.txt": "",
    ".hidden/plan.json": "not looked at",
    "node_modules/plan.json": "not looked at",
}


@pytest.fixture
def nobody() -> Iterator[None]:
    """For the superuser, who reads what is closed: puts back the rights that a test gives up."""
    was = os.geteuid()
    yield
    os.seteuid(was)


def give_up_rights() -> None:
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_what_is_no_plan_is_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", ".", "--policy", "general", "--format", "json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)["plans"]
    assert document["plan"] == "./good.json"
    # The files of hidden folders, and of those that tools install, are not among them.
    looked_at = f".: {len(NO_PLANS) - 1} files scanned, 1 recognized as plans: good.json"
    assert document["notices"] == [f"{looked_at}; not entered: .hidden, node_modules"]


@pytest.mark.parametrize("make", FAILS.values(), ids=FAILS)
def test_a_failing_plan_fails_whatever_it_is_called_and_however_it_is_written(
    make: Callable[[Path], None], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder)
    assert main(["check", ".", "--policy", "general", "--format", "json"]) == 1
    first, *_ = json.loads(capsys.readouterr().out)["plans"]
    assert ", 2 recognized as plans: " in first["notices"][0]


@pytest.mark.parametrize("make", CANNOT.values(), ids=CANNOT)
def test_what_looks_like_a_plan_and_cannot_be_judged_is_exit_2(
    make: Callable[[Path], None], folder: Path, nobody: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(folder)
    monkeypatch.setenv("PATH", "")
    give_up_rights()
    assert main(["check", ".", "--policy", "general", "--jobs", "1"]) == 2
    said = capsys.readouterr()
    assert any(word in said.out + said.err for word in ("staging", "tfplan", "closed")), said
    assert "Traceback" not in said.err


def test_a_saved_plan_is_judged_unless_its_own_json_is(tmp_path: Path) -> None:
    """The JSON holds the time at which the saved plan was made. Its name does not count, and a JSON stands for one saved plan alone."""
    shutil.copy(SAVED, tmp_path / "tfplan")
    other = {**json.loads(TEXT), "timestamp": "2026-11-25T10:00:00Z"}
    (tmp_path / "plan.json").write_text(json.dumps(other), encoding="utf-8")
    assert [Path(p).name for p in inputs.plans([str(tmp_path)]).paths] == ["plan.json", "tfplan"]
    with zipfile.ZipFile(SAVED) as archive:
        stamp = folders_stamp(archive.read("tfplan"))
    (tmp_path / "whatever.json").write_text(json.dumps({**json.loads(TEXT), "timestamp": stamp}), encoding="utf-8")
    assert [Path(p).name for p in inputs.plans([str(tmp_path)]).paths] == ["plan.json", "whatever.json"]
    shutil.copy(SAVED, tmp_path / "other")
    assert [Path(p).name for p in inputs.plans([str(tmp_path)]).paths] == ["plan.json", "tfplan", "whatever.json"]


def folders_stamp(content: bytes) -> str:
    start = content.index(b"2026-")
    return content[start : start + 20].decode()


@pytest.mark.parametrize(
    ("text", "saved", "same"),
    [("plan.json", "tfplan", True), ("prod.tfplan.json", "prod.tfplan", True), ("prod.json", "dev.tfplan", False)],
)
def test_before_terraform_1_5_the_names_tell(text: str, saved: str, same: bool, tmp_path: Path) -> None:
    document = json.loads(TEXT)
    document.pop("timestamp", None)
    (tmp_path / text).write_text(json.dumps(document), encoding="utf-8")
    shutil.copy(SAVED, tmp_path / saved)
    assert len(inputs.plans([str(tmp_path)]).paths) == (1 if same else 2)


def test_a_folder_without_an_end_is_told_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "MAX_LOOKED_AT", 3)
    with pytest.raises(PlanError, match="contains more than 3 files; provide the folders of the plans"):
        inputs.plans(["."])


@pytest.mark.skipif(not os.path.exists("/proc/kmsg"), reason="there is no /proc")
def test_a_file_that_keeps_its_reader_waiting_is_not_read(folder: Path) -> None:
    (folder / "messages").symlink_to("/proc/kmsg")
    assert inputs.plans(["."]).paths == ["./good.json"]
    (folder / "messages.json").symlink_to("/proc/kmsg")
    with pytest.raises(PlanError, match="is empty"):
        inputs.judge("messages.json", Policy.default())


def test_a_pipe_that_is_no_plan_by_its_name_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "agent.sock")
    assert inputs.plans(["."]).paths == ["./good.json"]
