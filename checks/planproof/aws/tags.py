"""The tags of a plan's resources: those that they end up with, the provider's default tags among them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.evaluation.result import OpenObject, Result, as_string, undetermined
from planproof.plan.model import Instance
from planproof.plan.value import Json, State, Value
from planproof.text.wildcards import matches

SETTINGS = "tagging"
_UNKNOWN = undetermined()
_STRINGS = {str}
_MOST_SPELLINGS = 5  # of one key that a message tells


class Tags(NamedTuple):
    """The tags in one place: a value is a Result where not all of it is known. `open` says what would decide whether there are more,
    and is empty where these are all. `where` is the attribute."""

    values: Mapping[str, str | Result]
    where: str
    undetermined: str = ""
    secret: bool = False


class AllTags(NamedTuple):
    """The tags of a plan by address, and the keys that are spelled otherwise than the policy or most of the plan spells them."""

    by_address: Mapping[str, list[Tags]]
    misspelled: Mapping[str, str]
    required: Mapping[str, Mapping[str, Any]]
    blameless: set[tuple[Any, ...]]
    """The tags that were found to be without fault, as most resources of a plan have the same."""


def all_tags(settings: Mapping[str, Any], context: Context) -> AllTags:
    """All tags of the plan, by the policy's section on tags."""
    globs, ignored, blocks = tuple(settings["types"]), settings["ignore"], settings["blocks"]
    found: dict[str, list[Tags]] = {}
    for kind in context.plan.types:
        if not any(matches(glob, kind) for glob in globs):
            continue
        for instance in context.plan.of_type(kind):
            if not (ignored and any(matches(glob, instance.address) for glob in ignored)):
                block = blocks.get(kind)
                places = [*_own(instance, context, block), *(_in_blocks(instance, block) if block else ())]
                if places:
                    found[instance.address] = places
    required = {key: demand for key, demand in settings["required"].items() if demand is not None}
    return AllTags(found, _misspelled(found.values(), required) if settings["consistent"] else {}, required, set())


def tag_of(instance: Instance, key: str, context: Context) -> str | Result | None:
    """The value that a tag of the instance ends up with; a Result if that, or whether it is there, is not known, None if it is not."""
    tags = next(iter(_own(instance, context, None)), None)
    if tags is None:
        return None
    return tags.values.get(key, _UNKNOWN if tags.undetermined else None)


def _misspelled(found: Iterable[list[Tags]], required: Container[str]) -> dict[str, str]:
    """Each spelling that is not the right one, with what to say of it. The policy's is right, else the most common."""
    counts: dict[tuple[str, ...], int] = {}
    for places in found:
        for tags in places:
            keys = () if tags.secret else tuple(tags.values)
            counts[keys] = counts.get(keys, 0) + 1
    spelled: dict[str, dict[str, int]] = {}
    for keys, count in counts.items():
        for key in keys:
            by_case = spelled.setdefault(key.lower(), {})
            by_case[key] = by_case.get(key, 0) + count
    wrong: dict[str, str] = {}
    for by_case in spelled.values():
        ranked = sorted(by_case.items(), key=lambda pair: (pair[0] not in required, -pair[1]))
        tied = len(ranked) > 1 and ranked[0][0] not in required and ranked[0][1] == ranked[1][1]
        for key, _ in ranked if tied else ranked[1:]:
            others = [
                f"{other!r} ({count} time{'s' * (count != 1)})" for other, count in ranked[:_MOST_SPELLINGS] if other != key
            ]
            more = len(ranked) - 1 - len(others)
            wrong[key] = " and ".join([*others, *([f"{more} more"] if more else [])])
    return wrong


@lru_cache(maxsize=4096)
def in_two_cases(keys: tuple[str, ...]) -> tuple[str, ...]:
    """The keys that differ in case alone."""
    by_case: dict[str, list[str]] = {}
    for key in keys:
        by_case.setdefault(key.lower(), []).append(key)
    return tuple(key for same in by_case.values() if len(same) > 1 for key in same)


