"""What would be judged in part, or not at all, is told on every lane: several plans in a file, plans that plan nothing, plans that nothing
here judges, policies that judge nothing, and variables that are misspelt."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from planproof.cli.main import main
from planproof.engine import evaluate
from planproof.errors import LoadError, PlanError, PolicyError
from planproof.plan.model import Plan
from planproof.registry import all_checks, checks_folder
from support.lanes import OURS, Checkovs
from support.reports import plans_of
from support.repository import PLANS, ROOT

GOOD = (ROOT / "fixtures" / "good" / "ideal" / "plan.json").read_text(encoding="utf-8")
BAD = (ROOT / "fixtures" / "bad" / "log_group_retention" / "plain" / "plan.json").read_text(encoding="utf-8")
REFRESH_ONLY = (PLANS / "refresh_only" / "plan.json").read_text(encoding="utf-8")
OTHER = (PLANS / "other_provider" / "plan.json").read_text(encoding="utf-8")
NOTHING_ON = json.dumps({"extends": "general", "checks": {check.key: {"level": "off"} for check in all_checks()}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def judged(text: str | bytes, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the reports, and what stands on standard error."""
    Path("plan.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    code = main(["check", "plan.json", "--policy", "general", "--format", "json", *arguments])
    said = capsys.readouterr()
    return code, plans_of(said.out) if said.out else [], said.err


# --- several plans in one file ----------------------------------------------------------------------------------------

PRETTY = json.dumps(json.loads(BAD), indent=2)
SEVERAL = {
    "a line each": GOOD.strip() + "\n" + BAD,
    "one behind the other": GOOD.strip() + BAD,
    "indented": GOOD + "\n  " + BAD,
    "pretty": json.dumps(json.loads(GOOD), indent=2) + "\n" + PRETTY,
    "lines between them": "Group 1\n" + GOOD + "\n- Unit b\n" + BAD + "\ndone\n",
    "other objects between them": GOOD + '\n{"level": "info", "msg": "unit b"}\n' + BAD,
    "a log before them": '{"@level":"info","@message":"Terraform 1.11.4"}\n' + GOOD + "\n" + BAD,
    "UTF-16": (GOOD + "\n" + BAD).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + (GOOD + "\n" + BAD).encode(),
}


@pytest.mark.parametrize("text", SEVERAL.values(), ids=SEVERAL)
def test_each_of_several_plans_in_a_file_is_judged(text: str | bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, reports, _ = judged(text, capsys)
    assert (code, [report["plan"] for report in reports]) == (1, ["plan.json#1", "plan.json#2"])
    assert [report["summary"]["FAIL"] > 0 for report in reports] == [False, True]


def test_of_standard_input_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SEVERAL["a line each"].encode())))  # type: ignore[arg-type]
    assert main(["check", "-", "--policy", "general", "--format", "json"]) == 1
    names = [report["plan"] for report in json.loads(capsys.readouterr().out)["plans"]]
    assert names == ["standard input#1", "standard input#2"]


