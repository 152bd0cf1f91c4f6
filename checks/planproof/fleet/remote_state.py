"""Where a plan's state is, and which outputs it reads of the state of others (`terraform_remote_state`)."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from planproof.context import Context
from planproof.errors import SourceError
from planproof.plan.addresses import steps_of, without_keys
from planproof.plan.value import Json
from planproof.syntax.nodes import Body, Literal

_KIND = "terraform_remote_state"
_IDENTITY = {
    "s3": ("bucket", "key"),
    "gcs": ("bucket", "prefix"),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "http": ("address",),
    "local": ("path",),
}
"""By backend, the arguments that say which state it is, in the default workspace."""


class Read(NamedTuple):
    """An output that a data source reads, and the state that it is read from."""

    state: str
    output: str
    address: str


def state_of(context: Context, plan: str) -> str:
    """Where the plan's own state is, by the backend of its source; nothing if that is not known."""
    try:
        source = context.source.of(context.plan.root) if context.source else None
    except SourceError:
        return ""
    for body in source.all("terraform") if source else ():
        for block in body.blocks_of("backend"):
            if len(block.labels) == 1:
                return _state(block.labels[0], _literals(block.body), plan)
    return ""


def _literals(body: Body) -> dict[str, Any]:
    found = ((name, each.expression) for name, each in body.attributes.items())
    return {name: node.value for name, node in found if isinstance(node, Literal)}


def _state(backend: str, config: Mapping[str, Any], plan: str) -> str:
    """The name of a state; of a local one its path, from the plan's folder."""
    wanted = _IDENTITY.get(backend, ())
    values = [config.get(name) for name in wanted]
    if not wanted or not all(isinstance(value, str) and value for value in values):
        return ""
    if backend == "local":
        scheme, mark, path = plan.rpartition("://")
        values = [scheme + mark + posixpath.normpath(posixpath.join(posixpath.dirname(path), str(values[0])))]
    return json.dumps([backend, *values])


def outputs_read(context: Context, plan: str) -> Iterator[Read]:
    """The outputs that the configuration names, of states in their default workspace."""
    states: dict[str, tuple[str, str]] = {}
    for data in context.plan.data_sources:
        if data.type == _KIND:
            backend, config = data.get("backend").text, data.get("config").raw
            if backend and isinstance(config, Mapping) and data.get("workspace").text in (None, "default"):
                states[without_keys(data.address)] = (_state(backend, config, plan), data.address)
    if not states:
        return
    configuration = context.plan.raw.get("configuration")
    seen: set[Read] = set()
    for module, name, output in _named(configuration.get("root_module") if isinstance(configuration, Mapping) else None):
        state, address = states.get(f"{module}data.{_KIND}.{name}", ("", ""))
        read = Read(state, output, address)
        if state and read not in seen:
            seen.add(read)
            yield read


def _named(root: Json) -> Iterator[tuple[str, str, str]]:
    """The module, the data source and the output of each reference in a configuration, modules in modules too."""
    pending: list[tuple[str, Json]] = [("", root)]
    while pending:
        module, part = pending.pop()
        if isinstance(part, Mapping):
            for key, value in part.items():
                if key == "module_calls" and isinstance(value, Mapping):
                    for name, call in value.items():
                        inner = dict(call) if isinstance(call, Mapping) else {}
                        pending.append((f"{module}module.{name}.", inner.pop("module", None)))
                        pending.append((module, inner))
                elif key == "references" and isinstance(value, list):
                    yield from ((module, *found) for text in value if (found := _output(text)))
                else:
                    pending.append((module, value))
        elif isinstance(part, list):
            pending += [(module, each) for each in part]


def _output(reference: Json) -> tuple[str, str] | None:
    """`data.terraform_remote_state.net.outputs.vpc_id` as `("net", "vpc_id")`, whatever follows, and with an index too."""
    steps = steps_of(reference) if isinstance(reference, str) and reference.startswith(f"data.{_KIND}.") else ()
    names = [str(step) for step in steps if not isinstance(step, int)]
    return (names[2], names[4]) if len(names) > 4 and names[3] == "outputs" and "outputs" in steps else None
