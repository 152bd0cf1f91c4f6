"""Trust policies: MFA is required from people, in a statement of their own, and from no machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.objects import added_entries, key_of, pair, removed_entries
from planproof.fix.places import (
    NotMechanical,
    added_block,
    end_of_line,
    indent_of,
    indented,
    joined,
    removed,
    replaced,
    start_of_line,
)
from planproof.fix.style import block
from planproof.plan.model import Module
from planproof.syntax.nodes import Block, Body, Call, GetAttr, Literal, Node, ObjectNode, TupleNode, Variable

_MFA = re.compile(r"aws:multifactorauth(present|age)", re.IGNORECASE)
_MACHINES = ("Service", "Federated")
_NOT_PEOPLE = re.compile(r":(role|assumed-role|federated-user)/|\baws_iam_role\.")
_DEMAND = '{ Bool = { "aws:MultiFactorAuthPresent" = "true" } }'
_MALFORMED = "AWS rejects the policy as it is written; only its author knows what was meant"


def mended(job: Job) -> list[Edit]:
    """The statements at fault, wherever the role's trust policy is written."""
    found = job.place.argument("assume_role_policy")
    if found is None:
        raise NotMechanical("assume_role_policy is not written in the block of the role")
    edits = _of(job, job.instance.module, found.expression)
    if not edits:
        raise NotMechanical("no statement of the policy is written so that its MFA condition can be changed by itself")
    return edits


def _of(job: Job, module: Module, node: Node) -> list[Edit]:
    if isinstance(node, Call) and node.name == "jsonencode" and node.arguments:
        return _of_json(job, module, node.arguments[0])
    if isinstance(node, GetAttr) and isinstance(node.source, Variable) and node.source.name == "local":
        behind = job.bench.files_of(module).source.locals.get(node.name)
        if behind is not None:
            return _of(job, module, behind)
    match = re.fullmatch(r"data\.aws_iam_policy_document\.(\w+)(\[[^\]]*\])?\.json", node.text.strip())
    if match:
        return _of_data(job, job.block(module, "data", "aws_iam_policy_document", match[1]).body)
    raise NotMechanical("the policy is not written with jsonencode or aws_iam_policy_document; change it where it is written")


def _is_for_machines(job: Job) -> bool:
    """Whether the finding is on what machines must not be asked for."""
    return job.finding.code in ("allow_demands_mfa", "deny_catches_machines")


# --- jsonencode ------------------------------------------------------------------------------------------------------


def _of_json(job: Job, module: Module, node: Node) -> list[Edit]:
    if isinstance(node, GetAttr) and isinstance(node.source, Variable) and node.source.name == "local":
        node = job.bench.files_of(module).source.locals.get(node.name) or node
    statements = pair(node, "Statement") if isinstance(node, ObjectNode) else None
    if statements is None:
        raise NotMechanical("the statements of the policy are an expression; change it where they are written")
    several = list(statements[1].items) if isinstance(statements[1], TupleNode) else [statements[1]]
    objects = [each for each in several if isinstance(each, ObjectNode)]
    return joined(_json_statement(job, each, statements[1]) for each in objects)


def _json_statement(job: Job, statement: ObjectNode, statements: Node) -> list[Edit]:
    effect = _text(statement, "Effect")
    if effect == "Deny":
        return [*_json_deny(statement)] if job.finding.code == "deny_catches_machines" else []
    principal = pair(statement, "Principal")
    if effect != "Allow" or principal is None:
        return []
    kinds = [key_of(key) or "" for key, _ in principal[1].items] if isinstance(principal[1], ObjectNode) else ["*"]
    machines = [kind for kind in kinds if kind in _MACHINES]
    people = [kind for kind in kinds if kind not in _MACHINES and kind != "CanonicalUser"]
    if "ExternalId" in statement.text or (people and _NOT_PEOPLE.search(principal[1].text)):
        people = []
    if _is_for_machines(job):
        by_deny, asks = job.finding.code == "deny_catches_machines", bool(_MFA.search(statement.text))
        if people and machines:
            return _json_split(statement, statements, principal[1], machines) if by_deny or asks else []
        if people:
            return _json_asked(statement) if by_deny else []
        return _json_unasked(statement) if asks else []
    if not people:
        return []
    return _json_split(statement, statements, principal[1], machines) if machines else _json_asked(statement)


