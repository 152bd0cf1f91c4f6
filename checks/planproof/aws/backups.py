"""What AWS Backup, or Data Lifecycle Manager, backs up: by reference, by ARN, by tags; and what the policy says that plans made elsewhere do.

In a selection, `resources` and `selection_tag` add to each other, `condition` narrows that down, `not_resources` takes away; one that
has neither resources nor tags is for all that the account has.
https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupSelection.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from planproof.aws.iam.language import Answer, both, either, negated
from planproof.aws.tags import tag_of
from planproof.context import Context
from planproof.evaluation.identifiers import identifier
from planproof.evaluation.result import Result, entries
from planproof.plan.model import Instance
from planproof.text.wildcards import matches

SELECTION, LIFECYCLE_POLICY, VOLUME = "aws_backup_selection", "aws_dlm_lifecycle_policy", "aws_ebs_volume"
# How the ARNs of a type begin behind region and account.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
_ARNS = {
    "aws_db_instance": "rds:db:",
    "aws_docdb_cluster": "rds:cluster:",
    "aws_dynamodb_table": "dynamodb:table/",
    "aws_ebs_volume": "ec2:volume/",
    "aws_efs_file_system": "elasticfilesystem:file-system/",
    "aws_fsx_lustre_file_system": "fsx:file-system/",
    "aws_fsx_ontap_volume": "fsx:volume/",
    "aws_fsx_openzfs_file_system": "fsx:file-system/",
    "aws_fsx_windows_file_system": "fsx:file-system/",
    "aws_neptune_cluster": "rds:cluster:",
    "aws_rds_cluster": "rds:cluster:",
    "aws_redshift_cluster": "redshift:cluster:",
    "aws_timestreamwrite_table": "timestream:database/",
}
_KEY = "aws:ResourceTag/"
_CONDITIONS: dict[str, Callable[[str, str], bool]] = {
    "string_equals": lambda wanted, found: wanted == found,
    "string_like": matches,
    "string_not_equals": lambda wanted, found: wanted != found,
    "string_not_like": lambda wanted, found: not matches(wanted, found),
}


class BackedUp(NamedTuple):
    """Whether something backs a resource up (None: the plan does not say), what does, or may, and where that stands."""

    answer: Answer
    by: str = ""
    where: tuple[str, ...] = ()


def backed_up(instance: Instance, context: Context) -> BackedUp:
    """Whether a selection of AWS Backup covers the instance, in this plan or by what the policy declares of others; or whether a
    lifecycle policy does if it is a volume."""
    maybe = BackedUp(False)
    for found in _backing(instance, context):
        if found.answer:
            return found
        if found.answer is None and maybe.answer is False:
            maybe = found
    return maybe


def _backing(instance: Instance, context: Context) -> Iterator[BackedUp]:
    selections = context.plan.of_type(SELECTION)
    policies = context.plan.of_type(LIFECYCLE_POLICY) if instance.type == VOLUME else []
    for asked, those in ((_selects, selections), (_snapshots, policies)):
        for each in those:
            if context.tries("pairs of resource and backup selection"):
                yield BackedUp(None, f"{each.address}, of more than planproof tries,", (each.address,))
                break
            yield BackedUp(asked(each, instance, context), each.address, (each.address,))
    for plan in context.policy.elsewhere("backup_plans"):
        tags = (_has_tag(instance, key, wanted, _tagged_like, context) for key, wanted in plan.tags)
        yield BackedUp(both(True, *tags), f"the backup plan {plan.name}, which the policy declares,")


def _selects(selection: Instance, instance: Instance, context: Context) -> Answer:
    pairs = ((tag.get("key").text, tag.get("value").text) for tag in context.argument(selection, "selection_tag").items())
    tags = [_has_tag(instance, key, wanted, str.__eq__, context) for key, wanted in pairs]
    named = context.argument(selection, "resources")
    everything = named.is_unset and not tags
    chosen = True if everything else either(_names(selection, "resources", instance, context), *tags)
    left_out = _names(selection, "not_resources", instance, context)
    return both(chosen, negated(left_out), *_conditions(selection, instance, context))


def _names(selection: Instance, argument: str, instance: Instance, context: Context) -> Answer:
    """Whether one of the ARNs of a list is the instance's, or a pattern that it fits."""
    if context.argument(selection, argument).is_unset:
        return False
    key = (selection.address, argument, instance.type)
    named = context.remembered("backup_selections", key, lambda: _named(selection, argument, instance.type, context))
    perhaps = None if named.is_open or instance.address in named.candidates else False
    patterns = (_fits(text, instance, context) for text in named.patterns)
    return either(instance.address in named.targets, perhaps, *patterns)


