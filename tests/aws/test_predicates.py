"""Predicates of the policy: operators, paths through blocks, defaults, companions; and types that a team adds in YAML alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from planproof.aws import predicates
from planproof.aws.predicates import Basis, answer
from planproof.check import Context
from planproof.engine import evaluate, find_policy
from planproof.errors import PolicyError
from planproof.plan.model import Plan
from planproof.policy.layers import bundled_policy
from planproof.policy.model import Policy
from planproof.policy.profiles import merge
from planproof.registry import all_checks
from planproof.verdict import Finding, Verdict
from support.repository import ROOT, agreeing

FIXTURES = ROOT / "fixtures"
CHECK = next(check for check in all_checks() if check.key == "versioning_coverage")


@pytest.fixture(scope="module")
def stores() -> Context:
    return Context(Plan.load(FIXTURES / "good" / "versioning_coverage" / "stores" / "plan.json"), Policy.default())


@pytest.fixture(scope="module")
def later() -> Context:
    return Context(Plan.load(FIXTURES / "bad" / "versioning_coverage" / "unknown" / "plan.json"), Policy.default())


TRAIL, ONTAP, BUCKET = "aws_cloudtrail.main", "aws_fsx_ontap_file_system.shares", "aws_s3_bucket.inline"
TABLE = {
    "equals": (TRAIL, {"path": "enable_log_file_validation", "equals": True}, True),
    "equals not": (TRAIL, {"path": "enable_log_file_validation", "equals": False}, False),
    "true as a string": (TRAIL, {"path": "enable_log_file_validation", "equals": "true"}, True),
    "true is not 1": (TRAIL, {"path": "enable_log_file_validation", "equals": 1}, False),
    "a number as a string": (ONTAP, {"path": "storage_capacity", "equals": "1024"}, True),
    "case counts": (ONTAP, {"path": "deployment_type", "equals": "multi_az_1"}, False),
    "not_equals": (ONTAP, {"path": "deployment_type", "not_equals": "SINGLE_AZ_1", "default": "SINGLE_AZ_1"}, True),
    "not_equals of the default": (TRAIL, {"path": "kms_key_id", "not_equals": "x", "default": "x"}, False),
    "not_equals where nothing is set": (TRAIL, {"path": "kms_key_id", "not_equals": "x"}, False),
    "in": (ONTAP, {"path": "deployment_type", "in": ["SINGLE_AZ_1", "MULTI_AZ_1"]}, True),
    "not_in": (ONTAP, {"path": "deployment_type", "not_in": ["MULTI_AZ_1"], "default": "MULTI_AZ_1"}, False),
    "at_least": (ONTAP, {"path": "automatic_backup_retention_days", "at_least": 30}, True),
    "at_least more": (ONTAP, {"path": "automatic_backup_retention_days", "at_least": 31}, False),
    "at_most": (ONTAP, {"path": "automatic_backup_retention_days", "at_most": 30}, True),
    "at_most less": (ONTAP, {"path": "automatic_backup_retention_days", "at_most": 29}, False),
    "both ends": (ONTAP, {"path": "automatic_backup_retention_days", "at_least": 7, "at_most": 14}, False),
    "a number of what is none": (ONTAP, {"path": "deployment_type", "at_least": 0}, False),
    "a switch is no number": (TRAIL, {"path": "enable_log_file_validation", "at_least": 0}, False),
    "matches": (ONTAP, {"path": "deployment_type", "matches": "MULTI_.*"}, True),
    "matches not": (ONTAP, {"path": "deployment_type", "matches": "MULTI"}, False),
    "contains": (ONTAP, {"path": "subnet_ids", "contains": "subnet-87654321"}, True),
    "contains not": (ONTAP, {"path": "subnet_ids", "contains": "subnet"}, False),
    "contains in what is no list": (ONTAP, {"path": "deployment_type", "contains": "MULTI_AZ_1"}, False),
    "set": (ONTAP, {"path": "deployment_type", "set": True}, True),
    "set not": (TRAIL, {"path": "kms_key_id", "set": True}, False),
    "not set": (TRAIL, {"path": "kms_key_id", "set": False}, True),
    "an attribute that no provider has": (TRAIL, {"path": "enable_log_file_validaton", "equals": True}, False),
    "the default": (TRAIL, {"path": "kms_key_id", "equals": "x", "default": "x"}, True),
    "a value beats the default": (TRAIL, {"path": "enable_log_file_validation", "equals": False, "default": False}, False),
    "an operator that is switched off": (ONTAP, {"path": "deployment_type", "equals": None, "in": ["MULTI_AZ_1"]}, True),
    "through a block": (BUCKET, {"path": "versioning.enabled", "equals": True}, True),
    "a block by number": (BUCKET, {"path": "versioning.0.enabled", "equals": True}, True),
    "a block that is not there": (BUCKET, {"path": "versioning.1.enabled", "equals": True}, False),
    "a block that nobody wrote": (BUCKET, {"path": "website.index_document", "equals": "index.html"}, False),
    "a computed block that nobody wrote": (BUCKET, {"path": "logging.target_bucket", "set": False}, True),
    "any": (ONTAP, {"any": [{"path": "kms_key_id", "set": True}, {"path": "deployment_type", "equals": "MULTI_AZ_1"}]}, True),
    "set and more": (ONTAP, {"path": "deployment_type", "set": True, "matches": "SINGLE.*"}, False),
    "any of none": (ONTAP, {"any": [{"path": "name", "set": True}, {"path": "deployment_type", "equals": "X"}]}, False),
}


@pytest.mark.parametrize(("address", "predicate", "holds"), TABLE.values(), ids=TABLE)
def test_operators_and_paths(address: str, predicate: dict[str, Any], holds: bool, stores: Context) -> None:
    assert answer(predicate, stores.plan.by_address[address], stores).holds is holds


def test_several_blocks_have_to_satisfy_a_predicate_all_or_one_of_them() -> None:
    plan = Plan.load(FIXTURES / "good" / "versioning_coverage" / "databases" / "plan.json")
    replica = plan.by_address["aws_keyspaces_table.events"]
    one = {"path": "schema_definition.column.name", "equals": "id"}
    found = Context(plan, Policy.default())
    assert answer(one, replica, found).holds is True
    columns = replica.value.raw["schema_definition"][0]["column"]
    planned = with_columns(plan.raw["planned_values"], [*columns, {"name": "at"}])
    two = Plan.load(agreeing({**plan.raw, "planned_values": planned}))
    found, replica = Context(two, Policy.default()), two.by_address["aws_keyspaces_table.events"]
    assert answer(one, replica, found).holds is False
    assert answer({**one, "blocks": "any"}, replica, found).holds is True
    assert answer(one, replica, found).text == 'schema_definition.column[1].name is "at" and must be "id"'


def with_columns(planned: dict[str, Any], columns: list[dict[str, Any]]) -> dict[str, Any]:
    """The planned values with other columns in the one table of the plan."""
    resources = [
        {**r, "values": {**r["values"], "schema_definition": [{**r["values"]["schema_definition"][0], "column": columns}]}}
        if r["type"] == "aws_keyspaces_table"
        else r
        for r in planned["root_module"]["resources"]
    ]
    return {**planned, "root_module": {**planned["root_module"], "resources": resources}}


UNKNOWN = {
    "a value of the apply": ("aws_db_instance.later", {"path": "backup_retention_period", "at_least": 1}, None, Basis.UNKNOWN),
    "that is set": ("aws_db_instance.later", {"path": "backup_retention_period", "set": True}, True, Basis.VALUE),
    "that is set, to what is open": (
        "aws_db_instance.later",
        {"path": "backup_retention_period", "set": True, "at_least": 7},
        None,
        Basis.UNKNOWN,
    ),
    "computed, and nobody sets it": ("aws_s3_bucket.later", {"path": "versioning.enabled", "equals": True}, False, Basis.NOT_SET),
    "one of two is enough": (
        "aws_db_instance.later",
        {"any": [{"path": "backup_retention_period", "at_least": 1}, {"path": "deletion_protection", "equals": True}]},
        True,
        Basis.VALUE,
    ),
    "one of two may be enough": (
        "aws_db_instance.unprotected",
        {"any": [{"path": "backup_retention_period", "at_least": 1}, {"path": "deletion_protection", "equals": True}]},
        None,
        Basis.UNKNOWN,
    ),
}


@pytest.mark.parametrize(("address", "predicate", "holds", "basis"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_known_after_the_apply(
    address: str, predicate: dict[str, Any], holds: bool | None, basis: Basis, later: Context
) -> None:
    found = answer(predicate, later.plan.by_address[address], later)
    assert (found.holds, found.basis) == (holds, basis)


def test_companions_of_which_it_is_open_what_they_belong_to_are_asked_once_each(
    later: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a plan of so many tables and so many settings would take the time of their product."""
    predicate = {"companion": "aws_backup_vault_lock_configuration", "by": "backup_vault_name", "path": "min_retention_days"}
    asked: list[str] = []
    original = predicates._of_attribute

    def counted(*arguments: Any) -> predicates.Answer:
        asked.append(arguments[1].address)
        return original(*arguments)

    monkeypatch.setattr(predicates, "_of_attribute", counted)
    demand = {**predicate, "at_least": 30}  # not met, as if there were none: all have to be asked
    vaults = [later.plan.by_address[f'aws_backup_vault.main["{key}"]'] for key in "ab"]
    assert {answer(demand, vault, later).holds for vault in vaults} == {False}
    assert asked == ["aws_backup_vault_lock_configuration.main"]


