"""Volume encryption: EBS volumes use a customer managed key."""

from __future__ import annotations

from planproof.check import Context, Instance, Outcome, check, failed, passed, unknown


@check(
    id="CKV_PLAN_16",
    name="EBS volumes use a customer managed key",
    severity="MEDIUM",
    category="ENCRYPTION",
    types=("aws_ebs_volume",),
)
def volume_encryption(volume: Instance, context: Context) -> Outcome:
    """Finds volumes that are not encrypted, or by the key that AWS manages.

    Why: whoever may not use the key may not read the volume, and the policy of the AWS managed key lets in everyone in the account.
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html

    Cannot see: encryption by default in the account settings.

    Fix: Set `encrypted = true` and `kms_key_id` to the ARN of a key of your own.
    """
    where = f"{volume.address}.encrypted"
    encrypted, key = context.argument(volume, "encrypted"), context.argument(volume, "kms_key_id")
    if encrypted.is_unknown:
        return unknown("unknown_value", f"known after apply: {where}", where)
    if encrypted.raw is not True:
        return failed("plain", "encrypted is not true", where)
    where = f"{volume.address}.kms_key_id"
    if key.is_unset:
        return failed("aws_key", "kms_key_id is not set: the AWS managed key encrypts the volume", where)
    if any(origin.instance and origin.instance.type == "aws_kms_key" for origin in context.origins(volume, "kms_key_id")):
        return passed("own_key", "kms_key_id is the key of an aws_kms_key", where)
    return unknown("which_key", "kms_key_id does not come from an aws_kms_key of the plan", where)
