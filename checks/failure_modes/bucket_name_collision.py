"""Bucket names contain something that keeps two deployments apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from planproof.aws.environments import environment_in, varies
from planproof.aws.s3 import BUCKET
from planproof.aws.unique_names import is_host, is_unique, made_up, stands_in, tells_account, unique_parts
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.origin import Kind, Origin, Origins, Through, lost_reason
from planproof.evaluation.result import REFUSED, text_parts
from planproof.plan.value import as_object
from planproof.verdict import Verdict

_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


@check(
    id="CKV_PLAN_4",
    name="S3 bucket names are unique or vary by environment",
    severity="MEDIUM",
    category="CONVENTION",
    types=(BUCKET,),
    reads_configuration=True,
)
def bucket_name_collision(bucket: Instance, context: Context) -> Outcome:
    """A bucket name contains something that keeps two deployments apart: a random part, the account or the environment. A
    name that the provider generates (`bucket_prefix`, or no `bucket`) passes too.

    Why: bucket names share one namespace across all accounts of a partition. A fixed name can be deployed once, but not in a
    second environment, account or region. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    The check follows the name through modules, locals (if the source is provided) and other resources that pass it on. If
    the plan already contains a random value, the name must contain that value.

    An account is recognized by its ID (twelve digits on their own, from any origin), by its alias, by an attribute or
    variable with one of the configured names (`account_names`), or by a hash of one of these.

    A name varies by environment if it is not the same in all environments that the policy lists (`environments`); the check
    evaluates the name for each of them. The bucket of a website has the name of its host, which is unique.

    A root variable is set by each deployment if it has no default or has a value other than its default. Such a name passes
    if the policy accepts it (`accept_named_by_caller`, enabled in the profile `general`), and is UNKNOWN if not. A literal
    fails at any depth, even if it contains `prod`. A region fails too, because two environments may share it.

    Cannot see: whether a name is already taken. Without the source, the check also cannot see whether a function changed a
    value that the name refers to but does not contain.

    Fix: add a random suffix, `bucket = "corp-logs-${random_id.suffix.hex}"`, or use `bucket_prefix` instead. Add the
    environment to the name, so that people can tell the buckets apart.
    """
    where = f"{bucket.address}.bucket"
    origins = context.relations.settled(context.origins(bucket, "bucket"))
    if made_up(bucket, context):
        return passed("generated", "the provider generates the name (bucket_prefix, or no bucket)", where)
    unique = next(unique_parts(bucket, origins, context), None)
    if unique:
        return passed("unique", f"the name contains {unique}", where)
    host = is_host(bucket, context)
    if host:
        return passed("host_name", "the name is a host name, which is unique", where)
    outcome = _by_environment(bucket, origins, where, context) or _by_caller(bucket, origins, where, context)
    if host is None and outcome.verdict is Verdict.FAIL:
        return unknown("unknown_name", "the name may be a host name of this plan: known after apply", where)
    return outcome


def _by_environment(bucket: Instance, origins: Origins, where: str, context: Context) -> Outcome | None:
    """None if the name does not draw on the environment."""
    environment = environment_in(origins, context)
    if environment is None:
        return None
    if context.expressions.body(bucket) is None:
        return _without_source(bucket, origins, environment, where, context)
    if varies(context, lambda expressions: _name_in(bucket, expressions, context), origins):
        return passed("by_environment", f"the name varies by {environment}", where)
    return failed("same_everywhere", f"the name refers to {environment} but is the same in every environment", where)


def _name_in(bucket: Instance, expressions: Expressions, context: Context) -> object:
    """The name as it is in an environment, with None for each part that is not known; None if nothing can be told. An environment
    that the expression refuses cannot be."""
    result = expressions.argument(bucket, "bucket")
    if result is not None and result.raw is REFUSED:
        result = context.evaluated(bucket, "bucket")
    if result is None or not result.is_determined:
        return None
    return tuple(part if isinstance(part, str) else None for part in text_parts(result))


def _without_source(bucket: Instance, origins: Origins, environment: str, where: str, context: Context) -> Outcome:
    """Plan JSON does not say what became of the names that it lists: the value has to stand in the name."""
    name = bucket.get("bucket").text
    values = [context.expressions.value(o).text for o in origins if environment_in((o,), context)]
    if name is None or None in values or any(value and value.lower() in name.lower() for value in values):
        return passed("by_environment", f"the name varies by {environment}", where)
    reason = f"the name refers to {environment} but does not contain its value; {context.expressions.remedy}"
    return unknown("cannot_follow", reason, where)


def _by_caller(bucket: Instance, origins: Origins, where: str, context: Context) -> Outcome:
    settings = context.settings("bucket_name_collision")
    caller = next((f"var.{o.name}" for o in origins if o.through is not Through.CHOICE and _is_given(o, context)), None)
    if caller and settings["accept_named_by_caller"]:
        return passed("named_by_caller", f"each deployment sets the name: {caller} is not left at its default", where)
    if caller:
        reason = f"each deployment sets the name ({caller} is not left at its default); this plan does not show whether two deployments choose the same name"
        return unknown("named_by_caller", reason, where)
    return _fixed_or_open(bucket, origins, settings, where, context)


def _is_given(origin: Origin, context: Context) -> bool:
    """Whether it is a root variable that each deployment sets: it has no default, or a text other than that. A region is no name."""
    if origin.kind is not Kind.VARIABLE:
        return False
    default = as_object(context.plan.root.config.variables.get(origin.name)).get("default")
    value = context.plan.variables.get(origin.name)
    raw = value.raw if value else None
    part = context.expressions.value(origin).text or ""
    return not _REGION.fullmatch(part) and (default in (None, "") or (isinstance(default, str) and raw not in (None, default)))


def _fixed_or_open(bucket: Instance, origins: Origins, settings: Mapping[str, Any], where: str, context: Context) -> Outcome:
    lost = lost_reason(origins)
    if lost:
        return unknown("cannot_follow", f"the name cannot be followed: {lost}", where)
    if not origins and bucket.config is None:
        return unknown(
            "unknown_name", "the configuration no longer contains this bucket, so the parts of its name are unknown", where
        )
    name = bucket.get("bucket")
    hashed = [o for o in origins if tells_account(o, settings) and o.through is Through.UNTOLD]
    if hashed:
        reason = f"the name refers to {_listed(hashed)} but does not contain it unchanged; {context.expressions.remedy}"
        return unknown("cannot_follow", reason, where)
    read = [o for o in origins if o.kind is Kind.RESOURCE and stands_in(o, name.text) and not is_unique(o, settings)]
    computed = [o for o in read if name.is_unknown or not o.is_data]
    if computed:
        text = f"the name is built from {_listed(computed)}, which the policy does not list as random or unique"
        return unknown("unknown_name", text, where)
    fixed = [o for o in origins if o.kind is Kind.VARIABLE and o.through is not Through.CHOICE] + read
    if fixed:
        text = f"the name is a fixed value of {_listed(fixed)}; no environment or random part varies it"
        return failed("fixed_variable", text, where)
    return failed(
        "literal_name", f"{_literal(bucket, origins)}: a second environment, account or region would collide with it", where
    )


def _literal(bucket: Instance, origins: Origins) -> str:
    absent = [o for o in origins if o.kind is not Kind.CONSTANT]
    if absent:
        return f"the name contains nothing from {_listed(absent)}"
    expression = as_object(bucket.expression("bucket"))
    return "the name is a literal" if "constant_value" in expression and not expression.get("references") else "the name is fixed"


def _listed(origins: Iterable[Origin]) -> str:
    return ", ".join(dict.fromkeys(f"var.{o.name}" if o.kind is Kind.VARIABLE else o.display_name for o in origins))
