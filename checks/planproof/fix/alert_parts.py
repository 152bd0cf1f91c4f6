"""The parts of an alert on denied access, as new blocks: trail, log group, metric filter, alarm, topic, key, subscription."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from planproof.aws.names import Names
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical, Place
from planproof.fix.style import block, bucket_days, group_days, protections, resource
from planproof.fix.tag_values import names_in
from planproof.fix.tags import tags_line
from planproof.plan.model import Module

PATTERN = r'"{ ($.eventSource = \"s3.amazonaws.com\") && (($.errorCode = \"AccessDenied*\") || ($.errorCode = \"*UnauthorizedOperation\")) }"'
EVENTS = 'jsonencode({\n  source = ["aws.s3"]\n  detail-type = ["AWS API Call via CloudTrail"]\n  detail = { errorCode = [{ prefix = "AccessDenied" }] }\n})'
ALARM = {
    "statistic": '"Sum"',
    "period": "300",
    "evaluation_periods": "1",
    "comparison_operator": '"GreaterThanOrEqualToThreshold"',
    "threshold": "1",
}
_KINDS = (
    "aws_s3_bucket",
    "aws_cloudtrail",
    "aws_cloudwatch_log_group",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_role",
    "aws_kms_key",
    "aws_sns_topic",
    "aws_sns_topic_subscription",
    "aws_iam_policy_document",
)
_LISTENS = re.compile(r"(alert|alarm|security|notif|ops|on_?call)\w*mail|mail\w*(alert|alarm)")


class Parts:
    """New blocks in one module, and what else they need: variables, tags."""

    def __init__(self, job: Job, module: Module, near: Place) -> None:
        self.job, self.module, self.near = job, module, near
        self.texts: list[str] = []
        self.edits: list[Edit] = []
        self.files = job.bench.files_of(module)

    def after(self, place: Place) -> list[Edit]:
        """All of it behind a block."""
        return [*([place.after("\n\n".join(self.texts))] if self.texts else []), *self.edits]

    def in_file(self, name: str) -> list[Edit]:
        """All of it in a file of its own or, if the module has one of that name, at its end."""
        folder = os.path.dirname(self.files.first.file.path)
        path, text = os.path.join(folder, name), "\n\n".join(self.texts)
        if os.path.lexists(path):
            return [self.files.added(name, text), *self.edits]
        return [Edit(path, 0, 0, f"{text}\n"), *self.edits]

    def label(self, wanted: str) -> str:
        """A label that is free for all the types of an alert."""
        found, number = wanted, 2
        while any(self.files.has(kind_of, kind, found) for kind in _KINDS for kind_of in ("resource", "data")):
            found, number = f"{wanted}_{number}", number + 1
        return found

    def name(self, wanted: str) -> str:
        """With the plan's leading token in front, if its names have one."""
        names: Names = self.job.context.once(names_in)
        return f"{names.token}-{wanted}" if names.token else wanted

    def resource(self, kind: str, label: str, arguments: Iterable[str], *blocks: str, tagged: bool = False) -> str:
        """Adds a resource and gives its address."""
        tags = ""
        if tagged:
            tags, edits = tags_line(self.job, self.module, self.near)
            self.edits += edits
        provider = self.near.text_of("provider")
        head = f"provider = {provider}" if provider and kind.startswith("aws_") else ""
        self.texts.append(
            resource(kind, label, head, "\n".join(filter(None, (*arguments, protections(self.job, kind), tags))), *blocks)
        )
        return f"{kind}.{label}"

    def document(self, label: str, *statements: str) -> str:
        self.texts.append(block(f'data "aws_iam_policy_document" "{label}"', *statements))
        return f"data.aws_iam_policy_document.{label}.json"

    # --- what the chain is made of ---

    def log_group(self, label: str, name: str) -> str:
        reference, edits = group_days(self.job, self.module)
        self.edits += edits
        return self.resource(
            "aws_cloudwatch_log_group", label, (f"name = {name}", f"retention_in_days = {reference}"), tagged=True
        )

    def delivery_role(self, label: str, group: str) -> str:
        """The role by which a trail delivers to a log group."""
        service = principal("Service", '"cloudtrail.amazonaws.com"')
        trust = self.document(f"{label}_trust", statement('["sts:AssumeRole"]', "", service))
        name = f'"{self.name("delivers-events")}"'
        role = self.resource("aws_iam_role", label, (f"name = {name}", f"assume_role_policy = {trust}"), tagged=True)
        allowed = self.document(label, statement('["logs:CreateLogStream", "logs:PutLogEvents"]', f'["${{{group}.arn}}:*"]'))
        self.resource("aws_iam_role_policy", label, (f"name = {name}", f"role = {role}.id", f"policy = {allowed}"))
        return role

    def metric_filter(self, label: str, group_name: str) -> str:
        name = f'"{self.name("denied-access")}"'
        metric = block("metric_transformation", f'name = {name}\nnamespace = "LogAccess"\nvalue = "1"\ndefault_value = "0"')
        arguments = (f"name = {name}", f"log_group_name = {group_name}", f"pattern = {PATTERN}")
        return self.resource("aws_cloudwatch_log_metric_filter", label, arguments, metric)

    def alarm(self, label: str, metric_filter: str, topic: str) -> str:
        metric = f"{metric_filter}.metric_transformation[0]"
        arguments = [
            f'alarm_name = "{self.name("access-was-denied")}"',
            'alarm_description = "S3 denied access to a log bucket"',
            f"namespace = {metric}.namespace",
            f"metric_name = {metric}.name",
            *(f"{name} = {value}" for name, value in ALARM.items()),
            'treat_missing_data = "notBreaching"',
            f"alarm_actions = [{topic}.arn]",
        ]
        return self.resource("aws_cloudwatch_metric_alarm", label, arguments, tagged=True)

    def topic(self, label: str, account: str) -> str:
        """A topic with a key that alarms and rules can use, and someone who listens."""
        key = self.key(label, account)
        arguments = (f'name = "{self.name("unauthorized-access-alerts")}"', f"kms_master_key_id = {key}.id")
        topic = self.resource("aws_sns_topic", label, arguments, tagged=True)
        self.subscription(label, topic)
        return topic

    def key(self, label: str, account: str) -> str:
        """`account` is an expression for the ID of the account, which does not draw on the topic."""
        policy = self.document(
            f"{label}_key",
            statement('["kms:*"]', '["*"]', principal("AWS", f'"arn:aws:iam::${{{account}}}:root"')),
            statement(
                '["kms:Decrypt", "kms:GenerateDataKey*"]',
                '["*"]',
                principal("Service", '"cloudwatch.amazonaws.com"', '"events.amazonaws.com"'),
            ),
        )
        arguments = ('description = "Encrypts the alerts"', "deletion_window_in_days = 30", f"policy = {policy}")
        return self.resource("aws_kms_key", label, arguments, tagged=True)

    def subscription(self, label: str, topic: str) -> str:
        arguments = (f"topic_arn = {topic}.arn", 'protocol = "email"', f"endpoint = {self.listener()}")
        return self.resource("aws_sns_topic_subscription", label, arguments)

    def listener(self) -> str:
        """The variable with the address of everyone who is alerted; one that someone has to set, if the module has none."""
        for top in self.files.tops:
            if top.type == "variable" and _LISTENS.search(top.labels[0]) and self._is_text(top.labels[0]):
                return f"var.{top.labels[0]}"
        if self.module.parent is not None:
            raise NotMechanical("who is alerted is the choice of the caller of the module; hand the topic or the address to it")
        self.job.notes.append("set the variable alert_email: who is alerted, only the team knows")
        description = "The address that is alerted when S3 denies access to the logs"
        text = block('variable "alert_email"', f'description = "{description}"\ntype = string')
        self.edits.append(self.files.added("variables.tf", text))
        return "var.alert_email"

    def _is_text(self, name: str) -> bool:
        place = self.files.place("variable", name)
        return place.text_of("type") == "string" or place.text_of("default").startswith('"')

    def trail(self, label: str, buckets: Sequence[str]) -> str:
        """A trail that logs the objects of these buckets, given by their ARNs, into a bucket of its own, and the log group that it
        delivers to; gives that group."""
        bucket = self._trail_bucket(label)
        group = self.log_group(label, f'"/aws/cloudtrail/{self.name("audit-trail")}"')
        role = self.delivery_role(label, group)
        values = ", ".join(f'"${{{arn}}}/"' for arn in (*buckets, f"{bucket}.arn"))
        arguments = (
            f'name = "{self.name("audit-trail")}"',
            f"s3_bucket_name = {bucket}.id",
            "is_multi_region_trail = true",
            f'cloud_watch_logs_group_arn = "${{{group}.arn}}:*"',
            f"cloud_watch_logs_role_arn = {role}.arn",
            f"depends_on = [aws_s3_bucket_policy.{label}]",
        )
        self.resource("aws_cloudtrail", label, arguments, selector(values), tagged=True)
        return group

    def _trail_bucket(self, label: str) -> str:
        """A bucket that keeps the trail's logs as the policy requires."""
        reference, edits = bucket_days(self.job, self.module)
        self.edits += edits
        bucket = self.resource("aws_s3_bucket", label, (f'bucket_prefix = "{self.name("trail-logs")[:36]}-"',), tagged=True)
        of_it = f"bucket = {bucket}.id"
        closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        self.resource("aws_s3_bucket_public_access_block", label, (of_it, *(f"{name} = true" for name in closed)))
        self.resource("aws_s3_bucket_versioning", label, (of_it,), block("versioning_configuration", 'status = "Enabled"'))
        rule = block(
            "rule",
            'id = "expire-logs"\nstatus = "Enabled"',
            "filter {}",
            block("expiration", f"days = {reference}"),
            block("noncurrent_version_expiration", "noncurrent_days = 30"),
        )
        after = f"depends_on = [aws_s3_bucket_versioning.{label}]"
        self.resource("aws_s3_bucket_lifecycle_configuration", label, (of_it, after), rule)
        service = principal("Service", '"cloudtrail.amazonaws.com"')
        owned = block("condition", 'test = "StringEquals"\nvariable = "s3:x-amz-acl"\nvalues = ["bucket-owner-full-control"]')
        policy = self.document(
            f"{label}_bucket",
            statement('["s3:GetBucketAcl"]', f"[{bucket}.arn]", service),
            statement('["s3:PutObject"]', f'["${{{bucket}.arn}}/AWSLogs/*"]', service, owned),
        )
        self.resource("aws_s3_bucket_policy", label, (of_it, f"policy = {policy}"))
        return bucket


def statement(actions: str, resources: str, *blocks: str) -> str:
    return block(
        "statement", "\n".join(filter(None, (f"actions = {actions}", f"resources = {resources}" if resources else ""))), *blocks
    )


def principal(kind: str, *identifiers: str) -> str:
    return block("principals", f'type = "{kind}"\nidentifiers = [{", ".join(identifiers)}]')


def selector(values: str) -> str:
    data = block("data_resource", f'type = "AWS::S3::Object"\nvalues = [{values}]')
    return block("event_selector", 'read_write_type = "All"\ninclude_management_events = true', data)
