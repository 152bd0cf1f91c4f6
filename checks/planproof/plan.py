"""The plan: what Terraform (or OpenTofu) is about to make, read from its plan JSON.

The format is Terraform's own (https://developer.hashicorp.com/terraform/internals/json-format). `Plan.load` reads it;
everything else here is a view onto the parsed document, which is never edited.
"""

from __future__ import annotations

import enum
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import IO, Any

from planproof.errors import PlanError as PlanError  # where callers look for it
from planproof.plan_json import parse, read_file, read_stream, refuse_other_documents

Json = Any
Key = str | int | None
PathStep = str | int

MISSING: Any = object()
_EMPTY: Mapping[str, Any] = {}


class State(enum.Enum):
    """What the plan says of an attribute: four different facts, never to be confused."""

    ABSENT = "absent"  # the provider's schema or the configuration has no such attribute
    NULL = "null"  # there, and null: nobody set it
    UNKNOWN = "unknown"  # known only after the apply
    KNOWN = "known"


class Value:
    """One attribute of the plan, or one part of it, with what is unknown and what is sensitive in it.

    `raw` holds the plan's value and is None unless `state` is KNOWN. A part of a value is a `Value` too.
    """

    __slots__ = ("raw", "sensitive_mask", "state", "unknown_mask")

    def __init__(self, raw: Json = MISSING, unknown_mask: Json = None, sensitive_mask: Json = None) -> None:
        if unknown_mask is True:
            self.state, self.raw = State.UNKNOWN, None
        elif raw is MISSING:
            self.state, self.raw = State.ABSENT, None
        else:
            self.state, self.raw = (State.NULL if raw is None else State.KNOWN), raw
        self.unknown_mask = unknown_mask
        self.sensitive_mask = sensitive_mask

    def get(self, *path: PathStep) -> Value:
        """The part at `path`: a string steps into an object, an integer into a list.

        A part of an unknown value is unknown, and a part of a sensitive one is sensitive.
        """
        if self.state is State.UNKNOWN or not path:
            return self
        raw, unknown, sensitive = self.raw, self.unknown_mask, self.sensitive_mask
        for step in path:
            if raw is not MISSING:
                raw = raw.get(step, MISSING) if type(raw) is dict else part_of(raw, step)
            if unknown:  # an empty mask marks nothing
                unknown = unknown.get(step) if type(unknown) is dict else _mask(unknown, step)
            if sensitive:
                sensitive = sensitive.get(step) if type(sensitive) is dict else _mask(sensitive, step)
        return Value(raw, unknown, sensitive)

    def items(self) -> list[Value]:
        """The elements of a list or set, or the one object of a block that is written as an object; else empty."""
        if isinstance(self.raw, list):
            return [self.get(i) for i in range(len(self.raw))]
        return [self] if isinstance(self.raw, dict) and self.raw else []

    def names(self) -> list[str]:
        """The keys of an object, those with an unknown value among them."""
        known = list(self.raw) if isinstance(self.raw, dict) else []
        masked = self.unknown_mask if isinstance(self.unknown_mask, dict) else _EMPTY
        return known + [key for key, mask in masked.items() if key not in known and _any(mask)]

    @property
    def is_known(self) -> bool:
        return self.state is State.KNOWN

    @property
    def is_unknown(self) -> bool:
        return self.state is State.UNKNOWN

    @property
    def is_unset(self) -> bool:
        """Absent, null, or an empty string, list or object: nobody gave it a value."""
        if self.state in (State.ABSENT, State.NULL):
            return True
        return self.state is State.KNOWN and self.raw in ("", [], {}) and not _any(self.unknown_mask)

    @property
    def has_unknown(self) -> bool:
        """Something in it, at any depth, is known only after the apply."""
        return _any(self.unknown_mask)

    @property
    def is_sensitive(self) -> bool:
        """Something in it, at any depth, must not be shown."""
        return _any(self.sensitive_mask)

    @property
    def text(self) -> str | None:
        """The string, where it is a known string."""
        return self.raw if isinstance(self.raw, str) else None

    @property
    def number(self) -> float | None:
        """The number, where it is a known number (or, as old provider versions write some, digits in a string)."""
        if isinstance(self.raw, bool) or not isinstance(self.raw, (int, float, str)):
            return None
        try:
            found = float(self.raw)
        except (ValueError, OverflowError):
            return None
        return found if math.isfinite(found) else None

    def __str__(self) -> str:
        """For a message: never a sensitive value, and never a long one."""
        if self.state is not State.KNOWN:
            return "known after the apply" if self.is_unknown else "not set"
        if self.is_sensitive:
            return "(sensitive)"
        shown = json.dumps(self.raw, ensure_ascii=False, default=str)
        return shown if len(shown) <= 80 else shown[:77] + "..."

    def __repr__(self) -> str:
        return f"<Value {self.state.value}>"


