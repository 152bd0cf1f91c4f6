"""policies/rego/plan_only, run by OPA itself and by a second engine: a plan's verdicts where nothing but the plan is there."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.mutants import mutants
from support.plan_only import BUNDLE, CHECKS, CONTRADICTION, PROFILES, RULES, SAME, UNKNOWN, compared, data, modules
from support.rego import COMPILED, Ask, compiled_opa, compiled_regorus
from support.repository import ROOT

Json = Any
Judge = Callable[..., dict[str, Json]]
FIXTURES = sorted((ROOT / "fixtures").glob("**/plan.json"))
REVIEW, IDEAL = ROOT / "fixtures/bad/review/plan.json", ROOT / "fixtures/good/ideal/plan.json"
CORPUS = [ROOT.parent / "shared" / "corpus" / part for part in ("plans", "real/plans")]
GROUPS = ROOT / "fixtures/bad/log_group_retention/plain/plan.json"


@pytest.fixture(params=COMPILED, ids=lambda engine: engine.__name__)
def judge(request: pytest.FixtureRequest) -> Judge:
    """What the two queries come to for a plan, by the bundled settings or by those that are given."""
    engine = request.param
    return lambda plan, given=None: (compiled(engine) if given is None else engine(modules(), given))(RULES, plan)


@cache
def compiled(engine: Callable[..., Ask]) -> Ask:
    return engine(modules(), {})


@cache
def plan_of(file: Path) -> Json:
    return json.loads(file.read_text(encoding="utf-8"))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT / "fixtures").parent.as_posix()


def test_a_finding_says_what_planproof_says(judge: Judge) -> None:
    found = judge(plan_of(REVIEW))
    assert found["findings"]
    for finding in found["findings"]:
        assert finding.keys() == {"check_id", "subject", "verdict", "code", "reason"}
        assert all(isinstance(text, str) and text for text in finding.values())


def test_each_fail_of_a_mandatory_check_is_denied(judge: Judge) -> None:
    every = data("secure-logs")  # all are mandatory there; in general, tags are advisory
    for given, left_out in ((every, ()), (None, ("CKV_PLAN_10",))):
        found = judge(plan_of(REVIEW), given)
        failed = [f for f in found["findings"] if f["verdict"] == "FAIL" and f["check_id"] not in left_out]
        assert found["deny"] == [f"{f['check_id']} {f['subject']}: {f['reason']}" for f in failed] != []
    assert judge(plan_of(IDEAL), every)["deny"] == []


@pytest.mark.parametrize("key", ["plan", "tfplan"])
def test_the_plan_may_stand_where_an_engine_puts_it(judge: Judge, key: str) -> None:
    assert judge({key: plan_of(REVIEW), "run": {}}) == judge(plan_of(REVIEW))


@pytest.mark.parametrize("plan", [None, {}, [], "x", {"plan": None}, {"planned_values": "x"}, {"resource_changes": []}])
def test_what_is_no_plan_is_denied(judge: Judge, plan: Json) -> None:
    assert judge(plan) == {
        "findings": [],
        "deny": ["planproof cannot judge this: the input is no plan as `terraform show -json` writes it"],
    }


PLACES = {
    "a change without an address": lambda plan: plan["resource_changes"][0].pop("address"),
    "a change without actions": lambda plan: plan["resource_changes"][0]["change"].update(actions=[]),
    "a change that is none": lambda plan: plan["resource_changes"].append(None),
    "an address that is there twice": lambda plan: plan["planned_values"]["root_module"]["resources"].append(
        plan["planned_values"]["root_module"]["resources"][0]
    ),
    "a resource without a type": lambda plan: plan["planned_values"]["root_module"]["resources"][0].update(type=None),
    "a resource that is none": lambda plan: plan["planned_values"]["root_module"]["resources"].append("x"),
    "resources that are none": lambda plan: plan["planned_values"]["root_module"].update(resources={}),
    "modules that are none": lambda plan: plan["planned_values"]["root_module"].update(child_modules="x"),
    "no configuration": lambda plan: plan.pop("configuration"),
    "another format": lambda plan: plan.update(format_version="2.0"),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_plan_that_is_not_whole_is_denied(judge: Judge, place: str) -> None:
    plan = copy.deepcopy(plan_of(REVIEW))
    PLACES[place](plan)
    assert judge(plan)["deny"] != []
    assert judge(plan)["findings"] == []


# What a mandatory argument of a policy may be in a plan that no provider would write; FAIL or UNKNOWN, and never nothing.
@pytest.mark.parametrize("policy", [None, "", "{", "[]", "null", '{"Statement": null}', '{"Statement": [null]}', 1, {}])
def test_a_trust_policy_that_is_none_never_passes(judge: Judge, policy: Json) -> None:
    plan = copy.deepcopy(plan_of(ROOT / "fixtures/bad/mfa_on_human_principals/plain/plan.json"))
    roles = [r for r in plan["planned_values"]["root_module"]["resources"] if r["type"] == "aws_iam_role"]
    for role in roles:
        role["values"]["assume_role_policy"] = policy
    found = [f for f in judge(plan)["findings"] if f["check_id"] in ("CKV_PLAN_2", "CKV_PLAN_11")]
    assert len(found) == 2 * len(roles)
    assert {f["verdict"] for f in found} <= {"FAIL", "UNKNOWN"}


@pytest.mark.parametrize("given", [None, [], {}, {"checks": {}}, {"checks": None, "log_buckets": None}])
def test_settings_that_are_none_are_denied(judge: Judge, given: Json) -> None:
    found = judge(plan_of(IDEAL), {"planproof_plan_only": given})
    assert len(found["deny"]) == 1
    assert "data.planproof_plan_only is no whole policy" in found["deny"][0]


def test_a_policy_decides_what_is_demanded(judge: Judge) -> None:
    given = data("general")
    section = given["planproof_plan_only"]["checks"]["log_group_retention"]
    before = judge(plan_of(GROUPS), given)
    assert any(message.startswith("CKV_PLAN_12 ") for message in before["deny"])
    section["level"] = "advisory"
    advised = judge(plan_of(GROUPS), given)
    assert advised["findings"] == before["findings"]
    assert not any(message.startswith("CKV_PLAN_12 ") for message in advised["deny"])
    section["level"] = "off"
    assert not any(f["check_id"] == "CKV_PLAN_12" for f in judge(plan_of(GROUPS), given)["findings"])


def test_a_code_has_a_level_of_its_own(judge: Judge) -> None:
    given = data("general")
    section = given["planproof_plan_only"]["checks"]["log_group_retention"]
    codes = {f["code"] for f in judge(plan_of(GROUPS), given)["findings"] if f["check_id"] == "CKV_PLAN_12"}
    assert {"never_expires", "retention_set"} <= codes
    section["levels"] = {"never_expires": "off"}
    found = judge(plan_of(GROUPS), given)
    assert {f["code"] for f in found["findings"] if f["check_id"] == "CKV_PLAN_12"} == codes - {"never_expires"}
    section["level"], section["levels"] = "off", {"never_expires": "mandatory"}
    found = judge(plan_of(GROUPS), given)
    assert {f["code"] for f in found["findings"] if f["check_id"] == "CKV_PLAN_12"} == {"never_expires"}
    assert any(message.startswith("CKV_PLAN_12 ") for message in found["deny"])


SECTIONS = {
    "requirements that have no order": lambda checks: checks["versioning_coverage"]["types"]["aws_s3_bucket"].update(
        must={"a": {}}
    ),
    "a type that nothing identifies": lambda checks: checks["name_taken_twice"]["types"]["aws_s3_bucket"].update(by=[]),
    "no required tags": lambda checks: checks["tagging"].pop("required"),
}


@pytest.mark.parametrize("change", SECTIONS)
def test_settings_that_are_not_whole_are_denied(judge: Judge, change: str) -> None:
    given = data("general")
    SECTIONS[change](given["planproof_plan_only"]["checks"])
    found = judge(plan_of(IDEAL), given)
    assert found["findings"] == []
    assert ["is no whole policy" in message for message in found["deny"]] == [True]


def test_a_declared_backup_plan_counts_until_its_day(judge: Judge) -> None:
    plan = plan_of(ROOT / "fixtures/bad/versioning_coverage/backups/plan.json")
    given = data("secure-logs")

    def covered(**declared: Json) -> set[str]:
        given["planproof_plan_only"]["elsewhere"]["backup_plans"] = [
            {"name": "central", "reason": "the backup account", **declared}
        ]
        return {f["subject"] for f in judge(plan, given)["findings"] if f["check_id"] == "CKV_PLAN_5" and f["verdict"] == "PASS"}

    without = covered(until="2020-01-01")
    assert covered() > without
    assert covered(until="9999-01-01") == covered()
    assert covered(tags={"no-such-tag": "yes"}) == without


# A second engine takes a variable for a rule of its name.
@pytest.mark.parametrize("file", sorted(BUNDLE.glob("*.rego")), ids=lambda file: file.stem)
def test_no_variable_bears_the_name_of_a_rule(file: Path) -> None:
    text = re.sub(r'"(?:[^"\\]|\\.)*"|`[^`]*`|#.*', '""', file.read_text(encoding="utf-8"))
    rules = set(re.findall(r"^(\w+)(?= contains|\(|\[| :=| if|$)", text, re.MULTILINE)) - {"else"}
    bound = re.findall(r"^\w+\(([^)]*)\)", text, re.MULTILINE)
    bound += re.findall(r"\b(?:some|every) ([\[\]\w, ]+?)(?= in )", text)
    bound += re.findall(r"(?:^[ \t]+|[;|{] | if )\[?(\w+) :=", text, re.MULTILINE)
    assert rules & {name for part in bound for name in re.findall(r"\w+", part)} == set()


def test_without_settings_general_is_in_force(judge: Judge) -> None:
    assert judge(plan_of(REVIEW)) == judge(plan_of(REVIEW), data("general"))


def test_the_bundle_owns_its_roots() -> None:
    """`opa build` refuses a file whose package lies outside of the manifest's roots."""
    roots = json.loads((BUNDLE / ".manifest").read_text(encoding="utf-8"))["roots"]
    packages = {
        line.removeprefix("package ") for text in modules().values() for line in text.splitlines() if line.startswith("package ")
    }
    assert all(package.replace(".", "/").startswith("planproof/plan_only") for package in packages)
    assert "planproof/plan_only" in roots


