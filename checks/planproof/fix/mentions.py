"""Where else a name is written: other blocks of the module refer to the resource instead, so that they follow when it is renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from planproof.aws.alerts.same_metric import FILTER
from planproof.aws.s3 import BUCKET
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.objects import key_of
from planproof.fix.old_names import refuse_left
from planproof.fix.places import NotMechanical, Place, replaced
from planproof.fix.trail import address_of, holders_in, is_within, trail_at, tree_of
from planproof.syntax.blocks import TopBlock
from planproof.syntax.nodes import Attribute, Literal, Node, ObjectNode, Template, TemplateFor, TemplateIf, TupleNode, Variable

_NAMED_BY = {
    "aws_cloudwatch_log_group": ("log_group_name",),
    "aws_cloudwatch_event_rule": ("rule",),
    "aws_dynamodb_table": ("table_name",),
    "aws_ecr_repository": ("repository",),
    "aws_iam_instance_profile": ("iam_instance_profile",),
    "aws_iam_role": ("role",),
    "aws_lambda_function": ("function_name",),
    BUCKET: ("bucket", "s3_bucket_name", "target_bucket", "bucketName", "s3_bucket"),
}
"""By type, the arguments of other resources that hold its name."""


def inner_text(node: Node) -> str:
    """What an expression is inside a quoted text: `corp-${var.a}` of the text itself, `${var.name}` of the rest."""
    text = node.text
    if isinstance(node, (Literal, Template)) and text.startswith('"'):
        return text[1:-1]
    return f"${{{text}}}"


def mentions(job: Job, place: Place, found: Attribute) -> list[Edit]:
    """Other blocks of the module that write the old name, or the bucket's ARN, refer to the resource instead. Raises NotMechanical if
    something else of the plan still has the old name."""
    inner = inner_text(found.expression)
    arguments = _NAMED_BY.get(job.instance.type, ())
    edits: list[Edit] = [*_metrics(job, place)] if job.instance.type == FILTER else []
    for top in place.module.tops:
        if top is place.top or top.type not in ("resource", "data", "locals", "module", "output"):
            continue
        if top.type == "resource" and top.labels[0] == job.instance.type:
            continue  # what is the same there is a name of its own
        if top.file.text.find(inner, top.start, top.end) < 0:
            continue
        address = _address_in(place, top, inner)
        if not address:
            continue
        mine = [*_by_name(top, inner, f"{address}.{found.name.removesuffix('_prefix')}", arguments)]
        if job.instance.type == BUCKET:
            mine += _by_arn(top, inner, f"{address}.arn")
        if mine and _needs(place, top, mine):
            raise NotMechanical(f"{address_of(top)} writes the old name, and the resource needs it; rename both by hand")
        edits += mine
    if edits and job.instance.type == BUCKET and _is_key(place, edits):
        raise NotMechanical("for_each or count of another block writes the old name; use another key there first")
    if job.instance.type != FILTER:  # whose name nothing else has
        refuse_left(job, place, found, edits)
    return edits


def _address_in(place: Place, top: TopBlock, inner: str) -> str:
    """How another block refers to the resource; empty if what the name is built from has another meaning there."""
    if not (place.argument("for_each") or place.argument("count")):
        return "" if re.search(r"\$\{(each|count)\.", inner) else place.address
    body = top.block.body if top.type in ("resource", "data", "module") else None
    for argument, key in (("for_each", "each.key"), ("count", "count.index")):
        theirs = body.attributes.get(argument) if body else None
        if theirs is not None and theirs.expression.text in (place.text_of(argument), place.address):
            return f"{place.address}[{key}]" if "each.value" not in inner or theirs.expression.text != place.address else ""
    return ""


def _metrics(job: Job, place: Place) -> Iterator[Edit]:
    """Alarms that take the name of a filter for that of its metric: they hold only while the two are the same. Raises NotMechanical if
    something else may hand it on."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(place.address)}(?:\[[^]]*\])?\.(name|id)(?!\w)")
    is_same = any(i.get("name").text == i.get("metric_transformation", 0, "name").text for i in job.siblings)
    for top in place.module.source.tops:
        for match in pattern.finditer(top.file.text, top.start, top.end):
            trail = trail_at(top, match.start())
            if "metric_name" in [name for name, _ in holders_in(trail)]:
                yield Edit(top.file.path, match.start(1), match.end(1), "metric_transformation[0].name")
            elif is_same and (not trail or isinstance(trail[-1], Variable)):
                raise NotMechanical(
                    f"{address_of(top)} may take the filter's name for that of its metric; let it read the metric's"
                )


