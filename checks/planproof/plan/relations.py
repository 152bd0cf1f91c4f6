"""What belongs to what: a split resource to its bucket, an alarm to its metric, a trail to its log group.

Settled in this order: a reference in the configuration, followed to its end; equality of known values (name, id, ARN); the
locals in the source, which the references follow where there is source; else it stays open, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from planproof.plan.identifiers import IDENTIFIERS, spellings
from planproof.plan.model import Instance, Plan
from planproof.plan.origin import Kind, Origin, Origins
from planproof.plan.references import References
from planproof.plan.value import MISSING, Value
from planproof.verdict import listed

Path = tuple[str | int, ...]
ReadOf = Callable[[Instance, str], "Instance | None"]


class Resolution(NamedTuple):
    """What an argument names: `targets` for sure, `candidates` that it may be, or anything (`open_ended`), with the reason."""

    targets: tuple[Instance, ...] = ()
    candidates: tuple[Instance, ...] = ()
    open_ended: bool = False
    reason: str = ""


class Companions(NamedTuple):
    """The resources of one type that belong to an instance: for sure, and perhaps (with the reason it cannot be told)."""

    sure: tuple[Instance, ...] = ()
    perhaps: tuple[tuple[Instance, str], ...] = ()


class Relations:
    """Who belongs to whom in one plan; each index is built once, in time linear in the resources it covers."""

    def __init__(self, plan: Plan, references: References, argument: Callable[..., Value], read_of: ReadOf) -> None:
        """`argument(instance, *path)` gives an attribute as the block sets it (`Context.argument`); `read_of`, which instance an
        argument is read of, as far as the source tells."""
        self._plan, self._references, self._argument, self._read_of = plan, references, argument, read_of
        self._names: dict[str, dict[str, list[Instance]]] = {}
        self._companions: dict[
            tuple[str, Path, str],
            tuple[dict[str, list[Instance]], dict[str, list[tuple[Instance, str]]], list[tuple[Instance, str]]],
        ] = {}

    def companions(self, target: Instance, kind: str, *path: str | int) -> Companions:
        """The resources of type `kind` whose argument at `path` names `target`."""
        sure, perhaps, anywhere = self._index(kind, path, target.type)
        return Companions(tuple(sure.get(target.address, ())), (*perhaps.get(target.address, ()), *anywhere))

    def resolve(self, instance: Instance, path: Path, *types: str) -> Resolution:
        """Which instance of `types` the argument at `path` names."""
        value = self._argument(instance, *path)
        if value.is_unset:
            return Resolution()
        origins, reached, exact = self._reach(instance, path, types)
        if value.is_known:
            named = self._nearest(instance, path, self._named(value.raw, types))
            return Resolution(named or self._unnamed(origins, reached, exact))
        if len(reached) == len(exact) == 1:
            return Resolution(tuple(reached.values()))
        if len(origins) == 1 and origins[0].kind is Kind.CONSTANT and (named := self._named(origins[0].constant, types)):
            return Resolution(named)
        chosen = self._read_of(instance, str(path[0])) if len(path) == 1 else None
        if chosen and chosen.type in types and chosen.mode == "managed":
            return Resolution((chosen,))
        return self._open(instance, path, origins, reached, types)

    def resolve_each(self, instance: Instance, path: Path, *types: str) -> Resolution:
        """As `resolve`, for an argument that is a list: every instance that an element names."""
        value = self._argument(instance, *path)
        if value.is_unset:
            return Resolution()
        elements = value.items()
        known = [i for e in elements if e.is_known for i in self._nearest(instance, path, self._named(e.raw, types))]
        missing = sum(1 for e in elements if e.is_unknown) if value.is_known else None
        if missing == 0:
            return Resolution(tuple(known))
        origins, reached, exact = self._reach(instance, path, types)
        rest = [i for address, i in exact.items() if i not in known]
        if rest and len(reached) == len(exact) and (missing is None or len(rest) <= missing):
            return Resolution((*known, *rest))
        found = self._open(instance, path, origins, reached, types)
        return Resolution(tuple(known), found.candidates, found.open_ended, found.reason)

    def _reach(
        self, instance: Instance, path: Path, types: tuple[str, ...]
    ) -> tuple[Origins, dict[str, Instance], dict[str, Instance]]:
        """What an argument draws on; the instances of `types` among it; and those that it is exactly."""
        origins = self.settled(self._references.origins(instance, *path), *types, through_data=True)
        named = [o for o in origins if o.type in types and not o.is_data]
        exact = {o.instance.address: o.instance for o in named if o.instance}
        return origins, {i.address: i for o in named for i in o.instances}, exact

    def _unnamed(self, origins: Origins, reached: dict[str, Instance], exact: dict[str, Instance]) -> tuple[Instance, ...]:
        """The one instance that a known value is read of, where no identifier of it is known to compare."""
        if not len(reached) == len(exact) == 1 or any(_is_read_later(o) for o in origins if o.instance in exact.values()):
            return ()
        return tuple(i for i in reached.values() if not self._has_name(i))

    def _open(
        self, instance: Instance, path: Path, origins: Origins, reached: dict[str, Instance], types: tuple[str, ...]
    ) -> Resolution:
        where = f"{instance.address}.{path[0]}"
        lost = [o.reason for o in origins if o.kind is Kind.LOST]
        if lost:
            return Resolution((), tuple(reached.values()), True, f"{where} cannot be followed: {lost[0]}")
        if reached:
            return Resolution(
                (), tuple(reached.values()), False, f"{where} may be any of {listed(reached)}; known after the apply"
            )
        if not origins or any(o.constant is MISSING for o in origins):
            return Resolution((), (), True, f"{where} is known after the apply, and the plan does not say what it is made from")
        alike = {t: name for kind in types for t in self._plan.of_type(kind) if (name := self._made_alike(origins, t))}
        written = self._references.text(instance, str(path[0])) if len(path) == 1 else None
        same = [t for t, name in alike.items() if written is not None and written == self._references.text(t, name)]
        if same:
            return Resolution(tuple(same))
        if not alike and len(origins) == 1 and _may_name_another(origins[0]):
            return Resolution((), (), True, f"known after the apply: {where}")
        reason = f"{where} is built like the name of {listed(i.address for i in alike)}, but plan JSON lacks the text around it; {self._references.remedy}"
        return Resolution((), tuple(alike), False, reason if alike else "")

    def _made_alike(self, origins: Origins, target: Instance) -> str | None:
        """The target's argument that draws on the same things, as when both are `"logs-${random_id.a.hex}"`."""
        mine = {_signature(o) for o in origins} - {None}
        for name in ("bucket", "name"):
            if target.configured(name):
                theirs = {_signature(o) for o in self._references.origins(target, name)} - {None}
                if mine and mine == theirs:
                    return name
        return None

    def settled(self, origins: Origins, *types: str, through_data: bool = False) -> Origins:
        """Down to `types`: the origins, with arguments that other resources hand on unchanged followed further.

        A data source of one of the types is an end, unless `through_data`: then what it was looked up by is.
        """
        found: list[Origin] = []
        pending, seen = list(origins), set()
        while pending:
            origin = pending.pop(0)
            end = origin.type in types and not (through_data and origin.is_data)
            argument = None if end else _handed_on(origin)
            if argument is None or origin.instance is None or (origin.instance.address, argument) in seen:
                found.append(origin)
                continue
            seen.add((origin.instance.address, argument))
            inner = (
                () if self._argument(origin.instance, argument).is_unset else self._references.origins(origin.instance, argument)
            )
            pending.extend(inner)
            if not inner:  # nobody sets it: the provider makes it up
                found.append(origin)
        return tuple(found)

    def _index(
        self, kind: str, path: Path, target_type: str
    ) -> tuple[dict[str, list[Instance]], dict[str, list[tuple[Instance, str]]], list[tuple[Instance, str]]]:
        key = (kind, path, target_type)
        if key not in self._companions:
            sure: dict[str, list[Instance]] = {}
            perhaps: dict[str, list[tuple[Instance, str]]] = {}
            anywhere: list[tuple[Instance, str]] = []
            for companion in [*self._plan.of_type(kind), *self._plan.left_out(kind)]:
                found = self.resolve(companion, path, target_type)
                for target in found.targets:
                    sure.setdefault(target.address, []).append(companion)
                if found.open_ended:
                    anywhere.append((companion, found.reason))
                    continue
                for target in found.candidates:
                    perhaps.setdefault(target.address, []).append((companion, found.reason))
            self._companions[key] = (sure, perhaps, anywhere)
        return self._companions[key]

    def _named(self, raw: object, types: Iterable[str]) -> tuple[Instance, ...]:
        if not isinstance(raw, str):
            return ()
        found = [i for kind in types for spelling in spellings(raw) for i in self._name_index(kind).get(spelling, ())]
        return tuple(dict.fromkeys(found))

    def _nearest(self, instance: Instance, path: Path, named: tuple[Instance, ...]) -> tuple[Instance, ...]:
        """Of several that bear the name, as in two regions or accounts: those that the references lead to, else those of the
        same provider configuration and region."""
        if len(named) < 2:
            return named
        types = {target.type for target in named}
        reached = [i for o in self.settled(self._references.origins(instance, *path), *types) for i in o.instances]
        referred = tuple(target for target in named if target in reached)
        return referred or tuple(target for target in named if _place(target) == _place(instance)) or named

    def _has_name(self, target: Instance) -> bool:
        return any(target.get(attribute).is_known for attribute in IDENTIFIERS)

    def _name_index(self, kind: str) -> dict[str, list[Instance]]:
        if kind not in self._names:
            index: dict[str, list[Instance]] = {}
            for target in self._plan.of_type(kind):
                texts = [target.get(attribute).text for attribute in IDENTIFIERS]
                for spelling in dict.fromkeys(s for text in texts if text for s in spellings(text)):
                    index.setdefault(spelling, []).append(target)
            self._names[kind] = index
        return self._names[kind]