def part_of(raw: Json, step: PathStep) -> Json:
    """The member of an object or the element of a list; MISSING where there is none."""
    if isinstance(raw, dict):
        return raw.get(step, MISSING)
    if isinstance(raw, list) and isinstance(step, int) and -len(raw) <= step < len(raw):
        return raw[step]
    return MISSING


def _mask(mask: Json, step: PathStep) -> Json:
    if mask is True:
        return True
    found = part_of(mask, step)
    return None if found is MISSING else found


def _any(mask: Json) -> bool:
    """Whether a mask (`after_unknown`, `sensitive_values`) marks anything; a loop, as nesting has no bound."""
    pending = [mask]
    while pending:
        part = pending.pop()
        if part is True:
            return True
        if isinstance(part, dict):
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
    return False


class ResourceConfig:
    """A `resource`, `data` or `provider` block of the configuration: expressions, never values."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Json]) -> None:
        self.raw = raw

    @property
    def address(self) -> str:
        """Relative to its module: `aws_s3_bucket.logs` or `data.aws_region.current`."""
        return str(self.raw.get("address", ""))

    @property
    def expressions(self) -> Mapping[str, Json]:
        return _object(self.raw.get("expressions"))

    @property
    def repetition(self) -> Json:
        """The expression of `for_each` or `count`, or None where the block has neither."""
        found = self.raw.get("for_each_expression")
        return found if found is not None else self.raw.get("count_expression")

    @property
    def provider_key(self) -> str:
        """The provider configuration it uses: `aws`, `aws.west`, or one qualified by a module's path."""
        return str(self.raw.get("provider_config_key", ""))

    def expression(self, *path: PathStep) -> Json:
        """The expression of an argument (`"rule", 0, "status"`), or None where it is not written there."""
        found: Json = self.expressions
        for step in path:
            if isinstance(found, dict) and isinstance(step, int) and step == 0:
                continue  # a block that can stand once is an object here, though it is a list in the values
            found = part_of(found, step)
            if found is MISSING:
                return None
        return found


class ModuleCall:
    """A `module` block: the arguments that the parent gives, and the configuration of the module it calls."""

    def __init__(self, name: str, raw: Mapping[str, Json], path: tuple[str, ...]) -> None:
        self.name, self.raw = name, raw
        self.expressions: Mapping[str, Json] = _object(raw.get("expressions"))
        self.source = str(raw.get("source", ""))
        self.module = ModuleConfig(_object(raw.get("module")), (*path, name))

    @property
    def repetition(self) -> Json:
        found = self.raw.get("for_each_expression")
        return found if found is not None else self.raw.get("count_expression")


class ModuleConfig:
    """A module's configuration, which all instances of the module share. `path` holds the calls' names, root first."""

    def __init__(self, raw: Mapping[str, Json], path: tuple[str, ...] = ()) -> None:
        self.raw, self.path = raw, path

    @cached_property
    def resources(self) -> dict[str, ResourceConfig]:
        """By address within the module."""
        found = (ResourceConfig(r) for r in _list(self.raw.get("resources")) if isinstance(r, dict))
        return {r.address: r for r in found}

    @cached_property
    def calls(self) -> dict[str, ModuleCall]:
        calls = _object(self.raw.get("module_calls")).items()
        return {name: ModuleCall(name, raw, self.path) for name, raw in calls if isinstance(raw, dict)}

    @property
    def outputs(self) -> Mapping[str, Json]:
        return _object(self.raw.get("outputs"))

    @property
    def variables(self) -> Mapping[str, Json]:
        return _object(self.raw.get("variables"))


