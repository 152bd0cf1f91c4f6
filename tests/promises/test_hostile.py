"""Whatever comes in, what comes out is a report or one sentence: no traceback, no hang, nothing run, nothing forged.

HYPOTHESIS_PROFILE=long tries for longer; tests/fuzz/inputs.py runs the same functions under a coverage-guided fuzzer.
"""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planproof.engine import evaluate, find_policy
from planproof.errors import PlanError, PolicyError, SourceError
from planproof.plan.model import Plan
from planproof.policy.layers import _with_bases, usable
from planproof.policy.model import Policy
from planproof.policy.yaml_file import parse
from planproof.registry import all_checks
from planproof.source.files import ArchiveFiles, Files
from planproof.source.model import Source
from support.hostile import WRONG, assert_reports_are_harmless, edited, places, plan_documents, spoilt_text
from support.repository import PLANS, ROOT

all_checks()  # imported here, where the fuzzer watches
REVIEW = ROOT / "fixtures" / "bad" / "review"


@cache
def review() -> Plan:
    return Plan.load(REVIEW / "plan.json")


def assert_one_sentence(error: Exception) -> None:
    assert str(error).strip()


@given(plan_documents())
def test_any_plan(document: Any) -> None:
    """Of parsed documents and of their text alike."""
    try:
        report = evaluate(Plan.load(io.BytesIO(json.dumps(document).encode()), "plan"))
    except PlanError as error:
        assert_one_sentence(error)
        return
    assert report.errors == ()
    assert_reports_are_harmless(report)


@given(st.binary(max_size=200) | plan_documents().flatmap(lambda d: spoilt_text(json.dumps(d)[:3000], ("{", "}", '"', "\\u"))))
def test_any_bytes_as_a_plan(content: Any) -> None:
    content = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    try:
        evaluate(Plan.load(io.BytesIO(content), "plan"))
    except PlanError as error:
        assert_one_sentence(error)


# --- policies ---------------------------------------------------------------------------------------------------------

POLICY = (ROOT / "policies" / "secure-logs.yaml").read_text(encoding="utf-8")
YAML_PIECES = ("&a ", "*a", "<<: *a", "!!python/object/apply:os.system ['true']", "!!binary aGk=", "---\n", "- ", ": ", "{", "[", "\t", "0x1F",
               "2030-01-01", "yes", "null", "(a+)+$", "(?=a)", "\\1", "extends: ../../etc/passwd\n", "extends: general\n")  # fmt: skip


def use(policy: Policy) -> None:
    try:
        report = evaluate(review(), policy)
    except PolicyError as error:  # every check may be off
        assert_one_sentence(error)
        return
    assert report.errors == ()


@pytest.mark.slow
@given(spoilt_text(POLICY, YAML_PIECES))
def test_any_text_as_a_policy(text: str) -> None:
    try:
        document = parse(text.encode("utf-8", "surrogatepass"), "policy.yaml")
        policy = Policy(usable(_with_bases(document, Path("policy.yaml"), all_checks()), all_checks()).effective)
    except PolicyError as error:
        assert_one_sentence(error)
        return
    use(policy)


@pytest.mark.slow
@given(st.data())
def test_any_data_as_a_policy(data: Any) -> None:
    raw = json.loads(json.dumps(Policy.default().data))
    raw = edited(data.draw, raw, places(raw), 3)
    try:
        policy = find_policy(raw)
    except PolicyError as error:
        assert_one_sentence(error)
        return
    use(policy)


# --- sources ----------------------------------------------------------------------------------------------------------

HCL_PIECES = ("${", "%{", "}", "{", "[", '"', "<<-EOT\n", "EOT\n", "\\", "/*", "*/", "#", "for_each = ", "count = ", "local.", "module.", "var.",
              "each.value", "(", ")", "?", ":", "...", "for a in b : a", "lifecycle {", 'source = "../../../etc"', "\n", "\r", "\0", "=", ",")  # fmt: skip


class TextFiles(Files):
    """A module's only file, wherever it is looked for."""

    def __init__(self, text: str, name: str = "main.tf") -> None:
        self.text, self.name = text, name

    def folder(self, path: tuple[str, ...]) -> str | None:
        return "." if len(path) < 3 else None

    def list(self, folder: str) -> list[str]:
        return [self.name]

    def read(self, file: str) -> str:
        return self.text

    def shown(self, file: str) -> str:
        return file


@pytest.mark.slow
@given(spoilt_text((REVIEW / "main.tf").read_text(encoding="utf-8"), HCL_PIECES))
def test_any_text_as_source(text: str) -> None:
    report = evaluate(review(), source=Source(TextFiles(text), "."))
    assert report.errors == ()
    assert_reports_are_harmless(report)


@given(
    st.recursive(
        WRONG, lambda inner: st.dictionaries(st.sampled_from(["resource", "locals", "module", "aws_s3_bucket", "logs"]), inner)
    )
)
def test_any_json_as_source(document: Any) -> None:
    report = evaluate(review(), source=Source(TextFiles(json.dumps(document), "main.tf.json"), "."))
    assert report.errors == ()


