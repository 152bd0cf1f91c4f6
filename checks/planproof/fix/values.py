"""Where a value is written: the literal behind an argument, through variables and locals that serve it alone."""

from __future__ import annotations

from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.places import NotMechanical, added_argument, replaced
from planproof.plan.model import Module
from planproof.syntax.nodes import Block, Body, GetAttr, Literal, Node, Variable


def required(job: Job, module: Module, body: Body, name: str, text: str) -> list[Edit]:
    """Makes an argument a constant that the policy requires."""
    found = body.attributes.get(name)
    if found is None:
        return added_argument(body, name, text)
    return [replaced(behind(job, module, found.expression) or found.expression, text)]


def at_least(job: Job, module: Module, body: Body, name: str, least: int, unset: str = "") -> list[Edit]:
    """Raises an argument to a minimum; `unset` is the expression for one that is not set, is 0 or null."""
    found = body.attributes.get(name)
    unset = unset or str(least)
    if found is None:
        return added_argument(body, name, unset)
    literal = behind(job, module, found.expression)
    if literal is not None:
        is_number = isinstance(literal.value, (int, float)) and not isinstance(literal.value, bool)
        return [replaced(literal, str(least) if is_number and literal.value else unset)]
    return [replaced(found.expression, f"max(coalesce({found.expression.text}, 0), {least})")]


def behind(job: Job, module: Module, node: Node) -> Literal | None:
    """The literal that an expression is, or that the one variable or local is which it reads; None if others read that too."""
    if isinstance(node, Literal):
        return node
    if not (isinstance(node, GetAttr) and isinstance(node.source, Variable)):
        return None
    files = job.bench.files_of(module)
    if files.mentions(f"{node.source.name}.{node.name}") != 1:
        return None
    if node.source.name == "local":
        found = files.source.locals.get(node.name)
        return behind(job, module, found) if found is not None else None
    return _of_variable(job, module, node.name) if node.source.name == "var" else None


def _of_variable(job: Job, module: Module, name: str) -> Literal | None:
    """The literal that a variable gets: in the call of its module, or as its default, if no deployment sets another."""
    if module.parent is not None:
        given = job.block(module.parent, "module", module.name).argument(name)
        if given is not None:
            return behind(job, module.parent, given.expression)
    default = job.block(module, "variable", name).argument("default")
    if default is None or not isinstance(default.expression, Literal):
        return None
    if module.parent is None:
        value = job.context.plan.variables.get(name)
        if value is not None and value.raw != default.expression.value:
            return None
    return default.expression


def nested(body: Body, name: str, number: int = 0) -> Body | None:
    """The body of a nested block; None if there is none. Raises NotMechanical if a `dynamic` block writes it."""
    if any(block.type == "dynamic" and block.labels == (name,) for block in body.blocks):
        raise NotMechanical(f"a dynamic block writes {name}; change the values that it is made from")
    found: list[Block] = body.blocks_of(name)
    return found[number].body if number < len(found) else None
