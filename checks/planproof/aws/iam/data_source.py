"""The document that an `aws_iam_policy_document` makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from planproof.aws.iam.json_text import MAX_STATEMENTS, parsed
from planproof.aws.iam.language import Document, Statement, Unknown
from planproof.aws.iam.unknown_parts import StatementTexts, document_in
from planproof.context import Context
from planproof.evaluation.origin import Origin, Origins, deciding, lost_reason
from planproof.evaluation.result import Result, items_of
from planproof.plan.model import Instance
from planproof.plan.value import Value

DATA = "aws_iam_policy_document"
MOST_MERGED = 500
"""Documents that one is merged of, and reasons why it is open."""
_DEEPEST = 50


def is_document(origin: Origin) -> bool:
    return origin.block[1].startswith(f"data.{DATA}.") and (origin.attribute or ("json",))[0] in ("json", "minified_json")


def of_data_source(data: Instance, context: Context) -> Document:
    """The document that a data source makes; each is read once."""
    seen: dict[str, Document] = context.memory("iam_documents")
    being_read: dict[str, None] = context.memory("iam_documents_being_read")
    if data.address in seen:
        return seen[data.address]
    if data.address in being_read:
        return Document(problem=f"{data.address} refers to itself")
    if len(being_read) == _DEEPEST:
        return Document(problem=f"{data.address} is merged through more than {_DEEPEST} documents, and planproof follows no more")
    being_read[data.address] = None
    known = data.get("json").text
    found = parsed(known) if known is not None else _Blocks(data, context).document()
    del being_read[data.address]
    shown = found.sensitive or data.value.get("statement").is_sensitive or data.get("json").is_sensitive
    seen[data.address] = found._replace(sensitive=shown, where=(data.address, *found.where))
    return seen[data.address]


class _Blocks:
    """Reads a data source of which the plan has the blocks alone.

    https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document
    """

    def __init__(self, data: Instance, context: Context) -> None:
        self._data, self._context = data, context
        self._statements: list[Statement] = []
        self._by_sid: dict[str, int] = {}
        self._open: dict[str, None] = {}
        self._sensitive = False
        self._where: dict[str, None] = {}

    def document(self) -> Document:
        """Source documents, then the own statements, then overrides: a statement replaces an earlier one of the same sid."""
        for argument in ("source_json", "source_policy_documents"):
            self._merge_all(argument)
        own = self._data.get("statement")
        if own.is_unknown:
            self._opens(f"known after apply: {self._data.address}.statement")
        for number, block in enumerate(own.items()):
            if block.is_unknown:
                self._opens(f"known after apply: {self._data.address}.statement[{number}]")
            else:
                self._merge(self._statement(block, number))
        for argument in ("override_json", "override_policy_documents"):
            self._merge_all(argument)
        if len(self._statements) > MAX_STATEMENTS:
            return Document(problem=f"{self._data.address} has more than {MAX_STATEMENTS} statements")
        if max(len(self._where), len(self._open)) > MOST_MERGED:
            return Document(problem=f"{self._data.address} is merged of more than {MOST_MERGED} documents")
        return Document(
            tuple(self._statements), undetermined=tuple(self._open), sensitive=self._sensitive, where=tuple(self._where)
        )

    def _merge(self, statement: Statement) -> None:
        if isinstance(statement.sid, Unknown):
            self._opens(f"known after apply, and decides which statement is replaced: a sid of {self._data.address}")
        elif statement.sid:
            same = self._by_sid.setdefault(statement.sid, len(self._statements))
            if same < len(self._statements):
                self._statements[same] = statement
                return
        if len(self._statements) <= MAX_STATEMENTS:
            self._statements.append(statement)

    def _opens(self, *reasons: str) -> None:
        self._open.update(dict.fromkeys(reasons))

    def _merge_all(self, argument: str) -> None:
        for document in self._merged_documents(argument):
            self._sensitive = self._sensitive or document.sensitive
            self._where.update(dict.fromkeys(document.where))
            self._opens(*([document.problem] if document.problem else document.undetermined))
            if (document.problem or document.undetermined) and argument.startswith("override"):
                self._statements = [_perhaps(s, self._data.address) for s in self._statements]
            for statement in document.statements:
                self._merge(statement)

    def _merged_documents(self, argument: str) -> Iterator[Document]:
        value = self._context.argument(self._data, argument)
        if value.is_unset:
            return
        result = self._context.evaluated(self._data, argument)
        written = items_of(result)
        if written is not None:
            yield from (self._of_element(element, argument) for element in written)
            return
        elements = value.items() if isinstance(value.raw, list) else [value]
        unread = [e for e in elements if e.is_unknown]
        origins = self._settled(result)
        makers = self._unread_makers(origins)
        exact = len(makers) == len(unread) or (value.is_unknown and all(is_document(o) for o in origins))
        for element in elements:
            if element.text is not None:
                yield parsed(element.text)
            elif element.is_unknown and exact and not value.is_unknown:
                yield of_data_source(makers.pop(0), self._context)
        if value.is_unknown and exact:
            yield from (of_data_source(maker, self._context) for maker in makers)
        elif unread and not exact:
            yield self._lost(origins, argument)

    def _of_element(self, element: Result, argument: str) -> Document:
        """The document that one element of a list is: of another data source, or written out."""
        origins = self._settled(element)
        maker = origins[0].instance if len(origins) == 1 and is_document(origins[0]) and origins[0].is_itself else None
        if maker is not None:
            return of_data_source(maker, self._context)
        return document_in(element, f"{self._data.address}.{argument}") or self._lost(origins, argument)

    def _settled(self, result: Result | None) -> Origins:
        return deciding(self._context.relations.settled(result.all_origins, DATA)) if result is not None else ()

    def _lost(self, origins: Origins, argument: str) -> Document:
        lost = lost_reason(origins)
        return Document(problem=f"known after apply: {self._data.address}.{argument}{f': {lost}' if lost else ''}")

    def _unread_makers(self, origins: Origins) -> list[Instance]:
        """The data sources behind the elements that are unknown, in the order they are written."""
        found = {i.address: i for o in origins if is_document(o) for i in o.instances}
        return [i for i in found.values() if i.get("json").text is None]

    def _statement(self, block: Value, number: int) -> Statement:
        written = StatementTexts(self._data, self._context, number)
        principals, not_principals = block.get("principals"), block.get("not_principals")
        inverted = principals.is_unset and not not_principals.is_unset
        name = "not_principals" if inverted else "principals"
        return Statement(
            sid=written.text(block.get("sid"), "", "sid"),
            effect=written.text(block.get("effect"), "Allow", "effect"),
            principals=tuple(written.principals(not_principals if inverted else principals, name)),
            not_principals=inverted,
            **_lists(written, block, "actions"),
            **_lists(written, block, "resources"),
            conditions=tuple(written.conditions(block.get("condition"))),
        )


def _lists(written: StatementTexts, block: Value, name: str) -> dict[str, Any]:
    inverted = block.get(name).is_unset and not block.get(f"not_{name}").is_unset
    argument = f"not_{name}" if inverted else name
    return {name: written.texts(block.get(argument), argument), f"not_{name}": inverted}


def _perhaps(statement: Statement, address: str) -> Statement:
    """A statement that an unknown document may replace: one that has a sid."""
    if not statement.sid or isinstance(statement.effect, Unknown):
        return statement
    return statement._replace(effect=Unknown(f"{address}, once it is merged"))
