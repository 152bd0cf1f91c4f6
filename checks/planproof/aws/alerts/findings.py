"""What GuardDuty sends when somebody reads a bucket who should not: the events of its S3 protection, on which rules are tried.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_finding-types-s3.html and
https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.plan.model import Instance

KINDS = ("UnauthorizedAccess:S3/MaliciousIPCaller.Custom", "UnauthorizedAccess:S3/TorIPCaller")
_SEVERITY = 8  # high, as AWS lists both


def findings(bucket: Instance, account: str = "111122223333", region: str = "us-east-1") -> Iterator[Mapping[str, Any]]:
    """Events on the bucket, one of each kind."""
    name = bucket.get("bucket").text or "planproof-0f3a7c"
    for kind in KINDS:
        yield {
            "version": "0",
            "id": "5a1e9c2e-0000-4000-8000-000000000001",
            "detail-type": "GuardDuty Finding",
            "source": "aws.guardduty",
            "account": account,
            "time": "2026-03-02T09:31:07Z",
            "region": region,
            "resources": [],
            "detail": {
                "schemaVersion": "2.0",
                "accountId": account,
                "region": region,
                "partition": "aws",
                "type": kind,
                "severity": _SEVERITY,
                "resource": {
                    "resourceType": "S3Bucket",
                    "s3BucketDetails": [{"name": name, "arn": f"arn:aws:s3:::{name}", "type": "Destination"}],
                },
                "service": {
                    "serviceName": "guardduty",
                    "archived": False,
                    "count": 1,
                    "resourceRole": "TARGET",
                    "action": {
                        "actionType": "AWS_API_CALL",
                        "awsApiCallAction": {"api": "GetObject", "serviceName": "s3.amazonaws.com"},
                    },
                },
            },
        }
