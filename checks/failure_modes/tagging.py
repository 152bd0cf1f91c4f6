"""Resources have the tags that the policy requires, spelled consistently."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from planproof.aws.tags import AllTags, Tags, all_tags, in_two_cases
from planproof.check import ANY_TYPE, Context, Instance, Outcome, check, failed, passed, unknown
from planproof.evaluation.origin import Kind
from planproof.evaluation.result import Result, text_parts
from planproof.text.escaping import one_line
from planproof.text.pattern import compiled

_MOST_TAGS = 100  # that one is looked for among; AWS takes 50 for a resource
_SHOWN = (Kind.CONSTANT, Kind.RESOURCE, Kind.VARIABLE)


def _tags(context: Context) -> AllTags:
    return all_tags(context.settings("tagging"), context)


def _takes_tags(instance: Instance, context: Context) -> bool:
    return instance.address in context.once(_tags).by_address


@check(
    id="CKV_PLAN_10",
    name="Resources have the required tags, with consistent keys",
    severity="LOW",
    category="CONVENTION",
    types=ANY_TYPE,
    applies=_takes_tags,
)
def tagging(instance: Instance, context: Context) -> list[Outcome]:
    """A resource has every required tag, with a value that the policy allows. A key is spelled in one case, not as both
    `Environment` and `environment`, on one resource and, unless `consistent` is false, in the whole plan.

    The check reads the tags that the resource gets in the end: `tags_all`, which includes the provider's `default_tags`. If
    `tags_all` is not known yet, the check combines the tags of the resource with the default tags of its provider, key by
    key. It evaluates resources whose type has tags in the provider schema. For an Auto Scaling group it reads the `tag`
    blocks, because default tags do not apply there; for a launch template it also reads each of its `tag_specifications`. An
    empty value counts as missing. A value that a root variable gets from outside is not shown. If the policy requires no
    tags, the check reports only inconsistent spelling.

    Why: tag keys are case-sensitive. Cost allocation, access control by tag and automation do not find a resource if a key
    is missing or spelled differently
    (https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html).

    Cannot see: tags that other tools, tag policies or `aws_autoscaling_group_tag` add later; default tags from the
    environment (TF_AWS_DEFAULT_TAGS_...) if `tags_all` is not known; and whether a value is correct.

    Fix: add the required tags to the provider's `default_tags`, or merge one local that contains them into the `tags` of
    every resource.

    Controls: NIST 800-53 CM-8; AWS Resource Tagging Standard (Security Hub).
    """
    everything: AllTags = context.once(_tags)
    found: list[Outcome] = []
    for tags in everything.by_address[instance.address]:
        signature = (tags.undetermined, *tags.values.items())
        if signature not in everything.blameless:
            faults = [*_judge(tags, everything, instance, context)]
            found += faults
            if not faults:
                everything.blameless.add(signature)
    if found or not everything.required:
        return found
    where = f"{instance.address}.{everything.by_address[instance.address][0].where}"
    return [passed("tagged", f"has the required tags: {', '.join(everything.required)}", where)]


def _judge(tags: Tags, everything: AllTags, instance: Instance, context: Context) -> Iterator[Outcome]:
    where, required = f"{instance.address}.{tags.where}", everything.required
    missing = [key for key in required if tags.values.get(key, "") == ""]
    if missing:
        yield _missing(missing, tags, where)
    for key, demand in required.items():
        if demand and key not in missing:
            yield from _value(key, demand, tags, instance, context)
    yield from _spelling(tags, where, missing, everything)


def _missing(missing: list[str], tags: Tags, where: str) -> Outcome:
    if tags.undetermined:
        return unknown("unknown_tags", f"{tags.where} may lack {', '.join(missing)}: {tags.undetermined}", where)
    return failed("missing", f"{tags.where} lacks {', '.join(_with_near_miss(key, tags) for key in missing)}", where)


def _with_near_miss(key: str, tags: Tags) -> str:
    """`Owner`, or `Environment (it has environment)`."""
    from difflib import get_close_matches

    if key in tags.values:
        return f"{key} (its value is empty)"
    others = list(islice(tags.values, _MOST_TAGS))
    same = [other for other in others if other.lower() == key.lower()] or get_close_matches(key, others, n=1, cutoff=0.8)
    return f"{key} (it has {one_line(', '.join(same))})" if same and not tags.secret else key


def _value(key: str, demand: Mapping[str, Any], tags: Tags, instance: Instance, context: Context) -> Iterator[Outcome]:
    value = tags.values[key]
    parts = [part if isinstance(part, str) else None for part in text_parts(value)] if isinstance(value, Result) else [value]
    where = f"{instance.address}.{tags.where}.{key}"
    wanted = ""
    for pattern, wanted in _demands(demand):
        if not compiled(pattern).fits(*parts):
            yield failed("does_not_fit", f"{key} {_found(key, tags, instance, context)}; the policy requires {wanted}", where)
            return
    if isinstance(value, Result) and wanted:
        needs = f" ({', '.join(value.needs)})" if value.needs else ""
        yield unknown("unknown_value", f"{key} is known after apply{needs}; the policy requires {wanted}", where)


def _demands(demand: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if demand.get("pattern"):
        yield demand["pattern"], f"a value that matches {demand['pattern']}"
    if demand.get("values"):
        yield "|".join(map(re.escape, demand["values"])), f"one of {', '.join(demand['values'])}"


def _found(key: str, tags: Tags, instance: Instance, context: Context) -> str:
    """What was found, but for what a variable was given from outside; where that cannot be told apart, it is said why not."""
    own, attribute = instance.get("tags"), tags.where.partition("[")[0]
    if own.is_sensitive or instance.get(attribute).is_sensitive:
        return "does not match (not shown: sensitive)"
    if attribute in ("tags", "tags_all"):
        attribute = "tags"
        if not own.is_unknown and key not in (own.raw or {}):
            return "does not match (not shown: from the provider's default_tags)"
        if own.is_unknown:
            return "does not match (not shown: the tags are known only in part)"
    origins = context.origins(instance, attribute, key) or context.origins(instance, attribute)
    variables = list(dict.fromkeys(origin.name for origin in origins if origin.kind is Kind.VARIABLE))
    value = tags.values[key]
    if isinstance(value, str) and origins and all(origin.kind in _SHOWN for origin in origins):
        path = (attribute, key) if context.origins(instance, attribute, key) else (attribute,)
        public = context.redactor.public(value, instance, *path)
        if not public.startswith("${... "):
            return f"is {json.dumps(public, ensure_ascii=False)}"
    made_with = ", ".join(f"var.{name}" for name in variables)
    return f"does not match (not shown: built from {made_with or 'values that are not in the plan'})"


def _spelling(tags: Tags, where: str, missing: list[str], everything: AllTags) -> Iterator[Outcome]:
    double = in_two_cases(tuple(tags.values))
    if double and not tags.secret:
        yield failed("two_cases", f"{tags.where} has the same key in two cases: {one_line(', '.join(double))}", where)
    if everything.misspelled and not tags.secret:
        said = {*double, *(key.lower() for key in missing)}
        for key in sorted(tags.values.keys() & everything.misspelled.keys()):
            if key not in said and key.lower() not in said:
                text = f"{tags.where} has {key!r} but the plan also has {everything.misspelled[key]}"
                yield failed("other_case", f"{text}; spell a key in one case", where)
