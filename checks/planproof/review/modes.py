"""The failure modes of the review that this pack comes from, and which check finds which."""

from __future__ import annotations

MODES = {
    1: "Logs kept indefinitely, or not long enough",
    2: "MFA required from machines, or not from people",
    3: "Outputs that do not match the contract",
    4: "Bucket names that can be deployed only once",
    5: "Versioning only on S3",
    6: "Unauthorized access alerts no one",
    7: "Names and tags without a convention",
    8: "prevent_destroy everywhere, or a destroy that deletes the logs",
    9: "No tests, or tests without assertions",
}
_OF = {**{f"CKV_PLAN_{number}": number for number in MODES}, "CKV_PLAN_10": 7, "CKV_PLAN_11": 2, "CKV_PLAN_12": 1} | {
    "CKV_PLAN_13": 6,
    "CKV_PLAN_14": 4,
    "CKV_PLAN_15": 8,
}


def mode_of(check_id: str) -> int | None:
    """None for a check that no failure mode of the review has, such as a team's own."""
    return _OF.get(check_id)
