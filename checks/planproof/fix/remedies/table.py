"""The remedy of each reason code of each check."""

from __future__ import annotations

from collections.abc import Mapping

from planproof.fix.job import Remedy
from planproof.fix.places import NotMechanical
from planproof.fix.remedies import (
    bucket_name_collision,
    dead_alarm,
    force_destroy,
    log_bucket_retention,
    log_group_retention,
    name_taken_twice,
    naming_convention,
    output_contract,
    prevent_destroy,
    tagging,
    test_coverage,
    trust_policies,
    unauthorized_access_alert,
    versioning_coverage,
)
from planproof.registry import all_checks
from planproof.verdict import CHECK_ERROR, EXCEPTION_EXPIRED, Finding

TABLE: Mapping[str, Mapping[str, Remedy | str]] = {
    "bucket_name_collision": bucket_name_collision.REMEDIES,
    "dead_alarm": dead_alarm.REMEDIES,
    "force_destroy": force_destroy.REMEDIES,
    "log_bucket_retention": log_bucket_retention.REMEDIES,
    "log_group_retention": log_group_retention.REMEDIES,
    "mfa_on_human_principals": trust_policies.PEOPLE,
    "mfa_on_machine_principals": trust_policies.MACHINES,
    "name_taken_twice": name_taken_twice.REMEDIES,
    "naming_convention": naming_convention.REMEDIES,
    "output_contract": output_contract.REMEDIES,
    "prevent_destroy": prevent_destroy.REMEDIES,
    "tagging": tagging.REMEDIES,
    "test_coverage": test_coverage.REMEDIES,
    "unauthorized_access_alert": unauthorized_access_alert.REMEDIES,
    "versioning_coverage": versioning_coverage.REMEDIES,
}
"""By the key of a check and the code of a FAIL: what mends it, or why no mechanical remedy is right."""

_ANY = {
    CHECK_ERROR: "the check could not judge this; report the error",
    EXCEPTION_EXPIRED: "an exception of the policy has expired; renew or remove it, then plan again",
}


def remedy_of(finding: Finding) -> Remedy:
    """Raises NotMechanical."""
    key = next((check.key for check in all_checks() if check.id == finding.check_id), "")
    found = _ANY.get(finding.code) or TABLE.get(key, {}).get(finding.code)
    if found is None:
        raise NotMechanical("planproof knows no mechanical remedy for this; the page of the check says what to do")
    if isinstance(found, str):
        raise NotMechanical(found)
    return found