def _place(instance: Instance) -> tuple[str, object]:
    """The provider configuration and, since AWS provider 6, the region."""
    return instance.config.provider_key if instance.config else "", instance.get("region").raw


def _handed_on(origin: Origin) -> str | None:
    """The argument whose value the attribute that is read repeats; None where it is no such attribute."""
    if origin.kind is not Kind.RESOURCE or not origin.instance or not origin.attribute:
        return None
    attribute = origin.attribute[0]
    if origin.type.startswith("aws_s3_bucket") and attribute in ("id", "arn", "bucket"):
        return "bucket"  # S3's companions, and data.aws_s3_bucket, are known by their bucket's name
    if origin.type == "terraform_data" and attribute == "output":
        return "input"
    return attribute if origin.instance.configured(attribute) else None


def _is_read_later(origin: Origin) -> bool:
    """Whether the attribute that is read is known after the apply: what is known before is not made of it, though a map that the
    argument's value is taken from may hold it elsewhere."""
    return origin.instance is not None and origin.instance.get(*(origin.attribute or ())).is_unknown


def _may_name_another(origin: Origin) -> bool:
    """Whether what the resource computes can be another one's name, as an output of a stack can; its own id or ARN, and what is
    random, cannot."""
    if origin.kind is not Kind.RESOURCE or not origin.attribute or origin.type.startswith("random_"):
        return False
    return origin.attribute[0] not in IDENTIFIERS


def _signature(origin: Origin) -> tuple[object, ...] | None:
    if origin.kind is Kind.CONSTANT:
        return None
    return (origin.kind, origin.name, origin.constant, tuple(i.address for i in origin.instances), origin.attribute)
