"""Plans in which many things of one kind meet many of another, any of which may belong to any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.shapes import block, plan_of, resource

Json = Any
BUCKET, VERSIONING, LIFECYCLE = "aws_s3_bucket", "aws_s3_bucket_versioning", "aws_s3_bucket_lifecycle_configuration"
DOCUMENT, ROLE, TOPIC, TRAIL = "aws_iam_policy_document", "aws_iam_role", "aws_sns_topic", "aws_cloudtrail"


def _planned(resources: list[Json], blocks: list[Json]) -> Json:
    plan = plan_of(resources)
    plan["configuration"]["root_module"]["resources"] = blocks
    return plan


def _buckets(count: int, **values: Json) -> tuple[list[Json], list[Json]]:
    names = [f"logs{number}" for number in range(count)]
    return [resource(BUCKET, n, {"bucket": n, **values}) for n in names], [block(BUCKET, n, bucket=[]) for n in names]


def _of_any(kind: str, values: Json, argument: str) -> Callable[[int], Json]:
    """As many buckets as companions whose bucket is not known."""

    def crowd(count: int) -> Json:
        buckets, blocks = _buckets(count)
        names = [f"c{number}" for number in range(count)]
        companions = [resource(kind, name, values, argument) for name in names]
        return _planned([*buckets, *companions], [*blocks, *(block(kind, n, **{argument: ["local.one"]}) for n in names)])

    return crowd


def _of_instances(count: int) -> Json:
    """Buckets of one `for_each`, and as many companions that are of one of them."""
    keys = [f"k{number}" for number in range(count)]
    buckets = [resource(BUCKET, "b", {}, "bucket", key=key) for key in keys]
    companions = [resource(VERSIONING, f"v{key}", {}, "bucket") for key in keys]
    repeated = {**block(BUCKET, "b", bucket=["random_id.r.hex"]), "for_each_expression": {"references": ["local.keys"]}}
    return _planned([*buckets, *companions], [repeated, *(block(VERSIONING, f"v{key}", bucket=[f"{BUCKET}.b"]) for key in keys)])


def _rules_and_writers(count: int) -> Json:
    """One bucket with many rules for a part of it, and as many writers to such parts."""
    rules = [
        {"id": f"r{n}", "status": "Enabled", "filter": [{"prefix": f"/{n}/"}], "expiration": [{"days": 400}]}
        for n in range(count)
    ]
    bucket = resource(BUCKET, "logs", {"bucket": "logs"})
    lifecycle = resource(LIFECYCLE, "logs", {"bucket": "logs", "rule": rules})
    names = [f"w{number}" for number in range(count)]
    writers = [
        resource("aws_s3_bucket_logging", name, {"target_bucket": "logs", "target_prefix": f"{number}/"})
        for number, name in enumerate(names)
    ]
    blocks = [
        block(BUCKET, "logs"),
        block(LIFECYCLE, "logs"),
        *(block("aws_s3_bucket_logging", n, target_bucket=[]) for n in names),
    ]
    return _planned([bucket, lifecycle, *writers], blocks)


def _selectors(count: int) -> Json:
    """One trail that names a part of each of many buckets."""
    buckets, blocks = _buckets(count)
    arns = [f"arn:aws:s3:::logs{number}/part/" for number in range(count)]
    values = [{"read_write_type": "All", "data_resource": [{"type": "AWS::S3::Object", "values": [*arns, "arn:aws:s3"]}]}]
    trail = resource(TRAIL, "t", {"name": "t", "event_selector": values})
    return _planned([*buckets, trail], [*blocks, block(TRAIL, "t", event_selector=[])])


def _accounts(count: int) -> Json:
    """Topics with one name, each in an account of its own."""
    names = [f"t{number}" for number in range(count)]
    plan = _planned(
        [resource(TOPIC, n, {"name": "alerts"}) for n in names],
        [{**block(TOPIC, n), "provider_config_key": f"aws.{n}"} for n in names],
    )
    for name in names:
        role = {"role_arn": {"constant_value": f"arn:aws:iam::123456789012:role/{name}"}}
        plan["configuration"]["provider_config"][f"aws.{name}"] = {
            "name": "aws",
            "alias": name,
            "expressions": {"assume_role": [role]},
        }
    return plan


def _regions(count: int) -> Json:
    """Log groups with one name, each in a region that is not known."""
    kind, names = "aws_cloudwatch_log_group", [f"g{number}" for number in range(count)]
    return _planned(
        [resource(kind, n, {"name": "app"}, "region") for n in names],
        [block(kind, n, region=[f"random_shuffle.{n}.result"]) for n in names],
    )


def _spellings(count: int) -> Json:
    """Buckets that spell one tag each in another way."""
    keys = ["".join(c.upper() if number >> at & 1 else c for at, c in enumerate("environment")) for number in range(count)]
    return _planned(
        [resource(BUCKET, f"b{n}", {"bucket": f"b{n}", "tags": {key: "prod"}}) for n, key in enumerate(keys)],
        [block(BUCKET, f"b{n}", tags=[]) for n in range(count)],
    )


CROWDS: dict[str, Callable[[int], Json]] = {
    "versionings of any bucket": _of_any(VERSIONING, {"versioning_configuration": [{"status": "Suspended"}]}, "bucket"),
    "lifecycles of any bucket": _of_any(LIFECYCLE, {"rule": []}, "bucket"),
    "writers to any bucket": _of_any("aws_s3_bucket_logging", {"bucket": "app", "target_prefix": "x/"}, "target_bucket"),
    "companions of one of many instances": _of_instances,
    "rules and writers of a bucket": _rules_and_writers,
    "selectors and buckets": _selectors,
    "a name in many accounts": _accounts,
    "a name in many regions": _regions,
    "spellings of a tag": _spellings,
}


def documents(count: int) -> tuple[Json, str]:
    """Policy documents, each of which merges the one before it twice; and a role for the last."""
    statement = {"actions": ["sts:AssumeRole"], "principals": [{"type": "AWS", "identifiers": ["*"]}]}
    data, text = [], ""
    for number in range(count):
        before = f"data.{DOCUMENT}.d{number - 1}.json"
        own = {**statement, "sid": "s"}
        unknown = {"json": True, **({"source_policy_documents": [True, True]} if number else {})}
        values = {"statement": [own], **({"source_policy_documents": [None, None]} if number else {})}
        made = {**resource(DOCUMENT, f"d{number}", values), "mode": "data", "unknown": unknown}
        data.append({**made, "address": f"data.{DOCUMENT}.d{number}"})
        merged = f"  source_policy_documents = [{before}, {before}]\n" if number else ""
        text += f'data "{DOCUMENT}" "d{number}" {{\n{merged}  statement {{\n    sid = "s"\n  }}\n}}\n'
    last = f"data.{DOCUMENT}.d{count - 1}"
    role = resource(ROLE, "r", {"name": "r"}, "assume_role_policy")
    blocks = [block(ROLE, "r", assume_role_policy=[f"{last}.json", last])]
    blocks += [
        {
            **block(DOCUMENT, f"d{n}", **({"source_policy_documents": [f"data.{DOCUMENT}.d{n - 1}.json"]} if n else {})),
            "address": f"data.{DOCUMENT}.d{n}",
            "mode": "data",
        }
        for n in range(count)
    ]
    return _planned([*data, role], blocks), text + f'resource "{ROLE}" "r" {{\n  assume_role_policy = {last}.json\n}}\n'
