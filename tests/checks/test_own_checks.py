"""A team's own checks, from a folder of theirs, beside the bundled ones."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate, find_policy
from planproof.errors import LoadError, PolicyError
from planproof.registry import all_checks, own_checks
from planproof.verdict import Verdict
from support.reports import plans_of
from support.repository import PLANS, ROOT

TEAM = ROOT / "examples" / "platform-team"
PLAN = TEAM / "plan.json"
CHECK = """
from planproof.check import check
from planproof.verdict import passed

@check(id={id!r}, name="Something holds", severity={severity!r}, category={category!r}, types={types})
def {name}(bucket, context):
    return passed("holds", "it holds")
"""


def declare(folder: Path, file: str, id: str = "CKV_ACME_5", name: str = "something", **keys: str) -> Path:
    folder.mkdir(exist_ok=True)
    values = {"severity": "LOW", "category": "LOGGING", "types": '("aws_s3_bucket",)', **keys}
    (folder / f"{file}.py").write_text(CHECK.format(id=id, name=name, **values), encoding="utf-8")
    return folder


def test_the_example_as_a_library() -> None:
    checks = (*all_checks(), *own_checks(TEAM / "checks"))
    report = evaluate(PLAN, TEAM / "planproof.yaml", checks=checks)
    found = [(f.subject, f.verdict, f.code, f.severity) for f in report.findings if f.check_id == "CKV_ACME_1"]
    assert found == [
        ("aws_sqs_queue.orders", Verdict.FAIL, "no_redrive", "MEDIUM"),
        ("aws_sqs_queue.payments", Verdict.PASS, "redrive", "MEDIUM"),
        ("aws_sqs_queue.payments_dlq", Verdict.PASS, "dead_letter_queue", "MEDIUM"),
    ]
    assert {f.check_id for f in report.findings} >= {"CKV_ACME_1", "CKV_PLAN_12"}
    assert report.errors == ()


def test_the_example_on_the_command_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["check", str(PLAN), "--policy", str(TEAM / "planproof.yaml"), "--format", "json"]
    assert main([*arguments, "--checks-from", str(TEAM / "checks")]) == 1
    given = json.loads(capsys.readouterr().out)
    assert {f["check_id"] for f in given["findings"]} >= {"CKV_ACME_1", "CKV_PLAN_12"}
    monkeypatch.setenv("PLANPROOF_CHECKS", str(TEAM / "checks"))
    assert main(arguments) == 1
    assert json.loads(capsys.readouterr().out) == given


def test_several_plans_are_judged_by_them_in_several_processes(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(PLAN), str(PLANS / "references" / "plan.json"), "--checks-from", str(TEAM / "checks"), "--jobs", "2"]
    main(["check", *arguments, "--policy", str(TEAM / "planproof.yaml"), "--format", "json"])
    first, second = plans_of(capsys.readouterr().out)
    assert "CKV_ACME_1" in {f["check_id"] for f in first["findings"]}
    assert "CKV_ACME_1" not in {f["check_id"] for f in second["findings"]}


def test_several_folders_are_separated_as_in_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = declare(tmp_path / "one", "one"), declare(tmp_path / "two", "one", "CKV_ACME_6", "other")
    monkeypatch.setenv("PLANPROOF_CHECKS", os.pathsep.join([str(one), str(two)]))
    assert [check.id for check in own_checks()] == ["CKV_ACME_5", "CKV_ACME_6"]


REFUSED = {
    "an id of ours": ({"id": "CKV_PLAN_1"}, "declares CKV_PLAN_1, but ids that begin with CKV_PLAN_ are reserved for planproof"),
    "an id that may be ours one day": ({"id": "CKV_PLAN_99"}, "ids that begin with CKV_PLAN_ are reserved for planproof"),
    "a name of ours": ({"name": "prevent_destroy"}, "declares a check named prevent_destroy, the name of CKV_PLAN_8"),
}


@pytest.mark.parametrize(("keys", "message"), REFUSED.values(), ids=REFUSED)
def test_an_own_check_is_not_called_as_another_is(keys: dict[str, str], message: str, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match=message):
        own_checks(declare(tmp_path / "checks", "one", **keys))


def test_two_of_them_are_not_called_alike(tmp_path: Path) -> None:
    folder = declare(declare(tmp_path / "checks", "one"), "two", name="other")
    with pytest.raises(LoadError, match="declares CKV_ACME_5 a second time"):
        own_checks(folder)


DECLARED = """
@check(id="{0}", name="x", severity="LOW", category="LOGGING", types=("aws_s3_bucket",))
def {1}(bucket: Instance, context: Context) -> Outcome:
    return {2}("a_code", "a reason")