@pytest.mark.parametrize(
    ("predicate", "message"),
    [
        ({"path": "name"}, "a predicate needs an operator"),
        ({"equals": True}, "a predicate needs a path, a companion or any"),
        ({"path": "name", "matches": "("}, "matches must be a pattern"),
    ],
)
def test_a_predicate_that_says_nothing_is_an_error_and_never_holds(
    predicate: dict[str, Any], message: str, stores: Context
) -> None:
    with pytest.raises(PolicyError, match=message):
        answer(predicate, stores.plan.by_address[TRAIL], stores)


# --- a team's own policy, in YAML alone ------------------------------------------------------------------------------


def judged(yaml: str, case: str, tmp_path: Path) -> dict[str, Finding]:
    """The findings of a plan by subject, under a policy of that section `types`."""
    file = tmp_path / "policy.yaml"
    file.write_text(f"checks:\n  versioning_coverage:\n    types:\n{yaml}", encoding="utf-8")
    report = evaluate(Plan.load(FIXTURES / case / "plan.json"), find_policy(file), checks=[CHECK])
    return {finding.subject: finding for finding in report.findings}


def test_a_team_adds_a_type_in_yaml_alone(tmp_path: Path) -> None:
    added = """
      aws_cloudwatch_log_group:
        must:
          a_year: {path: retention_in_days, at_least: 365, default: 0}
        remedy: keep events for a year
"""
    found = judged(added, "bad/log_group_retention/plain", tmp_path)
    assert [(f.subject, f.verdict.value, f.code) for f in found.values()][:1] == [
        ("aws_cloudwatch_log_group.for_ever", "FAIL", "wrong_value")
    ]
    assert "retention_in_days is 30 and must be at least 365; keep events for a year" in {f.reason for f in found.values()}


