"""Terraform's own state bucket, with its key and lock table, which every environment has and none may lose.

https://developer.hashicorp.com/terraform/language/backend/s3
"""

from __future__ import annotations

from planproof.aws.log_words import words_of
from planproof.aws.s3 import BUCKET
from planproof.plan.model import Instance

TABLE, LOCK_KEY = "aws_dynamodb_table", "LockID"
_STORES = {BUCKET: "Terraform's state bucket", "aws_kms_key": "the key of Terraform's state"}
_STATE = frozenset({"state", "states"})
_WHOSE = frozenset({"terraform", "tf", "tofu", "opentofu", "remote", "backend"})
_BOTH = frozenset({"tfstate", "tfstates", "terraformstate"})


def state_store(instance: Instance) -> str | None:
    """What it is, if it is one of them: a table that is locked by, or a bucket or key that is called so (`corp-terraform-state`)."""
    if instance.type == TABLE and instance.get("hash_key").text == LOCK_KEY:
        return "Terraform's lock table"
    name = instance.get("bucket").text or instance.get("bucket_prefix").text or ""
    own = instance.local_address.partition(".")[2]
    called = own == "state" or any(_says_state(set(words_of(text))) for text in (name, *instance.address.split(".")))
    return _STORES.get(instance.type) if called else None


def _says_state(words: set[str]) -> bool:
    return bool(words & _BOTH) or bool(words & _STATE and words & _WHOSE)
