"""The texts of a policy document that are not known: what they are made of, and the document around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from planproof.aws.iam.json_text import MAX_BYTES, MAX_DEPTH, document_of, loads, parsed
from planproof.aws.iam.language import Condition, Document, Principal, Text, Unknown, Who, principal, who_by_text
from planproof.context import Context
from planproof.evaluation import result as evaluated
from planproof.evaluation.origin import Kind, Origin, deciding
from planproof.evaluation.result import Encoded, Result, is_known, items_of, plain, text_parts, undetermined
from planproof.plan.model import Instance
from planproof.plan.value import Value

_PRINCIPAL_OF = {
    "aws_iam_role": Who.ROLE,
    "aws_iam_roles": Who.ROLE,
    "aws_iam_service_linked_role": Who.ROLE,
    "aws_iam_user": Who.USER,
    "aws_iam_users": Who.USER,
    "aws_organizations_account": Who.ACCOUNT,
}
_IDENTITY = ("arn", "arns", "unique_id")
_ACCOUNT_ID = {"aws_caller_identity": ("account_id",), "aws_organizations_account": ("id", "account_id")}


class StatementTexts:
    """The texts of one `statement` block of a data source, with what its unknown parts are made of."""

    def __init__(self, data: Instance, context: Context, number: int) -> None:
        self._data, self._context, self._path = data, context, ("statement", number)
        self._where = f"{data.address}.statement[{number}]"

    def text(self, value: Value, default: str, *path: str | int) -> Text:
        if value.is_unknown:
            return self._unknown(path)
        return default if value.is_unset else str(value.raw)

    def texts(self, value: Value, *path: str | int) -> tuple[Text, ...]:
        """A list or set; the elements that are not known come last."""
        if not value.has_unknown:
            return tuple(str(element.raw) for element in _elements(value) if not element.is_unset or element.raw == "")
        result = self._context.evaluated(self._data, *self._path, *path)
        where = self._at(path)
        if value.is_unknown:
            found = items_of(result)
            return tuple(known_or_unknown(r, where) for r in found) if found is not None else (unknown(result, where),)
        known = [element.text for element in value.items() if element.text is not None]
        return (*known, *_unread(result, len(value.items()) - len(known), where))

    def principals(self, blocks: Value, name: str) -> Iterator[Principal]:
        if blocks.is_unknown:
            yield Principal(Who.UNSURE, self._unknown((name,)))
        for number, block in enumerate(blocks.items()):
            kind = self.text(block.get("type"), "", name, number, "type")
            yield from (principal(kind, i) for i in self.texts(block.get("identifiers"), name, number, "identifiers"))

    def conditions(self, blocks: Value) -> Iterator[Condition]:
        if blocks.is_unknown:
            yield Condition(self._unknown(("condition",)), self._unknown(("condition",)), ())
        for number, block in enumerate(blocks.items()):
            yield Condition(
                self.text(block.get("test"), "", "condition", number, "test"),
                self.text(block.get("variable"), "", "condition", number, "variable"),
                self.texts(block.get("values"), "condition", number, "values"),
            )

    def _unknown(self, path: tuple[str | int, ...]) -> Unknown:
        return unknown(self._context.evaluated(self._data, *self._path, *path), self._at(path))

    def _at(self, path: tuple[str | int, ...]) -> str:
        return f"{self._where}.{path[0]}"


def _elements(value: Value) -> list[Value]:
    return value.items() if isinstance(value.raw, list) else [value] if value.is_known else []


def _unread(result: Result | None, count: int, where: str) -> list[Text]:
    """The elements of a list that the plan does not know."""
    written = [r for r in items_of(result) or () if not is_known(r)]
    if len(written) == count:
        return [unknown(r, where) for r in written]
    origins = deciding(result.all_origins) if result is not None else ()
    if len(origins) == count > 1:
        return [unknown(undetermined((origin,)), where) for origin in origins]
    return [unknown(result, where)] * count


def known_or_unknown(result: Result, where: str) -> Text:
    """A text, as it is known or by what it is made of."""
    return str(plain(result)) if is_known(result) else unknown(result, where)


def unknown(result: Result | None, where: str) -> Unknown:
    """What an unknown text is, by the resources that it is made of and the text around them."""
    origins = deciding(result.all_origins) if result is not None else ()
    resources = list({o.display_name: o for o in origins if o.kind is Kind.RESOURCE}.values())
    kinds = {_who(o) for o in resources} | {Who.SOMEBODY for o in origins if o.kind in (Kind.LOST, Kind.VARIABLE)}
    by_text = _who_by_text(result)
    if by_text is not None:
        kinds = {by_text}
    exact = len(kinds) == len(resources) == 1 and resources[0].instance is not None and bool(resources[0].attribute)
    bare = result is not None and not isinstance(result.raw, evaluated.Text) and all(o.is_itself for o in origins)
    who = next(iter(kinds)) if len(kinds) == 1 else Who.SOMEBODY
    names = ", ".join(o.display_name for o in resources)
    return Unknown(names or where, who, frozenset(o.type for o in resources), exact and bare)


def _who(origin: Origin) -> Who:
    attribute = origin.attribute[0] if origin.attribute else ""
    if attribute in _ACCOUNT_ID.get(origin.type, ()):
        return Who.ACCOUNT
    return _PRINCIPAL_OF.get(origin.type, Who.SOMEBODY) if not attribute or attribute in _IDENTITY else Who.SOMEBODY


def _who_by_text(result: Result | None) -> Who | None:
    """What a text that is known in part makes, by what is known of it: `arn:aws:iam::${...}:role/ci`; None if that does not tell."""
    if result is None or not isinstance(result.raw, evaluated.Text):
        return None
    who = who_by_text("".join(part if isinstance(part, str) else "000000000000" for part in result.raw.parts))
    return None if who is Who.OTHER else who


# --- documents --------------------------------------------------------------------------------------------------------

_MARK = re.compile("\ue000(\\d+)\ue001")


def document_in(result: Result | None, where: str) -> Document | None:
    """The document that an expression writes out, with unknown texts in it; None if it does not write one."""
    if result is None:
        return None
    try:
        if isinstance(result.raw, str):
            return parsed(result.raw)
        if isinstance(result.raw, Encoded) and result.raw.function == "jsonencode":
            return document_of(_structure(result.raw.value, where))
        if isinstance(result.raw, evaluated.Text):
            return document_of(_template(result, where))
    except (ValueError, RecursionError):
        pass
    return None


def _structure(part: Any, where: str, depth: int = 0) -> Any:
    """Plain JSON with an Unknown for each text that is not known."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    raw = part.raw if isinstance(part, Result) else part
    if isinstance(raw, dict):
        return {key: _structure(_inner(part, value), where, depth + 1) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_structure(_inner(part, value), where, depth + 1) for value in raw]
    if raw is None or isinstance(raw, (str, int, float, bool)):
        return raw
    return unknown(part, where)


def _inner(container: Any, value: Any) -> Any:
    return value if isinstance(value, Result) or not isinstance(container, Result) else Result(value, container.origins)


def _template(result: Result, where: str) -> Any:
    """A heredoc or other text with unknown parts: JSON, once each of those is a mark."""
    parts = text_parts(result)
    marked = "".join(part if isinstance(part, str) else f"\ue000{number}\ue001" for number, part in enumerate(parts))
    if len(marked) > MAX_BYTES:
        raise ValueError("too long")
    return _unmarked(loads(marked), parts, where)


def _unmarked(raw: Any, parts: tuple[str | Result, ...], where: str) -> Any:
    if isinstance(raw, dict):
        return {_unmarked(key, parts, where): _unmarked(value, parts, where) for key, value in raw.items()}
    if isinstance(raw, list):
        return [_unmarked(value, parts, where) for value in raw]
    if not isinstance(raw, str) or not _MARK.search(raw):
        return raw
    pieces = _MARK.split(raw)  # texts and the numbers of the parts between them, in turn
    made = [parts[int(piece)] if number % 2 else piece for number, piece in enumerate(pieces)]
    return unknown(evaluated.joined(made) if len([p for p in made if p != ""]) > 1 else made[1], where)  # type: ignore[arg-type]
