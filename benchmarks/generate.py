"""Makes plan JSON of any size, as Terraform would write it for an estate of services.

    python benchmarks/generate.py RESOURCES OUT.json [--seed N]

An estate is teams (module calls), each with services (a module below it, by for_each), each with buckets, keys, roles, functions,
tables, alarms and the like: thirty resources of twenty types a service, some by for_each or count, which refer to each other in the
configuration, through module inputs and outputs too. Policy documents that depend on what is not made yet are deferred data
sources. The same seed and size give the same bytes.

These plans are made by hand rather than by Terraform because a plan of 50,000 resources takes Terraform minutes; their parts have
the shape of real ones (all attributes of a resource in `values` and `after`, the computed ones in `after_unknown`).
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = Any
PROVIDER = "registry.terraform.io/hashicorp/aws"
SERVICES_A_TEAM = 7
TAGS = {"Environment": "prod", "ManagedBy": "terraform", "Owner": "platform", "Project": "estate"}


def reference(*names: str) -> Json:
    """An expression that refers to these: `aws_kms_key.this.arn` brings the resource with it, as Terraform writes it."""
    found: list[str] = []
    for name in names:
        parts = name.split(".")
        found += [name] if parts[0] in ("var", "each", "count", "local") or len(parts) < 3 else [name, ".".join(parts[:-1])]
    return {"references": found}


def constant(value: Json) -> Json:
    return {"constant_value": value}


class Kind:
    """One resource block of the service module: its configuration, and the values of an instance."""

    def __init__(
        self, type: str, name: str, expressions: Json, values: Json, computed: tuple[str, ...], each: tuple[str | int, ...] = ()
    ):
        self.type, self.name, self.expressions = type, name, expressions
        self.values, self.computed, self.each = values, computed, each
        self.mode = "data" if type == "aws_iam_policy_document" else "managed"

    @property
    def local(self) -> str:
        return f"{'data.' if self.mode == 'data' else ''}{self.type}.{self.name}"

    def block(self) -> Json:
        found = {
            "address": self.local,
            "mode": self.mode,
            "type": self.type,
            "name": self.name,
            "provider_config_key": "aws",
            "expressions": self.expressions,
            "schema_version": 0,
        }
        if self.each:
            key = "count_expression" if isinstance(self.each[0], int) else "for_each_expression"
            found[key] = reference("var.replicas") if isinstance(self.each[0], int) else reference("var.queues")
        return found


def trust(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}],
        }
    )


def tagged(values: Json) -> Json:
    return {**values, "tags": TAGS, "tags_all": TAGS}


def kinds() -> list[Kind]:
    """The blocks of the service module. `%s` in a value stands for the service's name."""
    name = {"name": reference("var.name"), "tags": reference("var.tags")}
    found = [
        Kind(
            "aws_s3_bucket",
            "logs",
            {
                "bucket": reference("var.name", "random_id.suffix.hex"),
                "tags": reference("var.tags"),
                "force_destroy": constant(False),
            },
            tagged({"force_destroy": False, "timeouts": None}),
            (
                "acceleration_status",
                "acl",
                "arn",
                "bucket",
                "bucket_domain_name",
                "bucket_regional_domain_name",
                "grant",
                "hosted_zone_id",
                "id",
                "lifecycle_rule",
                "logging",
                "object_lock_enabled",
                "policy",
                "region",
                "request_payer",
                "versioning",
                "website",
            ),
        ),
        Kind(
            "random_id",
            "suffix",
            {"byte_length": constant(4)},
            {"byte_length": 4, "keepers": None, "prefix": None},
            ("b64_std", "b64_url", "dec", "hex", "id"),
        ),
        Kind(
            "aws_s3_bucket_versioning",
            "logs",
            {"bucket": reference("aws_s3_bucket.logs.id"), "versioning_configuration": [{"status": constant("Enabled")}]},
            {"expected_bucket_owner": None, "mfa": None, "versioning_configuration": [{"status": "Enabled"}]},
            ("bucket", "id"),
        ),
        Kind(
            "aws_s3_bucket_lifecycle_configuration",
            "logs",
            {
                "bucket": reference("aws_s3_bucket.logs.id"),
                "rule": [
                    {
                        "id": constant("expire"),
                        "status": constant("Enabled"),
                        "filter": [{}],
                        "expiration": [{"days": reference("var.retention")}],
                        "noncurrent_version_expiration": [{"noncurrent_days": constant(30)}],
                    }
                ],
            },
            {
                "expected_bucket_owner": None,
                "rule": [
                    {
                        "abort_incomplete_multipart_upload": [],
                        "expiration": [{"date": None, "days": 365}],
                        "filter": [
                            {
                                "and": [],
                                "object_size_greater_than": None,
                                "object_size_less_than": None,
                                "prefix": None,
                                "tag": [],
                            }
                        ],
                        "id": "expire",
                        "noncurrent_version_expiration": [{"newer_noncurrent_versions": None, "noncurrent_days": 30}],
                        "noncurrent_version_transition": [],
                        "status": "Enabled",
                        "transition": [],
                    }
                ],
                "timeouts": None,
            },
            ("bucket", "id", "transition_default_minimum_object_size"),
        ),
        Kind(
            "aws_s3_bucket_public_access_block",
            "logs",
            {
                "bucket": reference("aws_s3_bucket.logs.id"),
                "block_public_acls": constant(True),
                "block_public_policy": constant(True),
            },
            {"block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True, "restrict_public_buckets": True},
            ("bucket", "id"),
        ),
        Kind(
            "aws_kms_key",
            "this",
            {
                "description": reference("var.name"),
                "enable_key_rotation": constant(True),
                "policy": reference("data.aws_iam_policy_document.key.json"),
                "tags": reference("var.tags"),
            },
            tagged(
                {
                    "bypass_policy_lockout_safety_check": False,
                    "custom_key_store_id": None,
                    "customer_master_key_spec": "SYMMETRIC_DEFAULT",
                    "deletion_window_in_days": 30,
                    "description": "%s",
                    "enable_key_rotation": True,
                    "is_enabled": True,
                    "key_usage": "ENCRYPT_DECRYPT",
                    "timeouts": None,
                    "xks_key_id": None,
                }
            ),
            ("arn", "id", "key_id", "multi_region", "policy", "rotation_period_in_days"),
        ),
        Kind(
            "aws_kms_alias",
            "this",
            {"name": reference("var.name"), "target_key_id": reference("aws_kms_key.this.key_id")},
            {"name": "alias/%s"},
            ("arn", "id", "name_prefix", "target_key_arn", "target_key_id"),
        ),
        Kind(
            "aws_iam_policy_document",
            "key",
            {
                "statement": [
                    {
                        "actions": constant(["kms:*"]),
                        "resources": constant(["*"]),
                        "principals": [{"type": constant("Service"), "identifiers": reference("var.services")}],
                    }
                ]
            },
            {
                "override_json": None,
                "override_policy_documents": None,
                "policy_id": None,
                "source_json": None,
                "source_policy_documents": None,
                "statement": [
                    {
                        "actions": ["kms:*"],
                        "condition": [],
                        "effect": "Allow",
                        "not_actions": [],
                        "not_principals": [],
                        "not_resources": [],
                        "principals": [{"identifiers": ["logs.amazonaws.com"], "type": "Service"}],
                        "resources": ["*"],
                        "sid": None,
                    }
                ],
                "version": None,
            },
            ("id", "json", "minified_json"),
        ),
        Kind(
            "aws_iam_role",
            "task",
            {**name, "assume_role_policy": constant(trust("ecs-tasks.amazonaws.com"))},
            tagged(
                {
                    "assume_role_policy": trust("ecs-tasks.amazonaws.com"),
                    "description": None,
                    "force_detach_policies": False,
                    "max_session_duration": 3600,
                    "name": "%s-task",
                    "path": "/",
                    "permissions_boundary": None,
                }
            ),
            ("arn", "create_date", "id", "inline_policy", "managed_policy_arns", "name_prefix", "unique_id"),
        ),
        Kind(
            "aws_iam_role_policy",
            "task",
            {
                "name": reference("var.name"),
                "role": reference("aws_iam_role.task.id"),
                "policy": reference("aws_s3_bucket.logs.arn"),
            },
            {"name": "%s-task"},
            ("id", "name_prefix", "policy", "role"),
        ),
        Kind(
            "aws_cloudwatch_log_group",
            "this",
            {**name, "retention_in_days": reference("var.retention"), "kms_key_id": reference("aws_kms_key.this.arn")},
            tagged({"log_group_class": "STANDARD", "name": "/aws/ecs/%s", "retention_in_days": 365, "skip_destroy": False}),
            ("arn", "id", "kms_key_id", "name_prefix"),
        ),
        Kind(
            "aws_cloudwatch_metric_alarm",
            "errors",
            {
                "alarm_name": reference("var.name"),
                "alarm_actions": reference("aws_sns_topic.alerts.arn"),
                "threshold": constant(1),
                "tags": reference("var.tags"),
            },
            tagged(
                {
                    "actions_enabled": True,
                    "alarm_name": "%s-errors",
                    "comparison_operator": "GreaterThanOrEqualToThreshold",
                    "datapoints_to_alarm": None,
                    "dimensions": None,
                    "evaluation_periods": 1,
                    "metric_name": "errors",
                    "metric_query": [],
                    "namespace": "estate",
                    "ok_actions": None,
                    "period": 300,
                    "statistic": "Sum",
                    "threshold": 1,
                    "treat_missing_data": "missing",
                    "unit": None,
                }
            ),
            ("alarm_actions", "arn", "evaluate_low_sample_count_percentiles", "id"),
        ),
        Kind(
            "aws_sns_topic",
            "alerts",
            {**name, "kms_master_key_id": reference("aws_kms_key.this.arn")},
            tagged(
                {
                    "application_failure_feedback_role_arn": None,
                    "content_based_deduplication": False,
                    "delivery_policy": None,
                    "display_name": None,
                    "fifo_topic": False,
                    "name": "%s-alerts",
                }
            ),
            (
                "arn",
                "beginning_archive_time",
                "fifo_throughput_scope",
                "id",
                "kms_master_key_id",
                "name_prefix",
                "owner",
                "policy",
                "signature_version",
                "tracing_config",
            ),
        ),
        Kind(
            "aws_sns_topic_subscription",
            "alerts",
            {
                "topic_arn": reference("aws_sns_topic.alerts.arn"),
                "protocol": constant("email"),
                "endpoint": reference("var.email"),
            },
            {
                "confirmation_timeout_in_minutes": 1,
                "delivery_policy": None,
                "endpoint": "ops@example.com",
                "endpoint_auto_confirms": False,
                "protocol": "email",
                "raw_message_delivery": False,
            },
            (
                "arn",
                "confirmation_was_authenticated",
                "filter_policy_scope",
                "id",
                "owner_id",
                "pending_confirmation",
                "topic_arn",
            ),
        ),
        Kind(
            "aws_dynamodb_table",
            "state",
            {
                **name,
                "billing_mode": constant("PAY_PER_REQUEST"),
                "hash_key": constant("id"),
                "point_in_time_recovery": [{"enabled": constant(True)}],
            },
            tagged(
                {
                    "attribute": [{"name": "id", "type": "S"}],
                    "billing_mode": "PAY_PER_REQUEST",
                    "deletion_protection_enabled": None,
                    "global_secondary_index": [],
                    "hash_key": "id",
                    "local_secondary_index": [],
                    "name": "%s-state",
                    "point_in_time_recovery": [{"enabled": True}],
                    "range_key": None,
                    "replica": [],
                    "restore_source_name": None,
                    "table_class": None,
                    "timeouts": None,
                    "ttl": [],
                }
            ),
            ("arn", "id", "read_capacity", "server_side_encryption", "stream_arn", "stream_label", "write_capacity"),
        ),
        Kind(
            "aws_ecr_repository",
            "this",
            {**name, "image_tag_mutability": constant("IMMUTABLE")},
            tagged(
                {
                    "encryption_configuration": [],
                    "force_delete": None,
                    "image_scanning_configuration": [],
                    "image_tag_mutability": "IMMUTABLE",
                    "name": "%s",
                    "timeouts": None,
                }
            ),
            ("arn", "id", "registry_id", "repository_url"),
        ),
        Kind(
            "aws_lambda_function",
            "worker",
            {
                "function_name": reference("var.name"),
                "role": reference("aws_iam_role.task.arn"),
                "publish": constant(True),
                "environment": [{"variables": reference("var.settings")}],
            },
            tagged(
                {
                    "code_signing_config_arn": None,
                    "dead_letter_config": [],
                    "description": None,
                    "environment": [{"variables": {"LEVEL": "info"}}],
                    "filename": None,
                    "function_name": "%s-worker",
                    "handler": None,
                    "image_uri": "example:1",
                    "layers": None,
                    "memory_size": 128,
                    "package_type": "Image",
                    "publish": True,
                    "reserved_concurrent_executions": -1,
                    "runtime": None,
                    "timeout": 3,
                    "vpc_config": [],
                }
            ),
            (
                "architectures",
                "arn",
                "code_sha256",
                "ephemeral_storage",
                "id",
                "invoke_arn",
                "last_modified",
                "logging_config",
                "qualified_arn",
                "role",
                "signing_job_arn",
                "source_code_hash",
                "source_code_size",
                "tracing_config",
                "version",
            ),
        ),
        Kind(
            "aws_security_group",
            "this",
            {**name, "vpc_id": reference("var.vpc_id")},
            tagged(
                {
                    "description": "Managed by Terraform",
                    "name": "%s",
                    "revoke_rules_on_delete": False,
                    "timeouts": None,
                    "vpc_id": "vpc-0123456789",
                }
            ),
            ("arn", "egress", "id", "ingress", "name_prefix", "owner_id"),
        ),
        Kind(
            "aws_security_group_rule",
            "out",
            {"security_group_id": reference("aws_security_group.this.id"), "type": constant("egress")},
            {
                "cidr_blocks": ["0.0.0.0/0"],
                "description": None,
                "from_port": 443,
                "ipv6_cidr_blocks": None,
                "prefix_list_ids": None,
                "protocol": "tcp",
                "self": False,
                "timeouts": None,
                "to_port": 443,
                "type": "egress",
            },
            ("id", "security_group_id", "security_group_rule_id", "source_security_group_id"),
        ),
        Kind(
            "aws_sqs_queue",
            "this",
            {
                "name": reference("var.name", "each.key"),
                "kms_master_key_id": reference("aws_kms_key.this.arn"),
                "tags": reference("var.tags"),
            },
            tagged(
                {
                    "content_based_deduplication": False,
                    "delay_seconds": 0,
                    "fifo_queue": False,
                    "max_message_size": 262144,
                    "message_retention_seconds": 345600,
                    "name": "%s-%k",
                    "receive_wait_time_seconds": 0,
                    "visibility_timeout_seconds": 30,
                }
            ),
            (
                "arn",
                "deduplication_scope",
                "fifo_throughput_limit",
                "id",
                "kms_data_key_reuse_period_seconds",
                "kms_master_key_id",
                "name_prefix",
                "policy",
                "redrive_allow_policy",
                "redrive_policy",
                "sqs_managed_sse_enabled",
                "url",
            ),
            ("orders", "refunds", "audit"),
        ),
        Kind(
            "aws_sqs_queue_policy",
            "this",
            {"queue_url": reference("aws_sqs_queue.this", "each.key"), "policy": reference("aws_sqs_queue.this", "each.key")},
            {},
            ("id", "policy", "queue_url"),
            ("orders", "refunds", "audit"),
        ),
        Kind(
            "aws_instance",
            "node",
            {
                "ami": reference("var.ami"),
                "instance_type": constant("t3.small"),
                "vpc_security_group_ids": reference("aws_security_group.this.id"),
                "tags": reference("var.tags"),
            },
            tagged(
                {
                    "ami": "ami-0123456789",
                    "credit_specification": [],
                    "get_password_data": False,
                    "hibernation": None,
                    "instance_type": "t3.small",
                    "launch_template": [],
                    "source_dest_check": True,
                    "timeouts": None,
                    "user_data_replace_on_change": False,
                    "volume_tags": None,
                }
            ),
            (
                "arn",
                "associate_public_ip_address",
                "availability_zone",
                "capacity_reservation_specification",
                "cpu_core_count",
                "cpu_options",
                "disable_api_stop",
                "disable_api_termination",
                "ebs_block_device",
                "ebs_optimized",
                "enclave_options",
                "ephemeral_block_device",
                "host_id",
                "iam_instance_profile",
                "id",
                "instance_state",
                "ipv6_addresses",
                "key_name",
                "maintenance_options",
                "metadata_options",
                "monitoring",
                "network_interface",
                "primary_network_interface_id",
                "private_dns",
                "private_ip",
                "public_dns",
                "public_ip",
                "root_block_device",
                "security_groups",
                "subnet_id",
                "tenancy",
                "user_data",
                "vpc_security_group_ids",
            ),
            (0, 1),
        ),
        Kind(
            "aws_ebs_volume",
            "data",
            {
                "availability_zone": reference("aws_instance.node", "count.index"),
                "size": constant(100),
                "tags": reference("var.tags"),
            },
            tagged({"final_snapshot": False, "multi_attach_enabled": None, "outpost_arn": None, "size": 100, "timeouts": None}),
            ("arn", "availability_zone", "encrypted", "id", "iops", "kms_key_id", "snapshot_id", "throughput", "type"),
            (0, 1),
        ),
    ]
    return found


KINDS = kinds()
RESOURCES_A_SERVICE = sum(max(1, len(kind.each)) for kind in KINDS if kind.mode == "managed")


def address(module: str, kind: Kind, key: str | int | None) -> str:
    index = "" if key is None else f"[{json.dumps(key)}]"
    return f"{module}.{kind.local}{index}"


def instances(module: str, service: str) -> Iterator[tuple[Json, Json]]:
    """A service's resources: of the planned values, and of the changes."""
    for kind in KINDS:
        for key in kind.each or (None,):
            values = json.loads(json.dumps(kind.values).replace("%s", service).replace("%k", str(key)))
            common = {"address": address(module, kind, key), "mode": kind.mode, "type": kind.type, "name": kind.name}
            if key is not None:
                common["index"] = key
            provider = {"provider_name": "registry.terraform.io/hashicorp/random" if kind.type == "random_id" else PROVIDER}
            sensitive = {name: {} for name in ("tags", "tags_all") if name in values}
            unknown = {name: True for name in kind.computed} | {name: {} for name in sensitive}
            planned = {**common, **provider, "schema_version": 0, "values": values, "sensitive_values": sensitive}
            actions = ["read"] if kind.mode == "data" else ["create"]
            change = {
                "actions": actions,
                "before": None,
                "after": values,
                "after_unknown": unknown,
                "before_sensitive": False,
                "after_sensitive": sensitive,
            }
            reason = {"action_reason": "read_because_dependency_pending"} if kind.mode == "data" else {}
            yield planned, {"module_address": module, **common, **provider, "change": change, **reason}


def service_module() -> Json:
    variables = ("name", "tags", "retention", "services", "email", "settings", "vpc_id", "ami", "queues", "replicas")
    outputs = {"bucket": "aws_s3_bucket.logs.id", "key_arn": "aws_kms_key.this.arn", "role_arn": "aws_iam_role.task.arn"}
    return {
        "outputs": {name: {"expression": reference(target)} for name, target in outputs.items()},
        "resources": [kind.block() for kind in KINDS],
        "variables": {name: {} for name in variables},
    }


def team_module() -> Json:
    call = {
        "source": "./service",
        "for_each_expression": reference("var.services"),
        "expressions": {
            "name": reference("var.team", "each.key"),
            "tags": reference("var.tags"),
            "retention": reference("var.retention"),
            "services": constant(["logs.amazonaws.com"]),
            "email": constant("ops@example.com"),
            "settings": constant({"LEVEL": "info"}),
            "vpc_id": reference("var.vpc_id"),
            "ami": constant("ami-0123456789"),
            "queues": constant(["orders", "refunds", "audit"]),
            "replicas": constant(2),
        },
        "module": service_module(),
    }
    names = ("team", "services", "tags", "retention", "vpc_id")
    return {
        "module_calls": {"service": call},
        "variables": {name: {} for name in names},
        "outputs": {"buckets": {"expression": reference("module.service")}},
    }


def plan(resources: int, seed: int = 1) -> Json:
    """A plan with about so many managed resources (whole services, at least one)."""
    chosen = random.Random(seed)
    services = max(1, round(resources / RESOURCES_A_SERVICE))
    words = ["orders", "billing", "search", "mail", "ledger", "stock", "users", "media"]
    modules: list[Json] = []
    calls: Json = {}
    changes: list[Json] = []
    for team in range(-(-services // SERVICES_A_TEAM)):
        call = f"team_{team}"
        below: list[Json] = []
        for service in range(min(SERVICES_A_TEAM, services - team * SERVICES_A_TEAM)):
            key = f"{chosen.choice(words)}-{team}-{service}"
            where = f'module.{call}.module.service["{key}"]'
            found = list(instances(where, f"estate-{key}"))
            below.append({"address": where, "resources": [planned for planned, _ in found]})
            changes += [change for _, change in found]
        modules.append({"address": f"module.{call}", "child_modules": below})
        arguments = {
            "team": constant(call),
            "services": constant([]),
            "tags": reference("var.tags"),
            "retention": reference("var.retention"),
            "vpc_id": constant("vpc-0123456789"),
        }
        calls[call] = {"source": "./team", "expressions": arguments, "module": team_module()}
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "variables": {"tags": {"value": TAGS}, "retention": {"value": 365}, "environment": {"value": "prod"}},
        "planned_values": {"outputs": {"buckets": {"sensitive": False}}, "root_module": {"child_modules": modules}},
        "resource_changes": changes,
        "output_changes": {
            "buckets": {
                "actions": ["create"],
                "before": None,
                "after_unknown": True,
                "before_sensitive": False,
                "after_sensitive": False,
            }
        },
        "configuration": {
            "provider_config": {"aws": {"name": "aws", "full_name": PROVIDER, "expressions": {"region": constant("us-east-1")}}},
            "root_module": {
                "outputs": {"buckets": {"expression": reference("module.team_0.buckets", "module.team_0")}},
                "module_calls": calls,
                "variables": {"tags": {}, "retention": {}, "environment": {}},
            },
        },
        "timestamp": "2026-01-01T00:00:00Z",
        "applyable": True,
        "complete": True,
        "errored": False,
    }


def write(path: Path, resources: int, seed: int = 1) -> Path:
    path.write_text(json.dumps(plan(resources, seed), separators=(",", ":")), encoding="utf-8")
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes plan JSON of any size.")
    parser.add_argument("resources", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.out, options.resources, options.seed)
