"""The sample CloudTrail records are whole, filled in, and what they claim to be."""

from __future__ import annotations

import json
import re

import pytest

from planproof.aws.alerts.sample_records import Sample, samples

SAMPLES = samples("corp-logs", account="222233334444", region="eu-central-1", partition="aws-cn")
IDS = [sample.name for sample in SAMPLES]
# What every record of an API call has: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
ALWAYS = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent",
    "requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent", "recipientAccountId", "eventCategory",
}  # fmt: skip
REFUSALS = re.compile(r"AccessDenied|AccessDeniedException|Client\.UnauthorizedOperation")


def test_names_are_unique_and_each_kind_is_there() -> None:
    assert len(set(IDS)) == len(IDS)
    assert {sample.access for sample in SAMPLES} == {"denied", "elsewhere", "ordinary"}
    assert {sample.is_data_event for sample in SAMPLES if sample.is_unauthorized} == {True, False}


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_a_record_is_whole_and_is_what_its_label_says(sample: Sample) -> None:
    record, text = sample.record, json.dumps(sample.record)
    assert set(record) >= ALWAYS
    assert "${" not in text
    assert record["managementEvent"] is not sample.is_data_event
    is_refused = bool(REFUSALS.fullmatch(record.get("errorCode", "")))
    assert is_refused is (sample.access != "ordinary" and record["eventName"] != "ConsoleLogin")
    about_the_bucket = any(
        resource["ARN"] == "arn:aws-cn:s3:::corp-logs" for resource in record.get("resources", []) if "ARN" in resource
    )
    if sample.access == "denied":
        assert about_the_bucket
        assert (record["eventSource"], record["requestParameters"]["bucketName"]) == ("s3.amazonaws.com", "corp-logs")
    if sample.access == "elsewhere":
        assert not about_the_bucket


def test_a_name_is_filled_in_as_text() -> None:
    (first, *_) = samples('a"b\\c')
    assert first.record["requestParameters"]["bucketName"] == 'a"b\\c'
