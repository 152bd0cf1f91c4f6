"""What belongs to what: a split resource to its bucket, an alarm to its metric, a trail to its log group.

Settled in this order: a reference that the configuration makes, followed to its end; equality of identifiers, as records; else it stays
open, with the reason. A reference inside other text is not the resource: `"${aws_s3_bucket.app.id}-store"` names another bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from planproof.evaluation.expressions import Expressions
from planproof.evaluation.identifiers import FORMS, Identifier, form_of, identifier, identity_of, name_of
from planproof.evaluation.origin import Kind, Origin, Origins, Through, deciding, lost_reason, united
from planproof.evaluation.partial_plan import LeftOut
from planproof.evaluation.regions import Regions
from planproof.evaluation.resolution import Companions, Resolution, made_of, part_key, together
from planproof.evaluation.resources import SAME_AS
from planproof.evaluation.result import Result, Text, items_of, origins_of
from planproof.plan.model import Instance, Plan
from planproof.plan.value import MISSING, Value
from planproof.verdict import listed

Path = tuple[str | int, ...]
MOST_STEPS = 50
"""From resource to resource, for one value; and five more for each of its origins."""
MOST_REACHED = 5_000_000
"""Origins that are reached in such steps, for one plan."""
MOST_CANDIDATES = 200_000
"""Pairs of a companion and what it may belong to, for one type; a companion beyond them may belong to any."""
_FAR = Origin(Kind.LOST, name="...", reason=f"more than {MOST_STEPS} resources pass it on")
_SPENT = Origin(Kind.LOST, name="...", reason=f"planproof stopped following references after {MOST_REACHED} of them")
_MARK = 0xE000  # private characters that stand for the parts of a text that are not known


class _Index(NamedTuple):
    """The companions of one type by their target's address; `anywhere` are those that may belong to any."""

    sure: dict[str, list[Instance]]
    perhaps: dict[str, list[tuple[Instance, str]]]
    anywhere: tuple[tuple[Instance, str], ...]


