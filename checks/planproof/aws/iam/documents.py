"""Where a policy document comes from: `read` makes a `planproof.aws.iam.language.Document` of an argument, wherever its text was written.

- a known text: a heredoc, `jsonencode`, `templatefile`, a data source that was read while planning;
- `data.aws_iam_policy_document` whose read is deferred to the apply, because a part of it is unknown: its `statement` blocks are in
  the plan, and the documents that it merges by sid are found by reference (through modules, for_each and, with source, locals);
- a text that is unknown as a whole because of one part (`jsonencode({... aws_iam_role.ci.arn ...})`): with source, the expression.
"""

from __future__ import annotations

from planproof.aws.iam.data_source import DATA, is_document, of_data_source
from planproof.aws.iam.json_text import parsed
from planproof.aws.iam.language import Document
from planproof.aws.iam.unknown_parts import document_in
from planproof.context import Context
from planproof.evaluation.origin import Kind, Origins, deciding, lost_reason
from planproof.plan.model import Instance


def read(instance: Instance, context: Context, *path: str | int) -> Document:
    """The policy document that the argument at `path` holds. One that nobody set is a document with the problem `not set`."""
    value = context.argument(instance, *path)
    where = f"{instance.address}.{'.'.join(str(step) for step in path)}"
    if value.is_unset:
        return Document(problem=f"not set: {where}", where=(where,))
    known = value.text
    found = parsed(known) if known is not None else _unknown_text(instance, path, where, context)
    return found._replace(sensitive=found.sensitive or value.is_sensitive, where=tuple(dict.fromkeys((where, *found.where))))


def _unknown_text(instance: Instance, path: tuple[str | int, ...], where: str, context: Context) -> Document:
    result = context.evaluated(instance, *path)
    written = document_in(result, where)
    if written is not None:
        return written
    origins = deciding(context.relations.settled(result.all_origins, DATA)) if result is not None else ()
    makers = _data_sources(origins)
    if makers:
        found = [of_data_source(data, context) for data in makers]
        names = " or ".join(data.address for data in makers)
        problem = f"{where} may be any of {names}; known after apply"
        return found[0] if len(found) == 1 else Document(problem=problem, alternatives=tuple(found))
    lost = lost_reason(origins)
    made_of = ", ".join(dict.fromkeys(o.display_name for o in origins if o.kind is Kind.RESOURCE))
    help_ = "" if context.source else "; provide the source (the folder or the saved plan)"
    reason = f"{where} cannot be followed: {lost}" if lost else f"known after apply: {where}"
    return Document(problem=reason if lost else f"{reason}{f' (built from {made_of})' if made_of else ''}{help_}")


def _data_sources(origins: Origins) -> list[Instance]:
    """The data source that all of the text comes from, or those of which it is one (`strict ? a : b`); without source, the variable
    of that condition is among the names."""
    found = {o.instance.address: o.instance for o in origins if is_document(o) and o.is_itself and o.instance}
    others = {o.kind for o in origins if not (is_document(o) and o.is_itself and o.instance)}
    return list(found.values()) if not others or (others == {Kind.VARIABLE} and len(found) > 1) else []
