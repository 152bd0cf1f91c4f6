"""The identifiers of AWS resources: names, ids, ARNs and domains."""

from __future__ import annotations

import re

# Attributes by which other resources name one.
IDENTIFIERS = ("id", "arn", "name", "bucket", "key_id", "url")
# The name inside an ARN: S3 has it alone, the others after the resource type.
_ARN = re.compile(r"^arn:[^:]*:(?P<service>[^:]*):[^:]*:[^:]*:(?P<rest>.*)$")
_NAME_IN_ARN = {
    "s3": re.compile(r"^(?P<name>[^/]+)"),
    "logs": re.compile(r"^log-group:(?P<name>[^:]+)"),
    "sns": re.compile(r"^(?P<name>[^:]+)"),
    "kms": re.compile(r"^key/(?P<name>.+)$"),
    "iam": re.compile(r"^(?:role|user|group|policy)/(?:.*/)?(?P<name>[^/]+)$"),
    "cloudtrail": re.compile(r"^trail/(?P<name>.+)$"),
    "sqs": re.compile(r"^(?P<name>.+)$"),
}
_S3_DOMAIN = re.compile(r"^(?P<name>[^/]+)\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?$")


def spellings(text: str) -> tuple[str, ...]:
    """The ways one identifier is written: itself and, for an ARN or a bucket's domain, the name inside it."""
    arn = _ARN.match(text)
    pattern = _NAME_IN_ARN.get(arn["service"]) if arn else None
    inner = pattern.match(arn["rest"]) if arn and pattern else _S3_DOMAIN.match(text)
    return (text, inner["name"]) if inner else (text,)
