"""What a report must not tell: the texts that root variables were given from outside. A plan is a secret; its report may be public.

A number or truth value is shown, whoever gave it: a retention of 7 days is no secret; inside a text it is part of one. A value that equals
the variable's declared default stands in the source, and is none of these, unless the variable is sensitive.

What a text is made of decides. What went through a function may be turned, cut or decoded, so it is shown only if the text comes to the
same around the variable whatever the variable is. Without the source nobody can tell, and the text is named, not shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cached_property
from typing import Any, Protocol

from planproof.evaluation.origin import Kind, Origins, Through
from planproof.evaluation.result import Result, number_text
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Json, State, Value, as_object

_SHORTEST = 3  # shorter texts stand in too many words
_MOST_FOLLOWED = 200  # arguments, from one resource to the next
_MARKS = ("qzvxk", "jwyqpfhzg")
"""Stand in the place of a variable, to see what else comes of it: in two lengths, and of letters that no function knows."""


class Assumed(Protocol):
    def argument(self, instance: Instance, *path: str | int) -> Result | None: ...


class Redactor:
    """The root variables of a plan whose values were given from outside (`name in redactor`), and texts without those values."""

    def __init__(
        self, plan: Plan, origins: Callable[..., Origins], assuming: Callable[[Mapping[str, Any]], Assumed] | None = None
    ) -> None:
        """`origins(instance, *path)` tells what an argument is made of, `assuming` what it would be with other values of variables."""
        self._origins, self._assuming = origins, assuming
        self._assumed: dict[tuple[str, ...], list[Assumed]] = {}
        declared = plan.root.config.variables
        self._texts: dict[str, set[str]] = {}
        self._whole: dict[str, str] = {}  # of those that are one text
        for name, value in plan.variables.items():
            default = None if value.is_sensitive else as_object(declared.get(name)).get("default")
            if value.state is State.KNOWN and value.raw != default:
                if not isinstance(value.raw, (list, dict)):
                    self._whole[name] = next(_texts(value.raw), "")
                self._texts[name] = {text.lower() for text in _texts(value.raw)} - {text.lower() for text in _texts(default)}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The variables by the texts in their values."""
        found: dict[str, list[str]] = {}
        for name, texts in self._texts.items():
            for text in texts:
                if len(text) >= _SHORTEST:
                    found.setdefault(text, []).append(name)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        longest_first = sorted(self._names, key=lambda text: (-len(text), text))
        return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None

    def display_value(self, instance: Instance, *path: str | int) -> str:
        """A value for a message. A text that a variable was given from outside is named, not shown."""
        value = instance.get(*path)
        if not value.is_known or value.is_sensitive or not _may_be_secret(value.raw):
            return str(value)
        if isinstance(value.raw, str):
            return str(Value(self.public(value.raw, instance, *path)))
        found = self._secrets(instance, *path)
        return f"${{{found[0][0]}}}" if found else str(value)

    def public(self, text: str, instance: Instance, *path: str | int) -> str:
        """A text that the argument at `path` holds, for a message: `${var.NAME}` is in the place of what a root variable was given
        from outside, or `${... var.NAME ...}` in that of all of it. Constants of the configuration stay as they are."""
        if not any(self._texts.values()) or "constant_value" in (instance.expression(*path) or ()):
            return text
        found = self._secrets(instance, *path)
        names = [name.removeprefix("var.") for name, _ in found]
        redacted = self.redact(text, names)
        if all(through in (Through.AS_IS, Through.TEXT) for _, through in found) and self._tells_all(redacted, names):
            return redacted
        if redacted in {f"${{{name}}}" for name, _ in found}:
            return redacted
        return self._around(text, names, instance, *path) or f"${{... {found[0][0]} ...}}"

    def _tells_all(self, redacted: str, names: Collection[str]) -> bool:
        """Whether each variable that has a text is named in it: else what came of it is not its value."""
        return all(f"${{var.{name}}}" in redacted or not self._texts.get(name) for name in names)

    def _around(self, text: str, names: list[str], instance: Instance, *path: str | int) -> str | None:
        """The argument with the variables named in it, if it is the same around them whatever they are."""
        if self._assuming is None or not all(name in self._whole for name in names):
            return None
        key = tuple(sorted(names))
        if key not in self._assumed:
            marks = [{name: f"{mark}{number}{mark}" for number, name in enumerate(key)} for mark in _MARKS]
            self._assumed[key] = [self._assuming(given) for given in marks]
        around = set()
        for mark, assumed in zip(_MARKS, self._assumed[key], strict=True):
            result = assumed.argument(instance, *path)
            marked = result.raw if result is not None and isinstance(result.raw, str) else ""
            if _unmarked(marked, mark, [self._whole[name] for name in key]).lower() != text.lower():
                return None
            around.add(_unmarked(marked, mark, [f"${{var.{name}}}" for name in key]))
        return around.pop() if len(around) == 1 else None

    def _secrets(self, instance: Instance, *path: str | int) -> list[tuple[str, Through]]:
        """The variables from outside that an argument is made of, by way of other resources too, and what cannot be followed and may be
        made of one: `var.name`, `local.name`."""
        found: dict[str, Through] = {}
        pending: list[tuple[Instance, tuple[str | int, ...], Through]] = [(instance, path, Through.AS_IS)]
        seen = {(instance.address, path)}
        for one, at, outer in pending:
            origins = self._origins(one, *at)
            if not origins and _refers(one.expression(*at)):
                found[".".join([one.address, *map(str, at)])] = Through.CHOICE  # set, and how is not to be told
            for origin in origins:
                name, through = origin.display_name, max(outer, origin.through)
                if origin.kind is Kind.VARIABLE and origin.name in self:
                    name = f"var.{origin.name}"
                    if through is not Through.CHOICE:
                        found[name] = max(through, found.get(name, through))
                elif origin.kind is Kind.LOST and any(self._texts.values()):
                    found[name or "..."] = Through.CHOICE
                for other in origin.instances if origin.kind is Kind.RESOURCE and through is not Through.CHOICE else ():
                    for way, how in _arguments(other, origin.attribute):
                        if (other.address, way) not in seen and len(seen) < _MOST_FOLLOWED:
                            seen.add((other.address, way))
                            pending.append((other, way, max(through, how)))
        if len(seen) >= _MOST_FOLLOWED:
            found["..."] = Through.CHOICE
        return list(found.items())

    def redact(self, text: str, first: Collection[str] = ()) -> str:
        """The text with `${var.NAME}` in the place of each value. Of several variables with one value, those of `first` come first."""

        def name(found: re.Match[str]) -> str:
            names = self._names.get(found[0].lower(), ["..."])
            return f"${{var.{next((n for n in names if n in first), names[0])}}}"

        return self._pattern.sub(name, text) if self._pattern else text


