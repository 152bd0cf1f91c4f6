"""What in a bucket's name no second deployment has: something random, the account, or the name of a host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from planproof.aws.iam.language import Answer, either
from planproof.aws.s3 import BUCKET, inline_counts
from planproof.context import Context
from planproof.evaluation.origin import Kind, Origin, Origins, Through
from planproof.evaluation.result import text_parts
from planproof.plan.model import Instance
from planproof.plan.value import MISSING, State

_SHORTEST_PART = 4  # characters: less stands in a name by chance
_ACCOUNT = re.compile(r"(?<![a-z0-9])\d{12}(?![a-z0-9])")
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}")
_WEBSITE = "aws_s3_bucket_website_configuration"
_HOSTS = {"aws_route53_record": "name", "aws_acm_certificate": "domain_name", "aws_cloudfront_distribution": "aliases"}


def made_up(bucket: Instance, context: Context) -> bool:
    """Whether the provider makes the name up. On a later plan it is known, and the block still does not set it, or sets it to null."""
    written = context.origins(bucket, "bucket")
    return bucket.config is not None and all(_is_null(origin, context) for origin in written)


def _is_null(origin: Origin, context: Context) -> bool:
    value = context.expressions.value(origin)
    return origin.kind in (Kind.VARIABLE, Kind.CONSTANT) and (value.state is State.NULL or value.raw == "")


def unique_parts(bucket: Instance, origins: Origins, context: Context) -> Iterator[str]:
    """What in the name is random, or tells the account. If name and value are both known, the one has to be in the other."""
    settings = context.settings("bucket_name_collision")
    name = bucket.get("bucket")
    if name.is_unknown and (context.argument(bucket, "bucket").is_unset or any(o.constant is MISSING for o in origins)):
        yield "a value that a function generates during apply, such as uuid()"
    for origin in origins:
        if not is_unique(origin, settings):
            if origin.type == BUCKET and origin.instance and made_up(origin.instance, context) and stands_in(origin, name.text):
                yield origin.display_name
        elif stands_in(origin, name.text):
            yield origin.display_name
        elif origin.through is Through.CHOICE and tells_account(origin, settings):
            yield f"a part chosen by {origin.display_name}"
    if any(_ACCOUNT.search(text) for text in known_texts(bucket, context)):
        yield "an account ID"
    if name.text and any(o.kind is Kind.LOST for o in origins):
        yield from _found_in(name.text, settings, context)


def known_texts(bucket: Instance, context: Context) -> list[str]:
    """The name, or what is known of it."""
    name = bucket.get("bucket").text
    result = None if name is not None else context.evaluated(bucket, "bucket")
    return [name] if name is not None else [part for part in text_parts(result) if isinstance(part, str)] if result else []


def is_unique(origin: Origin, settings: Mapping[str, Any]) -> bool:
    """Whether no other deployment has the value: it is random, or tells the account."""
    return (origin.kind is Kind.RESOURCE and origin.type in settings["random_types"]) or tells_account(origin, settings)


def tells_account(origin: Origin, settings: Mapping[str, Any]) -> bool:
    """Whether the value belongs to one account: by the attribute of its type, or by what an attribute, output or variable is called."""
    last = (origin.attribute or ("",))[-1]
    if origin.kind is Kind.VARIABLE:
        return (last or origin.name) in settings["account_names"]
    known = settings["unique_attributes"].get(origin.type, ())
    return origin.kind is Kind.RESOURCE and bool(origin.attribute) and (last in settings["account_names"] or last in known)


def stands_in(origin: Origin, name: str | None) -> bool:
    """Whether a value stands in the name: by the expression, or without source by the name itself, whole, cut short (`substr`) or
    hashed, in whatever case and with whatever between (`lower`)."""
    if origin.through is not Through.UNTOLD or origin.kind is not Kind.RESOURCE:
        return origin.through is not Through.CHOICE
    if name is None:
        return True
    values = [value for instance in origin.instances for value in _values(instance, origin.attribute)]
    inside = _plain(name)
    return any(part in inside for value in values for part in (*_pieces(_plain(value)), *_digests(value)))


def _pieces(text: str) -> Iterator[str]:
    return (text[i : i + _SHORTEST_PART] for i in range(max(1, len(text) - _SHORTEST_PART + 1)))


def _digests(value: str) -> Iterator[str]:
    """The beginnings of a value's hashes, which is what stands in a name."""
    import hashlib  # is slow to import, and few names need it

    data = value.encode("utf-8", "surrogatepass")
    for function in ("md5", "sha1", "sha256", "sha512"):
        yield hashlib.new(function, data, usedforsecurity=False).hexdigest()[:_SHORTEST_PART]


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


# --- hosts -----------------------------------------------------------------------------------------------------------


def is_host(bucket: Instance, context: Context) -> Answer:
    """Whether the bucket is called like a host that it is the website of, or that the plan has a record, certificate or distribution
    for: a host exists once. https://docs.aws.amazon.com/AmazonS3/latest/userguide/website-hosting-custom-domain-walkthrough.html"""
    name = bucket.get("bucket").text
    if name is None or not _HOST.fullmatch(name):
        return False
    hosts: frozenset[str | None] = context.once(_hosts)
    return either(_is_website(bucket, context), name in hosts, None if None in hosts else False)


def _is_website(bucket: Instance, context: Context) -> Answer:
    linked = context.relations.companions(bucket, _WEBSITE, "bucket")
    perhaps = None if linked.perhaps else False
    return either(bool(linked.sure), inline_counts(bucket, "website", _WEBSITE, context), perhaps)


def _hosts(context: Context) -> frozenset[str | None]:
    """The hosts that the plan names; None among them if one is not known."""
    values = [instance.get(name) for kind, name in _HOSTS.items() for instance in context.plan.of_type(kind)]
    found = {text.rstrip(".") for value in values for each in (value, *value.items()) if (text := each.text)}
    return frozenset({*found, None} if any(value.has_unknown for value in values) else found)
