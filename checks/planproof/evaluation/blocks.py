"""The nested blocks of a body, those that `dynamic` blocks make among them."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import NamedTuple

from planproof.evaluation.evaluator import Evaluator, Place
from planproof.evaluation.origin import Origins
from planproof.evaluation.result import EvaluationError, Result, entries, is_known, plain, same_value, undetermined
from planproof.plan.value import Value
from planproof.syntax.nodes import Block, Body, Literal, Template, Variable

MOST_COMPARED = 200


class Nested(NamedTuple):
    """The body of a nested block, and the place of its expressions. `is_open`: a `dynamic` block makes none, one or many of it, which
    cannot be told; `by` is what its `for_each` was made of."""

    body: Body
    place: Place
    is_open: bool = False
    by: Origins = ()


def nested_bodies(body: Body, name: str, place: Place, evaluator: Evaluator) -> list[Nested]:
    """The nested blocks of that name, in the order in which they are written: found once, as each argument in them is asked for alone."""
    key = (id(body), name, place.module.address, place.key, id(place.bound))
    if key not in evaluator.nested:
        evaluator.nested[key] = place, _nested_bodies(body, name, place, evaluator)  # the place keeps the id of what is bound
    blocks: list[Nested] = evaluator.nested[key][1]
    return blocks


def _nested_bodies(body: Body, name: str, place: Place, evaluator: Evaluator) -> list[Nested]:
    found: list[tuple[int, Nested]] = [(block.start, Nested(block.body, place)) for block in body.blocks_of(name)]
    for block in body.blocks_of("dynamic", 1):
        if block.labels == (name,):
            found += [(block.start, nested) for nested in _dynamic(block, name, place, evaluator)]
    return [nested for _, nested in sorted(found, key=lambda pair: pair[0])]


def refuse_too_many(blocks: Sized) -> None:
    """EvaluationError if there are more blocks than an element of a set is compared with."""
    if len(blocks) > MOST_COMPARED:
        raise EvaluationError(f"the plan does not show which of {len(blocks)} blocks an element comes from")


def block_of(blocks: list[Nested], number: int, item: Value, evaluator: Evaluator) -> Nested | None:
    """The block of those of a body that an element of the plan is: that of its number or, as the plan sorts sets, the one with its
    values. EvaluationError if those are too many to tell."""
    if number >= len(blocks):
        return None
    key = (id(blocks), number)
    if key not in evaluator.nested:
        evaluator.nested[key] = blocks, _found(blocks, number, item, evaluator)
    block: Nested = evaluator.nested[key][1]
    return block


def _found(blocks: list[Nested], number: int, item: Value, evaluator: Evaluator) -> Nested:
    if len(blocks) == 1 or _agrees(blocks[number], item, evaluator):
        return blocks[number]
    refuse_too_many(blocks)
    return next((block for block in blocks if _agrees(block, item, evaluator)), blocks[number])


def _agrees(block: Nested, item: Value, evaluator: Evaluator) -> bool:
    """Whether no argument of the block is known to differ from the plan's value."""
    for name, attribute in block.body.attributes.items():
        value, result = item.get(name), evaluator.safely(attribute.expression, block.place)
        if value.is_known and not value.has_unknown and is_known(result) and not same_value(plain(result), value.raw):
            return False
    return True


def _dynamic(block: Block, name: str, place: Place, evaluator: Evaluator) -> Iterator[Nested]:
    over_attribute, content = block.body.attributes.get("for_each"), block.body.blocks_of("content")
    if over_attribute is None or not content:
        return
    iterator = _iterator(block, name)
    over = evaluator.safely(over_attribute.expression, place)
    try:
        found = entries(over)
    except EvaluationError:
        found = None
    if found is None:
        element = undetermined(over.all_origins)
        bound = place.binding({iterator: Result({"key": element, "value": element})})
        yield Nested(content[0].body, bound, True, over.all_origins)
        return
    for key, value in found:
        yield Nested(content[0].body, place.binding({iterator: Result({"key": key, "value": value})}), False, over.origins)


def _iterator(block: Block, name: str) -> str:
    """The name that the content knows the element by: the block's own, or what `iterator` says."""
    attribute = block.body.attributes.get("iterator")
    node = attribute.expression if attribute else None
    if isinstance(node, Template):
        node = node.unwrapped
    if isinstance(node, Variable):
        return node.name
    return str(node.value) if isinstance(node, Literal) else name
