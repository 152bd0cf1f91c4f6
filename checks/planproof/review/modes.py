"""The failure modes of the review that this pack comes from, and which check finds which."""

from __future__ import annotations

MODES = {
    1: "Logs are kept indefinitely, or not long enough",
    2: "MFA is required of machines, or not of people",
    3: "Outputs break the contract with their consumers",
    4: "Bucket names collide",
    5: "Versioning is on for S3 alone",
    6: "Unauthorized access alerts no one",
    7: "Names and tags follow no convention",
    8: "prevent_destroy is on everywhere, or a destroy deletes the logs",
    9: "Tests are missing, or assert nothing",
}
_OF = {**{f"CKV_PLAN_{number}": number for number in MODES}, "CKV_PLAN_10": 7, "CKV_PLAN_11": 2, "CKV_PLAN_12": 1} | {
    "CKV_PLAN_13": 6,
    "CKV_PLAN_14": 4,
    "CKV_PLAN_15": 8,
}


def mode_of(check_id: str) -> int | None:
    """None for a check that no failure mode of the review has, such as a team's own."""
    return _OF.get(check_id)