def test_a_team_adds_a_companion_in_yaml_alone(tmp_path: Path) -> None:
    added = """
      aws_sns_topic:
        must:
          policy: {companion: aws_sns_topic_policy, by: arn, path: policy, set: true} # all that it has is known after apply
          readers: {companion: aws_sns_topic_subscription, by: topic_arn, path: protocol, in: [https]}
"""
    found = judged(added, "good/ideal", tmp_path)
    assert found["aws_sns_topic.alerts"].code == "wrong_value"
    assert found["aws_sns_topic.alerts"].reason == ('aws_sns_topic_subscription.queue.protocol is "sqs" and must be "https"')
    assert found["aws_sns_topic.deliveries"].code == "no_companion"


def test_maps_merge_by_key_so_that_a_policy_holds_only_what_differs(tmp_path: Path) -> None:
    changed = """
      aws_db_instance: {must: {backups: {at_least: 1}, deletion_protection: null}}
      aws_ecr_repository: null
"""
    found = judged(changed, "bad/versioning_coverage/databases", tmp_path)
    assert found["aws_db_instance.unprotected"].code == "covered"
    assert found["aws_db_instance.no_backups"].code == "wrong_value"
    assert found["aws_neptune_cluster.graph"].code == "wrong_value"
    assert "aws_ecr_repository.shipper" not in judged(changed, "bad/versioning_coverage/plain", tmp_path)