class Module:
    """One instance of a module: the root, or `module.logs["eu"]`."""

    __slots__ = ("address", "children", "config", "key", "name", "parent", "resources")

    def __init__(self, config: ModuleConfig, parent: Module | None = None, name: str = "", key: Key = None) -> None:
        self.config, self.parent, self.name, self.key = config, parent, name, key
        step = f"module.{name}{_index(key)}" if parent is not None else ""
        self.address: str = f"{parent.address}.{step}" if parent is not None and parent.address else step
        self.children: dict[str, dict[Key, Module]] = {}
        self.resources: dict[str, dict[Key, Instance]] = {}

    @property
    def path(self) -> tuple[str, ...]:
        """The names of the calls that lead here, without keys: what the source is laid out by."""
        return self.config.path

    @property
    def call(self) -> ModuleCall | None:
        """The block in the parent that makes this instance; None for the root."""
        return self.parent.config.calls.get(self.name) if self.parent is not None else None

    def child(self, name: str, key: Key) -> Module:
        """The instance of the called module `name`; made where the plan, having no resource in it, does not list it."""
        instances = self.children.setdefault(name, {})
        if key not in instances:
            call = self.config.calls.get(name)
            config = call.module if call else ModuleConfig(_EMPTY, (*self.path, name))
            instances[key] = Module(config, self, name, key)
        return instances[key]

    def __repr__(self) -> str:
        return f"<Module {self.address or 'root'}>"


class Instance:
    """One resource or data source instance of the planned state."""

    __slots__ = ("_change", "_raw", "_value", "address", "index", "local_address", "mode", "module", "name", "type")

    def __init__(self, raw: Mapping[str, Json], module: Module, change: Mapping[str, Json]) -> None:
        self._raw, self._change = raw, change
        self._value: Value | None = None
        self.module = module
        self.address: str = str(raw.get("address", ""))
        self.mode: str = str(raw.get("mode", "managed"))
        self.type: str = str(raw.get("type", ""))
        self.name: str = str(raw.get("name", ""))
        self.index: Key = raw.get("index")
        local = f"{self.type}.{self.name}"
        self.local_address: str = f"data.{local}" if self.mode == "data" else local
        """Within its module, without the index: `aws_s3_bucket.logs`, `data.aws_iam_policy_document.trust`."""

    @property
    def provider(self) -> str:
        """The provider's source address: `registry.terraform.io/hashicorp/aws`."""
        return str(self._raw.get("provider_name", ""))

    @property
    def actions(self) -> tuple[str, ...]:
        """What the plan does with it: `("create",)`, `("delete", "create")`, `("no-op",)` ...; empty where it says nothing."""
        return tuple(self._change.get("actions") or ())

    @property
    def is_imported(self) -> bool:
        """The plan takes it under management; it exists already."""
        return isinstance(self._change.get("importing"), dict)

    @property
    def value(self) -> Value:
        """All its attributes, as one object."""
        if self._value is None:
            sensitive = self._raw.get("sensitive_values", MISSING)
            if sensitive is MISSING:
                sensitive = self._change.get("after_sensitive")
            self._value = Value(self._raw.get("values"), self._change.get("after_unknown") or None, sensitive or None)
        return self._value

    @property
    def config(self) -> ResourceConfig | None:
        """The block of the configuration behind it; None where the plan has none (a resource that lost its block)."""
        return self.module.config.resources.get(self.local_address)

    def get(self, *path: PathStep) -> Value:
        """The attribute at `path`: `get("versioning_configuration", 0, "status")`."""
        return (self._value or self.value).get(*path)

    def expression(self, *path: PathStep) -> Json:
        """The configuration's expression for an argument, or None where the block does not set it."""
        return self.config.expression(*path) if self.config else None

    def configured(self, name: str) -> bool:
        """Whether the block sets the argument. An Optional+Computed one that nobody set is unknown all the same."""
        return self.config is not None and name in self.config.expressions

    def __repr__(self) -> str:
        return f"<Instance {self.address}>"


class Output:
    """A root output: `value` may be unknown; `expression` is the configuration's."""

    __slots__ = ("expression", "name", "sensitive", "value")

    def __init__(self, name: str, value: Value, expression: Json, sensitive: bool) -> None:
        self.name, self.value, self.expression, self.sensitive = name, value, expression, sensitive


