"""The evaluator: what an expression of the source comes to in its place, as far as the plan and the source tell.

Terraform's language: https://developer.hashicorp.com/terraform/language/expressions. What cannot be worked out is undetermined, never
wrong. Work is bounded by a budget for a whole plan; when it is spent, the rest is undetermined and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from planproof.errors import SyntaxProblem
from planproof.evaluation.operators import binary, equal, logic, truth, unary
from planproof.evaluation.origin import Kind, Origin, Origins, Through, by, united
from planproof.evaluation.result import (
    MOST_ITEMS,
    REFUSED,
    UNDETERMINED,
    Counted,
    EvaluationError,
    Instances,
    OpenObject,
    Result,
    Undetermined,
    as_string,
    entries,
    items_of,
    joined,
    member,
    through_function,
    undetermined,
)
from planproof.evaluation.stack_room import StackRoom
from planproof.plan.model import Module
from planproof.plan.value import Key
from planproof.syntax import nodes
from planproof.syntax.file import SourceFile

BUDGET = 1_000_000
"""Expressions that are evaluated for one plan, and a quarter of the parts of what each comes to; real configurations come to 100,000."""
MAX_DEPTH = 500
"""Expressions that are evaluated within each other, modules' outputs and variables on the way; real configurations come to 300."""
MAX_NESTING = 100
"""How deep the parts of a value lie in each other."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NO_KEYS: Mapping[Key, Any] = MappingProxyType({})


class Place(NamedTuple):
    """Where an expression stands: the module instance; of a block that is repeated, its key and what `for_each` or `count` comes to;
    what the `for` and dynamic blocks around it name; and the instances that the plan has of the block, by key."""

    module: Module
    key: Key = None
    repetition: Callable[[], Result] | None = None
    bound: Mapping[str, Result] = _NOTHING
    beside: Mapping[Key, Any] = _NO_KEYS

    def binding(self, names: Mapping[str, Result]) -> Place:
        return self._replace(bound={**self.bound, **names})


class Budget:
    """How much work is left, for all evaluators that share it."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = BUDGET


class _Turns(NamedTuple):
    """The turns of a `for`: the places of those that its condition lets in, the conditions that are not known, and what decided."""

    places: list[Place]
    doubts: list[Result]
    origins: list[Origins]


class Names(Protocol):
    """What a root name leads to in a place."""

    def root(self, name: str, place: Place) -> Result:
        """`var`, `local`, `module`, `each` ..., or a resource type, as something that `member` steps into."""

    def file(self, path: str, place: Place) -> str | None:
        """The text of a file that a function reads; None if it cannot be had."""


