"""What the resources of a plan are called: the attribute that names each type, read once for the whole plan."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from planproof.aws.name_styles import Style, style_of
from planproof.aws.random_values import is_random, known_parts
from planproof.context import Context
from planproof.evaluation.result import unknown_parts
from planproof.plan.model import Instance, Module
from planproof.text.pattern import Pattern, compiled
from planproof.text.wildcards import matches

# What the provider appends to a prefix (and to "terraform-" or "tf-", where nobody gave a name): a time and a counter.
_APPENDED = "20060102150405000000000001"
_MADE_UP = re.compile(r"^(?:terraform|tf(?:-lb)?)-\d{10}[0-9a-f]+$")
_TOKEN = re.compile(r"[^\W_]+")
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")


class Name(NamedTuple):
    """A resource's name: its parts in order, None where one is not known. `path` is stripped off its beginning.

    `fits`: whether it fits its type's pattern, or would with something in the place of what is not known. `token`: the leading
    token, in lower case; None where that is not known. `words`: of a name in camel case, what it can be taken to begin with.
    `of_prefix`: the provider completes it. `is_random`: what is not known of it is random. `of_a_name`: a part of it is the name of
    another resource, which is not known. `needs` are the references that would decide the unknown parts. `public` is the name as a
    message may show it.
    """

    attribute: str
    parts: tuple[str | None, ...]
    path: str
    fits: bool
    token: str | None
    of_prefix: bool = False
    secret: bool = False
    needs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    public: str = ""
    is_random: bool = False
    of_a_name: bool = False

    def fits_pattern(self, pattern: Pattern) -> bool:
        return pattern.fits(*self.parts, _APPENDED) if self.of_prefix else pattern.fits(*self.parts)

    @property
    def display_name(self) -> str:
        """For a message."""
        return "(sensitive)" if self.secret else json.dumps(self.public, ensure_ascii=False)


class Names(NamedTuple):
    """All names of a plan by address, and the leading token that a clear majority of them shares (None where none does): `said` is
    that token for a message. `styles`: by type, where its names are held to the style of most of them."""

    by_address: Mapping[str, Name]
    token: str | None
    sharing: int
    counted: int
    examples: str
    said: str = ""
    styles: Mapping[str, Style] = {}


def names_of(settings: Mapping[str, Any], context: Context) -> Names:
    """All names of the plan, by the policy's section on names."""
    within, attributes, ignored = settings["within"], settings["attributes"], settings["ignore"]
    found: dict[str, Name] = {}
    tokens: dict[str, list[str]] = {}
    camel: list[tuple[str, Name, bool]] = []
    styles: dict[str, Style] = {}
    for kind in context.plan.types:
        attribute = attributes.get(kind)
        if not attribute:
            continue
        reader = _Reader(attribute, settings["paths"].get(kind) or (), pattern_for(kind, settings), attributes, context)
        named = {i.address: n for i in _ours(context.plan.of_type(kind), ignored) if (n := reader.name(i)) is not None}
        style = _style(kind, named, settings)
        if style:
            styles[kind] = style
            named = {address: name._replace(fits=name.fits_pattern(style.pattern)) for address, name in named.items()}
        found.update(named)
        for address, name in named.items():
            counts = not name.secret and kind not in within
            if name.words:
                camel.append((address, name, counts))
            elif name.token and counts:
                tokens.setdefault(name.token, []).append(address)
    for address, name, counts in camel:  # CorpSecLogs begins with "corpsec", where others do
        token = max(name.words, key=lambda word: len(tokens.get(word, ())))
        found[address] = name._replace(token=token)
        if counts:
            tokens.setdefault(token, []).append(address)
    return _majority(found, tokens, settings)._replace(styles=styles)


def _ours(instances: Iterable[Instance], ignored: Iterable[str]) -> Iterator[Instance]:
    """The instances whose names are looked at: those that the policy does not ignore, outside modules from a registry or git."""
    theirs: dict[Module, bool] = {}
    for instance in instances:
        if not _is_theirs(instance.module, theirs) and not any(matches(glob, instance.address) for glob in ignored):
            yield instance


def _is_theirs(module: Module, known: dict[Module, bool]) -> bool:
    """Whether the module, or one that it stands in, comes from elsewhere, so that nobody here can rename what is in it. `known` is what
    was found of others, and gets what is found here."""
    way: list[Module] = []
    inside: Module | None = module
    while inside is not None and inside not in known:
        way.append(inside)
        inside = inside.parent
    is_theirs = inside is not None and known[inside]
    for inner in reversed(way):
        source = inner.call.source if inner.call else ""
        is_theirs = is_theirs or bool(source and not source.startswith((".", "/")))
        known[inner] = is_theirs
    return is_theirs


def _style(kind: str, named: Mapping[str, Name], settings: Mapping[str, Any]) -> Style | None:
    """The style that most names of a type have, where the policy has no pattern for them."""
    if settings["style"] != "majority" or pattern_for(kind, settings):
        return None
    return style_of(((address, name.fits_pattern) for address, name in named.items() if not name.secret), settings)