"""
LOST = {
    "two functions of one name": DECLARED.format("CKV_ACME_5", "one", "failed") + DECLARED.format("CKV_ACME_6", "one", "passed"),
    "two of one name and id": DECLARED.format("CKV_ACME_5", "one", "failed") + DECLARED.format("CKV_ACME_5", "one", "passed"),
    "a check that is taken away": DECLARED.format("CKV_ACME_5", "one", "failed")
    + "del one\n"
    + DECLARED.format("CKV_ACME_6", "two", "passed"),
    "a name that is given to something else": DECLARED.format("CKV_ACME_5", "one", "failed") + "one = 1\n",
    "a check in a list": DECLARED.format("CKV_ACME_5", "one", "failed") + "ALL = [one]\ndel one\n",
}


@pytest.mark.parametrize("text", LOST.values(), ids=LOST)
def test_a_check_that_a_file_declares_and_loses_is_told(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.py").write_text("from planproof.check import *\n" + text, encoding="utf-8")
    assert main(["check", str(PLAN), "--checks", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "some.py declares CKV_ACME_5 as one, but that name, or the id, is another's by the end of the file" in said.err


KEPT = {
    "made by a function": 'def make(id, name):\n    @check(id=id, name=name, severity="LOW", category="LOGGING", types=())\n'
    '    def judge(plan, context): return passed("ok", "ok")\n    return judge._replace(key=name)\n'
    'one, two = make("CKV_ACME_5", "one"), make("CKV_ACME_6", "two")\n',
    "two names of one": DECLARED.format("CKV_ACME_5", "one", "failed")
    + "same = one\n"
    + DECLARED.format("CKV_ACME_6", "two", "passed"),
    "altered": DECLARED.format("CKV_ACME_5", "one", "failed")
    + 'one = one._replace(severity="HIGH")\n'
    + DECLARED.format("CKV_ACME_6", "two", "passed"),
}


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_a_check_may_be_made_in_another_way(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.py").write_text("from planproof.check import *\n" + text, encoding="utf-8")
    assert [check.id for check in own_checks(tmp_path)] == ["CKV_ACME_5", "CKV_ACME_6"]


def test_folders_without_checks_are_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "helper.py").write_text("x = 1\n", encoding="utf-8")
    for name, message in {
        "missing": "the folder .*missing of checks does not exist",
        "empty": "there are no checks in .*empty",
        "none": r"helper\.py declares no check; if it is a helper, begin its name with an underscore",
    }.items():
        with pytest.raises(LoadError, match=message):
            own_checks(tmp_path / name)
        assert main(["check", str(PLAN), "--checks-from", str(tmp_path / name)]) == 2
    assert capsys.readouterr().out == ""


BROKEN = {
    "it cannot be imported": "import no_such_module  # CKV_ACME_5\n",
    "it mentions one of ours first": "# like CKV_PLAN_1\nimport no_such_module  # CKV_ACME_5\n",
    "it leaves": "import sys; sys.exit(0)  # CKV_ACME_5\n",
    "types are no tuple": CHECK.format(id="CKV_ACME_5", name="x", severity="LOW", category="LOGGING", types='"aws_s3_bucket"'),
    "a type that is no text": CHECK.format(id="CKV_ACME_5", name="x", severity="LOW", category="LOGGING", types="(None,)"),
    "an empty type": CHECK.format(id="CKV_ACME_5", name="x", severity="LOW", category="LOGGING", types='("",)'),
    "a severity that is none": CHECK.format(id="CKV_ACME_5", name="x", severity="BAD", category="LOGGING", types="()"),
    "a category that is none": CHECK.format(id="CKV_ACME_5", name="x", severity="LOW", category="logging", types="()"),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_fails_under_its_id(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    assert main(["check", str(PLAN), "--checks-from", str(tmp_path), "--format", "json"]) == 2
    findings = json.loads(capsys.readouterr().out)["findings"]
    (broken,) = [f for f in findings if f["code"] == "check_error"]
    assert (broken["check_id"], broken["verdict"], broken["subject"]) == ("CKV_ACME_5", "FAIL", "plan")
    assert "broken.py cannot be imported: " in broken["reason"]


def test_a_policy_may_speak_of_them_and_is_held_to_what_all_checks_have(tmp_path: Path) -> None:
    checks = own_checks(TEAM / "checks")
    exception = {"check": "CKV_ACME_1", "address": "*", "reason": "r", "expires": "2999-01-01"}
    policy = find_policy({"checks": {"queue_redrive": {"anything": [1]}}, "exceptions": [exception]}, checks)
    assert policy.settings("queue_redrive") == {"anything": [1]}
    with pytest.raises(PolicyError, match="there is no check CKV_ACME_1"):
        find_policy({"exceptions": [exception]})
    with pytest.raises(PolicyError, match=r"queue_redrive\.severity must be one of CRITICAL"):
        find_policy({"checks": {"queue_redrive": {"severity": "BAD"}}}, checks)
    report = evaluate(PLAN, {"unjudged": "warn", "checks": {"queue_redrive": {"enabled": False}}}, checks=checks)
    assert report.findings == ()


def test_a_file_may_import_another_check(tmp_path: Path) -> None:
    folder = declare(tmp_path / "checks", "one")
    (folder / "two.py").write_text(
        "from .one import something\n"
        + CHECK.format(id="CKV_ACME_6", name="other", severity="LOW", category="LOGGING", types="()"),
        encoding="utf-8",
    )
    assert [check.id for check in own_checks(folder)] == ["CKV_ACME_5", "CKV_ACME_6"]


@pytest.mark.parametrize("name", [" ", "\t", f"{os.pathsep} "])
def test_blanks_are_no_folder_of_checks(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Least of all the current one, which may be of whoever is judged."""
    (tmp_path / "trap.py").write_text("raise SystemExit(0)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLANPROOF_CHECKS", name)
    with pytest.raises(LoadError, match="a folder of checks is blank"):
        own_checks()
    with pytest.raises(LoadError, match="a folder of checks is blank"):
        own_checks("")