def _own(instance: Instance, context: Context, block: str | None) -> list[Tags]:
    """`tags_all` where it is known, else what makes it; nothing where the type takes no tags, or takes them in blocks alone."""
    raw, unknown = (part if isinstance(part, dict) else {} for part in (instance.value.raw, instance.value.unknown_mask))
    if not ("tags" in raw or "tags_all" in raw or "tags" in unknown or "tags_all" in unknown):
        return []
    everything, secret = instance.get("tags_all"), _is_secret(instance.value.sensitive_mask)
    if everything.is_known:
        return [_read(everything, "tags_all", secret)] if isinstance(everything.raw, dict) else []
    own = instance.get("tags")
    if everything.state is State.ABSENT and (own.state is State.ABSENT or block):
        return []
    if not (own.raw is None or isinstance(own.raw, dict)):
        return []
    tags = _read(own, "tags", secret, context.evaluated(instance, "tags") if own.has_unknown else None)
    if own.is_unknown:
        tags = _from_source(context.evaluated(instance, "tags"), "tags", f"{instance.address}.tags")
    if everything.state is State.ABSENT:  # a provider from before there were default tags
        return [tags]
    defaults = context.once(Defaults).of(instance)
    return [Tags({**defaults.values, **tags.values}, "tags", tags.undetermined or defaults.undetermined, secret)]


def _is_secret(mask: Json) -> bool:
    """Whether the tags are sensitive, keys and all; `tags_all` repeats sensitive tags without being marked."""
    return mask is True or (isinstance(mask, dict) and (mask.get("tags") is True or mask.get("tags_all") is True))


def _read(value: Value, where: str, secret: bool = False, source: Result | None = None) -> Tags:
    """A map of tags; a null value is no tag. `source` tells more of the values that are not known."""
    found: dict[str, str | Result] = value.raw or {}
    if not _STRINGS.issuperset(map(type, found.values())):
        found = {key: text_of(text) for key, text in found.items() if text is not None}
    if value.unknown_mask and not value.is_unknown:
        entries = _entries(source)
        found = found | {key: _known_or_not(entries.get(key)) for key in value.names() if value.get(key).is_unknown}
    return Tags(found, where, secret=secret)


def text_of(raw: Json) -> str:
    """A tag's value as AWS has it."""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)


def _entries(result: Result | None) -> Mapping[str, Result]:
    """The members of an object that are told."""
    if result is None or not isinstance(result.raw, (dict, OpenObject)):
        return {}
    told = result.raw.entries if isinstance(result.raw, OpenObject) else result.raw
    return {key: value if isinstance(value, Result) else Result(value, result.origins) for key, value in told.items()}


def _known_or_not(result: Result | None) -> str | Result:
    """A tag's value as AWS has it, or what is known of it."""
    if result is None:
        return _UNKNOWN
    return as_string(result.raw) if isinstance(result.raw, (str, int, float, bool)) else result


def _from_source(result: Result | None, where: str, attribute: str) -> Tags:
    if result is None or result.raw is None:
        return Tags({}, where)
    if not isinstance(result.raw, (dict, OpenObject)):
        return Tags({}, where, _decides(result.needs, attribute))
    values = {key: _known_or_not(value) for key, value in _entries(result).items() if value.raw is not None}
    return Tags(values, where, _decides(result.raw.rest.needs, attribute) if isinstance(result.raw, OpenObject) else "")


def _decides(needs: tuple[str, ...], attribute: str) -> str:
    if needs:
        return f"{attribute} is known after apply (built from {', '.join(needs)})"
    return f"{attribute} is known after apply; provide the source (the folder or the saved plan)"


def _in_blocks(instance: Instance, name: str) -> list[Tags]:
    """Blocks beside `tags_all` hold `tags`, and are one place each; others hold a `key` and a `value`, and are one together (with
    the list of such that `tags` was until version 4 of the provider)."""
    blocks = instance.get(name)
    if blocks.is_unknown:
        return [Tags({}, name, f"{instance.address}.{name} is known after apply")]
    items = blocks.items()
    if instance.get("tags_all").state is State.ABSENT:
        return [_pairs([*items, *instance.get("tags").items()], name, instance)]
    return [_block_map(item.get("tags"), f"{name}[{number}].tags", instance) for number, item in enumerate(items)]


