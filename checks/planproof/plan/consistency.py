"""A plan that contradicts itself is none: what Terraform never writes is refused, so that nothing is passed over for want of it.

Everything is judged by `planned_values`. Terraform makes them of the same list as `resource_changes`, so what the plan changes and does not
destroy stands in both, with one type, one mode and the same values, and what it makes or updates has its block in the configuration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from planproof.errors import PlanError
from planproof.plan.addresses import without_keys, without_module
from planproof.plan.value import Json
from planproof.text.escaping import one_line
from planproof.verdict import listed

_WRITTEN = frozenset({"create", "read", "update"})
_GONE = (["delete"], ["forget"])
_AGAIN = "Terraform does not write such a plan; create the plan again"
_OBJECTS = ("configuration", "output_changes", "prior_state", "variables")


class _Planned(NamedTuple):
    mode: str
    type: str
    values: Mapping[str, Json]


def refuse_contradictions(document: Mapping[str, Json], name: str) -> None:
    """Raises PlanError where parts are missing or of another form, where one part says what another denies, and where nothing is planned."""
    try:
        for key in _OBJECTS:
            _object(document.get(key), key)
        planned = _resources(document["planned_values"], "planned_values")
        changes = list(_changes(document))
        _compare(planned, changes)
        _refuse_unwritten(changes, set(_blocks(_object(document.get("configuration"), "configuration"))))
        if not any(each.mode == "managed" for each in planned.values()) and all(c.get("mode") == "data" for c in changes):
            _refuse_nothing(document, name)
    except _Contradiction as problem:
        raise PlanError(f"{name} contradicts itself: {one_line(str(problem))}; {_AGAIN}") from None


class _Contradiction(Exception):
    """The text says which part, and what is wrong with it."""


def _compare(planned: Mapping[str, _Planned], changes: Sequence[Mapping[str, Json]]) -> None:
    kept = [c for c in changes if c["change"]["actions"] not in _GONE and not c.get("deposed")]
    missing = [str(c["address"]) for c in kept if c["address"] not in planned]
    if missing:
        raise _Contradiction(f"it changes {listed(missing)}, but planned_values lacks {'it' if len(missing) == 1 else 'them'}")
    for change in kept:
        address, said = change["address"], planned[change["address"]]
        for key, one in (("mode", said.mode), ("type", said.type)):
            if change.get(key, one) != one:
                raise _Contradiction(f"{address} has a different {key} in planned_values than in resource_changes")
        _compare_values(address, said.values, change["change"])


def _compare_values(address: str, values: Mapping[str, Json], change: Mapping[str, Json]) -> None:
    after = _object(change.get("after"), address, ": after")
    if values != after and _without_nulls(values) != _without_nulls(after):
        raise _Contradiction(f"{address} has different values in planned_values than in resource_changes")
    unknown = change.get("after_unknown") or None
    if _is_known_and_unknown(values, _object(unknown, address, ": after_unknown")):
        raise _Contradiction(f"{address} has a value that is known, and known only after apply")


def _without_nulls(values: Mapping[str, Json]) -> Mapping[str, Json]:
    return {key: value for key, value in values.items() if value is not None}


def _is_known_and_unknown(values: Json, unknown: Json) -> bool:
    pending = [(values, unknown)]
    while pending:
        value, mask = pending.pop()
        if mask is True and value is not None:
            return True
        if isinstance(mask, dict) and isinstance(value, dict):
            pending += [(value[key], part) for key, part in mask.items() if part and key in value]
        elif isinstance(mask, list) and isinstance(value, list):
            pending += zip(value, mask, strict=False)
    return False


def _refuse_unwritten(changes: Sequence[Mapping[str, Json]], blocks: set[str]) -> None:
    """What a plan makes or updates is written in the configuration, unless the plan itself writes it (`-generate-config-out`)."""
    for change in changes:
        said = change["change"]
        is_written = _WRITTEN.isdisjoint(said["actions"]) or "importing" in said or "generated_config" in said
        if not is_written and without_keys(change["address"]) not in blocks:
            raise _Contradiction(f"it changes {change['address']}, and the configuration has no block for it")


def _blocks(configuration: Mapping[str, Json]) -> Iterator[str]:
    """The blocks of all modules, by their addresses without keys. Raises _Contradiction if a part of them has another form."""
    pending = [("", _object(configuration.get("root_module"), "configuration.root_module"))]
    while pending:
        path, module = pending.pop()
        for key in ("outputs", "variables"):
            _object(module.get(key), f"configuration, {path}{key}")
        for raw in _list(module.get("resources"), f"configuration, {path}resources"):
            block = _object(raw, f"a block in configuration, {path}resources")
            yield path + (address := _text(block, "address", f"a block in configuration, {path}resources"))
            _object(block.get("expressions"), f"configuration, {path}{address}: expressions")
        for name, raw in _object(module.get("module_calls"), f"configuration, {path}module_calls").items():
            call = _object(raw, f"configuration, {path}module.{name}")
            _object(call.get("expressions"), f"configuration, {path}module.{name}: expressions")
            pending.append((f"{path}module.{name}.", _object(call.get("module"), f"configuration, {path}module.{name}: module")))


def _refuse_nothing(document: Mapping[str, Json], name: str) -> None:
    """Of a plan that changes nothing and plans nothing, where there is something that it could have planned."""
    prior = _object(_object(document.get("prior_state"), "prior_state").get("values"), "prior_state.values")
    known = sum(each.mode == "managed" for each in _resources(prior, "prior_state.values").values())
    if known:
        raise PlanError(
            f"{name} plans nothing for the {known} resources of the state (it is a refresh-only plan, or nothing fits its -target), "
            "so there is nothing to judge; plan without -refresh-only"
        )


def _changes(document: Mapping[str, Json]) -> Iterator[Mapping[str, Json]]:
    for change in _list(document.get("resource_changes"), "resource_changes"):
        where = f"resource_changes, {_text(_object(change, 'an entry of resource_changes'), 'address', 'resource_changes')}"
        actions = _object(change.get("change"), f"{where}: change").get("actions")
        if not actions or not isinstance(actions, list) or not all(isinstance(action, str) for action in actions):
            raise _Contradiction(f"{where} has no list of actions")
        yield change


def _resources(values: Json, place: str) -> Mapping[str, _Planned]:
    """The resources of a state by address."""
    found: dict[str, _Planned] = {}
    pending = [(_object(_object(values, place).get("root_module"), f"{place}.root_module"), place)]
    while pending:
        module, where = pending.pop()
        for raw in _list(module.get("resources"), f"{where}: resources"):
            resource = _object(raw, "a resource of ", where)
            if "deposed_key" in resource:  # an object that its resource has left behind, by the same address
                continue
            address = _text(resource, "address", "a resource of ", where)
            if address in found:
                raise _Contradiction(f"{place} lists {address} twice")
            found[address] = _planned(resource, address, place)
        for raw in _list(module.get("child_modules"), f"{where}: child_modules"):
            child = _object(raw, f"a module of {where}")
            pending.append((child, _text(child, "address", f"a module of {where}")))
    return found


def _planned(resource: Mapping[str, Json], address: str, place: str) -> _Planned:
    kind, own = _text(resource, "type", address), _text(resource, "name", address)
    mode = resource.get("mode", "managed")
    values = _object(resource.get("values"), address, ": values")
    local = f"{kind}.{own}" if mode == "managed" else f"{mode}.{kind}.{own}"
    if not isinstance(mode, str) or without_module(address).partition("[")[0] != local:
        raise _Contradiction(f"{address} is {local} by its other keys in {place}")
    return _Planned(mode, kind, values)


def _text(raw: Mapping[str, Json], key: str, *where: str) -> str:
    """The text under a key. `where` is put together for the message alone: there are four such places in each resource."""
    found = raw.get(key)
    if not isinstance(found, str) or not found:
        raise _Contradiction(f"{''.join(where)} has no {key}")
    return found


def _object(value: Json, *where: str) -> Mapping[str, Any]:
    """What is left out may also be null."""
    if type(value) is dict:
        return value
    if value is not None and not isinstance(value, Mapping):
        raise _Contradiction(f"{''.join(where)} is not an object")
    return value or {}


def _list(value: Json, where: str) -> Sequence[Any]:
    if value is not None and not isinstance(value, list):
        raise _Contradiction(f"{where} is not a list")
    return value or ()