def _text(node: ObjectNode, key: str) -> str:
    found = pair(node, key)
    return str(found[1].value) if found and isinstance(found[1], Literal) else ""


def _json_unasked(statement: ObjectNode) -> list[Edit]:
    """Without the MFA keys, and without what is empty then."""
    condition = pair(statement, "Condition")
    if condition is None or not isinstance(condition[1], ObjectNode):
        raise NotMechanical("the condition of the statement is an expression; change it where it is written")
    keep = [(operator, keys) for operator, keys in condition[1].items if not _is_all_mfa(keys)]
    if not keep:
        return removed_entries(statement, ["Condition"])
    needless = [key_of(operator) or "" for operator, keys in condition[1].items if _is_all_mfa(keys)]
    shorter = (removed_entries(keys, _mfa_keys(keys)) for _, keys in keep if isinstance(keys, ObjectNode))
    return [*removed_entries(condition[1], needless), *joined(shorter)]


def _mfa_keys(node: ObjectNode) -> list[str]:
    return [key for name, _ in node.items if (key := key_of(name)) and _MFA.fullmatch(key)]


def _is_all_mfa(node: Node) -> bool:
    return isinstance(node, ObjectNode) and len(_mfa_keys(node)) == len(node.items)


def _json_asked(statement: ObjectNode) -> list[Edit]:
    """With the condition that lets nobody in without MFA."""
    condition = pair(statement, "Condition")
    if condition is None:
        return added_entries(statement, {"Condition": _DEMAND})
    if not isinstance(condition[1], ObjectNode):
        raise NotMechanical("the condition of the statement is an expression; change it where it is written")
    others = [(operator, keys) for operator, keys in condition[1].items if not _is_all_mfa(keys)]
    if not others:
        return [replaced(condition[1], _DEMAND)] if condition[1].text != _DEMAND else []
    edits = _json_unasked(statement) if _MFA.search(condition[1].text) else []
    bool_ = next((keys for operator, keys in others if key_of(operator) == "Bool"), None)
    if isinstance(bool_, ObjectNode):
        return [*edits, *added_entries(bool_, {"aws:MultiFactorAuthPresent": '"true"'})]
    return [*edits, *added_entries(condition[1], {"Bool": '{ "aws:MultiFactorAuthPresent" = "true" }'})]


def _json_split(statement: ObjectNode, statements: Node, principal: Node, machines: list[str]) -> list[Edit]:
    """People keep the statement; machines get one of their own, without the condition."""
    if not isinstance(principal, ObjectNode):
        raise NotMechanical("the statement names people and services in one expression; write a statement for each")
    named = {key: value for kind in machines if (found := pair(principal, kind)) for key, value in [(kind, found[1].text)]}
    action = pair(statement, "Action")
    entries = {
        "Effect": '"Allow"',
        "Principal": f"{{ {', '.join(f'{kind} = {text}' for kind, text in named.items())} }}",
        "Action": action[1].text if action else '"sts:AssumeRole"',
    }
    by = indent_of(statement.file, statement.start)
    new = block("", "\n".join(f"{key} = {value}" for key, value in entries.items())).strip()
    edits = removed_entries(principal, machines)
    has_own_line = not statement.file.text[start_of_line(statement.file, statement.start) : statement.start].strip()
    text = f",\n{new}".replace("\n", f"\n{by}") if has_own_line else f", {new}".replace("\n", f"\n{by}")
    path, end = statement.file.path, statement.end
    if isinstance(statements, TupleNode):
        return [*edits, *_json_asked(statement), Edit(path, end, end, text)]
    brace = end - 1  # which terraform fmt sets deeper within a list that begins on the same line
    is_first = not statement.file.text[start_of_line(statement.file, brace) : brace].strip()
    deeper = [Edit(path, brace, brace, "  ")] if is_first else []
    first = Edit(path, statement.start, statement.start, "[")
    return [*edits, *_json_asked(statement), first, *deeper, Edit(path, end, end, f"{text}]")]


