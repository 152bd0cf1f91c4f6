"""Bucket names hold something that keeps two deployments apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.check import Context, check
from planproof.environments import environment_in, flat
from planproof.plan import Instance
from planproof.references import Kind, Origin, Origins
from planproof.verdict import Outcome, failed, passed, unknown

_SHORTEST_RANDOM = 4  # characters: a shorter value stands in a name by chance


@check(
    id="CKV_PLAN_4",
    name="S3 bucket names are made unique or vary by environment",
    severity="MEDIUM",
    category="CONVENTION",
    types=("aws_s3_bucket",),
)
def bucket_name_collision(bucket: Instance, context: Context) -> Outcome:
    """Bucket names are one namespace for all accounts of a partition: a fixed name can be deployed once, and not in a second
    environment or region.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    where = f"{bucket.address}.bucket"
    origins = context.links.settled(context.references.origins(bucket, "bucket"))
    if _made_up(bucket, origins, context):
        return passed("generated", "the provider makes the name up (bucket_prefix, or no bucket)", where)
    unique = next(_unique_parts(bucket, origins, context), None)
    if unique:
        return passed("unique", f"the name holds {unique}", where)
    environment = environment_in(origins, context)
    if environment:
        return passed("by_environment", f"the name varies by {environment}", where)
    return _fixed_or_open(bucket, origins, where)


def _made_up(bucket: Instance, origins: Origins, context: Context) -> bool:
    value = context.argument(bucket, "bucket")
    if value.is_unset or (bucket.config is not None and not bucket.configured("bucket")):
        return True  # in a later plan the made-up name is known
    return value.is_unknown and bool(origins) and all(o.kind in (Kind.CONSTANT, Kind.VARIABLE, Kind.KEY) for o in origins)


def _unique_parts(bucket: Instance, origins: Origins, context: Context) -> Iterator[str]:
    """What in the name is random, or unique to the account. Where name and value are both known, the one must be in the other."""
    settings = context.settings("bucket_name_collision")
    name = bucket.get("bucket").text
    for origin in flat(origins):
        if origin.kind is Kind.RESOURCE and _is_unique(origin, settings) and _stands_in(origin, name):
            yield _shown(origin)
    if name and any(o.kind is Kind.LOST for o in origins):
        yield from _found_in(name, settings, context)


def _is_unique(origin: Origin, settings: Mapping[str, Any]) -> bool:
    if origin.type in settings.get("random_types", ()):
        return True
    attributes = settings.get("unique_attributes", {}).get(origin.type, ())
    return origin.attribute is not None and origin.attribute[:1] != () and origin.attribute[0] in attributes


def _stands_in(origin: Origin, name: str | None) -> bool:
    if name is None:
        return True
    return any(
        _values(i, origin.attribute) is None or any(v in name for v in _values(i, origin.attribute) or ())
        for i in origin.instances
    )


def _values(instance: Instance, attribute: tuple[str, ...] | None) -> list[str] | None:
    """The values that may stand in a name: of the attribute that is read, else of all that the provider computed.

    None where they are not known yet although the name is; so they are no part of it, unless nothing at all is known of them.
    """
    names = attribute[:1] if attribute else [n for n in instance.value.names() if not instance.configured(n)]
    found = [instance.get(n) for n in names]
    if any(v.is_unknown for v in found):
        return []
    texts = [str(v.raw) for v in found if v.is_known and isinstance(v.raw, (str, int))]
    return [t for t in texts if len(t) >= _SHORTEST_RANDOM]


def _found_in(name: str, settings: Mapping[str, Any], context: Context) -> Iterator[str]:
    """Random values and account ids of the plan that stand in a name whose expression cannot be followed."""
    kinds = [*settings.get("random_types", ()), *settings.get("unique_attributes", {})]
    for instance in [*context.plan.of_type(*kinds), *(d for d in context.plan.data_sources if d.type in kinds)]:
        attributes = settings.get("unique_attributes", {}).get(instance.type)
        for attribute in attributes or [None]:
            if any(value in name for value in _values(instance, (attribute,) if attribute else None) or ()):
                yield instance.address


def _shown(origin: Origin) -> str:
    return ".".join([origin.instance.address if origin.instance else origin.block[1], *(origin.attribute or ())])


def _fixed_or_open(bucket: Instance, origins: Origins, where: str) -> Outcome:
    lost = next((o.reason for o in origins if o.kind is Kind.LOST), None)
    if lost:
        return unknown("cannot_follow", f"the name cannot be followed: {lost}", where)
    others = [o for o in flat(origins) if o.kind is Kind.RESOURCE]
    if bucket.get("bucket").is_unknown or (not origins and bucket.config is None):
        made_of = ", ".join(dict.fromkeys(_shown(o) for o in others)) or "what the plan does not say"
        return unknown(
            "unknown_name", f"the name is made of {made_of}, known after the apply and not random by the policy", where
        )
    variables = [f"var.{o.name}" for o in flat(origins) if o.kind is Kind.VARIABLE]
    if variables:
        text = f"the name is a fixed value of {', '.join(dict.fromkeys(variables))}, which no environment or random part varies"
        return failed("fixed_variable", text, where)
    return failed("literal_name", "the name is a literal: a second environment, account or region collides with it", where)
