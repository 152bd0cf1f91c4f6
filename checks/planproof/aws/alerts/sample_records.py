"""Sample CloudTrail records, on which the patterns of alerts are tried: policies/cloudtrail-events.json, filled in for a bucket."""

from __future__ import annotations

import json
import re
from typing import Any, Literal, NamedTuple

from planproof.policy import bundled

_PLACEHOLDER = re.compile(r"\$\{(bucket|account|region|partition)\}")


class Sample(NamedTuple):
    """A record and what it is: access to the bucket that was `denied`; something `elsewhere` that an alert may be on as well, such as
    a call to another service that was denied or a failed sign-in; or `ordinary`, what happens every day.

    An alert on unauthorized access has to match the first and must not match the last."""

    name: str
    access: Literal["denied", "elsewhere", "ordinary"]
    about: str
    record: dict[str, Any]

    @property
    def is_unauthorized(self) -> bool:
        """Whether it is unauthorized access to the bucket."""
        return self.access == "denied"

    @property
    def is_data_event(self) -> bool:
        """Whether a trail records it only where S3 data events are on."""
        return bool(self.record["eventCategory"] == "Data")


def samples(
    bucket: str, *, account: str = "111122223333", region: str = "us-east-1", partition: str = "aws"
) -> tuple[Sample, ...]:
    """The samples, about this bucket."""
    values = {"bucket": bucket, "account": account, "region": region, "partition": partition}
    text = _PLACEHOLDER.sub(lambda found: json.dumps(values[found[1]])[1:-1], bundled.DATA["cloudtrail-events"])
    return tuple(Sample(**event) for event in json.loads(text)["events"])
