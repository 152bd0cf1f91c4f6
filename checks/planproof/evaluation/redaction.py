"""What a report must not tell: the texts that root variables were given from outside. A plan is a secret; its report may be public.

A number or truth value is shown, whoever gave it: a retention of 7 days is no secret. A value that equals the variable's declared default stands in the source, and is none of these, unless the variable is sensitive.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cached_property

from planproof.evaluation.origin import Kind, Origins
from planproof.plan.model import Instance, Plan
from planproof.plan.value import Json, State, Value, as_object

_SHORTEST = 3  # shorter texts stand in too many words


class Redactor:
    """The root variables of a plan whose values were given from outside (`name in redactor`), and texts without those values."""

    def __init__(self, plan: Plan, origins: Callable[..., Origins]) -> None:
        """`origins(instance, *path)` tells what an argument is made of."""
        self._origins = origins
        declared = plan.root.config.variables
        self._texts: dict[str, set[str]] = {}
        for name, value in plan.variables.items():
            default = None if value.is_sensitive else as_object(declared.get(name)).get("default")
            if value.state is State.KNOWN and value.raw != default:
                texts = {text.lower() for text in _texts(value.raw) if len(text) >= _SHORTEST}
                self._texts[name] = texts - {text.lower() for text in _texts(default)}

    def __contains__(self, name: str) -> bool:
        return name in self._texts

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The variables by the texts in their values."""
        found: dict[str, list[str]] = {}
        for name, texts in self._texts.items():
            for text in texts:
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
        variable = next((name for name in self._variables(instance, *path) if name in self), None)
        return f"${{var.{variable}}}" if variable else str(value)

    def public(self, text: str, instance: Instance, *path: str | int) -> str:
        """A text that the argument at `path` holds, for a message: `${var.NAME}` is in the place of what a root variable was given
        from outside. Constants of the configuration stay as they are."""
        if not self._names or "constant_value" in (instance.expression(*path) or ()):
            return text
        names = self._variables(instance, *path)
        return self.altered(text, names) or self.redact(text, names)

    def _variables(self, instance: Instance, *path: str | int) -> list[str]:
        """The root variables that an argument is made of."""
        return [o.name for o in self._origins(instance, *path) if o.kind is Kind.VARIABLE]

    def redact(self, text: str, first: Collection[str] = ()) -> str:
        """The text with `${var.NAME}` in the place of each value. Of several variables with one value, those of `first` come first."""

        def name(found: re.Match[str]) -> str:
            names = self._names.get(found[0].lower(), ["..."])
            return f"${{var.{next((n for n in names if n in first), names[0])}}}"

        return self._pattern.sub(name, text) if self._pattern else text

    def altered(self, text: str, names: Collection[str]) -> str | None:
        """What stands for the whole text, where it is made of one of these variables by way of a function: `substr(var.name, 0, 4)`
        is a part of the value, and what is a part of it cannot be told."""
        changed = (n for n in names if self._texts.get(n) and not any(value in text.lower() for value in self._texts[n]))
        return next((f"${{... var.{name} ...}}" for name in changed), None)


def _may_be_secret(raw: Json) -> bool:
    """Whether there is text in it, names of members among it; that of a number or truth value is none."""
    return isinstance(raw, dict) or any(text not in ("true", "false") for text in _texts(raw))


def _texts(raw: Json) -> Iterator[str]:
    pending = [raw]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, (dict, list)):
            pending.extend(part.values() if isinstance(part, dict) else part)