# --- beside planproof ---------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("file", FIXTURES, ids=name_of)
def test_no_fixture_has_another_verdict(file: Path) -> None:
    pytest.importorskip("opa_bindings")
    for profile in PROFILES:
        assert compared(plan_of(file), profile)[1] == []


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "file",
    [pytest.param(f, id=name_of(f), marks=pytest.mark.nightly if number % 3 else ()) for number, f in enumerate(FIXTURES[::4])],
)
def test_both_engines_find_the_same(file: Path) -> None:
    pytest.importorskip("opa_bindings")
    pytest.importorskip("regorus")
    one, other = (engine(modules(), data("general"))(RULES, plan_of(file)) for engine in (compiled_opa, compiled_regorus))
    assert one == other


@pytest.mark.slow
def test_most_of_what_planproof_decides_is_decided() -> None:
    """The share of UNKNOWN in the fixtures, which are full of what is hard to tell."""
    pytest.importorskip("opa_bindings")
    counts: Counter[tuple[str, str]] = Counter()
    for file in FIXTURES:
        counts += compared(plan_of(file), "secure-logs")[0]  # which has every check on
    for check in CHECKS:
        same, unknown = counts[check.id, SAME], counts[check.id, UNKNOWN]
        assert same > 4 * unknown, check.id


@pytest.mark.exhaustive
@pytest.mark.nightly
@pytest.mark.parametrize("file", FIXTURES, ids=name_of)
def test_no_mutant_has_another_verdict(file: Path) -> None:
    pytest.importorskip("opa_bindings")
    found: list[str] = []
    for mutant in mutants(plan_of(file)):
        for profile in PROFILES:
            found += [f"{mutant.place} {mutant.operator}: {problem}" for problem in compared(mutant.plan, profile)[1]]
    assert found == []


@pytest.mark.exhaustive
@pytest.mark.skipif(not all(folder.is_dir() for folder in CORPUS), reason="the corpus of plans is not here")
def test_no_plan_of_the_corpus_has_another_verdict() -> None:
    pytest.importorskip("opa_bindings")
    counts: Counter[tuple[str, str]] = Counter()
    for file in (file for folder in CORPUS for file in sorted(folder.glob("*.json"))):
        try:
            plan = plan_of(file)
        except ValueError:
            continue  # several documents, or none
        for profile in PROFILES:
            found, problems = compared(plan, profile)
            assert problems == [], file.name
            counts += found
    assert not any(kind == CONTRADICTION for _, kind in counts)
    assert sum(counts.values()) > 1000