def test_a_stricter_lock_is_a_line_of_yaml(tmp_path: Path) -> None:
    stricter = "      aws_backup_vault: {must: {lock: {path: changeable_for_days, at_least: 3}}}\n"
    assert judged(stricter, "good/versioning_coverage/stores", tmp_path)["aws_backup_vault.main"].code == "covered"
    assert judged(stricter, "bad/versioning_coverage/stores", tmp_path)["aws_backup_vault.open"].code == "not_set"


BROKEN = {
    "misspelt operator": ("{must: {a: {path: name, equal: x}}}", "equal"),
    "companion without by": ("{must: {a: {companion: aws_b, path: name, equals: x}}}", "aws_thing"),
    "not_equals without default": ("{must: {a: {path: name, not_equals: x}}}", "aws_thing"),
    "no requirement": ("{must: {}}", "aws_thing"),
    "a list": ("{must: [path]}", "aws_thing"),
}


@pytest.mark.parametrize(("rule", "named"), BROKEN.values(), ids=BROKEN)
def test_the_schema_refuses_what_is_no_rule(rule: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=named):
        judged(f"      aws_thing: {rule}\n", "good/ideal", tmp_path)


MERGED = {
    "no operator left": (
        "aws_s3_bucket: {must: {versioning: {equals: null}}}",
        "must.versioning needs an operator: equals, not_equals",
    ),
    "none to begin with": ("aws_thing: {must: {a: {path: name}}}", "types.aws_thing.must.a needs an operator"),
    "no path": ("aws_thing: {must: {a: {equals: x}}}", "types.aws_thing.must.a needs a path"),
    "in an alternative": ("aws_thing: {must: {a: {any: [{path: name}]}}}", "must.a.any needs an operator"),
    "in a condition": ("aws_thing: {when: [{path: name}], must: {a: {path: name, set: true}}}", "when.0 needs an operator"),
    "no requirement left": ("aws_kms_key: {must: {rotation: null}}", "types.aws_kms_key needs must"),
}


@pytest.mark.parametrize(("rule", "message"), MERGED.values(), ids=MERGED)
def test_a_rule_that_says_nothing_once_the_layers_are_merged_is_refused(rule: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=f"policy.yaml:4: checks.versioning_coverage.*{message}"):
        judged(f"      {rule}\n", "good/ideal", tmp_path)


def test_a_rule_that_slips_through_is_a_failure_with_a_plain_reason() -> None:
    section = {"versioning_coverage": {"types": {"aws_s3_bucket": {"must": {"versioning": {"equals": None}}}}}}
    policy = Policy(merge(Policy.default().data, {"checks": section}))
    report = evaluate(Plan.load(FIXTURES / "good" / "ideal" / "plan.json"), policy, checks=[CHECK])
    (found,) = (finding for finding in report.findings if finding.subject == "aws_s3_bucket.logs")
    assert (found.verdict.value, found.code) == ("FAIL", "check_error")
    assert "a predicate needs an operator" in found.reason
    assert len(report.errors) == 1


TYPES = bundled_policy("secure-logs")["checks"]["versioning_coverage"]["types"]
NOT_OFFERED = {"aws_cloudwatch_log_group"}  # by the provider that makes the fixtures; see the test below


@pytest.mark.parametrize("kind", sorted(TYPES.keys() - NOT_OFFERED))
def test_every_bundled_type_is_seen_to_pass_and_to_fail(kind: str, verdicts: dict[str, set[str]]) -> None:
    assert {"PASS", "FAIL"} <= verdicts.get(kind, set())