class Evaluator:
    """Evaluates expressions. One for a plan and a set of assumptions."""

    def __init__(self, names: Names, budget: Budget | None = None) -> None:
        self._names = names
        self._budget = budget or Budget()
        self._depth = 0
        self.nested: dict[tuple[Any, ...], tuple[Any, Any]] = {}  # what `blocks` remembers
        self._templates: dict[str, nodes.Node | None] = {}
        self._kinds: dict[type, Callable[[Any, Place], Result]] = {
            nodes.Literal: lambda node, _: Result(node.value),
            nodes.Template: self._template,
            nodes.TemplateIf: self._template_if,
            nodes.TemplateFor: self._template_for,
            nodes.Variable: lambda node, place: self._root(node.name, place),
            nodes.GetAttr: lambda node, place: member(self.of(node.source, place), node.name),
            nodes.Index: self._index,
            nodes.Splat: self._splat,
            nodes.Unary: lambda node, place: unary(node.op, self.of(node.operand, place)),
            nodes.Binary: self._binary,
            nodes.Conditional: self._conditional,
            nodes.Call: self._call,
            nodes.ForTuple: self._for_tuple,
            nodes.ForObject: self._for_object,
            nodes.TupleNode: lambda node, place: Result([self.of(item, place) for item in node.items]),
            nodes.ObjectNode: self._object,
        }

    def of(self, node: nodes.Node, place: Place) -> Result:
        """What the expression comes to. Raises EvaluationError if Terraform would refuse it."""
        return self.counted(self._kinds[type(node)], node, place)

    def counted(self, find: Callable[..., Result], *arguments: Any) -> Result:
        """What `find` comes to, as an expression within those that are being evaluated: of so many, and no deeper than MAX_DEPTH."""
        if self._budget.left <= 0:
            return undetermined((_SPENT,))
        if self._depth >= MAX_DEPTH:
            return undetermined((_TOO_DEEP,))
        if self._depth == 0:
            with StackRoom():
                return self._nested(find, arguments)
        return self._nested(find, arguments)

    def _nested(self, find: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
        self._budget.left -= 1
        self._depth += 1
        try:
            found = find(*arguments)
        finally:
            self._depth -= 1
        parts, depth = found.measure
        self._budget.left -= parts // 4
        return found if parts <= MOST_ITEMS and depth <= MAX_NESTING else undetermined((*found.origins, _TOO_LARGE))

    def safely(self, node: nodes.Node, place: Place) -> Result:
        """The same; what Terraform would refuse cannot stand in a plan, so that something else is amiss: undetermined."""
        try:
            return self.of(node, place)
        except EvaluationError as error:
            reason = f"line {node.line} of {node.file.path} cannot be evaluated: {error}"
            return Result(REFUSED, (Origin(Kind.LOST, name=node.text[:80], reason=reason),))

    def _root(self, name: str, place: Place) -> Result:
        found = place.bound.get(name)
        return found if found is not None else self._names.root(name, place)

    # --- templates ---

    def _template(self, node: nodes.Template, place: Place) -> Result:
        if node.is_wrapped:  # "${x}" is x itself
            return self.of(node.parts[0], place)
        return joined(list(self._parts(node, place)))

    def _parts(self, node: nodes.Template, place: Place) -> Iterator[str | Result]:
        for part in node.parts:
            yield part.value if isinstance(part, nodes.Literal) and isinstance(part.value, str) else self.of(part, place)

    def _template_if(self, node: nodes.TemplateIf, place: Place) -> Result:
        condition = self.of(node.condition, place)
        return self._chosen(condition, lambda: self.of(node.then, place), lambda: self.of(node.otherwise, place))

    def _template_for(self, node: nodes.TemplateFor, place: Place) -> Result:
        over = self.of(node.collection, place)
        found = entries(over)
        if found is None:
            return undetermined(by(over.origins, Through.FUNCTION))
        names = node.key_name, node.value_name
        return joined([self.of(node.body, place.binding(_bound(*names, key, value))) for key, value in found])

    # --- parts, and choices ---

    def _index(self, node: nodes.Index, place: Place) -> Result:
        container = self.of(node.source, place)
        key = self.of(node.key, place)
        if not key.is_determined or not isinstance(key.raw, (str, int, float)):
            return self._any_member(container, key)
        return member(container, key.raw).along(key.origins)

    def _any_member(self, container: Result, key: Result) -> Result:
        """A member under a key that is not known."""
        if isinstance(container.raw, (Instances, Counted)):
            return undetermined((container.raw.origin, *by(key.all_origins, Through.CHOICE)))
        found = entries(container) if isinstance(container.raw, (dict, list)) else None
        candidates = united(*(value.all_origins for _, value in found)) if found else container.origins
        return undetermined(united(candidates, by(key.all_origins, Through.CHOICE)))

    def _splat(self, node: nodes.Splat, place: Place) -> Result:
        return self._each_of(self.of(node.source, place), node.steps, place)

    def _stepped(self, element: Result, steps: tuple[nodes.Step, ...], place: Place) -> Result:
        for number, step in enumerate(steps):
            if isinstance(step, nodes.Each):
                inner = self._each_of(element, step.steps, place)
                return self._stepped(inner, steps[number + 1 :], place)
            if isinstance(step, str):
                element = member(element, step)
                continue
            key = self.of(step, place)
            element = member(element, key.raw) if isinstance(key.raw, (str, int, float)) else self._any_member(element, key)
        return element

    def _each_of(self, source: Result, steps: tuple[nodes.Step, ...], place: Place) -> Result:
        if source.raw is None:
            return Result([], source.origins)
        if isinstance(source.raw, Undetermined):
            return undetermined(self._stepped(source, steps, place).origins)
        elements = items_of(source)
        return Result([self._stepped(element, steps, place) for element in ([source] if elements is None else elements)], ())

    def _conditional(self, node: nodes.Conditional, place: Place) -> Result:
        condition = self.of(node.condition, place)
        return self._chosen(condition, lambda: self.of(node.yes, place), lambda: self.of(node.no, place))

    def _chosen(self, condition: Result, yes: Callable[[], Result], no: Callable[[], Result]) -> Result:
        if condition.is_determined:
            return (yes() if truth(condition.raw) else no()).along(condition.origins)
        return either(_or_lost(yes), _or_lost(no), condition.origins)

    def _binary(self, node: nodes.Binary, place: Place) -> Result:
        left = self.of(node.left, place)
        if node.op in ("&&", "||"):
            return logic(node.op, left, lambda: self.of(node.right, place))
        return binary(node.op, left, self.of(node.right, place))

    # --- collections ---

    def _object(self, node: nodes.ObjectNode, place: Place) -> Result:
        found: dict[str, Result] = {}
        keys: list[Origins] = []
        unknown: list[Result] = []
        for name, value in node.items:
            key = self.of(name, place)
            keys.append(key.origins)
            if isinstance(key.raw, (str, int, float)):
                found[as_string(key.raw)] = self.of(value, place)
            else:
                unknown += [key, self.of(value, place)]
        origins = united(*keys)
        if unknown:
            return Result(OpenObject(found, undetermined(united(*(part.all_origins for part in unknown)))), origins)
        return Result(found, origins)

    def _turns(self, node: nodes.ForTuple | nodes.ForObject, over: Result, place: Place) -> _Turns:
        """The places of the turns that the condition lets in."""
        turns = _Turns([], [], [by(over.origins, Through.FUNCTION)])
        for key, value in entries(over) or ():
            inner = place.binding(_bound(node.key_name, node.value_name, key, value))
            kept = self.of(node.condition, inner) if node.condition is not None else Result(True)
            turns.origins.append(by(kept.origins, Through.CHOICE))
            if not kept.is_determined:
                turns.doubts.append(kept)
            elif truth(kept.raw):
                turns.places.append(inner)
        return turns

    def _for_tuple(self, node: nodes.ForTuple, place: Place) -> Result:
        over = self.of(node.collection, place)
        if entries(over) is None:
            return self._unknown_loop(node, over, node.value, place)
        turns = self._turns(node, over, place)
        made = [self.of(node.value, turn) for turn in turns.places]
        if turns.doubts:
            return undetermined(united(*(part.all_origins for part in (*made, *turns.doubts))))
        return Result(made, united(*turns.origins))

    def _for_object(self, node: nodes.ForObject, place: Place) -> Result:
        over = self.of(node.collection, place)
        if entries(over) is None:
            return self._unknown_loop(node, over, node.value, place)
        found: dict[str, Any] = {}
        turns = self._turns(node, over, place)
        for turn in turns.places:
            key, value = self.of(node.key, turn), self.of(node.value, turn)
            if not isinstance(key.raw, (str, int, float)):
                turns.doubts.extend((key, value))
                continue
            turns.origins.append(key.origins)
            name = as_string(key.raw)
            if node.grouped:
                found.setdefault(name, Result([])).raw.append(value)
            else:
                found[name] = value
        origins = united(*turns.origins)
        if turns.doubts:
            return Result(OpenObject(found, undetermined(united(*(part.all_origins for part in turns.doubts)))), origins)
        return Result(found, origins)

    def _unknown_loop(self, node: nodes.ForTuple | nodes.ForObject, over: Result, value: nodes.Node, place: Place) -> Result:
        """A loop over what cannot be told apart: what its results are made of is known all the same."""
        inner = place.binding(_bound(node.key_name, node.value_name, undetermined(over.origins), undetermined(over.origins)))
        try:
            return undetermined(united(self.of(value, inner).all_origins, by(over.origins, Through.CHOICE)))
        except EvaluationError:
            return undetermined(over.origins)

    # --- functions ---

    def _call(self, node: nodes.Call, place: Place) -> Result:
        if node.name in ("try", "can"):
            return self._tried(node, place)
        arguments = [self.of(argument, place) for argument in node.arguments]
        if node.expands and arguments:
            last = items_of(arguments[-1])
            if last is None:
                return undetermined(through_function(arguments))
            arguments[-1:] = last
        if node.name in ("file", "templatefile"):
            return self._of_file(node.name, arguments, place)
        from planproof.evaluation import functions_on_parts  # a plan without source calls none

        cost = functions_on_parts.cost(node.name, arguments)
        self._budget.left -= cost
        return undetermined((_SPENT,)) if cost and self._budget.left < 0 else functions_on_parts.call(node.name, arguments)

    def _tried(self, node: nodes.Call, place: Place) -> Result:
        """`try` and `can`; what an argument was refused for has a say in the result."""
        refused: list[Origins] = []
        for argument in node.arguments:
            try:
                found = self.of(argument, place)
            except EvaluationError as error:
                refused.append(error.origins)
                continue
            if node.name == "can":
                origins = by(found.all_origins, Through.FUNCTION)
                return Result(True, origins) if found.is_determined else undetermined(origins)
            return found.along(united(*refused))
        if node.name == "can":
            return Result(False, by(united(*refused), Through.FUNCTION))
        raise EvaluationError("no argument of try can be evaluated", united(*refused))

    def _of_file(self, name: str, arguments: list[Result], place: Place) -> Result:
        origins = through_function(arguments)
        path = arguments[0].text if arguments else None
        text = self._names.file(path, place) if path is not None else None
        if text is None:
            return undetermined(origins)
        if name == "file":
            return Result(text, origins)
        given = arguments[1].raw if len(arguments) == 2 else None
        template = self._parsed(str(path), text)
        if template is None or not isinstance(given, dict):
            return undetermined(origins)
        names = {key: value if isinstance(value, Result) else Result(value, arguments[1].origins) for key, value in given.items()}
        return self.of(template, Place(place.module, bound=names))

    def _parsed(self, path: str, text: str) -> nodes.Node | None:
        """The template of a file, parsed once; None if it is none."""
        from planproof.syntax.expressions import parse_template

        if text not in self._templates:
            try:
                self._templates[text] = parse_template(SourceFile(path, text))
            except SyntaxProblem:
                self._templates[text] = None
        return self._templates[text]


def either(yes: Result, no: Result, why: Origins) -> Result:
    """One of two results, of which it is not known which."""
    if equal(yes, no):
        return yes.along(why)
    decided = by(why, Through.CHOICE)
    if isinstance(yes.raw, dict) and isinstance(no.raw, dict):
        both = {key: either(member(yes, key), member(no, key), why) for key in yes.raw if key in no.raw}
        if yes.raw.keys() == no.raw.keys():
            return Result(both, decided)
        rest = united(
            *(member(one, key).all_origins for one, other in ((yes, no), (no, yes)) for key in one.raw if key not in other.raw)
        )
        return Result(OpenObject(both, undetermined(united(decided, rest))), decided)
    return Result(UNDETERMINED, united(yes.all_origins, no.all_origins, decided))


def _or_lost(find: Callable[[], Result]) -> Result:
    """A branch that Terraform would refuse is not the one that it takes."""
    try:
        return find()
    except EvaluationError:
        return undetermined()


def _bound(key_name: str | None, value_name: str, key: Result, value: Result) -> dict[str, Result]:
    return {value_name: value} if key_name is None else {key_name: key, value_name: value}


_TOO_LARGE = Origin(Kind.LOST, reason=f"a value has more than {MOST_ITEMS} parts or more than {MAX_NESTING} levels")
_SPENT = Origin(Kind.LOST, reason=f"planproof stopped evaluating after {BUDGET} expressions")
_TOO_DEEP = Origin(Kind.LOST, reason=f"expressions are nested more than {MAX_DEPTH} levels deep")