class Relations:
    """Who belongs to whom in one plan; each index is built once, in time linear in the resources that it covers."""

    def __init__(
        self, plan: Plan, expressions: Expressions, argument: Callable[..., Value], regions: Regions, left_out: LeftOut
    ) -> None:
        """`argument(instance, *path)` gives an attribute as the block sets it (`Context.argument`)."""
        self._plan, self._expressions, self._argument, self._regions, self._left_out = (
            plan,
            expressions,
            argument,
            regions,
            left_out,
        )
        self._left = MOST_REACHED
        self._names: dict[str, dict[str, list[Instance]]] = {}
        self._built: dict[str, dict[object, list[Instance]]] = {}
        self._companions: dict[tuple[str, Path, str], _Index] = {}

    # --- what is asked ---

    def companions(self, target: Instance, kind: str, *path: str | int) -> Companions:
        """The resources of type `kind` whose argument at `path` names `target`."""
        index = self._index(kind, path, target.type)
        sure, candidates = index.sure.get(target.address, ()), index.perhaps.get(target.address, ())
        return Companions(tuple(sure), tuple(candidates), index.anywhere)

    def resolve(self, instance: Instance, path: Path, *types: str) -> Resolution:
        """Which instance of `types` the argument at `path` names."""
        value = self._argument(instance, *path)
        if value.is_unset:
            return Resolution()
        return self._resolved(self._expressions.argument(instance, *path), value, instance, path, types)

    def resolve_each(self, instance: Instance, path: Path, *types: str) -> Resolution:
        """As `resolve`, for an argument that is a list: every instance that an element names."""
        value = self._argument(instance, *path)
        if value.is_unset:
            return Resolution()
        result = self._expressions.argument(instance, *path)
        written = items_of(result)
        known = [e for e in value.items() if e.is_known]
        found = [self._of_known(self._alike(written, e), e.text or "", instance, types) for e in known]
        if value.is_known and len(known) == len(value.items()):
            return together(found)
        if written is None:
            return together([*found, self._of_names(result, value, instance, path, types, found)])
        unknown = [r for r in written if not any(r.raw == e.raw for e in known)]
        return together([*found, *(self._of_unknown(r, instance, path, types) for r in unknown)])

    def settled(self, origins: Origins, *types: str, through_data: bool = False) -> Origins:
        """Down to `types`: the origins, with arguments that other resources hand on unchanged followed further.

        A data source of one of the types is an end, unless `through_data`: then what it was looked up by is.
        """
        found: list[Origin] = []
        pending = list(reversed(origins))
        seen: set[Origin] = set()
        left = MOST_STEPS + 5 * len(origins)
        while pending:
            origin = pending.pop()
            if origin in seen:
                continue
            seen.add(origin)
            inner = () if origin.type in types and not (through_data and origin.is_data) else self._inner(origin)
            if not inner:
                found.append(origin)
                continue
            left -= 1
            self._left -= len(inner)
            if left < 0 or self._left < 0:
                return united(found, (_FAR if left < 0 else _SPENT,))
            pending.extend(o.by(origin.through) for o in reversed(inner))
        return united(found or origins)  # all of it is a circle

    def _inner(self, origin: Origin) -> Origins:
        """What the argument is made of that an origin hands on; empty if it hands on none, or if the provider makes it up."""
        argument = self._handed_on(origin)
        if argument is None or origin.instance is None or self._argument(origin.instance, argument).is_unset:
            return ()
        return self.origins(origin.instance, argument)

    def origins(self, instance: Instance, *path: str | int) -> Origins:
        """What an argument is made of; a value that draws on nothing is a constant; empty if the block does not set it."""
        return origins_of(self._expressions.argument(instance, *path))

    # --- one value ---

    def _resolved(
        self, result: Result | None, value: Value, instance: Instance, path: Path, types: tuple[str, ...]
    ) -> Resolution:
        if value.is_known:
            return self._of_known(result, value.text or "", instance, types)
        if result is None:
            where = f"{instance.address}.{path[0]}"
            reason = f"{where} is known after apply, and the plan does not show what it is built from"
            return Resolution((), (), True, reason)
        return self._of_unknown(result, instance, path, types)

    def _of_known(self, result: Result | None, text: str, instance: Instance, types: tuple[str, ...]) -> Resolution:
        """By the reference, if the value is an attribute as it is; else by what the identifier says."""
        referred = self._settled(result, types)
        itself = [o for o in referred if o.through is Through.AS_IS and o.kind is Kind.RESOURCE and o.instance]
        exact = {o.instance.address: o.instance for o in itself if o.instance and self._is_identity(o, types)}
        if len(exact) == 1 and len(itself) == 1 and not itself[0].instance.get(*(itself[0].attribute or ())).is_unknown:  # type: ignore[union-attr]
            return Resolution(tuple(exact.values()))
        if len(itself) == 1 and itself[0].type in FORMS and itself[0].type not in types and not itself[0].is_data:
            return Resolution()  # the identifier of another resource
        return Resolution(self._named(text, instance, types))

    def _of_unknown(self, result: Result, instance: Instance, path: Path, types: tuple[str, ...]) -> Resolution:
        where = f"{instance.address}.{path[0]}"
        if isinstance(result.raw, Text):
            return self._of_text(result, where, types)
        origins = self._settled(result, types)
        itself = [o for o in origins if o.is_itself]
        fit = {o.instance.address: o.instance for o in itself if o.instance and self._is_identity(o, types)}
        if isinstance(result.raw, str):  # known to the source, and not to the plan
            named = self._named(result.raw, instance, types)
            return Resolution(named or (tuple(fit.values()) if len(fit) == len(origins) == 1 else ()))
        if len(fit) == 1 and all(o.instance in fit.values() and self._is_identity(o, types) for o in itself):
            return self._of_one(next(iter(fit.values())), itself[0], where)
        if len(origins) == 1 and isinstance(origins[0].constant, str):
            return Resolution(self._named(origins[0].constant, instance, types))
        return self._open(origins, where, types)

    def _of_one(self, target: Instance, origin: Origin, where: str) -> Resolution:
        """The one resource that a value is; where plan JSON does not tell text around it, another one's name may be meant."""
        if origin.through is Through.AS_IS:
            return Resolution((target,))
        others = [t for t in self._built_of(target.type).get(made_of((origin,)), ()) if t is not target]
        if not others:
            return Resolution((target,))
        reason = f"{where} may be {target.address} or, with text around it, {listed(t.address for t in others)}; {self._expressions.remedy}"
        return Resolution((), (target, *others), False, reason, tuple(others))

    def _of_text(self, result: Result, where: str, types: tuple[str, ...]) -> Resolution:
        """A text that is known in part: an ARN or URL around an identifier, or a name that is made as a target's own is."""
        assert isinstance(result.raw, Text)
        parts = result.raw.parts
        unknown = [part for part in parts if isinstance(part, Result)]
        marked = "".join(part if isinstance(part, str) else chr(_MARK + unknown.index(part)) for part in parts)
        if len(unknown) > 1000:
            return Resolution((), (), True, f"{where} is known after apply")
        found = identifier(marked)
        for kind in types:
            targets: tuple[Instance, ...] = ()
            if found.is_plain and ord(marked[0]) >= _MARK and marked[1:2] in (":", "/"):
                targets = self._of_part(unknown[0], kind, form_of(kind).arns)  # an ARN with `:*` or a path behind it
            if not targets:
                name = name_of(found, kind)
                targets = self._of_name(name, unknown, kind) if name else ()
            if targets:
                return Resolution(targets)
        doubtful = [o for part in unknown for o in part.origins if o.kind is Kind.LOST]
        if doubtful:
            return Resolution((), (), True, f"{where} cannot be followed: {doubtful[0].reason}")
        return Resolution()

    def _of_name(self, name: str, unknown: list[Result], kind: str) -> tuple[Instance, ...]:
        """The target whose name this is: an attribute as it is, or the same parts."""
        if len(name) == 1 and ord(name) >= _MARK:
            found = self._of_part(unknown[ord(name) - _MARK], kind, form_of(kind).names)
            if found:
                return found
        parts = tuple(part_key(unknown[ord(c) - _MARK]) if ord(c) >= _MARK else c for c in name)
        return tuple(self._built_of(kind).get(parts, ()))

    def _of_part(self, part: Result, kind: str, attributes: tuple[str, ...]) -> tuple[Instance, ...]:
        origins = self._settled(part, (kind,))
        instances = [o.instance for o in origins if o.instance and o.type == kind and (o.attribute or ("",))[0] in attributes]
        return tuple(i for i in instances if i is not None) if len(origins) == len(instances) == 1 else ()

    def _of_names(
        self, result: Result | None, value: Value, instance: Instance, path: Path, types: tuple[str, ...], known: list[Resolution]
    ) -> Resolution:
        """The elements of a list that are not known, by the names that plan JSON lists for the list as a whole."""
        if result is None:
            return self._resolved(None, Value(None, True), instance, path, types)
        named = {t.address for found in known for t in found.targets}
        missing = sum(1 for e in value.items() if e.is_unknown) if value.is_known else None
        origins = self._settled(result, types)
        fit = [o for o in origins if o.is_itself and o.type in types and not o.is_data]
        exact = {o.instance.address: o.instance for o in fit if o.instance}
        rest = [i for address, i in exact.items() if address not in named]
        whole = all(o.instance for o in fit)
        if rest and whole and (missing is None or len(rest) <= missing):
            return Resolution(tuple(rest))
        return self._open(origins, f"{instance.address}.{path[0]}", types)

    def _open(self, origins: Origins, where: str, types: tuple[str, ...]) -> Resolution:
        reached = {i.address: i for o in origins if self._may_be(o, types) for i in o.instances}
        lost = lost_reason(origins)
        if lost:
            return Resolution((), tuple(reached.values()), True, f"{where} cannot be followed: {lost}")
        if reached:
            reason = f"{where} may be any of {listed(reached, count=len(reached))}; known after apply"
            return Resolution((), tuple(reached.values()), False, reason)
        if not origins or any(o.constant is MISSING for o in origins):
            return Resolution((), (), True, f"{where} is known after apply, and the plan does not show what it is built from")
        alike = [target for kind in types for target in self._built_of(kind).get(made_of(origins), ())]
        if alike:
            reason = (
                f"{where} is built like the name of {listed(t.address for t in alike)}, but plan JSON lacks the text around it"
            )
            return Resolution((), tuple(alike), False, f"{reason}; {self._expressions.remedy}")
        may_name = [o for o in origins if o.through is not Through.CHOICE and _may_name_another(o)]
        return Resolution((), (), True, f"known after apply: {where}") if may_name else Resolution()

    def _may_be(self, origin: Origin, types: tuple[str, ...]) -> bool:
        return origin.type in types and not origin.is_data and origin.through not in (Through.TEXT, Through.CHOICE)

    def _settled(self, result: Result | None, types: tuple[str, ...]) -> Origins:
        """What decides the value, and not what only chose it."""
        if result is None:
            return ()
        return deciding(self.settled(result.all_origins, *types, through_data=True))

    def _is_identity(self, origin: Origin, types: Iterable[str]) -> bool:
        if origin.type not in types or origin.is_data:
            return False
        return origin.attribute is None or origin.attribute[0] in identity_of(origin.type)

    def _handed_on(self, origin: Origin) -> str | None:
        """The argument whose value the attribute that is read repeats; None if it is no such attribute."""
        if origin.kind is not Kind.RESOURCE or not origin.instance or not origin.attribute:
            return None
        attribute = origin.attribute[0]
        if origin.type.startswith("aws_s3_bucket") and attribute in ("id", "arn", "bucket"):
            return "bucket"  # S3's companions, and data.aws_s3_bucket, are known by their bucket's name
        attribute = SAME_AS.get((origin.type, attribute), attribute)
        return attribute if origin.instance.configured(attribute) else None

    # --- lists ---

    @staticmethod
    def _alike(written: list[Result] | None, element: Value) -> Result | None:
        """The element of the source that a known one of the plan is; their order may differ, as in a set."""
        return next((r for r in written or () if isinstance(r.raw, str) and r.raw == element.raw), None)

    # --- indices ---

    def _index(self, kind: str, path: Path, target_type: str) -> _Index:
        key = (kind, path, target_type)
        if key not in self._companions:
            index = _Index({}, {}, ())
            anywhere: list[tuple[Instance, str]] = []
            left = MOST_CANDIDATES
            doubtful: list[tuple[Instance, Resolution]] = []
            for companion in [*self._plan.of_type(kind), *self._left_out.of_type(kind)]:
                found = self.resolve(companion, path, target_type)
                for target in found.targets:
                    index.sure.setdefault(target.address, []).append(companion)
                left -= len(found.candidates)
                if found.open_ended or left < 0:
                    anywhere.append((companion, found.reason))
                    continue
                if found.unless:
                    doubtful.append((companion, found))
                    continue
                for target in found.candidates:
                    index.perhaps.setdefault(target.address, []).append((companion, found.reason))
            for companion, found in doubtful:
                if _is_single(kind) and all(other.address in index.sure for other in found.unless):
                    index.sure.setdefault(found.candidates[0].address, []).append(companion)
                    continue
                for target in found.candidates:
                    index.perhaps.setdefault(target.address, []).append((companion, found.reason))
            self._companions[key] = index._replace(anywhere=tuple(anywhere))
        return self._companions[key]

    def _named(self, text: str, instance: Instance, types: tuple[str, ...]) -> tuple[Instance, ...]:
        """The instances that an identifier names: by an attribute that is equal, or as a record."""
        found = identifier(text)
        named: dict[str, Instance] = {}
        for kind in types:
            name = name_of(found, kind)
            index = self._name_index(kind)
            for target in (*index.get(text, ()), *(index.get(name, ()) if name is not None else ())):
                if self._fits(found, target, text, instance):
                    named[target.address] = target
        return tuple(named.values())

    def _fits(self, found: Identifier, target: Instance, text: str, instance: Instance) -> bool:
        """Whether region and account agree, as far as they are told."""
        form = form_of(target.type)
        arns = [arn for name in form.arns if (arn := target.get(name).text) and arn.startswith("arn:")]
        if found.service and arns:
            own = identifier(arns[0])
            return all(not a or not b or a == b for a, b in ((found.region, own.region), (found.account, own.account)))
        if found.is_plain:
            return form.is_global or self._regions.same(instance, target) is not False
        region = self._regions.name(target)
        account = self._regions.account
        return (form.is_global or not found.region or region is None or found.region == region) and (
            not found.account or account is None or found.account == account
        )

    def _name_index(self, kind: str) -> dict[str, list[Instance]]:
        if kind not in self._names:
            index: dict[str, list[Instance]] = {}
            for target in self._plan.of_type(kind):
                texts = [target.get(attribute).text for attribute in identity_of(kind)]
                for text in dict.fromkeys(text for text in texts if text):
                    index.setdefault(text, []).append(target)
            self._names[kind] = index
        return self._names[kind]

    def _built_of(self, kind: str) -> dict[object, list[Instance]]:
        """The instances of a type by what their names are made of: the parts of a text, or the origins alone."""
        if kind not in self._built:
            index: dict[object, list[Instance]] = {}
            for target in self._plan.of_type(kind):
                argument = next((name for name in form_of(kind).names if target.configured(name)), None)
                result = self._expressions.argument(target, argument) if argument else None
                if result is None:
                    continue
                if isinstance(result.raw, Text):
                    parts = tuple(c for p in result.raw.parts for c in ((part_key(p),) if isinstance(p, Result) else p))
                    index.setdefault(parts, []).append(target)
                key = made_of(result.all_origins)
                if key:
                    index.setdefault(key, []).append(target)
            self._built[kind] = index
        return self._built[kind]


def _is_single(kind: str) -> bool:
    """Whether a target has at most one companion of this type: S3 keeps one configuration of each kind for a bucket."""
    return kind.startswith("aws_s3_bucket_")


def _may_name_another(origin: Origin) -> bool:
    """Whether what the resource computes can be another one's name, as an output of a stack can; its own id or ARN, and what is
    random, cannot."""
    if origin.kind is not Kind.RESOURCE or not origin.attribute or origin.type.startswith("random_"):
        return False
    return origin.attribute[0] not in identity_of(origin.type)
