"""Where a value is written: the literal behind an argument, through variables and locals that serve it alone."""

from __future__ import annotations

from planproof.fix.edits import Edit
from planproof.fix.ignored import refuse_ignored
from planproof.fix.job import Job
from planproof.fix.places import ModuleFiles, NotMechanical, added_argument, mentioned, replaced
from planproof.fix.variable_files import literal_of
from planproof.plan.model import Module
from planproof.syntax.nodes import Block, Body, Call, GetAttr, Literal, Node, TupleNode, Variable


def required(job: Job, module: Module, body: Body, name: str, text: str) -> list[Edit]:
    """Makes an argument a constant that the policy requires."""
    refuse_ignored(job, module, body, name)
    found = body.attributes.get(name)
    if found is None:
        return added_argument(body, name, text)
    literal = behind(job, module, found.expression, text)
    if literal is None and "var." in found.expression.text:
        job.notes.append(f"{found.expression.text} no longer decides {name}")
    return [replaced(literal or found.expression, text)]


def at_least(job: Job, module: Module, body: Body, name: str, least: int, unset: str = "") -> list[Edit]:
    """Raises an argument to a minimum; `unset` is the expression for one that is not set, or is written as 0 or null in the block."""
    refuse_ignored(job, module, body, name)
    found = body.attributes.get(name)
    unset = unset or str(least)
    if found is None:
        return added_argument(body, name, unset)
    literal = behind(job, module, found.expression, str(least))
    if literal is None:
        return [replaced(found.expression, f"max(coalesce({found.expression.text}, 0), {least})")]
    is_number = isinstance(literal.value, (int, float)) and not isinstance(literal.value, bool)
    is_unset = literal is found.expression and not (is_number and literal.value)
    return [replaced(literal, unset if is_unset else str(least))]


def behind(job: Job, module: Module, node: Node, text: str = "") -> Literal | None:
    """The literal that an expression is, or that the one variable or local is which it reads; None if others read that too. `text` is
    what it is to become, if a validation of the variable asks for that."""
    if isinstance(node, Literal):
        return node
    if not (isinstance(node, GetAttr) and isinstance(node.source, Variable)):
        return None
    files, name = job.bench.files_of(module), f"{node.source.name}.{node.name}"
    if files.mentions(name) - _validations(files, node.name, text) * (node.source.name == "var") != 1:
        return None
    if node.source.name == "local":
        found = files.source.locals.get(node.name)
        return behind(job, module, found, text) if found is not None else None
    return _of_variable(job, module, node.name, text) if node.source.name == "var" else None


def _validations(files: ModuleFiles, name: str, text: str) -> int:
    """How often the validations of a variable mention it, if all allow a value: each lists what it allows."""
    declared = files.place("variable", name).body if files.has("variable", name) else None
    for validation in declared.blocks_of("validation") if declared else ():
        condition = validation.body.attributes.get("condition")
        call = condition.expression if condition else None
        if not (isinstance(call, Call) and call.name == "contains" and isinstance(call.arguments[0], TupleNode)):
            return 0
        if call.arguments[-1].text != f"var.{name}" or text not in [item.text for item in call.arguments[0].items]:
            return 0
    return mentioned(declared.text, f"var.{name}") if declared else 0


def _of_variable(job: Job, module: Module, name: str, text: str) -> Literal | None:
    """The literal that a variable gets: in the call of its module, in a .tfvars file, or as its default."""
    given = job.given(module, name)
    if given is not None:
        return behind(job, *given, text)
    default = job.block(module, "variable", name).argument("default")
    literal = default.expression if default is not None and isinstance(default.expression, Literal) else None
    return literal if module.parent is not None else literal_of(job, name, literal)


def nested(body: Body, name: str, number: int = 0) -> Body | None:
    """The body of a nested block; None if there is none. Raises NotMechanical if a `dynamic` block writes it."""
    if any(block.type == "dynamic" and block.labels == (name,) for block in body.blocks):
        raise NotMechanical(f"a dynamic block writes {name}; change the values that it is made from")
    found: list[Block] = body.blocks_of(name)
    return found[number].body if number < len(found) else None
