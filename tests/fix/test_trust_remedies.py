"""Trust policies as the remedies rewrite them: jsonencode and aws_iam_policy_document, people and machines."""

from __future__ import annotations

from textwrap import dedent
from typing import Any, cast

import pytest

from planproof.fix.edits import applied, fitting
from planproof.fix.job import Job
from planproof.fix.layout import aligned
from planproof.fix.places import ModuleFiles, NotMechanical, Place
from planproof.fix.remedies.trust_policies import mended
from planproof.source.modules import ModuleSource
from planproof.syntax.file import SourceFile

ROLE = 'resource "aws_iam_role" "app" {{\n  assume_role_policy = {}\n}}\n'
ACTION = 'Action    = "sts:AssumeRole"'
SERVICE, PEOPLE = '{ Service = "ec2.amazonaws.com" }', '{ AWS = "arn:aws:iam::123456789012:root" }'
MFA = '{ Bool = { "aws:MultiFactorAuthPresent" = "true" } }'


class _Finding:
    def __init__(self, code: str) -> None:
        self.code = code


class _Instance:
    module: Any = None


class _Job:
    """As much of a job as the remedy asks for."""

    def __init__(self, text: str, code: str) -> None:
        self.files = ModuleFiles(ModuleSource([SourceFile("main.tf", text)]))
        self.finding, self.instance, self.bench = _Finding(code), _Instance(), self

    @property
    def place(self) -> Place:
        return self.files.place("resource", "aws_iam_role", "app")

    def block(self, _module: Any, *labels: str) -> Place:
        return self.files.place(*labels)

    def files_of(self, _module: Any) -> ModuleFiles:
        return self.files


def rewritten(text: str, code: str) -> str:
    return aligned(*applied(text, fitting(mended(cast(Job, _Job(text, code))))))


def statement(effect: str, principal: str, condition: str = "") -> str:
    lines = [f'Effect    = "{effect}"', f"Principal = {principal}", ACTION, *([f"Condition = {condition}"] if condition else [])]
    return "{\n" + "".join(f"      {line}\n" for line in lines) + "    }"


def json_policy(*statements: str) -> str:
    return ROLE.format(f"jsonencode({{\n    Statement = [{', '.join(statements)}]\n  }})")


OF_JSON = [
    # what it is about, the code, the statements before, and after
    (
        "the condition of a service goes",
        "allow_demands_mfa",
        [statement("Allow", SERVICE, MFA)],
        [statement("Allow", SERVICE)],
    ),
    (
        "another condition stays",
        "allow_demands_mfa",
        [
            statement(
                "Allow",
                SERVICE,
                '{ StringEquals = { "aws:RequestedRegion" = "eu-west-1" }, Bool = { "aws:MultiFactorAuthPresent" = "true" } }',
            )
        ],
        [statement("Allow", SERVICE, '{ StringEquals = { "aws:RequestedRegion" = "eu-west-1" } }')],
    ),
    (
        "another key of the operator stays",
        "allow_demands_mfa",
        [statement("Allow", SERVICE, '{ Bool = { "aws:MultiFactorAuthPresent" = "true", "aws:SecureTransport" = "true" } }')],
        [statement("Allow", SERVICE, '{ Bool = { "aws:SecureTransport" = "true" } }')],
    ),
    ("people must use MFA", "no_mfa", [statement("Allow", PEOPLE)], [statement("Allow", PEOPLE, MFA)]),
    (
        "BoolIfExists lets keys in",
        "long_term_keys",
        [statement("Allow", PEOPLE, '{ BoolIfExists = { "aws:MultiFactorAuthPresent" = "true" } }')],
        [statement("Allow", PEOPLE, MFA)],
    ),
    (
        "services beside people stay as they are",
        "no_mfa",
        [statement("Allow", SERVICE), statement("Allow", PEOPLE)],
        [statement("Allow", SERVICE), statement("Allow", PEOPLE, MFA)],
    ),
    (
        "a Deny is met by a no, and not by silence",
        "deny_catches_machines",
        [statement("Allow", SERVICE), statement("Deny", '"*"', '{ BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } }')],
        [statement("Allow", SERVICE), statement("Deny", '"*"', '{ Bool = { "aws:MultiFactorAuthPresent" = "false" } }')],
    ),
    (
        "people and a service in one statement are parted",
        "allow_demands_mfa",
        [statement("Allow", '{ AWS = "arn:aws:iam::123456789012:root", Service = "ec2.amazonaws.com" }', MFA)],
        [statement("Allow", PEOPLE, MFA), statement("Allow", SERVICE)],
    ),
]


