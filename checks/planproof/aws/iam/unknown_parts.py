"""The texts of a policy document that are not known: what they are made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from planproof.aws.iam.json_text import MAX_BYTES, MAX_DEPTH, as_list, document_of, loads
from planproof.aws.iam.language import Condition, Document, Principal, Text, Unknown, Who, principal, who_by_text
from planproof.context import Context
from planproof.plan.model import Instance, Module
from planproof.plan.origin import Kind, Origin, Origins, Scope
from planproof.plan.value import Json, Value
from planproof.source.arguments import nested_blocks
from planproof.source.expressions import Expression, expression_of, names, parts


class StatementTexts:
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
    names_ = list(dict.fromkeys(o.display_name for o in resources))
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


_MARK = re.compile("\ue000(\\d+)\ue001")


def from_source(instance: Instance, path: tuple[str | int, ...], context: Context) -> Document | None:
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