class _Named(NamedTuple):
    """What a list of ARNs names of one type, by address, and the patterns in it; `is_open`: there may be more."""

    targets: frozenset[str]
    candidates: frozenset[str]
    patterns: tuple[str, ...]
    is_open: bool


def _named(selection: Instance, argument: str, kind: str, context: Context) -> _Named:
    found = context.relations.resolve_each(selection, (argument,), kind)
    texts = _texts(selection, argument, context)
    named, perhaps = (frozenset(each.address for each in those) for those in (found.targets, found.candidates))
    return _Named(named, perhaps, tuple(text for text in texts or () if "*" in text), texts is None or found.open_ended)


def _texts(selection: Instance, argument: str, context: Context) -> list[str] | None:
    """The elements of a list that are known; None if there may be more. One that is not known hides a set as a whole, and plan JSON
    lists names alone of its expression: then the source tells them."""
    value = context.argument(selection, argument)
    if not value.has_unknown:
        return [text for each in value.items() if (text := each.text)]
    result = context.evaluated(selection, argument)
    told = entries(result) if result is not None and isinstance(result.raw, list) else None
    return None if told is None else [text for _, element in told if (text := element.text)]


def _fits(pattern: str, instance: Instance, context: Context) -> Answer:
    """Whether the instance's ARN fits a pattern, as far as its parts are known: `arn:aws:ec2:*:*:volume/*`."""
    arn = instance.get("arn").text
    if arn or pattern == "*":
        return pattern == "*" or matches(pattern, arn or "")
    wanted, known = identifier(pattern), _ARNS.get(instance.type)
    if wanted.is_plain or known is None:
        return None
    service, _, prefix = known.partition(":")
    named = wanted.resource.removeprefix(prefix)
    if not matches(wanted.service, service) or (named == wanted.resource and "*" not in wanted.resource[: len(prefix)]):
        return False
    region = context.regions.name(instance)
    where = True if wanted.region in ("*", region) else None if region is None or "*" in wanted.region else False
    whose = True if wanted.account in ("*", context.regions.account) else None
    return both(where, whose, True if named == "*" or wanted.resource == "*" else None)


def _conditions(selection: Instance, instance: Instance, context: Context) -> list[Answer]:
    blocks = context.argument(selection, "condition").items()
    return [
        _has_tag(instance, (each.get("key").text or "").removeprefix(_KEY), each.get("value").text, holds, context)
        for block in blocks
        for name, holds in _CONDITIONS.items()
        for each in block.get(name).items()
    ]


def _tagged_like(wanted: str, found: str) -> bool:
    return bool(found) and matches(wanted, found)


def _has_tag(
    instance: Instance, key: str | None, wanted: str | None, holds: Callable[[str, str], bool], context: Context
) -> Answer:
    """Whether it holds of the value that is wanted, and that which the instance has under the key (empty if it has none)."""
    if not key or wanted is None:
        return None
    found = tag_of(instance, key, context)
    return None if isinstance(found, Result) else holds(wanted, found or "")


def _snapshots(policy: Instance, volume: Instance, context: Context) -> Answer:
    """Whether a lifecycle policy takes snapshots of a volume: one for volumes, by any of its target tags.
    https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-ami-policy.html"""
    if policy.get("state").text == "DISABLED":
        return False
    if policy.get("default_policy").text == "VOLUME":
        return True
    details = policy.get("policy_details", 0)
    kinds, target = details.get("resource_types"), details.get("target_tags")
    if kinds.is_unknown or target.is_unknown:
        return None
    if all(kind.text != "VOLUME" for kind in kinds.items()):
        return False
    return either(*(_has_tag(volume, key, target.get(key).text, str.__eq__, context) for key in target.names()))