CUT = {
    "the second is cut off": GOOD + "\n" + BAD[: len(BAD) // 2],
    "the second is cut off at its begin": GOOD + "\n" + BAD[:12],
    "the first is cut off": BAD[: len(BAD) // 2] + "\n" + GOOD,
    "the second stands behind a word": GOOD + "\n[unit] " + BAD,
    "the second is pretty and cut off": GOOD + "\n" + PRETTY[: len(PRETTY) // 2],
    "the second is of another encoding": GOOD.encode() + b"\n" + BAD.encode("utf-16-le"),
    "the second has a mark of its own": GOOD.encode() + b"\n\xff\xfe" + BAD.encode("utf-16-le"),
    "much stands before them": "{\n" * 30 + GOOD + "\n" + BAD,
}


@pytest.mark.parametrize("text", CUT.values(), ids=CUT)
def test_what_of_several_cannot_be_read_is_not_passed_over(
    text: str | bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, reports, said = judged(text, capsys)
    assert (code, reports) == (2, [])
    assert said.count("\n") == 1


NO_PLAN = {
    "a state": '{"format_version": "1.0", "values": {}}',
    "a plan that ended in an error": json.dumps({**json.loads(BAD), "errored": True}),
    "a refresh-only plan": REFRESH_ONLY,
}


@pytest.mark.parametrize("second", NO_PLAN.values(), ids=NO_PLAN)
def test_one_of_several_that_cannot_be_judged_is_exit_2_and_the_others_are_judged(
    second: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, reports, said = judged("\n".join([GOOD.strip(), second.strip(), BAD]), capsys)
    assert code == 2
    assert [bool(report["errors"]) for report in reports] == [False, True, False]
    assert "plan.json#2" in said


def test_what_lies_beside_several_is_not_the_source_of_each(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "main.tf").write_text('resource "aws_s3_bucket" "x" {\n}\n', encoding="utf-8")
    _, reports, _ = judged(SEVERAL["a line each"], capsys)
    assert {finding["file"] for report in reports for finding in report["findings"]} == {None}


def test_the_library_refuses_several_where_one_is_asked_for(folder: Path) -> None:
    (folder / "plan.json").write_text(SEVERAL["a line each"], encoding="utf-8")
    for load in (evaluate, Plan.load):
        with pytest.raises(PlanError, match=r"plan\.json contains 2 plans, but one is expected"):
            load("plan.json")
    assert [evaluate(plan, "general").failed for plan in Plan.load_all("plan.json")] == [False, True]


# --- plans that plan nothing, or nothing that is judged ---------------------------------------------------------------


def of_google(plan: str = OTHER) -> str:
    """The same of two other providers."""
    return plan.replace("terraform_data.site", "google_storage_bucket.site").replace(
        '"type":"terraform_data","name":"site"', '"type":"google_storage_bucket","name":"site"'
    )


@pytest.mark.parametrize(
    ("meaning", "code", "said"),
    [("warn", 0, "warnings"), ("ignore", 0, ""), ("fail", 2, "errors")],
    ids=["warn", "ignore", "fail"],
)
def test_resources_of_other_providers_alone(
    meaning: str, code: int, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = folder / "policy.yaml"
    policy.write_text(f"extends: general\nunjudged: {meaning}\n", encoding="utf-8")
    found, reports, error = judged(of_google(), capsys, "--policy", str(policy))
    text = "plan.json: 2 resources of terraform, google: no check covers them"
    assert found == code
    assert (text in str(reports)) is (said == "warnings")
    assert (text in error) is (said == "errors")


def test_the_bundled_policies_say_so(folder: Path) -> None:
    with pytest.raises(
        PlanError, match="2 resources of terraform: no check covers them; if that is intended, set unjudged: warn"
    ):
        evaluate(json.loads(OTHER), "secure-logs")
    assert "no check covers them" in str(evaluate(json.loads(OTHER), "general").warnings)


def test_one_resource_of_ours_is_enough(folder: Path) -> None:
    """Most configurations have a null_resource or a random_id too, which nobody expects to be judged."""
    document = json.loads(OTHER)
    first, *_ = json.loads(BAD)["planned_values"]["root_module"]["resources"]
    document["planned_values"]["root_module"]["resources"].append(first)
    assert "nothing here" not in str(evaluate(document, "secure-logs").warnings)


OWN = """
from planproof.check import check, passed

@check(id="CKV_ACME_1", name="Input", severity="LOW", category="CONVENTION", types=("terraform_data",))
def has_input(subject, context):
    \"\"\"Input is set.\"\"\"
    return passed("ok", "it is")
"""


def test_a_check_of_ones_own_judges_its_provider(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "own").mkdir()
    (folder / "own" / "has_input.py").write_text(OWN, encoding="utf-8")
    _, reports, _ = judged(OTHER, capsys, "--checks-from", "own")
    assert "nothing here" not in str(reports)


def test_what_is_off_judges_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check of one's own for another provider is on, and all of the bundled ones are off."""
    (folder / "own").mkdir()
    (folder / "own" / "has_input.py").write_text(OWN, encoding="utf-8")
    (folder / "policy.json").write_text(NOTHING_ON, encoding="utf-8")
    _, (report,), _ = judged(BAD, capsys, "--checks-from", "own", "--policy", "policy.json")
    assert "of aws: no check covers them" in str(report["warnings"])


def test_a_few_checks_that_are_asked_for_need_not_judge_each_provider() -> None:
    for check in all_checks():
        assert "nothing here" not in str(evaluate(json.loads(BAD), "secure-logs", checks=[check]).warnings)


def test_a_policy_with_every_check_off_is_told_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "policy.json").write_text(NOTHING_ON, encoding="utf-8")
    code, reports, _ = judged(BAD, capsys, "--policy", "policy.json")
    assert (code, reports[0]["findings"]) == (0, [])
    assert "the policy policy.json turns every check off, so nothing is judged" in str(reports[0]["warnings"])
    with pytest.raises(PolicyError, match="turns every check off"):
        evaluate(json.loads(BAD), {**json.loads(NOTHING_ON), "extends": "secure-logs"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PLANPROOF_POLCIY", "did you mean PLANPROOF_POLICY?"),
        ("PLANPROOF_CHECK", "did you mean PLANPROOF_CHECKS?"),
        ("planproof_baseline", "did you mean PLANPROOF_BASELINE?"),
        ("PLANPROOF_X", "valid settings are PLANPROOF_POLICY"),
    ],
)
def test_a_variable_that_is_no_setting_is_told_of(
    name: str, hint: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, "x")
    _, (report,), _ = judged(GOOD, capsys)
    assert f"the environment variable {name} is not a planproof setting; {hint}" in str(report["warnings"])


def test_what_the_action_hands_on_is_none_of_those(monkeypatch: pytest.MonkeyPatch) -> None:
    import re

    for name in re.findall(r"PLANPROOF_[A-Z_]+", (ROOT / "action.yml").read_text(encoding="utf-8")):
        monkeypatch.setenv(name, "")
    assert "not a planproof setting" not in str(evaluate(json.loads(GOOD), "general", checks=all_checks()).warnings)


@pytest.mark.parametrize("value", [os.pathsep, os.pathsep * 3])
def test_folders_of_checks_that_name_none_are_refused(
    value: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANPROOF_CHECKS", value)
    code, _, said = judged(GOOD, capsys)
    assert (code, "which is not a folder" in said) == (2, True)
    with pytest.raises(LoadError, match="is not a folder"):
        evaluate(json.loads(GOOD))


# --- Checkov's lane ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def checkovs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkovs]:
    made = Checkovs(tmp_path_factory.mktemp("streams"))
    yield made
    made.close()


ON_CHECKOV: dict[str, tuple[str, dict[str, str], str]] = {
    "several plans in a file": (SEVERAL["a line each"], {}, "plan.json contains 2 plans, but one is expected"),
    "a refresh-only plan": (REFRESH_ONLY, {}, "plans nothing for the 2 resources of the state"),
    "all that a plan makes is left out of planned_values": (
        json.dumps({**json.loads(BAD), "planned_values": {"root_module": {}}}),
        {},
        "plan.json contradicts itself: it changes ",
    ),
    "resources of other providers alone": (OTHER, {}, "no check covers them"),
    "every check is off": (BAD, {"PLANPROOF_POLICY": "off.json"}, "turns every check off"),
    "folders of checks that name none": (GOOD, {"PLANPROOF_CHECKS": ":"}, "which is not a folder"),
}
ARGUMENTS = ("--framework", "terraform_plan", "--skip-download", "-f", "plan.json", "-c", OURS)


@pytest.mark.slow
@pytest.mark.parametrize(("plan", "settings", "said"), ON_CHECKOV.values(), ids=ON_CHECKOV)
def test_on_checkovs_lane(
    plan: str, settings: dict[str, str], said: str, folder: Path, checkovs: Checkovs, request: pytest.FixtureRequest
) -> None:
    """`planproof checkov` fails; plain Checkov does too where it asks a check of ours, and the guide tells of it where it does not."""
    (folder / "plan.json").write_text(plan, encoding="utf-8")
    (folder / "off.json").write_text(json.dumps({**json.loads(NOTHING_ON), "extends": "secure-logs"}), encoding="utf-8")
    ours = checkovs.run("planproof", "checkov", *ARGUMENTS, cwd=folder, path=(ROOT / "checks",), **settings)
    assert ours.returncode in (1, 2), ours.stdout + ours.stderr
    assert said in ours.stdout + ours.stderr
    plain = checkovs.run("checkov", "--external-checks-dir", checks_folder().parent, *ARGUMENTS, cwd=folder, **settings)
    guide = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    assert (plain.returncode == 0) is (f"| {request.node.callspec.id} |" in guide), plain.stdout + plain.stderr
