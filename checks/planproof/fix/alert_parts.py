"""The parts of an alert on denied access, as new blocks: trail, log group, metric filter, alarm, topic, key, subscription."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from functools import cached_property

from planproof.aws.alerts.delivery import delivery_parts
from planproof.aws.alerts.links import Place as Reached
from planproof.aws.alerts.topics import ALARMS_PRINCIPAL, TOPIC, Target
from planproof.aws.names import Names
from planproof.aws.s3 import BUCKET
from planproof.fix.edits import Edit
from planproof.fix.exports import Reference
from planproof.fix.job import Job
from planproof.fix.mentions import inner_text
from planproof.fix.places import NotMechanical, Place
from planproof.fix.style import block, bucket_days, group_days, protections, resource
from planproof.fix.tag_values import names_in
from planproof.fix.tags import tags_line
from planproof.plan.model import Instance, Module
from planproof.syntax.nodes import Literal

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
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAIL = frozenset(("email", "mail", "address"))
_ALERTED = frozenset(("alert", "alerts", "alarm", "alarms", "notification", "notifications", "security", "ops", "oncall"))
_BESIDE = frozenset(
    ("access", "audit", "cloudtrail", "contact", "denied", "e", "endpoint", "log", "logs", "recipient", "sns", "team", "to")
)
"""The words that the name of a variable is made of, if it holds the address of whoever is alerted."""


class Parts:
    """New blocks in one module, and what else they need: variables, tags. They have the provider of the resource that they are for."""

    def __init__(self, job: Job, module: Module, owner: Instance) -> None:
        self.job, self.module, self.owner = job, module, owner
        self.texts: list[str] = []
        self.edits: list[Edit] = []
        self.files = job.bench.files_of(module)
        self.provider = job.place_of(owner).text_of("provider") if module.parent is not None else provider_in_root(job, owner)

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
        """Inside of quotes: built on what distinguishes the name of the resource that the blocks are for from others of its kind, else
        with the plan's leading token in front, if its names have one."""
        names: Names = self.job.context.once(names_in)
        return f"{self._built_on}-{wanted}" if self._built_on else "-".join(filter(None, (names.token, self._apart, wanted)))

    @cached_property
    def _built_on(self) -> str:
        """The name of the owner, if that is another one for each caller or environment; empty if that is a bucket, whose name a chain for several does not have."""
        if self.owner.type == BUCKET:
            return ""
        place = self.job.place_of(self.owner)
        found = place.argument("alarm_name" if self.owner.type == "aws_cloudwatch_metric_alarm" else "name")
        is_own = found is None or isinstance(found.expression, Literal) or re.search(r"\b(each|count)\.", found.expression.text)
        if found is None or is_own:
            if self._is_called_again(place):
                raise NotMechanical(f"the module is called more than once, and {place.address} has no name to build new ones on")
            return ""
        if self.owner.type == "aws_cloudwatch_log_group":
            return f'${{replace(trimprefix({place.address}.name, "/"), "/", "-")}}'
        return inner_text(found.expression)

    def _is_called_again(self, place: Place) -> bool:
        """Whether other calls make the block too."""
        alike = self.job.bench.by_block[self.owner.local_address]
        return any(
            each.module is not self.module and self.job.place_of(each).top.file.path == place.top.file.path for each in alike
        )

    @property
    def _apart(self) -> str:
        """The label of the owner, if its module has several of the type."""
        kind = f"{self.owner.type}."
        if self.owner.type == BUCKET or sum(each.startswith(kind) for each in self.module.config.resources) < 2:
            return ""
        return self.owner.name.replace("_", "-")

    def resource(self, kind: str, label: str, arguments: Iterable[str], *blocks: str, tagged: bool = False) -> str:
        """Adds a resource and gives its address."""
        tags = ""
        if tagged:
            tags, edits = tags_line(self.job, self.module, self.owner)
            self.edits += edits
        self.texts.append(
            resource(kind, label, self._head, "\n".join(filter(None, (*arguments, protections(self.job, kind), tags))), *blocks)
        )
        return f"{kind}.{label}"

    @property
    def _head(self) -> str:
        return f"provider = {self.provider}" if self.provider else ""

    def document(self, label: str, *statements: str) -> str:
        self.texts.append(block(f'data "aws_iam_policy_document" "{label}"', self._head, *statements))
        return f"data.aws_iam_policy_document.{label}.json"

    # --- what the chain is made of ---

    def watch(self, label: str, group: str) -> None:
        """Metric filter, alarm and topic."""
        metric_filter = self.metric_filter(label, f"{group}.name")
        self.alarm(label, metric_filter, self.listening_topic() or self.topic(label, f"{group}.arn"))

    def listening_topic(self) -> str:
        """A topic of the module on which an alarm would reach someone already; empty if there is none."""
        settings = self.job.settings("unauthorized_access_alert")
        for topic in self.job.context.plan.of_type(TOPIC):
            if topic.module is not self.module or topic.index is not None or topic.get("fifo_topic").raw is True:
                continue
            if self.job.place_of(topic).text_of("provider") != self.provider:
                continue
            target = Target(Reached(topic), topic, ALARMS_PRINCIPAL)
            if not any(link.code for link in delivery_parts(settings, target, topic, self.job.instance, self.job.context)):
                return topic.local_address
        return ""

    def log_group(self, label: str, name: str) -> str:
        reference, edits = group_days(self.job, self.module)
        self.edits += edits
        return self.resource(
            "aws_cloudwatch_log_group", label, (f"name = {name}", f"retention_in_days = {reference}"), tagged=True
        )

    def delivery_role(self, label: str, group: str) -> str:
        """The role by which a trail delivers to a log group; the trail has to wait for its policy."""
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

    def topic(self, label: str, arn: str) -> str:
        """A topic with a key that alarms and rules can use, and someone who listens."""
        key = self.key(label, arn)
        arguments = (f'name = "{self.name("unauthorized-access-alerts")}"', f"kms_master_key_id = {key}.id")
        topic = self.resource("aws_sns_topic", label, arguments, tagged=True)
        self.subscription(label, topic)
        return topic

    def key(self, label: str, arn: str) -> str:
        """`arn` is an expression for an ARN of the account, which does not draw on the topic."""
        policy = self.document(
            f"{label}_key",
            statement(
                '["kms:*"]', '["*"]', principal("AWS", f'"arn:${{split(":", {arn})[1]}}:iam::${{split(":", {arn})[4]}}:root"')
            ),
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
        variables = [top.labels[0] for top in self.files.tops if top.type == "variable"]
        values = {name: self._address_in(name) for name in variables if _is_for_alerts(name)}
        if given := [name for name, value in values.items() if value]:
            return f"var.{given[0]}"
        if empty := [name for name, value in values.items() if value == ""]:
            self.job.notes.append(
                f"set the variable {empty[0]}, which is empty in this plan: who is alerted, only the team knows"
            )
            return f"var.{empty[0]}"
        if self.module.parent is not None:
            raise NotMechanical("who is alerted is the choice of the caller of the module; hand the topic or the address to it")
        name = next(each for each in ("alert_email", "denied_access_email", "denied_access_alert_email") if each not in variables)
        self.job.notes.append(f"set the variable {name}: who is alerted, only the team knows")
        description = "The address that is alerted when S3 denies access to the logs"
        text = block(f'variable "{name}"', f'description = "{description}"\ntype = string')
        self.edits.append(self.files.added("variables.tf", text))
        return f"var.{name}"

    def _address_in(self, name: str) -> str | None:
        """What a variable holds, if that is a text that is an address, empty, or told to nobody; else None."""
        place, value = self.files.place("variable", name), self.job.context.expressions.variable(self.module, name)
        if place.text_of("type") not in ("string", ""):
            return None
        if value.raw in (None, "") and place.argument("default"):
            return ""
        if value.text is None:
            return name if place.text_of("type") and not place.argument("default") else None
        return value.text if _ADDRESS.fullmatch(value.text) else None

    def trail(self, label: str, buckets: Sequence[Reference]) -> str:
        """A trail that logs the objects of these buckets, given by their ARNs, into a bucket of its own, and the log group that it
        delivers to; gives that group."""
        bucket = self._trail_bucket(label)
        group = self.log_group(label, f'"/aws/cloudtrail/{self.name("audit-trail")}"')
        role = self.delivery_role(label, group)
        arguments = (
            f'name = "{self.name("audit-trail")}"',
            f"s3_bucket_name = {bucket}.id",
            "is_multi_region_trail = true",
            f'cloud_watch_logs_group_arn = "${{{group}.arn}}:*"',
            f"cloud_watch_logs_role_arn = {role}.arn",
            f"depends_on = [aws_s3_bucket_policy.{label}, aws_iam_role_policy.{label}]",
        )
        self.resource(
            "aws_cloudtrail", label, arguments, selector(objects_of([*buckets, Reference(f"{bucket}.arn", False)])), tagged=True
        )
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


def provider_in_root(job: Job, instance: Instance) -> str:
    """The provider by which the root module makes what is for a resource of any module; empty if it is the default one. Raises
    NotMechanical."""
    key = job.context.plan.provider_key(instance) or "aws"
    path, _, name = key.rpartition(":")
    if path:
        raise NotMechanical(f"{path} configures its own provider, which the root module does not have; write the trail in it")
    return "" if name == "aws" else name


OTHER_ACCOUNT = "its provider may be that of another account, so another trail must watch the bucket there"


def account_of(job: Job, instance: Instance) -> str:
    """What tells the account of a provider from that of another, as it is written; a trail watches all regions of one."""
    said = job.context.plan.provider(provider_in_root(job, instance) or "aws").expressions
    return json.dumps({name: said[name] for name in sorted(said) if name not in ("region", "default_tags", "alias")})


def is_of_account(job: Job, bucket: Instance, trail: Instance) -> bool:
    """Whether a trail is in the account of a bucket, as far as their providers tell."""
    plan = job.context.plan
    return plan.provider_key(bucket) == plan.provider_key(trail) or account_of(job, bucket) == account_of(job, trail)


def statement(actions: str, resources: str, *blocks: str) -> str:
    return block(
        "statement", "\n".join(filter(None, (f"actions = {actions}", f"resources = {resources}" if resources else ""))), *blocks
    )


def principal(kind: str, *identifiers: str) -> str:
    return block("principals", f'type = "{kind}"\nidentifiers = [{", ".join(identifiers)}]')


def _is_for_alerts(variable: str) -> bool:
    words = set(variable.lower().split("_"))
    return bool(words & _MAIL and words & _ALERTED) and words <= _MAIL | _ALERTED | _BESIDE


def objects_of(buckets: Sequence[Reference]) -> str:
    """The list of what the ARNs of all objects of the buckets begin with."""
    single = [f'"${{{bucket.text}}}/"' for bucket in buckets if not bucket.is_list]
    lists = [f'[for arn in {bucket.text} : "${{arn}}/"]' for bucket in buckets if bucket.is_list]
    found = [*([f"[{', '.join(single)}]"] if single else []), *lists]
    return f"concat({', '.join(found)})" if len(found) > 1 else found[0]


def selector(values: str) -> str:
    data = block("data_resource", f'type = "AWS::S3::Object"\nvalues = {values}')
    return block("event_selector", 'read_write_type = "All"\ninclude_management_events = true', data)
