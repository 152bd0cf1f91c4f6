"""The plan: what Terraform (or OpenTofu) is about to make, read from its plan JSON.

The format is Terraform's own (https://developer.hashicorp.com/terraform/internals/json-format). `Plan.load` reads it;
everything else here is a view onto the parsed document, which is never edited.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import IO

from planproof.errors import PlanError
from planproof.plan.addresses import index_text, last_step
from planproof.plan.configuration import ModuleCall, ModuleConfig, ResourceConfig
from planproof.plan.consistency import refuse_contradictions
from planproof.plan.json_file import Document, documents_of, refuse_other_documents
from planproof.plan.value import EMPTY, MISSING, Json, Key, PathStep, Value, as_list, as_object, either


class Module:
    """One instance of a module: the root, or `module.logs["eu"]`."""

    __slots__ = ("address", "children", "config", "key", "name", "parent", "resources")

    def __init__(self, config: ModuleConfig, parent: Module | None = None, name: str = "", key: Key = None) -> None:
        self.config, self.parent, self.name, self.key = config, parent, name, key
        step = f"module.{name}{index_text(key)}" if parent is not None else ""
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
            config = call.module if call else ModuleConfig(EMPTY, (*self.path, name))
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
            sensitive, after = self._raw.get("sensitive_values"), self._change.get("after_sensitive")
            if sensitive != after:
                sensitive = either(sensitive, after)
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
        refuse_contradictions(document, name)
        self.raw, self.name = document, name
        self.format_version = str(document.get("format_version", ""))
        self.terraform_version = str(document.get("terraform_version", ""))
        self.warnings: list[str] = list(warnings)
        self.is_complete = document.get("complete") in (True, None)
        """False where a -target or deferred changes leave resources of the configuration out."""
        if not self.is_complete:
            self.warnings.append(
                f"{name}: the plan is incomplete (-target or deferred changes); resources outside it are not judged"
            )
        self.root = Module(ModuleConfig(as_object(as_object(document.get("configuration")).get("root_module"))))
        self._changes = {
            str(c.get("address")): as_object(c.get("change"))
            for c in as_list(document.get("resource_changes"))
            if isinstance(c, dict) and not c.get("deposed")
        }
        planned = as_object(document["planned_values"])
        self.instances = [i for i in self._read(planned.get("root_module")) if i.actions != ("forget",)]
        prior = as_object(as_object(document.get("prior_state")).get("values"))
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
            return cls.of(Document(source, name or "plan"))
        found = documents_of(source, name)
        if len(found) > 1:
            name = found[0].name.rpartition("#")[0]
            raise PlanError(
                f"{name} contains {len(found)} plans, but one is expected; "
                "put each in a separate file, or judge all with `planproof check` or Plan.load_all"
            )
        return cls.of(found[0])

    @classmethod
    def load_all(cls, source: str | os.PathLike[str] | IO[bytes] | IO[str], name: str | None = None) -> list[Plan]:
        """Each plan of an input that may hold several, one after the other, as `terragrunt run-all show -json` prints them. Raises PlanError."""
        return [cls.of(document) for document in documents_of(source, name)]

    @classmethod
    def of(cls, document: Document) -> Plan:
        """Raises PlanError."""
        try:
            return cls(*document)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise PlanError(
                f"{document.name}: not a plan in the form that Terraform writes ({type(error).__name__} while reading it)"
            ) from error

    def of_type(self, *types: str) -> list[Instance]:
        """The managed instances of these types, in the plan's order."""
        if len(types) == 1:
            return self._by_type.get(types[0], [])
        return [instance for kind in types for instance in self._by_type.get(kind, ())]

    @cached_property
    def deleted(self) -> list[tuple[str, Mapping[str, Json]]]:
        """What this plan deletes, to replace it too: type, and the values that it had."""
        changes = ((c, as_object(c.get("change"))) for c in as_list(self.raw.get("resource_changes")) if isinstance(c, dict))
        return [
            (str(c.get("type")), as_object(change.get("before")))
            for c, change in changes
            if "delete" in as_list(change.get("actions"))
        ]

    @cached_property
    def is_of_opentofu(self) -> bool:
        """Whether OpenTofu made the plan: a provider's name begins with the registry of the tool that planned."""
        return any(instance.provider.startswith("registry.opentofu.org/") for instance in self.instances)

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
        for name, raw in as_object(self.raw.get("variables")).items():
            secret = bool(as_object(declared.get(name)).get("sensitive")) or None
            found[name] = Value(as_object(raw).get("value"), None, secret)
        return found

    @cached_property
    def outputs(self) -> dict[str, Output]:
        """Root outputs by name, of the planned values and of the configuration."""
        planned = as_object(as_object(self.raw.get("planned_values")).get("outputs"))
        changes, declared = as_object(self.raw.get("output_changes")), self.root.config.outputs
        return {name: self._output(name, planned, changes, declared) for name in dict.fromkeys([*declared, *planned])}

    def _output(
        self, name: str, planned: Mapping[str, Json], changes: Mapping[str, Json], declared: Mapping[str, Json]
    ) -> Output:
        raw, block, change = as_object(planned.get(name)), as_object(declared.get(name)), as_object(changes.get(name))
        sensitive = bool(raw.get("sensitive") or block.get("sensitive"))
        unknown = change.get("after_unknown")
        known = raw.get("value", change.get("after", MISSING) if isinstance(unknown, (dict, list)) else MISSING)
        if known is MISSING and unknown is not False:
            unknown = True  # old format versions leave the value out and say nothing more
        value = Value(known, unknown or None, True if sensitive else None)
        return Output(name, value, block.get("expression"), sensitive)

    def provider(self, key: str) -> ResourceConfig:
        """The block of a provider configuration (`aws`, `aws.west`, or one qualified by a module's path); empty where there is none."""
        blocks = as_object(as_object(self.raw.get("configuration")).get("provider_config"))
        return ResourceConfig(as_object(blocks.get(key)))

    def provider_key(self, instance: Instance) -> str:
        """The key of an instance's provider configuration; of a module that configures none of its own, that of the root, which it
        inherits."""
        key = instance.config.provider_key if instance.config else ""
        return key if self.provider(key).expressions else key.rpartition(":")[2]

    def _read(self, root: Json, only: str | None = None) -> Iterator[Instance]:
        pending = [(as_object(root), self.root)]
        while pending:
            raw, module = pending.pop()
            for resource in as_list(raw.get("resources")):
                if isinstance(resource, dict) and (only is None or resource.get("mode") == only):
                    yield Instance(resource, module, self._changes.get(str(resource.get("address")), EMPTY))
            children = [as_object(child) for child in as_list(raw.get("child_modules"))]
            pending.extend([(c, module.child(*last_step(str(c.get("address", ""))))) for c in children][::-1])

    @staticmethod
    def _remember(instance: Instance) -> bool:
        instance.module.resources.setdefault(instance.local_address, {})[instance.index] = instance
        return True