def _majority(found: dict[str, Name], tokens: dict[str, list[str]], settings: Mapping[str, Any]) -> Names:
    counted = sum(map(len, tokens.values()))
    token, sharing = max(((t, len(a)) for t, a in tokens.items()), key=lambda pair: pair[1], default=("", 0))
    majority = settings["majority"]
    if settings["leading_token"]:
        demanded = settings["leading_token"].lower()
        return Names(found, demanded, 0, counted, "", repr(demanded))
    if counted < majority["names"] or sharing < majority["share"] * counted or sharing * 2 <= counted:
        return Names(found, None, sharing, counted, "")
    examples = ", ".join(tokens[token][:2]) + (" ..." if sharing > 2 else "")
    return Names(found, token, sharing, counted, examples, _said(token, (found[address] for address in tokens[token])))


def _said(token: str, names: Iterable[Name]) -> str:
    """The token for a message; where a name may not be shown with it, what stands in its place there."""
    heads = (name.public.removeprefix(name.path).lstrip("-_./") for name in names)
    return repr(next((found[0] for head in heads if (found := _VARIABLE.match(head))), token))


def pattern_for(kind: str, settings: Mapping[str, Any]) -> Pattern | None:
    """The pattern that names of this type have to fit, if the policy has one."""
    pattern = settings["patterns"].get(kind) or settings["pattern"]
    return compiled(pattern) if pattern else None


class _Reader:
    """Reads the names of one type's instances."""

    def __init__(
        self, attribute: str, paths: Iterable[str], pattern: Pattern | None, attributes: Mapping[str, Any], context: Context
    ) -> None:
        self._attribute, self._path = attribute, tuple(attribute.split("."))
        self._prefix, self._context, self._pattern = f"{attribute}_prefix", context, pattern
        self._attributes = attributes
        self._paths = [glob.split("/") for glob in paths]

    def name(self, instance: Instance) -> Name | None:
        """The name as the block sets it; None where the block sets none, so that the provider makes one up."""
        value = instance.get(*self._path)
        config = instance.config
        arguments = config.expressions if config else self._path[:1]
        is_set = self._path[0] in arguments
        text = value.text
        if text and is_set and not _is_made_up(text):
            return self._read(instance, self._attribute, (text,), value.is_sensitive)
        if self._prefix in arguments:
            prefix = instance.get(self._prefix)
            if prefix.text:
                return self._read(instance, self._prefix, (prefix.text,), prefix.is_sensitive)
            if prefix.is_unknown:
                return self._from_source(instance, self._prefix, prefix.is_sensitive)
        return self._from_source(instance, self._attribute, value.is_sensitive) if value.is_unknown and is_set else None

    def _from_source(self, instance: Instance, attribute: str, secret: bool) -> Name | None:
        path = attribute.split(".")
        result = self._context.evaluated(instance, *path)
        if result is None or result.raw is None or result.raw == "" or self._context.argument(instance, *path).is_unset:
            return None  # null, or empty, which is as good as not set
        parts = known_parts(result)
        name = self._read(instance, attribute, parts, secret, result.needs)
        origins = [o for part in unknown_parts(result) for o in part.origins]
        of_a_name = any(o.type in self._attributes and not o.is_data for o in origins)
        return name._replace(is_random=bool(origins) and all(map(is_random, origins)), of_a_name=of_a_name)

    def _read(
        self, instance: Instance, attribute: str, parts: tuple[str | None, ...], secret: bool, needs: tuple[str, ...] = ()
    ) -> Name:
        of_prefix = attribute is self._prefix
        text = "".join("..." if part is None else part for part in parts) + "..." * of_prefix
        public = self._context.redactor.public(text, instance, *attribute.split("."))
        path = ""
        if self._paths and parts and parts[0]:
            path = next(filter(None, (_beginning(steps, parts[0]) for steps in self._paths)), "")
            parts = (parts[0][len(path) :], *parts[1:])
        token = _token(parts, of_prefix)
        words = () if token is None or token.islower() or token.isdigit() else _words(token)
        name = Name(attribute, parts, path, True, token and token.lower(), of_prefix, secret, needs, words, public)
        return name._replace(fits=name.fits_pattern(self._pattern)) if self._pattern else name


def _is_made_up(text: str) -> bool:
    return text.startswith(("terraform-", "tf-")) and _MADE_UP.match(text) is not None


def _beginning(steps: list[str], text: str) -> str:
    """The beginning of the text that the steps of a path describe: all but the last are whole steps, and `*` is any."""
    found = text.split("/", len(steps) - 1)
    if len(found) < len(steps) or not found[-1].startswith(steps[-1]):
        return ""
    if not all((there and wanted == "*") or there == wanted for there, wanted in zip(found, steps[:-1], strict=False)):
        return ""
    return "/".join([*found[:-1], steps[-1]])


def _token(parts: tuple[str | None, ...], of_prefix: bool) -> str | None:
    """What stands before the first separator; None where that is not known, or may go on."""
    head = parts[0] if parts else None
    found = _TOKEN.search(head) if head else None
    if head is None or found is None or (found.end() == len(head) and len(parts) > 1 and not of_prefix):
        return None
    return found[0]


def _words(text: str) -> tuple[str, ...]:
    """Of a text in camel case, its first word, its first two ..., in lower case: `corp`, `corpsec`, `corpseclogs`."""
    words = _WORD.findall(text)[:10]
    return tuple("".join(words[: n + 1]).lower() for n in range(len(words)))
