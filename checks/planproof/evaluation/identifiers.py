"""Identifiers as records: what an ARN, a URL or a domain name says of partition, service, region, account, type and name.

Formats: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Form(NamedTuple):
    """How the ARNs of a resource type are made: the service, what its resource part looks like (the group `name` is the name), and
    the attributes of the Terraform resource that hold the name and the ARN. `is_global`: its name is not bound to a region."""

    service: str
    resource: re.Pattern[str]
    names: tuple[str, ...] = ("name", "id")
    arns: tuple[str, ...] = ("arn",)
    is_global: bool = False

    @property
    def prefix(self) -> str:
        """What stands before the name in the resource part."""
        found = re.match(r"[\w/:-]*", self.resource.pattern)
        return found[0] if found else ""


def _form(service: str, resource: str, *names: str, arns: tuple[str, ...] = ("arn",), is_global: bool = False) -> Form:
    return Form(service, re.compile(resource, re.DOTALL), names or ("name", "id"), arns, is_global)


FORMS: Mapping[str, Form] = {
    "aws_s3_bucket": _form(
        "s3",
        r"(?P<name>[^/:]+)(?:/.*)?$",
        *("bucket", "id", "bucket_domain_name", "bucket_regional_domain_name"),
        is_global=True,
    ),
    "aws_sns_topic": _form("sns", r"(?P<name>[^:]+)$", "name", arns=("arn", "id")),
    "aws_sqs_queue": _form("sqs", r"(?P<name>[^:]+)$", "name"),
    "aws_cloudwatch_log_group": _form("logs", r"log-group:(?P<name>[^:]+)(?::.*)?$", "name", "id"),
    "aws_kms_key": _form("kms", r"key/(?P<name>.+)$", "key_id", "id"),
    "aws_kms_external_key": _form("kms", r"key/(?P<name>.+)$", "id"),
    "aws_kms_replica_key": _form("kms", r"key/(?P<name>.+)$", "key_id", "id"),
    "aws_kms_alias": _form("kms", r"(?P<name>alias/.+)$", "name", "id"),
    "aws_iam_role": _form("iam", r"role/(?:.*/)?(?P<name>[^/]+)$", "name", "id", is_global=True),
    "aws_iam_user": _form("iam", r"user/(?:.*/)?(?P<name>[^/]+)$", "name", "id", is_global=True),
    "aws_iam_policy": _form("iam", r"policy/(?:.*/)?(?P<name>[^/]+)$", "name", arns=("arn", "id"), is_global=True),
    "aws_cloudtrail": _form("cloudtrail", r"trail/(?P<name>.+)$", "name", arns=("arn", "id")),
    "aws_cloudwatch_metric_alarm": _form("cloudwatch", r"alarm:(?P<name>.+)$", "alarm_name", "id"),
    "aws_cloudwatch_composite_alarm": _form("cloudwatch", r"alarm:(?P<name>.+)$", "alarm_name", "id"),
    "aws_cloudwatch_event_rule": _form("events", r"rule/(?:[^/]+/)?(?P<name>[^/]+)$", "name", "id"),
    "aws_cloudwatch_event_bus": _form("events", r"event-bus/(?P<name>.+)$", "name", "id"),
    "aws_kinesis_firehose_delivery_stream": _form("firehose", r"deliverystream/(?P<name>.+)$", "name", arns=("arn", "id")),
    "aws_kinesis_stream": _form("kinesis", r"stream/(?P<name>.+)$", "name", arns=("arn", "id")),
    "aws_lambda_function": _form(
        "lambda", r"function:(?P<name>[^:]+)(?::.*)?$", "function_name", "id", arns=("arn", "qualified_arn")
    ),
    "aws_dynamodb_table": _form("dynamodb", r"table/(?P<name>[^/]+)(?:/.*)?$", "name", "id"),
    "aws_efs_file_system": _form("elasticfilesystem", r"file-system/(?P<name>.+)$", "id"),
    "aws_ebs_volume": _form("ec2", r"volume/(?P<name>.+)$", "id"),
    "aws_db_instance": _form("rds", r"db:(?P<name>.+)$", "identifier"),
    "aws_rds_cluster": _form("rds", r"cluster:(?P<name>.+)$", "cluster_identifier", "id"),
    "aws_fsx_lustre_file_system": _form("fsx", r"file-system/(?P<name>.+)$", "id"),
    "aws_backup_vault": _form("backup", r"backup-vault:(?P<name>.+)$", "name", "id"),
    "aws_ssmincidents_response_plan": _form("ssm-incidents", r"response-plan/(?P<name>.+)$", "name", arns=("arn", "id")),
}
"""By resource type, from the provider's schema and AWS's own list of ARN formats; what is not here has `_PLAIN`."""
_PLAIN = _form("", r"(?!)", "name", "id", "arn", "bucket", "key_id", "url")


def form_of(kind: str) -> Form:
    return FORMS.get(kind, _PLAIN)


def identity_of(kind: str) -> tuple[str, ...]:
    """The attributes by which other resources name one of this type."""
    form = form_of(kind)
    return tuple(dict.fromkeys((*form.names, *form.arns, "id")))


class Identifier(NamedTuple):
    """What an identifier says; empty where it does not. `name` of a plain name is the text itself; `resource` is what an ARN has
    behind the account."""

    name: str
    service: str = ""
    partition: str = ""
    region: str = ""
    account: str = ""
    resource: str = ""

    @property
    def is_plain(self) -> bool:
        return not self.service


_ARN = re.compile(
    r"^arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>.*)$", re.DOTALL
)
_S3_URL = re.compile(
    r"^(?:s3[an]?://(?P<url>[^/]+)(?:/.*)?|(?P<domain>[^/:]+)\.s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?)$", re.DOTALL
)


def identifier(text: str) -> Identifier:
    """The record of an ARN, an S3 URL or domain name; of any other text, a plain name."""
    arn = _ARN.match(text)
    if arn:
        return Identifier("", arn["service"], arn["partition"], arn["region"], arn["account"], arn["resource"])
    url = _S3_URL.match(text)
    if url:
        name = url["url"] or url["domain"]
        return Identifier(name, "s3", resource=name)
    return Identifier(text)


def name_of(found: Identifier, kind: str) -> str | None:
    """The name that an identifier gives a resource of this type; None if it cannot name one."""
    form = form_of(kind)
    if found.is_plain:
        return found.name.partition("/")[0] if form.service == "s3" else found.name  # a path may follow a bucket
    match = form.resource.match(found.resource) if found.service == form.service else None
    return match["name"] if match else None
