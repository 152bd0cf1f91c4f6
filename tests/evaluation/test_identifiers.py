"""Identifiers as records: what an ARN, a URL or a domain name says, and which resource it can name."""

from __future__ import annotations

import pytest

from planproof.evaluation.identifiers import FORMS, Identifier, form_of, identifier, identity_of, name_of

ACCOUNT, REGION = "111122223333", "eu-west-1"
RECORDS = {
    "corp-logs": Identifier("corp-logs"),
    "": Identifier(""),
    "arn:aws:s3:::corp-logs/a:b": Identifier("", "s3", "aws", "", "", "corp-logs/a:b"),
    f"arn:aws-cn:sns:{REGION}:{ACCOUNT}:alerts": Identifier("", "sns", "aws-cn", REGION, ACCOUNT, "alerts"),
    "arn:aws:s3": Identifier("arn:aws:s3"),
    "s3://corp-logs/prefix": Identifier("corp-logs", "s3", resource="corp-logs"),
    "corp.logs.s3.amazonaws.com": Identifier("corp.logs", "s3", resource="corp.logs"),
    f"corp-logs.s3.{REGION}.amazonaws.com": Identifier("corp-logs", "s3", resource="corp-logs"),
    "corp-logs.example.com": Identifier("corp-logs.example.com"),
}


@pytest.mark.parametrize(("text", "record"), RECORDS.items(), ids=RECORDS)
def test_a_text_is_a_record(text: str, record: Identifier) -> None:
    assert identifier(text) == record


BUCKET, GROUP, TOPIC, ROLE, KEY = "aws_s3_bucket", "aws_cloudwatch_log_group", "aws_sns_topic", "aws_iam_role", "aws_kms_key"
NAMES = [
    ("corp-logs", BUCKET, "corp-logs"),
    ("corp-logs", GROUP, "corp-logs"),
    ("arn:aws:s3:::corp-logs", BUCKET, "corp-logs"),
    ("arn:aws-us-gov:s3:::corp-logs/prefix", BUCKET, "corp-logs"),
    ("s3://corp-logs", BUCKET, "corp-logs"),
    ("arn:aws:s3:::corp-logs", GROUP, None),
    (f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/trail:*", GROUP, "/aws/trail"),
    (f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/trail", GROUP, "/aws/trail"),
    (f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:corp-logs", BUCKET, None),
    (f"arn:aws:logs:{REGION}:{ACCOUNT}:destination:corp-logs", GROUP, None),
    (f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts", TOPIC, "alerts"),
    (f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts:1234", TOPIC, None),  # a subscription
    (f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts", TOPIC, None),
    (f"arn:aws:iam::{ACCOUNT}:role/service/writer", ROLE, "writer"),
    (f"arn:aws:iam::{ACCOUNT}:user/writer", ROLE, None),
    (f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234-abcd", KEY, "1234-abcd"),
    (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/logs", KEY, None),
    (f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/logs", "aws_kms_alias", "alias/logs"),
    (f"arn:aws:events:{REGION}:{ACCOUNT}:rule/bus/denied", "aws_cloudwatch_event_rule", "denied"),
    (f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tell:live", "aws_lambda_function", "tell"),
    (f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/orders/stream/x", "aws_dynamodb_table", "orders"),
    (f"arn:aws:other:{REGION}:{ACCOUNT}:thing", "aws_not_in_the_table", None),
    ("thing", "aws_not_in_the_table", "thing"),
]


@pytest.mark.parametrize(("text", "kind", "name"), NAMES)
def test_an_identifier_names_a_resource_of_its_own_service_and_kind_alone(text: str, kind: str, name: str | None) -> None:
    assert name_of(identifier(text), kind) == name


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_reads_the_arns_that_it_describes(kind: str) -> None:
    form, name = form_of(kind), "alias/a-name" if kind == "aws_kms_alias" else "a-name"
    assert name_of(Identifier("", form.service, "aws", REGION, ACCOUNT, form.prefix + name), kind) == name


def test_attributes_that_identify_a_type() -> None:
    assert identity_of(BUCKET) == ("bucket", "id", "bucket_domain_name", "bucket_regional_domain_name", "arn")
    assert "id" in identity_of("aws_not_in_the_table")
    assert identity_of("aws_cloudwatch_log_metric_filter")[0] == "name"  # its id is its own name, not its metric's