@pytest.mark.parametrize(("code", "before", "after"), [each[1:] for each in OF_JSON], ids=[each[0] for each in OF_JSON])
def test_statements_of_jsonencode(code: str, before: list[str], after: list[str]) -> None:
    assert rewritten(json_policy(*before), code) == json_policy(*after)


def document(*blocks: str) -> str:
    body = "\n\n".join(dedent(each).strip() for each in blocks)
    inside = "\n".join(f"  {line}" if line else line for line in body.split("\n"))
    role = ROLE.format("data.aws_iam_policy_document.trust.json")
    return f'data "aws_iam_policy_document" "trust" {{\n{inside}\n}}\n\n{role}'


PRINCIPALS = 'principals {{\n    type        = "{}"\n    identifiers = ["{}"]\n  }}'
CONDITION = 'condition {{\n    test     = "{}"\n    variable = "aws:MultiFactorAuthPresent"\n    values   = ["true"]\n  }}'
EC2, ROOT = PRINCIPALS.format("Service", "ec2.amazonaws.com"), PRINCIPALS.format("AWS", "arn:aws:iam::123456789012:root")


def data_statement(*blocks: str) -> str:
    return "statement {\n" + "\n\n".join(f"  {each}" for each in ('actions = ["sts:AssumeRole"]', *blocks)) + "\n}"


OF_DATA = [
    ("allow_demands_mfa", [data_statement(EC2, CONDITION.format("Bool"))], [data_statement(EC2)]),
    ("no_mfa", [data_statement(ROOT)], [data_statement(ROOT, CONDITION.format("Bool"))]),
    (
        "long_term_keys",
        [data_statement(ROOT, CONDITION.format("BoolIfExists"))],
        [data_statement(ROOT, CONDITION.format("Bool"))],
    ),
    (
        "allow_demands_mfa",
        [data_statement(EC2, ROOT, CONDITION.format("Bool"))],
        [data_statement(ROOT, CONDITION.format("Bool")), data_statement(EC2)],
    ),
]


@pytest.mark.parametrize(("code", "before", "after"), OF_DATA, ids=["service", "people", "if exists", "both"])
def test_statements_of_a_data_source(code: str, before: list[str], after: list[str]) -> None:
    assert rewritten(document(*before), code) == document(*after)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ROLE.format('file("trust.json")'), "not written with jsonencode"),
        (ROLE.format("jsonencode({ Statement = var.statements })"), "no statement"),
        (json_policy(statement("Allow", SERVICE, "local.condition")), "no statement"),
    ],
    ids=["a file", "a variable", "a condition from elsewhere"],
)
def test_what_is_written_elsewhere_is_left(text: str, reason: str) -> None:
    with pytest.raises(NotMechanical, match=reason):
        rewritten(text, "allow_demands_mfa")


def test_a_statement_alone_becomes_a_list_as_terraform_fmt_has_it() -> None:
    both = '{ Service = "ec2.amazonaws.com", AWS = "arn:aws:iam::123456789012:root" }'
    text = ROLE.format(f"jsonencode({{\n    Statement = {statement('Allow', both, MFA)}\n  }})")
    lines = rewritten(text, "allow_demands_mfa").split("\n")
    assert "    Statement = [{" in lines
    assert "      }, {" in lines
    assert "    }]" in lines
