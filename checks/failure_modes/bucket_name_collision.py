"""Bucket names hold something that keeps two deployments apart."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.environments import environment_in
from planproof.aws.s3 import BUCKET
from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.origin import Kind, Origin, Origins, Through
from planproof.plan.value import MISSING, State

_SHORTEST_PART = 4  # characters: less stands in a name by chance


@check(
    id="CKV_PLAN_4",
    name="S3 bucket names are made unique or vary by environment",
    severity="MEDIUM",
    category="CONVENTION",
    types=(BUCKET,),
)
def bucket_name_collision(bucket: Instance, context: Context) -> Outcome:
    """Bucket names hold something that keeps two deployments apart: a random part, the account's id, the environment, or they are left
    to the provider (`bucket_prefix`, or no `bucket`).

    Why: bucket names are one namespace for all accounts of a partition, so a fixed name can be deployed once, and not in a second
    environment, account or region. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

    The name is followed through modules, locals (with source) and other resources that hand it on. On a later plan, when random
    values are known, they have to stand in the name. A name varies by environment where it draws on a variable that the policy
    names (`environments`), on one whose value carries an environment's name as a word, or on `terraform.workspace`. A literal
    fails at whatever depth it was written, also one that says `prod`; so does a region, which two environments may share.

    Cannot see: whether the random part was hashed into the name (`md5`), which on a later plan looks like a name without one; and
    a name that is taken already.

    Fix: end the name in something random, `bucket = "corp-logs-${random_id.suffix.hex}"`, or give `bucket_prefix` in its place; add
    the environment, so that people can tell the buckets apart.
    """
    where = f"{bucket.address}.bucket"
    origins = context.relations.settled(context.origins(bucket, "bucket"))
    if _made_up(bucket, context):
        return passed("generated", "the provider makes the name up (bucket_prefix, or no bucket)", where)
    unique = next(_unique_parts(bucket, origins, context), None)
    if unique:
        return passed("unique", f"the name holds {unique}", where)
    environment = environment_in(origins, context)
    if environment:
        return passed("by_environment", f"the name varies by {environment}", where)
    return _fixed_or_open(bucket, origins, context.settings("bucket_name_collision"), where)


def _made_up(bucket: Instance, context: Context) -> bool:
    """On a later plan the made-up name is known: the block still does not set it, or sets it to null."""
    written = context.origins(bucket, "bucket")
    return bucket.config is not None and all(_is_null(origin, context) for origin in written)


def _is_null(origin: Origin, context: Context) -> bool:
    value = context.expressions.value(origin)
    return origin.kind in (Kind.VARIABLE, Kind.CONSTANT) and (value.state is State.NULL or value.raw == "")


def _unique_parts(bucket: Instance, origins: Origins, context: Context) -> Iterator[str]:
    """What in the name is random, or unique to the account. Where name and value are both known, the one must be in the other."""
    settings = context.settings("bucket_name_collision")
    name = bucket.get("bucket")
    if name.is_unknown and (context.argument(bucket, "bucket").is_unset or any(o.constant is MISSING for o in origins)):
        yield "what a function makes up at the apply, such as uuid()"
    for origin in origins:
        if origin.kind is not Kind.RESOURCE or not _stands_in(origin, name.text):
            continue
        if _is_unique(origin, settings) or (origin.type == BUCKET and origin.instance and _made_up(origin.instance, context)):
            yield origin.display_name
    if name.text and any(o.kind is Kind.LOST for o in origins):
        yield from _found_in(name.text, settings, context)


def _is_unique(origin: Origin, settings: Mapping[str, Any]) -> bool:
    if origin.type in settings["random_types"]:
        return True
    attributes = settings["unique_attributes"].get(origin.type, ())
    return origin.attribute is not None and origin.attribute[0] in attributes


def _stands_in(origin: Origin, name: str | None) -> bool:
    """Whether a value stands in the name: by the expression, or without source by the name itself, whole or cut short (`substr`), in
    whatever case and with whatever between (`lower`)."""
    if origin.through is not Through.UNTOLD:
        return origin.through is not Through.CHOICE
    if name is None:
        return True
    values = [_plain(value) for instance in origin.instances for value in _values(instance, origin.attribute)]
    inside = _plain(name)
    return any(v[i : i + _SHORTEST_PART] in inside for v in values for i in range(max(1, len(v) - _SHORTEST_PART + 1)))


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _values(instance: Instance, attribute: tuple[str, ...] | None) -> list[str]:
    """What is known of the attribute that is read, or else of all that the provider computed."""
    names = attribute[:1] if attribute else [n for n in instance.value.names() if not instance.configured(n)]
    raws = [instance.get(name).raw for name in names]
    return [str(raw) for raw in raws if isinstance(raw, (str, int)) and not isinstance(raw, bool) and raw != ""]


def _found_in(name: str, settings: Mapping[str, Any], context: Context) -> Iterator[str]:
    """Random values and account ids of the plan that stand in a name whose expression cannot be followed."""
    kinds = [*settings["random_types"], *settings["unique_attributes"]]
    for instance in [*context.plan.of_type(*kinds), *(d for d in context.plan.data_sources if d.type in kinds)]:
        attributes = settings["unique_attributes"].get(instance.type)
        values = (value for a in attributes or [None] for value in _values(instance, (a,) if a else None))
        if any(len(value) >= _SHORTEST_PART and value in name for value in values):
            yield instance.address


def _fixed_or_open(bucket: Instance, origins: Origins, settings: Mapping[str, Any], where: str) -> Outcome:
    lost = next((o.reason for o in origins if o.kind is Kind.LOST), None)
    if lost:
        return unknown("cannot_follow", f"the name cannot be followed: {lost}", where)
    if not origins and bucket.config is None:
        return unknown(
            "unknown_name", "the configuration does not have this bucket any more; what its name is made of is lost", where
        )
    name = bucket.get("bucket")
    read = [o for o in origins if o.kind is Kind.RESOURCE and _stands_in(o, name.text) and not _is_unique(o, settings)]
    computed = dict.fromkeys(o.display_name for o in read if name.is_unknown or not o.is_data)
    if computed:
        text = f"the name is made of {', '.join(computed)}, which the policy does not know as random or unique"
        return unknown("unknown_name", text, where)
    fixed = dict.fromkeys([f"var.{o.name}" for o in origins if o.kind is Kind.VARIABLE] + [o.display_name for o in read])
    if fixed:
        text = f"the name is a fixed value of {', '.join(fixed)}, which no environment or random part varies"
        return failed("fixed_variable", text, where)
    absent = dict.fromkeys(o.display_name for o in origins if o.kind is Kind.RESOURCE and not _stands_in(o, name.text))
    literal = f"nothing of {', '.join(absent)} stands in the name" if absent else "the name is a literal"
    return failed("literal_name", f"{literal}: a second environment, account or region collides with it", where)
