"""Where a policy document comes from: `read` makes a `planproof.iam.Document` of an argument, wherever its text was written.

- a known text: a heredoc, `jsonencode`, `templatefile`, a data source that was read while planning;
- `data.aws_iam_policy_document` whose read is deferred to the apply, because a part of it is unknown: its `statement` blocks are in
  the plan, and the documents that it merges by sid are found by reference (through modules, for_each and, with source, locals);
- a text that is unknown as a whole because of one part (`jsonencode({... aws_iam_role.ci.arn ...})`): with source, the expression.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from planproof.arguments import nested_blocks
from planproof.check import Context
from planproof.hcl import Expression, expression_of, names, parts
from planproof.iam import Condition, Document, Principal, Statement, Text, Unknown, Who, principal, who_by_text
from planproof.iam_json import MAX_BYTES, MAX_DEPTH, MAX_STATEMENTS, as_list, document_of, loads, parsed
from planproof.plan import Instance, Json, Module, Value
from planproof.references import Kind, Origin, Origins, Scope

DATA = "aws_iam_policy_document"


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
    origins = context.links.settled(context.references.origins(instance, *path), DATA)
    makers = _data_sources(origins)
    if makers and not _is_altered(instance, path, context):
        found = [_of_data(data, context) for data in makers]
        names_ = " or ".join(data.address for data in makers)
        problem = f"which of {names_} {where} is, is known after the apply"
        return found[0] if len(found) == 1 else Document(problem=problem, alternatives=tuple(found))
    written = _from_source(instance, path, context)
    if written is not None:
        return written
    lost = next((o.reason for o in origins if o.kind is Kind.LOST), "")
    made_of = ", ".join(dict.fromkeys(o.shown for o in origins if o.kind is Kind.RESOURCE))
    help_ = "" if context.source else "; give the source (the folder, or the saved plan)"
    reason = f"{where} cannot be followed: {lost}" if lost else f"known after the apply: {where}"
    return Document(problem=reason if lost else f"{reason}{f' (made of {made_of})' if made_of else ''}{help_}")


def _data_sources(origins: Origins) -> list[Instance]:
    """The data source that all of the text comes from, or those of which it is one (`strict ? a : b`). An index (`count.index`) and
    the variable of a condition are no part of the text."""
    origins = tuple(o for o in origins if o.kind is not Kind.KEY)
    found = {o.instance.address: o.instance for o in origins if _is_document(o) and o.instance}
    others = {o.kind for o in origins if not (_is_document(o) and o.instance)}
    return list(found.values()) if not others or (others == {Kind.VARIABLE} and len(found) > 1) else []


def _is_altered(instance: Instance, path: tuple[str | int, ...], context: Context) -> bool:
    """Whether the source says that the text is not the document as it is: `replace(data.aws_iam_policy_document.a.json, ...)`."""
    block = context.source_block(instance)
    written = block.argument(str(path[0])) if block and len(path) == 1 else None
    return bool(written and (_ALTERING.search(written.code or "") or "".join(written.literals or ()).strip()))


_ALTERING = re.compile(r"\b(?:replace|format|join|jsonencode|templatestring|templatefile|substr)\s*\(")


def _is_document(origin: Origin) -> bool:
    return origin.block[1].startswith(f"data.{DATA}.") and (origin.attribute or ("json",))[0] in ("json", "minified_json")


# --- aws_iam_policy_document ------------------------------------------------------------------------------------------


def _of_data(data: Instance, context: Context) -> Document:
    """The document that a data source makes; each is read once."""
    seen: dict[str, Document] = context.memory("iam_documents")
    if data.address not in seen:
        seen[data.address] = Document(problem=f"{data.address} refers to itself")
        known = data.get("json").text
        found = parsed(known) if known is not None else _Blocks(data, context).document()
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
        self._open: list[str] = []
        self._sensitive = False
        self._where: list[str] = []
        block = context.source_block(data)
        self._source = nested_blocks(block.body, "statement") if block else []

    def document(self) -> Document:
        """Source documents, then the own statements, then overrides: a statement replaces an earlier one of the same sid."""
        for argument in ("source_json", "source_policy_documents"):
            self._merge_all(argument)
        own = self._data.get("statement")
        if own.is_unknown:
            self._open.append(f"known after the apply: {self._data.address}.statement")
        for number, block in enumerate(own.items()):
            if block.is_unknown:
                self._open.append(f"known after the apply: {self._data.address}.statement[{number}]")
            else:
                self._merge(self._statement(block, number, len(own.items())))
        for argument in ("override_json", "override_policy_documents"):
            self._merge_all(argument)
        if len(self._statements) > MAX_STATEMENTS:
            return Document(problem=f"{self._data.address} has more than {MAX_STATEMENTS} statements")
        return Document(tuple(self._statements), open=tuple(self._open), sensitive=self._sensitive, where=tuple(self._where))

    def _merge(self, statement: Statement) -> None:
        if isinstance(statement.sid, Unknown):
            self._open.append(f"which statement it replaces is known after the apply: a sid of {self._data.address}")
        elif statement.sid:
            same = next((n for n, other in enumerate(self._statements) if other.sid == statement.sid), None)
            if same is not None:
                self._statements[same] = statement
                return
        if len(self._statements) <= MAX_STATEMENTS:
            self._statements.append(statement)

    def _merge_all(self, argument: str) -> None:
        for document in self._merged_documents(argument):
            self._sensitive = self._sensitive or document.sensitive
            self._where += document.where
            self._open += [document.problem] if document.problem else document.open
            if (document.problem or document.open) and argument.startswith("override"):
                self._statements = [_perhaps(s, self._data.address) for s in self._statements]
            for statement in document.statements:
                self._merge(statement)

    def _merged_documents(self, argument: str) -> Iterator[Document]:
        value = self._context.argument(self._data, argument)
        if value.is_unset:
            return
        elements = value.items() if isinstance(value.raw, list) else [value]
        unread = [e for e in elements if e.is_unknown]
        origins = self._context.links.settled(self._context.references.origins(self._data, argument), DATA)
        makers = self._unread_makers(origins)
        exact = len(makers) == len(unread) or (value.is_unknown and all(_is_document(o) for o in origins))
        for element in elements:
            if element.text is not None:
                yield parsed(element.text)
            elif element.is_unknown and exact and not value.is_unknown:
                yield _of_data(makers.pop(0), self._context)
        if value.is_unknown and exact:
            yield from (_of_data(maker, self._context) for maker in makers)
        elif unread and not exact:
            lost = next((f": {o.reason}" for o in origins if o.kind is Kind.LOST), "")
            yield Document(problem=f"known after the apply: {self._data.address}.{argument}{lost}")

    def _unread_makers(self, origins: Origins) -> list[Instance]:
        """The data sources behind the elements that are unknown, in the order they are written."""
        found = {i.address: i for o in origins if _is_document(o) for i in o.instances}
        return [i for i in found.values() if i.get("json").text is None]

    def _statement(self, block: Value, number: int, of: int) -> Statement:
        written = _Written(self._data, self._context, number, of, self._source)
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


def _lists(written: _Written, block: Value, name: str) -> dict[str, Any]:
    inverted = block.get(name).is_unset and not block.get(f"not_{name}").is_unset
    argument = f"not_{name}" if inverted else name
    return {name: written.texts(block.get(argument), argument), f"not_{name}": inverted}


def _perhaps(statement: Statement, address: str) -> Statement:
    """A statement that an unknown document may replace: one that has a sid."""
    return statement._replace(effect=Unknown(f"{address}, once it is merged")) if statement.sid else statement


class _Written:
    """The texts of one `statement` block, with what its unknown parts are made of.

    Plan JSON has the expressions of static blocks; those that a `dynamic` block makes are in the source alone.
    """

    def __init__(self, data: Instance, context: Context, number: int, of: int, source: list[Any]) -> None:
        self._data, self._context = data, context
        self._scope = context.references.scope(data)
        self._where = f"{data.address}.statement[{number}]"
        static = as_list(data.expression("statement"))
        self._static = [static[number]] if len(static) == of else static
        self._source = [source[number]] if len(source) == of == len(static) else source

    def text(self, value: Value, default: str, *path: str) -> Text:
        if value.is_unknown:
            return self._unknown(path)
        return default if value.is_unset else str(value.raw)

    def texts(self, value: Value, *path: str) -> tuple[Text, ...]:
        """A list; one that is unknown as a whole is one unknown text."""
        if value.is_unknown:
            return (self._unknown(path),)
        return tuple(self.text(element, "", *path) for element in _elements(value))

    def principals(self, blocks: Value, name: str) -> Iterator[Principal]:
        if blocks.is_unknown:
            yield Principal(Who.UNSURE, self._unknown((name,)))
        for block in blocks.items():
            kind = self.text(block.get("type"), "", name, "type")
            yield from (principal(kind, i) for i in self._identifiers(block.get("identifiers"), name, kind))

    def _identifiers(self, value: Value, name: str, kind: Text) -> list[Text]:
        """The identifiers of a `principals` block, those unknown each by itself where as many resources are named as are unknown."""
        if not value.has_unknown:
            return list(self.texts(value))
        path, beside = (name, "identifiers"), kind if isinstance(kind, str) else ""
        if value.is_unknown:
            return [self._unknown(path, beside)]
        known = [e.text for e in value.items() if e.text is not None]
        unread = len(value.items()) - len(known)
        each = [o for e in self._expressions(path, beside) for o in self._context.references.follow(e, self._scope)]
        each = [o for o in each if o.kind is not Kind.CONSTANT]
        if len(each) == unread > 1:
            return [*known, *(_made_of([o], [], f"{self._where}.{name}") for o in each)]
        return [*known, *[self._unknown(path, beside)] * unread]

    def conditions(self, blocks: Value) -> Iterator[Condition]:
        if blocks.is_unknown:
            yield Condition(self._unknown(("condition",)), self._unknown(("condition",)), ())
        for block in blocks.items():
            yield Condition(
                self.text(block.get("test"), "", "condition", "test"),
                self.text(block.get("variable"), "", "condition", "variable"),
                self.texts(block.get("values"), "condition", "values"),
            )

    def _unknown(self, path: tuple[str, ...], kind: str = "") -> Unknown:
        """An unknown text at `path`, of a principals block of this type where it is in one."""
        expressions = list(self._expressions(path, kind))
        origins = [o for e in expressions for o in self._context.references.follow(e, self._scope)]
        written = [t for raw in self._sources(path, kind) for t in _templates(raw)]
        templates = [self._defined(t) for t in written]
        if not origins:
            codes = [Expression(t).as_plan_json() for t in (*templates, *self._repeated(templates))]
            origins = [o for code in codes for o in self._context.references.follow(code, self._scope)]
        return _made_of(origins, templates, f"{self._where}.{path[0]}")

    def _defined(self, template: str) -> str:
        """What a bare local or variable stands for, where that is a text."""
        raw = _definition(Expression(template), self._data.module, self._context)[0].raw
        return raw if isinstance(raw, str) else template

    def _repeated(self, templates: list[str]) -> Iterator[Any]:
        """What the iterators of `dynamic` blocks in these texts go over: the `for_each` behind `statement.value`."""
        block = self._context.source_block(self._data)
        pending = [block.body] if block else []
        while pending:
            body = pending.pop()
            for dynamic in body.get("dynamic") or ():
                for label, inner in dynamic.items() if isinstance(dynamic, dict) else ():
                    iterator = expression_of(inner.get("iterator")).code or label
                    if any(f"{iterator}.value" in code for t in templates for code in parts(t)[1]):
                        yield expression_of(inner.get("for_each")).raw
                    pending += [content for content in inner.get("content") or () if isinstance(content, dict)]
            pending += [b for key in ("statement", "principals") for b in body.get(key) or () if isinstance(b, dict)]

    def _expressions(self, path: tuple[str, ...], kind: str) -> Iterator[Json]:
        found: list[Json] = self._static
        for step in path[:-1]:
            found = [inner for part in found if isinstance(part, dict) for inner in as_list(part.get(step))]
        for part in found:
            if isinstance(part, dict) and path[-1] in part and _is_of_type(part, kind):
                yield part[path[-1]]

    def _sources(self, path: tuple[str, ...], kind: str) -> Iterator[Any]:
        found = self._source
        for step in path[:-1]:
            found = [inner for part in found for inner in nested_blocks(part, step)]
        for part in found:
            written = expression_of(part.get("type")).raw if kind else None
            if path[-1] in part and (not kind or "$" in str(written) or written == kind):
                yield expression_of(part[path[-1]]).raw


def _is_of_type(block: Mapping[str, Json], kind: str) -> bool:
    """Whether a `principals` block can be the one whose values have this type."""
    constant = block["type"].get("constant_value") if kind and isinstance(block.get("type"), dict) else None
    return not kind or constant is None or constant == kind


def _elements(value: Value) -> list[Value]:
    return value.items() if isinstance(value.raw, list) else [value] if value.is_known else []


# --- what an unknown text is made of ----------------------------------------------------------------------------------

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


def _made_of(origins: Iterable[Origin], templates: list[str], where: str) -> Unknown:
    """What an unknown text is, by the resources that it is made of and, where there is source, the text around them."""
    resources = [o for o in origins if o.kind is Kind.RESOURCE]
    types = frozenset(o.type for o in resources)
    kinds = {_who(o) for o in resources} | {Who.SOMEBODY for o in origins if o.kind in (Kind.LOST, Kind.VARIABLE)}
    whole = {_who_by_template(t) for t in templates if parts(t)[1]}
    if whole and None not in whole:
        kinds = {who for who in whole if who is not None}
    names_ = list(dict.fromkeys(o.shown for o in resources))
    exact = len(kinds) == len(resources) == 1 and resources[0].instance is not None and bool(resources[0].attribute)
    bare = all(not "".join(parts(t)[0]) for t in templates if parts(t)[1])
    who = next(iter(kinds)) if len(kinds) == 1 else Who.SOMEBODY
    return Unknown(", ".join(names_) or where, who, types, exact and bare)


def _who(origin: Origin) -> Who:
    attribute = origin.attribute[0] if origin.attribute else ""
    if attribute in _ACCOUNT_ID.get(origin.type, ()):
        return Who.ACCOUNT
    return _PRINCIPAL_OF.get(origin.type, Who.SOMEBODY) if not attribute or attribute in _IDENTITY else Who.SOMEBODY


def _who_by_template(template: str) -> Who | None:
    """What a template makes, by its literal text: `arn:aws:iam::${...}:role/ci`; None where that does not tell."""
    literals, _ = parts(template)
    if not "".join(literals):
        return None
    who = who_by_text("000000000000".join(literals))
    return None if who is Who.OTHER else who


def _templates(raw: Any) -> list[str]:
    """The texts in an expression of the source: itself, or the elements of a list."""
    return [t for t in (raw if isinstance(raw, list) else [raw]) if isinstance(t, str)]


# --- an expression of the source --------------------------------------------------------------------------------------

_MARK = re.compile("\ue000(\\d+)\ue001")


def _from_source(instance: Instance, path: tuple[str | int, ...], context: Context) -> Document | None:
    """The document whose text is written in the argument itself, with unknown parts; None where it is not written there."""
    block = context.source_block(instance)
    found = block.argument(str(path[0])) if block and len(path) == 1 else None
    if found is None:
        return None
    expression, module = _definition(found, instance.module, context)
    if not isinstance(expression.raw, str):
        return None
    code = expression.code
    inner = re.fullmatch(r"jsonencode\((.*)\)", code.strip(), re.DOTALL) if code is not None else None
    scope = context.references.scope(instance) if module is instance.module else Scope(module)
    reader = _Leaves(context, scope, f"{instance.address}.{path[0]}")
    try:
        if inner:
            raw = reader.objects(ast.literal_eval(inner[1]))
        elif code is None and len(expression.raw) <= MAX_BYTES:
            raw = reader.template(expression.raw)
        else:
            return None
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None
    return document_of(raw)


def _definition(expression: Expression, module: Module, context: Context) -> tuple[Expression, Module]:
    """Where a bare local or variable was given its text."""
    for _ in range(20):
        source = context.module_source(module)
        code = (expression.code or "").strip()
        if re.fullmatch(r"local\.[\w-]+", code) and source and code[6:] in source.locals:
            expression = Expression(source.locals[code[6:]])
        elif re.fullmatch(r"var\.[\w-]+", code) and module.parent is not None:
            parent = context.module_source(module.parent)
            call = parent.block("module", module.name) if parent else None
            given = call.argument(code[4:]) if call else None
            if given is None:
                return expression, module
            expression, module = given, module.parent
        else:
            return expression, module
    return expression, module


class _Leaves:
    """Turns what the source holds into a policy's structure, with an Unknown for each text that has an expression in it."""

    def __init__(self, context: Context, scope: Scope, where: str) -> None:
        self._context, self._scope, self._where = context, scope, where

    def objects(self, raw: Any, depth: int = 0) -> Any:
        """The argument of `jsonencode`."""
        if depth > MAX_DEPTH:
            raise ValueError("nested too deeply")
        if isinstance(raw, dict):
            return {self._leaf(str(k)): self.objects(v, depth + 1) for k, v in raw.items()}
        if isinstance(raw, list):
            return [self.objects(v, depth + 1) for v in raw]
        return self._leaf(raw) if isinstance(raw, str) else raw

    def template(self, text: str) -> Any:
        """A heredoc or other text with `${...}` in it: JSON, once each of those is a mark."""
        literals, codes = parts(text)
        marked = "".join(f"{literal}\ue000{n}\ue001" for n, literal in enumerate(literals[:-1])) + literals[-1]
        return self._unmarked(loads(marked), codes)

    def _unmarked(self, raw: Any, codes: list[str]) -> Any:
        if isinstance(raw, dict):
            return {self._unmarked(k, codes): self._unmarked(v, codes) for k, v in raw.items()}
        if isinstance(raw, list):
            return [self._unmarked(v, codes) for v in raw]
        if not isinstance(raw, str):
            return raw
        return self._leaf(_MARK.sub(lambda m: "${" + codes[int(m[1])] + "}", raw))

    def _leaf(self, text: str) -> Text:
        literals, codes = parts(text)
        if not codes:
            return "".join(literals)
        expression = {"references": [name for code in codes for name in names(code)]}
        origins = self._context.references.follow(expression, self._scope)
        known = _known_text(literals, codes, origins)
        return known if known is not None else _made_of(origins, [text], self._where)


def _known_text(literals: list[str], codes: list[str], origins: Origins) -> str | None:
    """The text where each of its expressions is one attribute that is known: `arn:${data.aws_partition.current.partition}:...`."""
    values = [o.instance.get(*(o.attribute or ())).text if o.instance and o.attribute else None for o in origins]
    if len(values) != len(codes) or any(not re.fullmatch(r"[\w.\[\]\"-]+", code) for code in codes):
        return None
    texts = [v for v in values if v is not None]
    if len(texts) != len(codes):
        return None
    return "".join(literal + text for literal, text in zip(literals, [*texts, ""], strict=True))