@pytest.mark.parametrize(
    ("values", "said"), [({}, "PASS"), ({"deletion_protection_enabled": None}, "FAIL")], ids=["older", "newer"]
)
def test_what_the_provider_does_not_offer_is_not_demanded(values: dict[str, Any], said: str) -> None:
    plan = Plan.load(FIXTURES / "good" / "log_group_retention" / "plain" / "plan.json")
    root = plan.raw["planned_values"]["root_module"]
    resources = [{**r, "values": {**r["values"], **values}} for r in root["resources"]]
    changed = Plan.load({**plan.raw, "planned_values": {"root_module": {**root, "resources": resources}}})
    found = [f for f in evaluate(changed, Policy.default(), checks=[CHECK]).findings if "log_group" in f.subject]
    assert {f.verdict.value for f in found} == {said}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, set[str]]:
    """What the check says of each type in its fixtures."""
    found: dict[str, set[str]] = {}
    for file in FIXTURES.glob("*/versioning_coverage/*/plan.json"):
        plan = Plan.load(file)
        for finding in evaluate(plan, Policy.default(), checks=[CHECK]).findings:
            if finding.code != "not_applicable":
                found.setdefault(plan.by_address[finding.subject].type, set()).add(finding.verdict.value)
    return found


PLAN = {"name": "nightly", "reason": "the backup account's plan"}
ELSEWHERE: dict[str, tuple[dict[str, Any], set[str]]] = {
    "whatever it is": ({}, {"covered", "left_out", "other", "weekly", "later"}),
    "a tag": ({"tags": {"backup": "weekly"}}, {"covered", "weekly"}),
    "any value of a tag": ({"tags": {"backup": "*"}}, {"covered", "left_out", "weekly"}),
    "a pattern": ({"tags": {"backup": "w*"}}, {"covered", "weekly"}),
    "all of several tags": ({"tags": {"backup": "weekly", "tier": "*"}}, {"covered"}),
    "until its day": ({"until": "2020-01-01"}, {"covered"}),
}


@pytest.mark.parametrize(("declared", "covered"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_backup_plan_of_another_configuration_covers_what_has_its_tags(declared: dict[str, Any], covered: set[str]) -> None:
    policy = Policy.of({"elsewhere": {"backup_plans": [{**PLAN, **declared}]}}, all_checks())
    report = evaluate(FIXTURES / "bad" / "versioning_coverage" / "backups" / "plan.json", policy, checks=[CHECK])
    file_systems = {f.subject: f for f in report.findings if f.subject.startswith("aws_efs_file_system.")}
    assert {s.partition(".")[2] for s, f in file_systems.items() if f.verdict is Verdict.PASS} == covered
    weekly = file_systems["aws_efs_file_system.weekly"]
    if "weekly" in covered:
        assert weekly.reason == "the backup plan nightly, which the policy declares, backs it up"


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_what_a_replaced_companion_did_is_no_setting_of_the_bucket_any_more(actions: list[str]) -> None:
    """The refreshed state of a bucket repeats what its versioning resource made; the plan replaces that onto another bucket."""
    document = json.loads((ROOT / "fixtures" / "good" / "ideal" / "second-plan.json").read_text(encoding="utf-8"))
    moved, other = "aws_s3_bucket_versioning.logs", {"bucket": "another-bucket", "id": "another-bucket"}
    resources = {r["address"]: r for r in document["planned_values"]["root_module"]["resources"]}
    assert resources["aws_s3_bucket.logs"]["values"]["versioning"][0]["enabled"] is True
    resources[moved]["values"].update(other)
    change = next(c["change"] for c in document["resource_changes"] if c["address"] == moved)
    change["actions"] = actions
    change["after"].update(other)
    block = next(r for r in document["configuration"]["root_module"]["resources"] if r["address"] == moved)
    block["expressions"]["bucket"] = {"constant_value": "another-bucket"}
    found = {f.subject: f for f in evaluate(Plan(document)).findings if f.check_id == "CKV_PLAN_5"}
    assert found["aws_s3_bucket.logs"].verdict is Verdict.FAIL
    assert found["aws_s3_bucket.logs"].code == "no_companion"
