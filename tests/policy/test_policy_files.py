"""Policy files: what is refused, in which words, and how files are layered."""

from __future__ import annotations

import datetime
import json
import os
import pickle
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from planproof.engine import find_policy
from planproof.errors import PolicyError
from planproof.policy import bundled
from planproof.policy.layers import bundled_policy, load
from planproof.policy.model import Policy
from planproof.policy.profiles import bundled_data
from planproof.policy.schema import is_table, schema
from planproof.registry import all_checks

EXCEPTION = "exceptions:\n- {{check: {check}, address: x, reason: r, expires: {expires}}}\n"
RETENTION = "checks: {{log_bucket_retention: {{retention_days: {}}}}}"
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "unknown key": (
        "checks:\n  log_bucket_retention:\n    retention-dayz: 5\n",
        ":3: unknown key 'retention-dayz' in checks.log_bucket_retention; did you mean 'retention_days'?",
    ),
    "unknown key at the top": ("cheks: {}\n", ":1: unknown key 'cheks' in the policy; did you mean 'checks'?"),
    "two problems": ("cheks: {}\nunknown: fial\n", "did you mean 'checks'? (and 1 more)"),
    "a number in quotes": (RETENTION.format('"90"'), ':1: checks.log_bucket_retention.retention_days must be a whole number, not "90"'),
    "octal": (RETENTION.format("0100"), ":1: YAML reads 0100 as 64; write a plain decimal number"),
    "nearly octal": (RETENTION.format("090"), 'must be a whole number, not "090"'),
    "sixties": (RETENTION.format("1:30"), ":1: YAML reads 1:30 as 90;"),
    "a fraction": (RETENTION.format("90.5"), "must be a whole number, not 90.5"),
    "infinity": (RETENTION.format(".inf"), ":1: .inf is not a usable number"),
    "ten thousand digits": (RETENTION.format("9" * 10_000), "... cannot be read as a whole number"),
    "no days": (RETENTION.format("0"), "must be at least 1, not 0"),
    "more days than there may be": (
        "checks:\n  log_bucket_retention:\n    max_days: 30\n",
        ":3: checks.log_bucket_retention cannot be met: retention_days (90) is greater than max_days (30)",
    ),
    "a day that does not exist": (
        EXCEPTION.format(check="CKV_PLAN_1", expires="2026-02-30"),
        ':2: exceptions.0.expires must be an existing date such as 2030-01-31, not "2026-02-30"',
    ),
    "a day written otherwise": (EXCEPTION.format(check="CKV_PLAN_1", expires="2026-2-3"), "must be an existing date"),
    "a moment": (EXCEPTION.format(check="CKV_PLAN_1", expires="2026-02-03T00:00:00Z"), "must be an existing date"),
    "an exception for no check": (
        EXCEPTION.format(check="CKV_PLAN_99", expires="2030-01-31"),
        ":2: exceptions.0: there is no check CKV_PLAN_99; did you mean CKV_PLAN_",
    ),
    "an exception without a reason": (
        "exceptions:\n- check: CKV_PLAN_1\n  address: x\n  expires: 2030-01-31\n",
        ":2: exceptions.0 needs reason",
    ),
    "a blank reason": ("exceptions:\n- {check: CKV_PLAN_1, address: x, reason: ' ', expires: 2030-01-31}\n", ':2: exceptions.0.reason is " "'),
    "a profile misspelt": ("extends: secure-log\n", ":1: extends must be a bundled profile (general, secure-logs) or the path of a file relative to this one, and there is no 'secure-log'; did you mean secure-logs?"),
    "a file that is not there": ("extends: no.yaml\n", "and there is no 'no.yaml'"),
    "a URL": ("extends: https://example.com/policy.yaml\n", "never a URL ('https://example.com/policy.yaml')"),
    "an absolute path": ("extends: /etc/passwd\n", "not '/etc/passwd'"),
    "itself": ("unknown: warn\nextends: policy.yaml\n", ":2: the policies extend each other in a circle: policy.yaml -> policy.yaml"),
    "a key twice": ("unknown: warn\nunknown: fail\n", ":2: the key 'unknown' is duplicated here"),
    "a tab": ("checks:\n\tlog_buckets: {}\n", ":2 is not valid YAML: found character that cannot start any token; indent with spaces, not tabs"),
    "a second document": ("unknown: warn\n---\nunknown: fail\n", ":2: a policy must be one YAML document, and a second one begins here"),
    "a merge key": ("a: &a {x: 1}\nb:\n  <<: *a\n", ":3: merge keys (<<) are not supported"),
    "aliases that explode": (BOMB, "too large when its aliases are expanded"),
    "an alias of itself": ("a: &a [*a]\n", "or too deep"),
    "nesting without end": ("a: " + "[" * 300_000, "exceeded maximum nesting depth"),
    "a number for a key": ("1: x\n", ":1: a key must be text, and YAML does not read '1' as text: put it in quotes"),
    "a word for a key that is none": ("on: x\n", "YAML does not read 'on' as text: put it in quotes"),
    "a list for a key": ("? [a]\n: b\n", ":1: a key must be text"),
    "a word that is a truth value": (
        "log_buckets:\n  words:\n  - logs\n  - no\n",
        ":4: log_buckets.words.1 must be text, not false (YAML converts the unquoted word no: put it in quotes)",
    ),
    "neither true nor false": ("checks: {log_bucket_retention: {enabled: y}}\n", 'must be true or false, not "y"'),
    "a tag": ("unknown: !!python/object/apply:os.system [echo hi]\n", ":1: the tag tag:yaml.org,2002:python/object/apply:os.system is not"),
    "another encoding": (b"unknown: \xe9\n", " is not valid YAML: "),
    "a null byte": (b"unknown: \0\n", "control characters are not allowed"),
    "nothing": ("", " is empty; to change nothing, write: extends: secure-logs"),
    "remarks alone": ("# remarks\n", " is empty"),
    "a word": ("hello\n", "its top level is not a mapping"),
    "a list": ("- a\n", "its top level is not a mapping"),
    "an open bracket": ("checks: [\n", ":2 is not valid YAML: did not find expected node content"),
    "a section without keys": ("checks:\n", ":1: checks must be a mapping, not null; indent its entries below it"),
    "a value nearly right": ("unknown: warning\n", ':1: unknown must be one of warn, fail, ignore, not "warning"; did you mean warn?'),
    "null in a list": (
        "checks:\n  versioning_coverage:\n    types:\n      aws_kms_key: {when: [null]}\n",
        ":4: checks.versioning_coverage.types.aws_kms_key.when.0 must be a mapping, not null",
    ),
    "a key that needs another": (
        "checks:\n  versioning_coverage:\n    types:\n      a: {must: {x: {path: a, companion: aws_b, equals: 1}}}\n",
        ":4: checks.versioning_coverage.types.a.must.x has companion, so it also needs by",
    ),
    "another version": ("version: 2\n", ":1: version must be 1, not 2"),
    "a terminal escape": ('"\\e[31mred": 1\n', r":1: unknown key '\\x1b[31mred' in the policy"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_one_sentence_with_its_place(content: str | bytes, message: str, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_bytes(content.encode() if isinstance(content, str) else content)
    started = time.monotonic()
    with pytest.raises(PolicyError) as raised:
        load(policy, all_checks())
    text = str(raised.value)
    assert text.startswith(str(policy))
    assert message in text
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 500 + len(str(policy))
    assert time.monotonic() - started < 5


def test_files_that_are_none_are_refused_without_waiting(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with (tmp_path / "big.yaml").open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    for name, message in {
        "folder": "it is a folder; provide a file",
        "pipe": "it is not a regular file",
        "big.yaml": "is larger than the limit for a policy (1024 KiB)",
        "none.yaml": "cannot be read as a policy: No such file or directory",
    }.items():
        with pytest.raises(PolicyError, match=name) as raised:
            load(tmp_path / name, all_checks())
        assert message in str(raised.value)
    with pytest.raises(PolicyError, match="it is not a regular file"):
        load("/dev/zero", all_checks())


READ: dict[str, bytes] = {
    "a byte order mark": b"\xef\xbb\xbfunknown: fail\n",
    "UTF-16": "unknown: fail\n".encode("utf-16"),
    "JSON": json.dumps({"unknown": "fail"}).encode(),
    "JSON with tabs": b'{\n\t"unknown": "fail"\n}',
    "Windows' line ends": b"version: 1\r\nunknown: fail\r\n",
    "an anchor": b"version: 1\nunknown: &u fail\n",
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_other_ways_to_write_it_are_read(content: bytes, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_bytes(content)
    assert load(policy, all_checks()).effective == {**bundled_policy("secure-logs"), "unknown": "fail"}


def test_no_and_off_switch_a_check_off(tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("checks: {log_bucket_retention: {enabled: no}, prevent_destroy: {enabled: Off}}\n", encoding="utf-8")
    checks = load(policy, all_checks()).effective["checks"]
    assert (checks["log_bucket_retention"]["level"], checks["prevent_destroy"]["level"]) == ("off", "off")


LEVELS: dict[str, tuple[str, dict[str, str], str]] = {
    "the word that YAML takes for false": ("{level: off}", {"": "off", "missing": "off"}, "off"),
    "advisory": ("{level: advisory}", {"": "advisory", "missing": "advisory", "check_error": "mandatory"}, "advisory"),
    "one code": ("{levels: {missing: advisory}}", {"": "mandatory", "missing": "advisory"}, "mandatory"),
    "one code off": ("{levels: {missing: off}}", {"": "mandatory", "missing": "off"}, "mandatory"),
    "all off but a code": ("{level: off, levels: {missing: mandatory}}", {"": "off", "missing": "mandatory"}, "off"),
    "the older key": ("{enabled: false}", {"": "off", "check_error": "mandatory"}, "off"),
    "the older key beside a level": ("{enabled: false, level: advisory}", {"": "advisory"}, "advisory"),
}


@pytest.mark.parametrize(("section", "levels", "shown"), LEVELS.values(), ids=LEVELS)
def test_a_level_is_of_a_check_or_of_a_code(section: str, levels: dict[str, str], shown: str, tmp_path: Path) -> None:
    write(tmp_path, policy=f"checks:\n  tagging: {section}\n")
    policy = Policy.load(tmp_path / "policy.yaml", all_checks())
    check = next(check for check in all_checks() if check.key == "tagging")
    assert {code: policy.level(check, code) for code in levels} == levels
    assert policy.is_on(check) is (set(levels.values()) - {"off"} != set() if "level" in section else False)
    assert policy.settings("tagging")["level"] == shown


RAISED: dict[str, tuple[str, str, str]] = {
    "on again": ("level: off", "enabled: true", "mandatory"),
    "not raised": ("level: advisory", "enabled: true", "advisory"),
    "off above advisory": ("level: advisory", "enabled: false", "off"),
    "a level over the older key": ("enabled: false", "level: advisory", "advisory"),
}


@pytest.mark.parametrize(("base", "over", "level"), RAISED.values(), ids=RAISED)
def test_the_older_key_and_levels_are_laid_over_each_other(base: str, over: str, level: str, tmp_path: Path) -> None:
    write(tmp_path, base=f"checks: {{tagging: {{{base}}}}}\n", top=f"extends: base.yaml\nchecks: {{tagging: {{{over}}}}}\n")
    found = load(tmp_path / "top.yaml", all_checks())
    assert found.effective["checks"]["tagging"]["level"] == level
    assert found.place(("checks", "tagging", "level")) == f"{tmp_path / 'top.yaml'}:2"
    assert found.profile == "secure-logs"


def test_a_level_that_there_is_not_is_refused(tmp_path: Path) -> None:
    write(tmp_path, policy="checks: {tagging: {level: advise, levels: {missing: no}}}\n")
    with pytest.raises(PolicyError) as error:
        Policy.load(tmp_path / "policy.yaml", all_checks())
    assert error.value.problems == (
        f'{tmp_path / "policy.yaml"}:1: checks.tagging.level must be one of mandatory, advisory, off, not "advise"; '
        "did you mean advisory?",
        f"{tmp_path / 'policy.yaml'}:1: checks.tagging.levels.missing must be one of mandatory, advisory, off, not false "
        "(YAML converts the unquoted word no: put it in quotes)",
    )


def test_a_reason_code_that_there_is_not_is_refused(tmp_path: Path) -> None:
    write(tmp_path, policy="checks:\n  tagging:\n    level: off\n    levels:\n      missed: advisory\n      never: off\n")
    with pytest.raises(PolicyError) as error:
        Policy.load(tmp_path / "policy.yaml", all_checks())
    known = ", ".join(
        sorted(schema()["properties"]["checks"]["properties"]["tagging"]["properties"]["levels"]["propertyNames"]["enum"])
    )
    assert error.value.problems == (
        f"{tmp_path / 'policy.yaml'}:5: unknown key 'missed' in checks.tagging.levels; did you mean 'missing'?",
        f"{tmp_path / 'policy.yaml'}:6: unknown key 'never' in checks.tagging.levels; known keys are {known}",
    )


# --- layers ----------------------------------------------------------------------------------------------------------


def write(folder: Path, **files: str) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def test_maps_merge_by_key_and_lists_replace(tmp_path: Path) -> None:
    write(tmp_path, base="checks: {log_bucket_retention: {retention_days: 365}}\nlog_buckets: {words: [a, b]}\n")
    write(tmp_path / "team", team="extends: ../base.yaml\nlog_buckets: {words: [c]}\n")
    policy = load(tmp_path / "team" / "team.yaml", all_checks()).effective
    assert policy["checks"]["log_bucket_retention"]["retention_days"] == 365
    assert policy["checks"]["log_group_retention"] == bundled_policy("secure-logs")["checks"]["log_group_retention"]
    assert policy["log_buckets"]["words"] == ["c"]
    assert policy["log_buckets"]["writers"] == bundled_policy("secure-logs")["log_buckets"]["writers"]
    assert "extends" not in policy


def test_an_entry_of_a_table_is_taken_out_with_null(tmp_path: Path) -> None:
    outputs = "checks: {output_contract: {outputs: {bucket_name: null}}}\nlog_buckets: {writers: {aws_lb: null}}\n"
    write(tmp_path, one=outputs, two="extends: one.yaml\nlog_buckets: {writers: {aws_lb: [name]}}\n")
    one, two = (load(tmp_path / f"{name}.yaml", all_checks()).effective for name in ("one", "two"))
    assert "bucket_name" not in one["checks"]["output_contract"]["outputs"]
    assert "kms_key_arn" in one["checks"]["output_contract"]["outputs"]
    assert "aws_lb" not in one["log_buckets"]["writers"]
    assert two["log_buckets"]["writers"]["aws_lb"] == ["name"]


def test_a_value_that_may_be_null_stays_null(tmp_path: Path) -> None:
    base = "checks: {log_bucket_retention: {max_days: 400}}\n"
    write(tmp_path, base=base, team="extends: base.yaml\nchecks: {log_bucket_retention: {max_days: null}}\n")
    assert load(tmp_path / "base.yaml", all_checks()).effective["checks"]["log_bucket_retention"]["max_days"] == 400
    assert load(tmp_path / "team.yaml", all_checks()).effective["checks"]["log_bucket_retention"]["max_days"] is None


def test_a_contradiction_between_two_files_is_placed_where_it_was_made(tmp_path: Path) -> None:
    base = "checks:\n  log_bucket_retention:\n    max_days: 100\n"
    write(tmp_path, base=base, team="extends: base.yaml\nchecks: {log_bucket_retention: {retention_days: 200}}\n")
    with pytest.raises(PolicyError, match=r"base\.yaml:3: checks\.log_bucket_retention cannot be met"):
        load(tmp_path / "team.yaml", all_checks())


def test_a_mistake_in_a_base_is_placed_there(tmp_path: Path) -> None:
    write(tmp_path, base="version: 1\nunknown: fial\n", team="extends: base.yaml\n")
    with pytest.raises(PolicyError, match=r"base\.yaml:2: unknown must be one of"):
        load(tmp_path / "team.yaml", all_checks())


def test_circles_and_endless_chains_are_refused(tmp_path: Path) -> None:
    write(tmp_path, a="extends: b.yaml\n", b="extends: ./a.yaml\n")
    with pytest.raises(PolicyError, match=r"a\.yaml:1: .* in a circle: a\.yaml -> b\.yaml -> a\.yaml"):
        load(tmp_path / "a.yaml", all_checks())
    write(tmp_path, **{f"n{i}": f"extends: n{i + 1}.yaml\n" for i in range(30)})
    with pytest.raises(PolicyError, match=r"n0\.yaml extends more than 20 files"):
        load(tmp_path / "n0.yaml", all_checks())


def test_through_a_link_extends_is_relative_to_the_file_that_says_it(tmp_path: Path) -> None:
    write(tmp_path / "real", base="unknown: fail\n", team="extends: base.yaml\n")
    (tmp_path / "link.yaml").symlink_to("real/team.yaml")
    (tmp_path / "circle.yaml").symlink_to("circle.yaml")
    assert load(tmp_path / "link.yaml", all_checks()).effective["unknown"] == "fail"
    with pytest.raises(PolicyError, match="Too many levels of symbolic links"):
        load(tmp_path / "circle.yaml", all_checks())


def test_a_program_can_give_a_policy_as_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, base="unknown: fail\n")
    policy = find_policy({"extends": "base.yaml", "checks": {"log_group_retention": {"retention_days": 7}}})
    assert (policy.unknown, policy.settings("log_group_retention")["retention_days"]) == ("fail", 7)
    with pytest.raises(PolicyError, match="the policy: unknown must be one of warn, fail, ignore, not 3"):
        find_policy({"unknown": 3})
    with pytest.raises(PolicyError, match="the policy: a key must be text, and True is not"):
        find_policy({"checks": {True: {}}})
    exception = {"check": "CKV_PLAN_1", "address": "*", "reason": "r", "expires": datetime.date(2999, 1, 1)}
    assert find_policy({"exceptions": (exception,)}).waivers[0].expires == datetime.date(2999, 1, 1)


def test_a_policy_error_keeps_all_problems_and_travels_between_processes() -> None:
    error = PolicyError("one", "two")
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.problems) == ("one (and 1 more)", ("one", "two"))


# --- what is bundled -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", sorted(bundled.POLICIES))
def test_bundled_profiles_keep_to_the_schema(profile: str) -> None:
    validator = Draft202012Validator(schema())
    assert [error.message for error in validator.iter_errors(bundled_data(profile))] == []
    assert Policy(bundled_policy(profile)).today <= datetime.datetime.now(datetime.timezone.utc).date()


def parts(part: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every part of the schema, with its path."""
    yield path, part
    for key, below in part.get("properties", {}).items():
        yield from parts(below, f"{path}.{key}".lstrip("."))
    for key in ("additionalProperties", "items"):
        if isinstance(part.get(key), Mapping):
            yield from parts(part[key], f"{path}.*")


def test_the_schema_is_valid_and_says_what_each_key_is() -> None:
    Draft202012Validator.check_schema(schema())
    silent = [path for path, part in parts(schema()) if not path.endswith("*") and not {"description", "$ref"} & part.keys()]
    assert silent == []


def test_defaults_of_the_schema_are_those_of_the_bundled_policy() -> None:
    wrong = {}
    for path, part in parts(schema()):
        if "default" in part and "*" not in path and path not in ("extends",):
            value: Any = bundled_policy("secure-logs")
            for step in path.split("."):
                value = value.get(step, part["default"])
            if value != part["default"]:
                wrong[path] = (part["default"], value)
    assert wrong == {}


def test_general_has_no_contract_and_no_tags_of_its_own() -> None:
    contract = bundled_policy("general")["checks"]["output_contract"]
    assert (contract["level"], contract["outputs"]) == ("off", {})
    names = bundled_policy("general")["checks"]["naming_convention"]
    assert (names["style"], names["pattern"], names["patterns"]) == ("majority", None, {})
    assert bundled_policy("general")["checks"]["tagging"]["required"] == {}
    assert bundled_policy("general")["checks"].keys() == bundled_policy("secure-logs")["checks"].keys()


def test_every_table_of_the_schema_lets_an_entry_be_taken_out() -> None:
    closed = []
    for path, part in parts(schema()):
        if is_table(part) and not Draft202012Validator({**part["additionalProperties"], "$defs": schema()["$defs"]}).is_valid(
            None
        ):
            closed.append(path)
    assert closed == []