def _by_name(top: TopBlock, inner: str, reference: str, arguments: tuple[str, ...]) -> Iterator[Edit]:
    """Arguments that are the old name as a whole, and those of lists."""
    for argument, node, is_own in _expressions(top):
        if is_own and argument in arguments and node.text == f'"{inner}"':
            yield replaced(node, reference)


def _by_arn(top: TopBlock, inner: str, reference: str) -> Iterator[Edit]:
    """ARNs of the bucket and of its objects: one that is an expression of its own becomes a reference, one within a text a part of it."""
    pattern = re.compile(rf'arn:(?:aws|\$\{{[^}}"]*\}}):s3:::{re.escape(inner)}(?![\w.-])(?!\$\{{)')
    texts = [(node, is_own) for _, node, is_own in _expressions(top) if isinstance(node, (Literal, Template))]
    for match in pattern.finditer(top.file.text, top.start, top.end):
        around = [(node, is_own) for node, is_own in texts if node.start < match.start() and match.end() < node.end]
        whole = next((node for node, is_own in around if is_own and node.text == f'"{match[0]}"'), None)
        if whole is not None:
            yield replaced(whole, reference)
        elif around:  # else it is a comment
            yield Edit(top.file.path, match.start(), match.end(), f"${{{reference}}}")


def _expressions(top: TopBlock) -> Iterator[tuple[str, Node, bool]]:
    """The expressions of a block, with the argument or the key that holds each, and whether it stands for itself: a key of an object
    and a part of a text do not."""
    pending: list[tuple[str, Node, bool]] = [("", tree_of(top), False)]
    while pending:
        name, node, is_own = pending.pop()
        yield name, node, is_own
        if isinstance(node, ObjectNode):
            for key, value in node.items:
                pending += [("", key, False), (key_of(key) or "", value, True)]
        elif isinstance(node, Attribute):
            pending.append((node.name, node.expression, True))
        else:
            is_text = isinstance(node, (Template, TemplateIf, TemplateFor))
            pending += [(name if isinstance(node, TupleNode) else "", child, not is_text) for child in node.children()]


def _needs(place: Place, top: TopBlock, edits: Sequence[Edit]) -> bool:
    """Whether the resource refers to what is edited, through others too, so that a reference back would be a circle."""
    texts = _locals_of(place)
    for each in place.module.source.tops:
        if each is not place.top and each.type in ("resource", "data", "module"):
            texts[address_of(each)] = each.file.text[each.start : each.end]
    reached = _reached(place.top.file.text[place.top.start : place.top.end], texts)
    return not reached.isdisjoint(_edited_locals(place, edits)) if top.type == "locals" else address_of(top) in reached


def _is_key(place: Place, edits: Sequence[Edit]) -> bool:
    """Whether a for_each or count of the module is edited, or reads a local that is: an ARN is known only after apply."""
    edited, texts = _edited_locals(place, edits), _locals_of(place)
    for top in place.module.source.tops:
        for name in ("for_each", "count") if top.type in ("resource", "data", "module") else ():
            found = tree_of(top).body.attributes.get(name)
            if found is not None and any(is_within(edit, found) for edit in edits):
                return True
            if found is not None and edited and not edited.isdisjoint(_reached(found.text, texts)):
                return True
    return False


def _locals_of(place: Place) -> dict[str, str]:
    return {f"local.{name}": node.text for name, node in place.module.source.locals.items()}


def _edited_locals(place: Place, edits: Sequence[Edit]) -> set[str]:
    found = place.module.source.locals.items()
    return {f"local.{name}" for name, node in found if any(is_within(edit, node) for edit in edits)}


def _reached(text: str, texts: dict[str, str]) -> set[str]:
    """What a text refers to of what has these texts, by its address, through others too."""
    pending, seen = [text], set[str]()
    while pending:
        text = pending.pop()
        new = {address for address in texts.keys() - seen if re.search(rf"(?<![\w.]){re.escape(address)}(?!\w)", text)}
        seen |= new
        pending += map(texts.__getitem__, new)
    return seen