def _block_map(tags: Value, where: str, instance: Instance) -> Tags:
    return _read(tags, where)._replace(undetermined=f"{instance.address}.{where} is known after apply" if tags.is_unknown else "")


def _pairs(items: list[Value], name: str, instance: Instance) -> Tags:
    found: dict[str, str | Result] = {}
    for item in items:
        key, value = item.get("key"), item.get("value")
        if key.text and not value.is_unset:
            found[key.text] = text_of(value.raw) if value.is_known else _UNKNOWN
    unknown = any(item.get("key").is_unknown for item in items)
    return Tags(found, name, f"a key of {instance.address}.{name} is known after apply" if unknown else "")


class Defaults:
    """The default tags of each provider configuration. Made once for a plan: `context.once(Defaults)`.

    Plan JSON has them where they are constants, and not where they are an expression: then what resources of the same provider
    have beyond their own tags shows them, or the source does.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._seen: dict[str, Tags] = {}
        self._shown = self._by_resources()

    def of(self, instance: Instance) -> Tags:
        """Those of the resource's provider."""
        key = self._context.plan.provider_key(instance)
        if key not in self._seen:
            found = self._find(key)
            self._seen[key] = found if len(found.values) <= _MOST_DEFAULTS else Tags({}, found.where, _TOO_MANY)
        return self._seen[key]

    def _find(self, key: str) -> Tags:
        provider = self._context.plan.provider(key)
        expression = provider.expression("default_tags", 0, "tags")
        if not expression:
            return Tags(
                {},
                "default_tags",
                "" if key else "the plan does not contain the configuration of its provider, which may have default_tags",
            )
        if isinstance(expression.get("constant_value"), dict):
            return _read(Value(expression["constant_value"]), "default_tags")
        shown = self._shown.get(key, Tags({}, "default_tags", _NOT_IN_PLAN))
        return self._in_source(key, provider.raw, shown) if shown.undetermined else shown

    def _by_resources(self) -> dict[str, Tags]:
        """What resources have in `tags_all` and not in `tags`: all of the defaults where one has no tags of its own."""
        values: dict[str, dict[str, str | Result]] = {}
        undetermined: dict[str, str] = {}
        for instance in self._context.plan.managed:
            everything, own = instance.get("tags_all"), instance.get("tags")
            if instance.config is None or not isinstance(everything.raw, dict) or everything.has_unknown or own.is_unknown:
                continue
            provider = self._context.plan.provider_key(instance)
            added = ((key, text_of(value)) for key, value in everything.raw.items() if key not in (own.raw or {}))
            values.setdefault(provider, {}).update(added)
            undetermined[provider] = undetermined.get(provider, _NOT_IN_PLAN) if own.raw else ""
        return {provider: Tags(found, "default_tags", undetermined[provider]) for provider, found in values.items()}

    def _in_source(self, key: str, provider: Mapping[str, Any], shown: Tags) -> Tags:
        """By the provider's own block, which may stand in a module."""
        module = self._context.plan.root
        for name in (name for name in str(provider.get("module_address") or "").split(".") if name not in ("", "module")):
            module = next(iter(module.children.get(name, {}).values()), module)
        source = self._context.source.of(module) if self._context.source else None
        labels = [str(provider.get(name)) for name in ("name", "alias") if provider.get(name)]
        body = source.body("provider", *labels) if source else None
        if body is None or not body.blocks_of("default_tags"):
            return shown
        result = self._context.expressions.written(body, ("default_tags", 0, "tags"), module)
        found = _from_source(result, "default_tags", f"default_tags of the provider {key}")
        return found._replace(values={**shown.values, **found.values})


_MOST_DEFAULTS = 200  # AWS takes 50 tags for a resource
_TOO_MANY = f"its provider has more than {_MOST_DEFAULTS} default tags"
_NOT_IN_PLAN = "the provider's default_tags are an expression that the plan does not contain; provide the source"
