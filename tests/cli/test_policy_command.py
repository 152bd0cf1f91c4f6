"""`planproof policy`: what it shows can be read again, and what it begins with changes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planproof.cli.main import main
from planproof.engine import find_policy
from planproof.policy.layers import bundled_policy, load
from planproof.registry import all_checks
from support.repository import PLANS, ROOT

PLAN = PLANS / "references" / "plan.json"
TEAM = ROOT / "examples" / "platform-team"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_show_names_the_file_and_line_of_each_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "base.yaml", "extends: general\nunknown: fail\nlog_buckets: {words: [audit]}\n")
    team = write(
        tmp_path / "team.yaml",
        "extends: base.yaml\nlog_buckets:\n  writers: {aws_lb: null}\nchecks:\n  log_group_retention:\n    retention_days: 7\n",
    )
    assert main(["policy", "show", "--policy", str(team)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line in (
        f"unknown: fail  # {tmp_path / 'base.yaml'}:2",
        f"  words: [audit]  # {tmp_path / 'base.yaml'}:3",
        f"    aws_lb: null  # {team}:3",
        f"    retention_days: 7  # {team}:6",
        "    exact: false  # general (bundled)",
        "    accept_transition: true  # secure-logs (bundled)",
    ):
        assert line in lines


@pytest.mark.parametrize(
    "text",
    [
        "unknown: ignore\n",
        "extends: general\n",
        "log_buckets: {words: ['no', '0100', 'a: b', '#', 'true', ''], writers: {aws_lb: null}}\n",
        'exceptions:\n- {check: CKV_PLAN_1, address: \'a["#"]\', reason: "two\\nlines: # x", expires: 2030-01-31}\n',
    ],
)
def test_what_is_shown_means_the_same_when_it_is_read(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = write(tmp_path / "policy.yaml", text)
    assert main(["policy", "show", "--policy", str(policy)]) == 0
    again = write(tmp_path / "again.yaml", capsys.readouterr().out)
    assert load(again, all_checks()).effective == load(policy, all_checks()).effective


def test_show_goes_by_the_environment_and_else_shows_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "show"]) == 0
    assert "unknown: warn  # secure-logs (bundled)" in capsys.readouterr().out
    monkeypatch.setenv("PLANPROOF_POLICY", str(write(tmp_path / "policy.yaml", "unknown: fail\n")))
    assert main(["policy", "show"]) == 0
    assert f"unknown: fail  # {tmp_path / 'policy.yaml'}:1" in capsys.readouterr().out


def test_a_bundled_profile_is_named_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "general"]) == 0
    assert find_policy("general").data == bundled_policy("general")


def test_check_tells_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = write(tmp_path / "policy.yaml", "version: 1\nunknown: fial\ncheks: {}\n")
    assert main(["policy", "check", str(policy)]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert [line.split(": ")[1] for line in streams.err.splitlines()] == [f"{policy}:2", f"{policy}:3"]


def test_check_of_a_good_policy_says_so_and_warns_of_what_has_run_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "extends: general\nexceptions:\n- {check: CKV_PLAN_1, address: x, reason: r, expires: 2020-01-31}\n"
    policy = write(tmp_path / "policy.yaml", text)
    assert main(["policy", "check", str(policy)]) == 0
    streams = capsys.readouterr()
    assert streams.out == f"{policy} can be used; it extends secure-logs (bundled), general (bundled)\n"
    assert streams.err == "warning: the exception for CKV_PLAN_1 on x expired on 2020-01-31\n"


@pytest.mark.parametrize(("words", "profile"), [([], "secure-logs"), (["--extends", "general"], "general")])
def test_the_starter_changes_nothing_and_neither_do_its_remarks(
    words: list[str], profile: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = tmp_path / "planproof.yaml"
    assert main(["policy", "init", str(policy), *words]) == 0
    assert capsys.readouterr().out.endswith(f"a policy that changes nothing of {profile} yet; to change a key, remove its #\n")
    assert load(policy, all_checks()).effective == bundled_policy(profile)
    head, extends, rest = policy.read_text(encoding="utf-8").partition(f"extends: {profile}\n")
    uncovered = "".join(line.removeprefix("# ") for line in rest.splitlines(keepends=True))
    write(tmp_path / "all.yaml", head + extends + uncovered)
    everything = load(tmp_path / "all.yaml", all_checks()).effective
    assert len(everything.pop("exceptions")) == 1
    assert {**everything, "exceptions": []} == bundled_policy(profile)
    assert set(json.loads(json.dumps(everything["checks"]))) == set(bundled_policy(profile)["checks"])


def test_what_init_writes_is_in_force_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["policy", "init", "--extends", "general"]) == 0
    assert main(["policy", "init", "ours.yaml"]) == 0
    assert capsys.readouterr().out.endswith("; select it with --policy ours.yaml, or rename it to planproof.yaml\n")
    assert (find_policy().name, find_policy().profile) == ("planproof.yaml", "general")
    assert find_policy().data == bundled_policy("general")
    with pytest.raises(SystemExit, match="2"):
        main(["policy", "init", "-", "--extends", "generic"])


def test_the_starter_names_every_check_and_every_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "init", "-"]) == 0
    text = capsys.readouterr().out
    for key, section in bundled_policy("secure-logs")["checks"].items():
        assert f"#   {key}:\n" in text
        assert [name for name in section if f"#     {name}:" not in text] == []


def test_init_writes_over_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = write(tmp_path / "planproof.yaml", "unknown: fail\n")
    assert main(["policy", "init", str(policy)]) == 2
    assert "exists; it is not overwritten" in capsys.readouterr().err
    assert policy.read_text(encoding="utf-8") == "unknown: fail\n"
    assert main(["policy", "init", str(tmp_path / "no" / "folder.yaml")]) == 2
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema"]) == 0
    published = json.loads((ROOT / "policies" / "planproof.schema.json").read_text(encoding="utf-8"))
    assert json.loads(capsys.readouterr().out) == published


def test_a_policy_for_checks_of_ones_own_needs_their_folder(capsys: pytest.CaptureFixture[str]) -> None:
    policy = str(TEAM / "planproof.yaml")
    assert main(["policy", "check", policy, "--checks-from", str(TEAM / "checks")]) == 0
    assert main(["policy", "check", policy]) == 2
    assert "planproof.yaml:7: unknown key 'queue_redrive' in checks" in capsys.readouterr().err
    assert main(["policy", "show", "--policy", policy, "--checks-from", str(TEAM / "checks")]) == 0
    assert "    dead_letter_suffix: -dlq  # " in capsys.readouterr().out


@pytest.mark.parametrize("text", ["checks: [\n", "unknown: fial\n", "exceptions:\n- {}\n", ""])
def test_a_broken_policy_is_exit_2_wherever_it_is_named(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = write(tmp_path / "policy.yaml", text)
    assert main(["check", str(PLAN), "--policy", str(policy)]) == 2
    monkeypatch.setenv("PLANPROOF_POLICY", str(policy))
    assert main(["check", str(PLAN)]) == 2
    monkeypatch.setenv("PLANPROOF_POLICY", str(tmp_path / "none.yaml"))
    assert main(["check", str(PLAN)]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.count("\n") == 3


def test_as_data_for_opa_it_is_what_is_in_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "extends: general\nexceptions: [{check: CKV_PLAN_1, address: a, reason: old, expires: 2030-01-31}]\n"
    policy = write(tmp_path / "policy.yaml", text)
    assert main(["policy", "show", "--policy", str(policy), "--format", "opa"]) == 0
    shown = json.loads(capsys.readouterr().out)["planproof_plan_only"]
    effective = json.loads(json.dumps(load(policy, all_checks()).effective["checks"]))
    types = effective["versioning_coverage"]["types"]
    for rule in filter(None, types.values()):  # in Rego the keys of an object have no order
        rule["must"] = [{"name": name, **demand} for name, demand in rule["must"].items() if demand is not None]
    assert [demand["name"] for demand in types["aws_dynamodb_table"]["must"]] == [
        "point_in_time_recovery",
        "recovery_of_replicas",
    ]
    assert shown["checks"] == effective
    assert shown["exceptions"][0]["expires"] == "2030-01-31"