def _unmarked(text: str, mark: str, values: list[str]) -> str:
    """The text with each variable's value in the place of its mark."""
    return re.sub(f"{mark}([0-9]+){mark}", lambda found: values[int(found[1])], text, flags=re.IGNORECASE)


def _arguments(instance: Instance, attribute: tuple[str, ...] | None) -> Iterator[tuple[tuple[str | int, ...], Through]]:
    """The arguments that an attribute of a resource tells: the one that it is, or any, where the provider makes it of them."""
    if attribute and instance.configured(attribute[0]):
        yield attribute, Through.AS_IS
    elif instance.config is not None:
        pending: list[tuple[tuple[str | int, ...], Json]] = [
            ((name,), each) for name, each in instance.config.expressions.items()
        ]
        for path, expression in pending:
            if isinstance(expression, list):  # of blocks
                blocks = [((*path, number), block) for number, block in enumerate(expression) if isinstance(block, dict)]
                pending += [((*at, name), inner) for at, block in blocks for name, inner in block.items()]
            elif _refers(expression):
                yield path, Through.FUNCTION


def _refers(expression: Json) -> bool:
    """Whether anything in an argument, a block or several refers to something."""
    pending = [expression]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending.extend(part)
        elif isinstance(part, dict):
            if part.get("references"):
                return True
            pending.extend(inner for name, inner in part.items() if name != "constant_value")
    return False


def _may_be_secret(raw: Json) -> bool:
    """Whether there is text in it, names of members among it; that of a number or truth value is none."""
    if isinstance(raw, list):
        return any(map(_may_be_secret, raw))
    return isinstance(raw, dict) or (isinstance(raw, str) and raw not in ("true", "false"))


def _texts(raw: Json) -> Iterator[str]:
    pending = [raw]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, (int, float)) and not isinstance(part, bool):
            yield number_text(part)
        elif isinstance(part, (dict, list)):
            pending.extend(part.values() if isinstance(part, dict) else part)