class Plan:
    """A plan: its instances and the configuration behind them.

    `instances` are the managed resources of the planned state and the data sources whose read is deferred to the apply;
    `data_sources` are those that were read while planning. What is destroyed or forgotten is in neither.
    """

    def __init__(self, document: Mapping[str, Json], name: str = "plan", warnings: tuple[str, ...] = ()) -> None:
        refuse_other_documents(document, name)
        self.raw, self.name = document, name
        self.format_version = str(document.get("format_version", ""))
        self.terraform_version = str(document.get("terraform_version", ""))
        self.warnings: list[str] = list(warnings)
        self.is_complete = document.get("complete") is not False
        """False where a -target or deferred changes leave resources of the configuration out."""
        if not self.is_complete:
            self.warnings.append(f"{name}: the plan is not complete (a -target, or deferred changes); the rest is not judged")
        self.root = Module(ModuleConfig(_object(_object(document.get("configuration")).get("root_module"))))
        self._changes = {
            str(c.get("address")): _object(c.get("change"))
            for c in _list(document.get("resource_changes"))
            if isinstance(c, dict) and not c.get("deposed")
        }
        planned = _object(document["planned_values"])
        self.instances = [i for i in self._read(planned.get("root_module")) if i.actions != ("forget",)]
        prior = _object(_object(document.get("prior_state")).get("values"))
        self.data_sources = [i for i in self._read(prior.get("root_module"), only="data") if self._remember(i)]
        self._by_type: dict[str, list[Instance]] = {}
        self.by_address: dict[str, Instance] = {}
        for instance in self.instances:
            self._remember(instance)
            self.by_address[instance.address] = instance
            if instance.mode == "managed":
                self._by_type.setdefault(instance.type, []).append(instance)

    @classmethod
    def load(cls, source: str | os.PathLike[str] | IO[bytes] | IO[str] | Mapping[str, Json], name: str | None = None) -> Plan:
        """Reads plan JSON from a path, an open file or a parsed document.

        `name` is what messages call the input. Raises PlanError, with one sentence that says what the input is instead and
        which command makes the right one.
        """
        if isinstance(source, Mapping):
            return cls._build(source, name or "plan", ())
        if isinstance(source, (str, os.PathLike)):
            name = name or os.fspath(source)
            content: bytes | str = read_file(source, name)
        else:
            name = name or str(getattr(source, "name", "standard input"))
            content = read_stream(source, name)
        document, warnings = parse(content, name)
        return cls._build(document, name, warnings)

    @classmethod
    def _build(cls, document: Mapping[str, Json], name: str, warnings: tuple[str, ...]) -> Plan:
        try:
            return cls(document, name, warnings)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise PlanError(f"{name}: not a plan as Terraform writes it ({type(error).__name__} while reading it)") from error

    def of_type(self, *types: str) -> list[Instance]:
        """The managed instances of these types, in the plan's order."""
        if len(types) == 1:
            return self._by_type.get(types[0], [])
        return [instance for kind in types for instance in self._by_type.get(kind, ())]

    @cached_property
    def deleted(self) -> list[tuple[str, Mapping[str, Json]]]:
        """What this plan deletes for good: type, and the values that it had."""
        changes = ((c, _object(c.get("change"))) for c in _list(self.raw.get("resource_changes")) if isinstance(c, dict))
        return [
            (str(c.get("type")), _object(change.get("before"))) for c, change in changes if change.get("actions") == ["delete"]
        ]

    def left_out(self, kind: str) -> list[Instance]:
        """Stand-ins, of which nothing is known, for the resources of that type that an incomplete plan leaves out."""
        found: list[Instance] = []
        pending = [] if self.is_complete else [self.root]
        while pending:
            module = pending.pop()
            pending.extend(child for children in module.children.values() for child in children.values())
            prefix = f"{module.address}." if module.address else ""
            for local, config in module.config.resources.items():
                if config.raw.get("type") == kind and config.raw.get("mode") == "managed" and local not in module.resources:
                    raw = {**config.raw, "address": prefix + local, "values": None}
                    found.append(Instance(raw, module, {"after_unknown": True}))
        return found

    @property
    def types(self) -> list[str]:
        """The types of the managed instances."""
        return list(self._by_type)

    @property
    def managed(self) -> list[Instance]:
        return [instance for instance in self.instances if instance.mode == "managed"]

    @cached_property
    def variables(self) -> dict[str, Value]:
        """Root variables by name. Their values may be secrets: marked sensitive where the declaration says so."""
        declared = self.root.config.variables
        found = {}
        for name, raw in _object(self.raw.get("variables")).items():
            secret = bool(_object(declared.get(name)).get("sensitive")) or None
            found[name] = Value(_object(raw).get("value"), None, secret)
        return found

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Root outputs by name, of the planned values and of the configuration."""
        planned = _object(_object(self.raw.get("planned_values")).get("outputs"))
        changes, declared = _object(self.raw.get("output_changes")), self.root.config.outputs
        return {name: self._output(name, planned, changes, declared) for name in dict.fromkeys([*declared, *planned])}

    def _output(
        self, name: str, planned: Mapping[str, Json], changes: Mapping[str, Json], declared: Mapping[str, Json]
    ) -> Output:
        raw, block, change = _object(planned.get(name)), _object(declared.get(name)), _object(changes.get(name))
        sensitive = bool(raw.get("sensitive") or block.get("sensitive"))
        unknown = change.get("after_unknown")
        known = raw.get("value", change.get("after", MISSING) if isinstance(unknown, (dict, list)) else MISSING)
        if known is MISSING and unknown is not False:
            unknown = True  # old format versions leave the value out and say nothing more
        value = Value(known, unknown or None, True if sensitive else None)
        return Output(name, value, block.get("expression"), sensitive)

    def provider(self, key: str) -> ResourceConfig:
        """The block of a provider configuration (`aws`, `aws.west`, or one qualified by a module's path); empty where there is none."""
        blocks = _object(_object(self.raw.get("configuration")).get("provider_config"))
        return ResourceConfig(_object(blocks.get(key)))

    def _read(self, root: Json, only: str | None = None) -> Iterator[Instance]:
        pending = [(_object(root), self.root)]
        while pending:
            raw, module = pending.pop()
            for resource in _list(raw.get("resources")):
                if isinstance(resource, dict) and (only is None or resource.get("mode") == only):
                    yield Instance(resource, module, self._changes.get(str(resource.get("address")), _EMPTY))
            children = [_object(child) for child in _list(raw.get("child_modules"))]
            pending.extend([(c, module.child(*_last_step(str(c.get("address", ""))))) for c in children][::-1])

    @staticmethod
    def _remember(instance: Instance) -> bool:
        instance.module.resources.setdefault(instance.local_address, {})[instance.index] = instance
        return True


def _index(key: Key) -> str:
    return "" if key is None else f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"


_STEP = re.compile(r'(?:^|\.)module\.([^.\[\]"]+)(?:\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\])?$')


def _last_step(address: str) -> tuple[str, Key]:
    """The last call of a module address: `module.a.module.b["x.y"]` gives `("b", "x.y")`."""
    # The last step begins at the last "module." outside quotes; a key may hold anything.
    start = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|(?:^|(?<=\.))module\.', address):
        if not match[0].startswith('"'):
            start = match.start()
    found = _STEP.match(address[start:])
    if not found:
        raise ValueError(f"module address {address!r}")
    name, number, quoted = found.groups()
    return name, int(number) if number else unquote(quoted) if quoted else None


def unquote(quoted: str) -> str:
    """A key as HCL writes it in an address, `"a\\"b"`, without quotes and escapes."""
    try:
        text = str(json.loads(quoted))
    except ValueError:
        text = quoted[1:-1]
    return text.replace("$${", "${").replace("%%{", "%{")


_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def without_keys(address: str) -> str:
    """`module.a["x"].aws_s3_bucket.b[0]` as `module.a.aws_s3_bucket.b`: the block that the instances of an address share."""
    return _KEY.sub("", address)


def _object(raw: Json) -> Mapping[str, Json]:
    return raw if isinstance(raw, dict) else _EMPTY


def _list(raw: Json) -> list[Json]:
    return raw if isinstance(raw, list) else []