@cache
def saved_plan() -> bytes:
    return (PLANS / "saved" / "tfplan").read_bytes()


NAMES = ("tfconfig/m-/main.tf", "tfconfig/m-/../../x.tf", "/tfconfig/x.tf", "tfconfig/modules.json", "tfconfig/m-a.b/x.tf.json", "tfplan",
         "tfconfig/m-", "tfconfig\\m-\\x.tf", "tfconfig/m-/\x1b[31m.tf")  # fmt: skip


@given(st.data())
def test_any_archive_as_source(data: Any) -> None:
    """Bytes changed in a real one, or entries of one's own."""
    if data.draw(st.booleans()):
        content = bytearray(saved_plan())
        for _ in range(data.draw(st.integers(1, 10))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        content = content[: data.draw(st.integers(0, len(content)))] if data.draw(st.booleans()) else content
    else:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in data.draw(st.lists(st.sampled_from(NAMES), unique=True)):
                archive.writestr(
                    name, data.draw(st.binary(max_size=100) | st.sampled_from([b"[]", b'[{"Key": "", "Dir": "../../.."}]']))
                )
        content = bytearray(made.getvalue())
    try:
        source = Source(ArchiveFiles(bytes(content), "tfplan"), "tfplan")
        evaluate(review(), source=source)
    except SourceError as error:
        assert_one_sentence(error)


# --- IAM documents ----------------------------------------------------------------------------------------------------

ELEMENTS = ["Version", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "Condition", "AWS", "Service",
            "Bool", "BoolIfExists", "ForAnyValue:Null", "aws:MultiFactorAuthPresent", "NumericLessThan", "aws:MultiFactorAuthAge"]  # fmt: skip
EFFECTS = st.sampled_from(["Allow", "Deny"])
WORDS = st.sampled_from(
    ["Allow", "Deny", "*", "sts:AssumeRole", "arn:aws:iam::111122223333:root", "lambda.amazonaws.com", "true", "false", "3600"]
)
IAM = st.recursive(
    WORDS | WRONG,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ELEMENTS), inner, max_size=5),
    max_leaves=12,
)
TEXT_OR_TEXTS = WORDS | st.lists(WORDS | WRONG, max_size=3)
OPERATORS = st.sampled_from(
    ["Bool", "BoolIfExists", "ForAnyValue:Bool", "Null", "NumericLessThan", "DateGreaterThanIfExists", "StringLike"]
)
KEYS = st.sampled_from(["aws:MultiFactorAuthPresent", "AWS:multifactorauthage", "sts:ExternalId", "aws:PrincipalArn"]) | st.text(
    max_size=5
)
CONDITION = st.dictionaries(OPERATORS | st.text(max_size=5), st.dictionaries(KEYS, TEXT_OR_TEXTS, max_size=2), max_size=2)
KINDS = st.sampled_from(["AWS", "Service", "Federated", "CanonicalUser", "*"])
PRINCIPAL = WORDS | st.dictionaries(KINDS, TEXT_OR_TEXTS, max_size=3)
STATEMENT = st.fixed_dictionaries(
    {"Effect": EFFECTS, "Action": TEXT_OR_TEXTS, "Principal": PRINCIPAL | IAM},
    optional={"Condition": CONDITION | IAM, "Sid": WORDS},
)


@given(
    st.one_of(IAM, STATEMENT, st.fixed_dictionaries({"Statement": STATEMENT | st.lists(STATEMENT, max_size=3)})), st.booleans()
)
def test_any_trust_policy(document: Any, as_text: bool) -> None:
    """As the text of a role, and as the blocks of a data source that is read during the apply."""
    role = {"address": "aws_iam_role.a", "mode": "managed", "type": "aws_iam_role", "name": "a"}
    role["values"] = {"name": "a", "assume_role_policy": json.dumps(document) if as_text else document}
    data = {"address": "data.aws_iam_policy_document.a", "mode": "data", "type": "aws_iam_policy_document", "name": "a"}
    data["values"] = document if isinstance(document, dict) else {"statement": document}
    plan = Plan.load({"format_version": "1.2", "planned_values": {"root_module": {"resources": [role, data]}}})
    assert evaluate(plan).errors == ()


FOUND = {
    "a number without end": {
        "values": {"bucket": "logs", "lifecycle_rule": [{"enabled": True, "expiration": [{"days": 10**400}]}]}
    },
    "a number that is none": {
        "values": {"bucket": "logs", "lifecycle_rule": [{"enabled": True, "expiration": [{"days": float("nan")}]}]}
    },
}


@pytest.mark.parametrize("changes", FOUND.values(), ids=FOUND)
def test_what_was_found_once(changes: Any) -> None:
    resource = {"address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs", **changes}
    plan = Plan.load({"format_version": "1.2", "planned_values": {"root_module": {"resources": [resource]}}})
    assert evaluate(plan).errors == ()
