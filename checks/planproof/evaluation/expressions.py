"""What the arguments and outputs of a plan come to: by the source where there is source, else by the names that plan JSON lists.

`Expressions` knows the module instances, their variables, locals, outputs and resources, and remembers what each comes to, so that
whatever is reached twice is worked out once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from planproof.evaluation.blocks import Nested, block_of, nested_bodies
from planproof.evaluation.evaluator import Budget, Evaluator, Place
from planproof.evaluation.origin import Kind, Origin
from planproof.evaluation.plan_names import PlanNames
from planproof.evaluation.resources import SAME_AS, Resources, keys_of
from planproof.evaluation.result import (
    NULL,
    EvaluationError,
    Reference,
    Result,
    entries,
    member,
    undetermined,
)
from planproof.evaluation.type_constraints import converted
from planproof.evaluation.written import Configuration
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.value import Key, Value
from planproof.syntax.nodes import Body, Node

PathStep = str | int


class Expressions:
    """The values of a plan's expressions. `assumed` replaces root variables (by name) and `terraform.workspace`, to ask what would be
    otherwise; then no resource of the plan is taken to be as it is. `budget` is shared with others of the same plan."""

    def __init__(
        self,
        plan: Plan,
        source: Configuration | None = None,
        assumed: Mapping[str, Any] | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.plan, self._source, self._assumed = plan, source, assumed
        self._evaluator = Evaluator(self, budget)
        self._by_names = PlanNames(self, self._evaluator.counted)
        self._resources = Resources(plan, self, assumed is not None)
        self._seen: dict[tuple[Any, ...], Result | None] = {}
        self._origins: dict[tuple[Any, ...], Origin] = {}
        self._roots: dict[tuple[str, str], Result] = {}
        self._elements: dict[int, tuple[Result, dict[Key, tuple[Result, Result]]]] = {}

    @property
    def remedy(self) -> str:
        """What helps where plan JSON does not tell."""
        told = "the provided source does not show it either"
        return told if self._source else "provide the source (the folder or the saved plan)"

    # --- what is asked ---

    def argument(self, instance: Instance, *path: PathStep) -> Result | None:
        """What an argument comes to, or a part of it; None if the block does not set it."""
        return self._remembered(("argument", instance.address, *path), lambda: self._argument(instance, path))

    def output(self, name: str) -> Result:
        """What a root output comes to."""
        try:
            return self._output(self.plan.root, name)
        except EvaluationError as error:
            return undetermined((self._origin("lost", f"output.{name}", str(error)),))

    def of(self, node: Node, module: Module, instance: Instance | None = None) -> Result:
        """What an expression of the source comes to in a module, or in the block of an instance."""
        return self._evaluator.safely(node, self.place(instance) if instance else Place(module))

    def of_plan(self, expression: Any, instance: Instance | None = None) -> Result:
        """What an expression of the plan's configuration comes to, by the names that it lists."""
        return self._by_names.of(expression, self.place(instance) if instance else Place(self.plan.root))

    def named(self, name: str, module: Module | None = None) -> Result:
        """What a name, such as `aws_s3_bucket.logs.id`, comes to."""
        return self._by_names.of({"references": [name]}, Place(module or self.plan.root))

    def written(self, body: Body, path: tuple[PathStep, ...], module: Module) -> Result | None:
        """What an argument of a block that is not repeated, such as a provider's, comes to; None if the block does not set it."""
        return self._in_body(body, path, Place(module), Value())

    def value(self, origin: Origin) -> Value:
        """What an origin comes to: a constant, a root variable, one attribute of one instance; of the rest, absent."""
        if origin.kind is Kind.CONSTANT:
            return Value(origin.constant)
        if origin.kind is Kind.VARIABLE:
            return self.plan.variables.get(origin.name, Value()).get(*(origin.attribute or ()))
        if origin.instance is None or not origin.attribute:
            return Value()
        value = origin.instance.get(*origin.attribute)
        argument = SAME_AS.get((origin.type, origin.attribute[0])) if value.is_unknown else None
        return origin.instance.get(argument, *origin.attribute[1:]) if argument else value

    def nested(self, instance: Instance, *names: str) -> list[Nested] | None:
        """The nested blocks of that name, those of `dynamic` blocks among them; None without source."""
        body = self.body(instance)
        if body is None:
            return None
        found = [Nested(body, self.place(instance))]
        for name in names:
            found = [inner for outer in found for inner in nested_bodies(outer.body, name, outer.place, self._evaluator)]
        return found

    def body(self, instance: Instance) -> Body | None:
        """The body of the instance's block in the source."""
        return self._block(instance.module, instance.local_address)

    def _block(self, module: Module, local: str) -> Body | None:
        """The body of a resource's or data source's block."""
        if self._source is None:
            return None
        labels = local.split(".")
        return self._body(module, *(labels if labels[0] == "data" else ("resource", *labels)))

    def _body(self, module: Module, *labels: str) -> Body | None:
        """The body of a block of the source, by its type and labels."""
        source = self._source.module(module.path) if self._source else None
        return source.body(*labels) if source else None

    def place(self, instance: Instance) -> Place:
        module, local = instance.module, instance.local_address
        return Place(module, instance.index, lambda: self.repetition(module, local), beside=module.resources.get(local, {}))

    def repetition(self, module: Module, local: str) -> Result:
        """What `for_each` or `count` of a resource comes to; null if it has neither."""
        return self._remembered(("repetition", module.address, local), lambda: self._repetition(module, local)) or NULL

    def call_repetition(self, module: Module, name: str) -> Result:
        """The same of a module call."""
        return self._remembered(("call", module.address, name), lambda: self._call_repetition(module, name)) or NULL

    # --- arguments ---

    def _argument(self, instance: Instance, path: tuple[PathStep, ...]) -> Result | None:
        try:
            return self._find_argument(instance, path)
        except EvaluationError as error:
            return undetermined((self._origin("lost", ".".join(map(str, (instance.address, *path))), str(error)),))

    def _find_argument(self, instance: Instance, path: tuple[PathStep, ...]) -> Result | None:
        body, place = self.body(instance), self.place(instance)
        if body is not None:
            return self._in_body(body, path, place, instance.value)
        if instance.config is None:
            return None
        expression = self._by_names.written(instance.config.expressions, path, instance.value)
        return None if expression is None else self._by_names.of(expression, place, instance.get(*path))

    def _in_body(self, body: Body, path: tuple[PathStep, ...], place: Place, value: Value) -> Result | None:
        """`value` is the plan's for the whole body: it tells the order of blocks that are a set."""
        name = str(path[0])
        attribute = body.attributes.get(name)
        if attribute is not None:
            return self._stepped(self._evaluator.safely(attribute.expression, place), path[1:])
        blocks = nested_bodies(body, name, place, self._evaluator)
        number, rest = (path[1], path[2:]) if len(path) > 1 and isinstance(path[1], int) else (0, path[1:])
        if not rest or any(block.is_open for block in blocks):
            found = [self._in_body(block.body, rest, block.place, Value()) for block in blocks] if rest else []
            origins = tuple(dict.fromkeys(o for part in found if part is not None for o in part.all_origins))
            return undetermined(origins) if blocks else None
        item = value.get(name, number)
        block = block_of(blocks, number, item, self._evaluator)
        return self._in_body(block.body, rest, block.place, item) if block else None

    @staticmethod
    def _stepped(result: Result, steps: tuple[PathStep, ...]) -> Result | None:
        try:
            for step in steps:
                if step != 0 or not isinstance(result.raw, dict):  # in JSON syntax, a block that can stand once is an object
                    result = member(result, step)
        except EvaluationError:
            return None
        return result

    def _repetition(self, module: Module, local: str) -> Result:
        config = module.config.resources.get(local)
        return self._of_repetition(self._block(module, local), config.repetition if config else None, Place(module))

    def _call_repetition(self, module: Module, name: str) -> Result:
        call = module.config.calls.get(name)
        return self._of_repetition(self._body(module, "module", name), call.repetition if call else None, Place(module))

    def _of_repetition(self, body: Body | None, expression: Any, place: Place) -> Result:
        for name in ("for_each", "count") if body is not None else ():
            if body is not None and name in body.attributes:
                return self._evaluator.safely(body.attributes[name].expression, place)
        if body is not None or expression is None:
            return NULL
        return self._by_names.repetition(expression, place)

    # --- names ---

    def root(self, name: str, place: Place) -> Result:
        """What `var`, `local`, `module`, `data`, a resource type and the others are, as something to step into."""
        if name in ("each", "count"):
            return _namespace(lambda step: self._key(name, step, place))
        key = (name, place.module.address)
        if key not in self._roots:
            self._roots[key] = self._root(name, place.module)
        return self._roots[key]

    def _root(self, name: str, module: Module) -> Result:
        finders: dict[str, Callable[[str], Result]] = {
            "var": lambda step: self.variable(module, step),
            "local": lambda step: self.local(module, step),
            "module": lambda step: self.called(module, step),
            "data": lambda kind: _namespace(lambda step: self.resource(module, f"data.{kind}.{step}")),
            "path": lambda step: self._path(module, step),
            "terraform": lambda step: self._terraform(step),
            "self": lambda step: undetermined((self._origin("named", f"self.{step}"),)),
        }
        return _namespace(finders.get(name) or (lambda step: self.resource(module, f"{name}.{step}")))

    def _key(self, name: str, step: str, place: Place) -> Result:
        """`each.key`, `each.value` and `count.index`."""
        if place.key is None or place.repetition is None:
            return undetermined((self._origin("named", f"{name}.{step}"),))
        if name == "count":
            return Result(place.key)
        over = place.repetition()
        element = self._elements_of(over).get(place.key)
        if element is not None:
            return element[0] if step == "key" else element[1]
        if step == "key":
            return Result(place.key, over.origins)
        return self._by_names.each_value(over, place.key)

    def _elements_of(self, over: Result) -> dict[Key, tuple[Result, Result]]:
        """Keys and values of a `for_each` by key, listed once for all instances."""
        if id(over) not in self._elements:
            found = entries(over) if isinstance(over.raw, (dict, list)) else None
            by_key: dict[Key, tuple[Result, Result]] = {
                key.raw: (key, value) for key, value in reversed(found or ()) if isinstance(key.raw, (str, int))
            }
            self._elements[id(over)] = (over, by_key)  # which keeps the id
        return self._elements[id(over)][1]

    def _path(self, module: Module, step: str) -> Result:
        origin = (self._origin("named", f"path.{step}"),)
        folder = self._source.folder_of(module.path if step == "module" else ()) if self._source and step != "cwd" else None
        return undetermined(origin) if folder is None else Result(folder, origin)

    def _terraform(self, step: str) -> Result:
        origin = (self._origin("named", f"terraform.{step}"),)
        if self._assumed is not None and f"terraform.{step}" in self._assumed:
            return Result(self._assumed[f"terraform.{step}"], origin)
        return undetermined(origin)

    def file(self, path: str, place: Place) -> str | None:
        return self._source.text_of(path, place.module.path) if self._source else None

    def _origin(self, kind: str, name: str, reason: str = "") -> Origin:
        key = (kind, name, reason)
        if key not in self._origins:
            self._origins[key] = Origin(Kind(kind), name=name, reason=reason)
        return self._origins[key]

    # --- variables, locals, outputs ---

    def variable(self, module: Module, name: str) -> Result:
        return self._remembered(("var", module.address, name), lambda: self._variable(module, name)) or NULL

    def _variable(self, module: Module, name: str) -> Result:
        declared = self._body(module, "variable", name)
        given = self._given(module, name)
        if given is None or (given.raw is None and _is_true(declared, "nullable") is False):
            given = self._default(module, name, declared) or given or NULL
            if module.parent is None:
                given = Result(given.raw, (self._origin("variable", name),))
        constraint = declared.attributes.get("type") if declared is not None else None
        return converted(given, constraint.expression) if constraint else given

    def _given(self, module: Module, name: str) -> Result | None:
        """What a root variable was given, or a module's call gives; None if it gives nothing."""
        if module.parent is None:
            origin = (self._origin("variable", name),)
            if self._assumed is not None and name in self._assumed:
                return Result(self._assumed[name], origin)
            value = self.plan.variables.get(name)
            return None if value is None else Result(value.raw, origin)
        parent, call = module.parent, module.call
        body = self._body(parent, "module", module.name)
        beside = parent.children.get(module.name, {})
        place = Place(parent, module.key, lambda: self.call_repetition(parent, module.name), beside=beside)
        if body is not None:
            attribute = body.attributes.get(name)
            return self._evaluator.safely(attribute.expression, place) if attribute else None
        return self._by_names.of(call.expressions[name], place) if call and name in call.expressions else None

    def _default(self, module: Module, name: str, declared: Body | None) -> Result | None:
        raw = module.config.variables.get(name)
        if isinstance(raw, dict) and "default" in raw:
            return Result(raw["default"])
        attribute = declared.attributes.get("default") if declared is not None else None
        return self._evaluator.safely(attribute.expression, Place(module)) if attribute else None

    def local(self, module: Module, name: str) -> Result:
        return self._remembered(("local", module.address, name), lambda: self._local(module, name)) or NULL

    def _local(self, module: Module, name: str) -> Result:
        source = self._source.module(module.path) if self._source else None
        if source is None or name not in source.locals:
            where = f" of {module.address}" if module.address else ""
            return undetermined(
                (self._origin("lost", f"local.{name}", f"local.{name}{where} is not in plan JSON; {self.remedy}"),)
            )
        return self._evaluator.of(source.locals[name], Place(module))

    def called(self, module: Module, name: str) -> Result:
        """`module.name`: its outputs, by key where the call is repeated."""
        return self._remembered(("module", module.address, name), lambda: self._called(module, name)) or NULL

    def _called(self, module: Module, name: str) -> Result:
        call = module.config.calls.get(name)
        if call is None:
            raise EvaluationError(f"there is no module {name}")
        known = module.children.get(name, {})
        if call.repetition is None and set(known) <= {None}:
            return self._outputs(module.child(name, None))
        keys = list(known) if known and self.plan.is_complete else keys_of(self.call_repetition(module, name))
        if keys is None:
            keys = list(known)
        return _by_key({key: self._outputs(module.child(name, key)) for key in keys})

    def _outputs(self, module: Module) -> Result:
        return Result(Reference(module, lambda name: self._output(module, name), lambda: module.config.outputs))

    def _output(self, module: Module, name: str) -> Result:
        return self._remembered(("output", module.address, name), lambda: self._find_output(module, name)) or NULL

    def _find_output(self, module: Module, name: str) -> Result:
        body = self._body(module, "output", name)
        if body is not None and "value" in body.attributes:
            return self._evaluator.safely(body.attributes["value"].expression, Place(module))
        declared = module.config.outputs.get(name)
        if not isinstance(declared, dict):
            raise EvaluationError(f"there is no output {name}")
        value = self.plan.outputs[name].value if module.parent is None and name in self.plan.outputs else None
        return self._by_names.of(declared.get("expression"), Place(module), value)

    def resource(self, module: Module, local: str) -> Result:
        """A resource or data source: itself or, if it is repeated, its instances by key."""
        return self._remembered(("resource", module.address, local), lambda: self._resources.find(module, local)) or NULL

    # --- memory ---

    def _remembered(self, key: tuple[Any, ...], find: Callable[[], Result | None]) -> Result | None:
        if key not in self._seen:
            self._seen[key] = undetermined((self._origin("lost", str(key[-1]), f"{key[-1]} refers to itself"),))
            try:
                self._seen[key] = find()
            except BaseException:
                del self._seen[key]
                raise
        return self._seen[key]


def _namespace(find: Callable[[str], Result]) -> Result:
    return Result(Reference(None, find, list))


def _by_key(found: dict[Key, Result]) -> Result:
    if found and all(isinstance(key, int) for key in found):
        return Result([found[key] for key in sorted(found, key=lambda key: int(key or 0))])
    return Result({str(key): value for key, value in found.items()})


def _is_true(body: Body | None, name: str) -> bool | None:
    attribute = body.attributes.get(name) if body is not None else None
    value = getattr(attribute.expression, "value", None) if attribute else None
    return value if isinstance(value, bool) else None
