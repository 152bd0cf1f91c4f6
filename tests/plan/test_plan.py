"""Reading a plan: what is accepted, what is refused and in which words, and the four answers of the accessor."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from planproof.errors import PlanError
from planproof.plan.configuration import ModuleConfig
from planproof.plan.model import Instance, Module, Plan, last_step
from planproof.plan.value import State, Value
from support.repository import PLANS, load

TEXT = (PLANS / "references" / "plan.json").read_text(encoding="utf-8")
MINIMAL = {"format_version": "1.2", "planned_values": {"root_module": {}}}


def addresses(plan: Plan) -> list[str]:
    return [instance.address for instance in plan.instances]


ENCODINGS = {
    "utf-8": TEXT.encode(),
    "utf-8 with BOM": TEXT.encode("utf-8-sig"),
    "utf-16 with BOM": TEXT.encode("utf-16"),
    "utf-16 little endian": TEXT.encode("utf-16-le"),
    "utf-16 big endian": TEXT.encode("utf-16-be"),
    "windows line ends": json.dumps(json.loads(TEXT), indent=1).replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("content", ENCODINGS.values(), ids=ENCODINGS)
def test_each_encoding_gives_the_same_plan(content: bytes) -> None:
    plan = Plan.load(io.BytesIO(content))
    assert addresses(plan) == addresses(load("references"))
    assert plan.warnings == []


WRAPPED = {
    "before": "[command]/usr/bin/terraform show -json tfplan\n" + TEXT,
    "after": TEXT + "\n::debug::Terraform exited with code 0.\n",
    "around": "Initializing...\n{not json\n" + TEXT + "\n::set-output name=exitcode::0\n",
    "pretty": "line\n" + json.dumps(json.loads(TEXT), indent=2) + "\nline\n",
}


@pytest.mark.parametrize("content", WRAPPED.values(), ids=WRAPPED)
def test_lines_of_a_ci_wrapper_are_passed_over_with_a_warning(content: str) -> None:
    plan = Plan.load(io.StringIO(content), name="plan.json")
    assert addresses(plan) == addresses(load("references"))
    assert len(plan.warnings) == 1
    assert "around the plan's JSON" in plan.warnings[0]


def test_a_parsed_document_and_a_path_are_taken_too() -> None:
    assert addresses(Plan.load(json.loads(TEXT))) == addresses(Plan.load(PLANS / "references" / "plan.json"))


REFUSED: dict[str, tuple[bytes | dict[str, Any], str]] = {
    "empty": (b" \n", "plan.json is empty; create the plan again"),
    "truncated": (TEXT[:5000].encode(), "plan.json is truncated"),
    "truncated in pretty print": (json.dumps(json.loads(TEXT), indent=1)[:5000].encode(), "plan.json is truncated"),
    "not JSON": (b"hello", "plan.json is not JSON"),
    "broken JSON": (b'{"a": 1,, "b": 2}', "plan.json is not valid JSON"),
    "not text": (b'{"a": "\xff\xff"}', "plan.json is not text in UTF-8 or UTF-16"),
    "saved plan": (b"PK\x03\x04rest", "plan.json is a saved plan (binary); convert it to JSON: terraform show -json"),
    "HCL": (b'resource "aws_s3_bucket" "a" {\n  bucket = "x"\n}\n', "plan.json is Terraform configuration (HCL)"),
    "plan for people": (b"Terraform will perform the following actions:\n", "plan.json is a plan in human-readable text"),
    "list": (b"[1]", "plan.json holds a JSON list, not a plan"),
    "state": ({"format_version": "1.0", "values": {"root_module": {}}}, "plan.json is a state, not a plan"),
    "raw state": ({"version": 4, "serial": 1, "lineage": "x", "resources": []}, "plan.json is a state, not a plan"),
    "schema": ({"format_version": "1.0", "provider_schemas": {}}, "plan.json is a provider schema"),
    "streaming log": (
        b'{"@level":"info","@message":"Terraform 1.11.4","type":"version"}\n{"@level":"info","@message":"x"}\n',
        "plan.json is the streaming log of `terraform plan -json`",
    ),
    "newer format": ({**MINIMAL, "format_version": "2.0"}, "plan.json has plan format 2.0, newer than this planproof reads"),
    "no version": ({"planned_values": {}}, "plan.json is JSON but not a Terraform plan (it has no format_version)"),
    "no planned values": ({"format_version": "1.2"}, "plan.json is JSON but not a Terraform plan (it has no planned_values)"),
    "errored": ({**MINIMAL, "errored": True}, "plan.json: the plan ended with an error and is incomplete"),
    "too deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "plan.json: too deeply nested for a plan"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_each_kind_of_wrong_file_gets_its_own_sentence(content: bytes | dict[str, Any], message: str) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(PlanError) as caught:
        Plan.load(io.BytesIO(raw), name="plan.json")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="does not exist; create a plan"):
        Plan.load(tmp_path / "plan.json")
    with pytest.raises(PlanError, match="is a folder"):
        Plan.load(tmp_path)


@pytest.mark.parametrize("version", ["0.1", "0.2", "1.0", "1.2", "1.99"])
def test_format_versions_up_to_one_are_read(version: str) -> None:
    assert Plan.load({**MINIMAL, "format_version": version}).format_version == version


def test_an_incomplete_plan_is_judged_with_a_warning() -> None:
    (warning,) = Plan.load({**MINIMAL, "complete": False}).warnings
    assert "is incomplete" in warning


def test_what_is_forgotten_or_destroyed_is_no_instance() -> None:
    resource = {"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a", "values": {}}
    document = {
        **MINIMAL,
        "planned_values": {"root_module": {"resources": [resource]}},
        "resource_changes": [{"address": "aws_s3_bucket.a", "change": {"actions": ["forget"]}}],
    }
    assert Plan.load(document).instances == []


def test_a_deposed_object_does_not_hide_the_instance() -> None:
    resource = {"address": "aws_s3_bucket.a", "mode": "managed", "type": "aws_s3_bucket", "name": "a", "values": {}}
    changes = [
        {"address": "aws_s3_bucket.a", "change": {"actions": ["no-op"]}},
        {"address": "aws_s3_bucket.a", "deposed": "abc", "change": {"actions": ["delete"]}},
    ]
    document = {**MINIMAL, "planned_values": {"root_module": {"resources": [resource]}}, "resource_changes": changes}
    assert [i.actions for i in Plan.load(document).instances] == [("no-op",)]


VALUES = Instance(
    {
        "address": "t.n",
        "type": "t",
        "name": "n",
        "values": {"null": None, "known": "x", "empty": [], "list": [{"a": 1}, None], "map": {"k": "v"}},
        "sensitive_values": {"known": True, "map": {"k": True}},
    },
    Module(ModuleConfig({})),
    {"after_unknown": {"unknown": True, "list": [{"b": True}, True], "map": {"later": True}}},
)
STATES = {
    ("missing",): State.ABSENT,
    ("null",): State.NULL,
    ("unknown",): State.UNKNOWN,
    ("known",): State.KNOWN,
    ("unknown", "part", 0): State.UNKNOWN,
    ("list", 0, "a"): State.KNOWN,
    ("list", 0, "b"): State.UNKNOWN,
    ("list", 0, "c"): State.ABSENT,
    ("list", 1): State.UNKNOWN,
    ("list", 2): State.ABSENT,
    ("map", "k"): State.KNOWN,
    ("map", "later"): State.UNKNOWN,
    ("null", "part"): State.ABSENT,
    ("known", 0): State.ABSENT,
}


@pytest.mark.parametrize(("path", "state"), STATES.items(), ids=lambda x: ".".join(map(str, x)) if isinstance(x, tuple) else "")
def test_absent_null_unknown_and_known_are_four_answers(path: tuple[str | int, ...], state: State) -> None:
    assert VALUES.get(*path).state is state


def test_unknown_keys_of_a_map_are_keys() -> None:
    assert VALUES.get("map").names() == ["k", "later"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (VALUES.get("known"), "(sensitive)"),
        (VALUES.get("map"), "(sensitive)"),
        (VALUES.get("unknown"), "known after apply"),
        (VALUES.get("null"), "not set"),
        (Value("x" * 200), '"' + "x" * 76 + "..."),
        (Value(30), "30"),
    ],
)
def test_a_value_in_a_message_is_short_and_keeps_secrets(value: Value, shown: str) -> None:
    assert str(value) == shown


@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("module.a", ("a", None)),
        ("module.a.module.b[3]", ("b", 3)),
        ('module.a["x.module.y"]', ("a", "x.module.y")),
        ('module.a["q\\"]"].module.b["k"]', ("b", "k")),
    ],
)
def test_the_last_call_of_a_module_address(address: str, step: tuple[str, object]) -> None:
    assert last_step(address) == step


def test_modules_lie_as_the_configuration_has_them() -> None:
    plan = load("references")
    inner = plan.by_address['module.outer["x"].module.inner.aws_s3_bucket.this']
    assert (inner.module.address, inner.module.path) == ('module.outer["x"].module.inner', ("outer", "inner"))
    assert inner.config is not None
    assert inner.config.expressions.keys() == {"bucket", "tags"}


def test_outputs_hold_values_where_they_are_known() -> None:
    outputs = load("references").outputs
    assert {name: output.value.state for name, output in outputs.items()} == {
        "plain": State.UNKNOWN,
        "nested": State.UNKNOWN,
        "whole": State.KNOWN,
        "splat": State.KNOWN,
        "local": State.UNKNOWN,
    }


@pytest.mark.parametrize(
    "document",
    [
        {**MINIMAL, "planned_values": {"root_module": {"child_modules": [{"address": "nonsense"}]}}},
        {**MINIMAL, "configuration": {"root_module": {"module_calls": {"a": 1}}}},
    ],
)
def test_a_plan_out_of_shape_is_read_or_refused_but_never_a_traceback(document: dict[str, Any]) -> None:
    try:
        plan = Plan.load(document)
    except PlanError as error:
        problem = str(error)
        assert "not a plan in the form that Terraform writes" in problem
    else:
        assert plan.outputs == {}