def _json_deny(statement: ObjectNode) -> Iterator[Edit]:
    """Bool false is met by a request that says no, and not by one of a machine, which says nothing."""
    condition = pair(statement, "Condition")
    if condition is None or not isinstance(condition[1], ObjectNode):
        return
    for operator, keys in condition[1].items:
        if isinstance(keys, ObjectNode) and _mfa_keys(keys):
            if key_of(operator) != "BoolIfExists":
                raise NotMechanical(f'the Deny is by {key_of(operator)}; write it with Bool "false", or name the people in it')
            yield replaced(operator, "Bool")


# --- aws_iam_policy_document -----------------------------------------------------------------------------------------


def _of_data(job: Job, body: Body) -> list[Edit]:
    if any(each.type == "dynamic" for each in body.blocks):
        raise NotMechanical("a dynamic block writes the statements; change the values that they are made from")
    return joined(_data_statement(job, each, body) for each in body.blocks_of("statement"))


def _data_statement(job: Job, statement: Block, body: Body) -> list[Edit]:
    effect = statement.body.attributes.get("effect")
    conditions = [
        each for each in statement.body.blocks_of("condition") if _MFA.search(each.body.file.text[each.start : each.end])
    ]
    principals = statement.body.blocks_of("principals")
    if effect is not None and effect.expression.text == '"Deny"':
        return [*_data_deny(conditions)] if job.finding.code == "deny_catches_machines" else []
    machines = [each for each in principals if _kind(each) in _MACHINES]
    people = [each for each in principals if _kind(each) in ("AWS", "*") and not _NOT_PEOPLE.search(each.text)]
    if "sts:externalid" in statement.text.lower():
        people = []
    if _is_for_machines(job):
        by_deny = job.finding.code == "deny_catches_machines"
        if people and machines:
            return _data_split(statement, conditions, machines) if by_deny or conditions else []
        if people:
            return _data_asked(statement, conditions) if by_deny else []
        return joined(removed(each, statement.body) for each in conditions)
    if not people:
        return []
    return _data_split(statement, conditions, machines) if machines else _data_asked(statement, conditions)


def _kind(principals: Block) -> str:
    found = principals.body.attributes.get("type")
    return str(found.expression.value) if found and isinstance(found.expression, Literal) else ""


_CONDITION = block("condition", 'test = "Bool"\nvariable = "aws:MultiFactorAuthPresent"\nvalues = ["true"]')


def _data_asked(statement: Block, conditions: list[Block]) -> list[Edit]:
    gone = joined(removed(each, statement.body) for each in conditions[1:])
    if not conditions:
        return added_block(statement.body, _CONDITION)
    wanted = {"test": '"Bool"', "variable": '"aws:MultiFactorAuthPresent"', "values": '["true"]'}
    found = conditions[0].body.attributes
    return [
        *gone,
        *(
            replaced(found[name].expression, text)
            for name, text in wanted.items()
            if name in found and found[name].expression.text != text
        ),
    ]


def _data_split(statement: Block, conditions: list[Block], machines: list[Block]) -> list[Edit]:
    file, by = statement.file, indent_of(statement.file, statement.start)
    actions = statement.body.attributes.get("actions")
    head = f"actions = {actions.expression.text}" if actions else 'actions = ["sts:AssumeRole"]'
    named = [
        block("principals", *(f"{a.name} = {a.expression.text}" for a in each.body.attributes.values())) for each in machines
    ]
    named = [text.replace("\n\n", "\n") for text in named]
    at = end_of_line(file, statement.end)
    new = Edit(file.path, at, at, f"\n\n{indented(block('statement', head, *named), by)}")
    return [*joined(removed(each, statement.body) for each in machines), *_data_asked(statement, conditions), new]


def _data_deny(conditions: list[Block]) -> Iterator[Edit]:
    for each in conditions:
        test = each.body.attributes.get("test")
        if test is None or test.expression.text != '"BoolIfExists"':
            raise NotMechanical('the Deny is not by BoolIfExists; write it with Bool "false", or name the people in it')
        yield replaced(test.expression, '"Bool"')


MACHINES: dict[str, Remedy | str] = {
    "allow_demands_mfa": mended,
    "deny_catches_machines": mended,
    "malformed_policy": _MALFORMED,
}
PEOPLE: dict[str, Remedy | str] = {
    "no_mfa": mended,
    "long_term_keys": mended,
    "session_without_mfa": mended,
    "malformed_policy": _MALFORMED,
}
