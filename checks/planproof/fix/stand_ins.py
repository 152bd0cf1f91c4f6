"""What a unit test has in the place of providers and of people: mocks, and values of variables.

https://developer.hashicorp.com/terraform/language/tests/mocking
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from planproof.errors import SourceError, SyntaxProblem
from planproof.fix.job import Job
from planproof.fix.objects import key_of, written, written_inline
from planproof.fix.style import block
from planproof.plan.value import MISSING, as_object
from planproof.syntax.blocks import TopBlock, top_blocks
from planproof.syntax.file import SourceFile
from planproof.syntax.nodes import Call, Literal, Node, ObjectNode, TupleNode, Variable

_AWS, _BUILTIN, _PUBLISHED = "/hashicorp/aws", "terraform.io/builtin/", "/hashicorp/"
_DOCUMENT = "aws_iam_policy_document"
_READ = re.compile(r"\bdata\.(\w+)\.\w+(?:\[[^\]]*\])?\.(\w+)")
_ACCOUNT = "123456789012"
_LONGEST = 60  # letters of a value
_BY_NAME = {
    "mail": "test@example.com",
    "arn": f"arn:aws:iam::{_ACCOUNT}:role/test",
    "cidr": "10.0.0.0/16",
    "account": _ACCOUNT,
    "region": "us-east-1",
}
"""Texts that AWS validates while planning, by what is in the name of a variable."""
_BY_TYPE = {"number": "1", "bool": "false", "list": "[]", "set": "[]", "tuple": "[]", "map": "{}", "object": "{}"}


# --- providers -------------------------------------------------------------------------------------------------------


def mocks(job: Job) -> list[str]:
    """A mock for each configuration of a provider that the plan, or the patch, has resources or data of."""
    defaults = dict(_defaults(job))
    return [_mock(key, defaults.get(provider, ())) for key, provider in _configured(job).items()]


def _mock(key: str, defaults: Any) -> str:
    name, _, alias = key.partition(".")
    parts = [f'alias = "{alias}"'] if alias else []
    parts += [
        block(f'mock_data "{kind}"', block("defaults =", "\n".join(f"{n} = {written(v)}" for n, v in values.items())))
        for kind, values in defaults
    ]
    return block(f'mock_provider "{name}"', *parts) if parts else f'mock_provider "{name}" {{}}'


def _configured(job: Job) -> dict[str, str]:
    """By the name, with its alias, that the root module has for them: the sources of the providers."""
    plan = job.context.plan
    used = {each.provider for each in (*plan.instances, *plan.data_sources)}
    found: dict[str, str] = {}
    of_modules: dict[str, str] = {}
    for key, raw in as_object(as_object(plan.raw.get("configuration")).get("provider_config")).items():
        source = str(as_object(raw).get("full_name", ""))
        path, _, name = key.rpartition(":")
        if source.startswith(_BUILTIN) or not (source in used or source.endswith(_AWS)):
            continue
        if not path:
            found[name] = source
        elif source.endswith(f"{_PUBLISHED}{name}"):  # which the root module need not name
            of_modules.setdefault(name, source)
    found.update({name: source for name, source in of_modules.items() if source not in found.values()})
    aws = next((source for source in used if source.endswith(_AWS)), f"registry.terraform.io{_AWS}")
    return found if aws in found.values() and any("." not in n for n, s in found.items() if s == aws) else {"aws": aws, **found}


def _defaults(job: Job) -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """For each provider, what its data sources answer: random texts, which mocks make up otherwise, are no JSON, ARN or CIDR block."""
    plan = job.context.plan
    reads: dict[str, dict[str, None]] = {}
    for text in _texts(job):
        if _DOCUMENT in text:  # which may be read as a whole
            reads.setdefault(_DOCUMENT, {})["json"] = None
        for kind, attribute in _READ.findall(text):
            reads.setdefault(kind, {})[attribute] = None
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for each in (*plan.data_sources, *(one for one in plan.instances if one.mode == "data")):
        answers = found.setdefault(each.provider, {}).setdefault(each.type, {})
        for attribute in reads.get(each.type, ()):
            value = each.get(attribute)
            if attribute not in answers and value.is_known and not value.is_sensitive and not each.configured(attribute):
                answer = _alike(value.raw)
                if answer is not None and _is_public(job, answer):
                    answers[attribute] = answer
    if _DOCUMENT in reads:
        aws = next((source for source in _configured(job).values() if source.endswith(_AWS)), "")
        documents: dict[str, Any] = {name: "{}" for name in ("json", "minified_json") if name in reads[_DOCUMENT]}
        found.setdefault(aws, {})[_DOCUMENT] = documents
    for provider, kinds in found.items():
        yield provider, [(kind, answers) for kind, answers in sorted(kinds.items()) if answers]


def _texts(job: Job) -> Iterator[str]:
    """The configuration, and what the patch adds to it."""
    plan, source = job.context.plan, job.context.source
    yield json.dumps(plan.raw.get("configuration"))
    for path in {each.module.path for each in plan.instances} | {()}:
        try:
            module = source.module(path) if source else None
        except SourceError:
            continue
        yield from {top.file.path: top.file.text for top in (module.tops if module else ())}.values()
    yield from (edit.text for edit in job.others)


def _alike(raw: Any) -> Any:
    """A value of the same form, without the account; None if there is none."""
    if isinstance(raw, list):
        items = [_alike(item) for item in raw]
        return items if items and None not in items else None
    if not isinstance(raw, str):
        return raw if isinstance(raw, (bool, int, float)) else None
    if raw.startswith("arn:") and raw.count(":") > 4:
        service = raw.split(":")[:4]
        return ":".join([*service, _ACCOUNT if raw.split(":")[4] else "", "test"])
    if re.fullmatch(r"\d{12}", raw):
        return _ACCOUNT
    if raw.startswith(("{", "[")):
        return "{}" if raw.startswith("{") else "[]"
    return raw if len(raw) <= _LONGEST else None


# --- variables -------------------------------------------------------------------------------------------------------


def values(job: Job) -> dict[str, str]:
    """The variables that a test sets: those without a default, that the patch declares too, and those that the plan has another value for
    which anyone may read."""
    plan, files = job.context.plan, job.bench.files_of(job.context.plan.root)
    found: dict[str, str] = {}
    for name, raw in plan.root.config.variables.items():
        default, top = as_object(raw).get("default", MISSING), next(iter(files.source.blocks("variable", name)), None)
        value = plan.variables.get(name)
        is_known = value is not None and value.is_known and not value.is_sensitive
        planned = value.raw if value is not None and is_known and value.raw is not None else MISSING
        allowed = _allowed(top) if top else []
        if planned is not MISSING and planned != default and (planned in allowed or _is_public(job, planned)):
            found[name] = written(planned)
        elif default is MISSING and isinstance(planned, (dict, list)):
            found[name] = written(_shaped(job, name, planned))
        elif default is MISSING:
            found[name] = written(allowed[0]) if allowed else _of_type(name, top)
    for top in _declared(job):
        if "default" not in top.block.body.attributes:
            found.setdefault(top.labels[0], _of_type(top.labels[0], top))
    return found


def differ(job: Job) -> bool:
    """Whether a variable may have another value in a test than in the plan."""
    plan, mine = job.context.plan, values(job)
    default = {name: as_object(raw).get("default") for name, raw in plan.root.config.variables.items()}
    return any(mine.get(name, written(default.get(name))) != written(value.raw) for name, value in plan.variables.items())


def _is_public(job: Job, value: Any) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    return job.context.redactor.redact(text) == text


def _shaped(job: Job, name: str, raw: Any) -> Any:
    """A collection like that of the plan, whose members have the names that the source has too, as it may read one by its name."""
    if isinstance(raw, dict):
        text = job.remembered(
            "sources", lambda: "\n".join({top.file.text for top in job.bench.files_of(job.context.plan.root).tops})
        )
        return {key: _shaped(job, key, each) for key, each in raw.items() if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text)}
    if isinstance(raw, list):
        return [_shaped(job, name, each) for each in raw]
    if raw is None or isinstance(raw, bool) or _is_public(job, raw):
        return raw
    return _text(name) if isinstance(raw, str) else 1


def _declared(job: Job) -> Iterator[TopBlock]:
    """The variables that the patch declares in the root module."""
    folder = os.path.dirname(job.bench.files_of(job.context.plan.root).first.file.path)
    for edit in job.others:
        if os.path.dirname(edit.file) == folder and edit.text.lstrip().startswith('variable "'):
            yield from top_blocks(SourceFile(edit.file, edit.text))


def _allowed(top: TopBlock) -> list[Any]:
    """The constants that a validation of the variable allows."""
    try:
        validations = top.block.body.blocks_of("validation")
    except SyntaxProblem:
        return []
    for each in validations:
        condition = each.body.attributes.get("condition")
        call = condition.expression if condition else None
        if isinstance(call, Call) and call.name == "contains" and isinstance(call.arguments[0], TupleNode):
            return [item.value for item in call.arguments[0].items if isinstance(item, Literal)]
    return []


def _of_type(name: str, top: TopBlock | None) -> str:
    """A value that the type of a variable allows."""
    declared = top.block.body.attributes.get("type") if top else None
    return _made(name, declared.expression if declared else None)


def _made(name: str, node: Node | None) -> str:
    if isinstance(node, Call) and node.name == "object" and node.arguments and isinstance(node.arguments[0], ObjectNode):
        members = {
            key_of(key) or "": _made(key_of(key) or "", kind)
            for key, kind in node.arguments[0].items
            if not (isinstance(kind, Call) and kind.name == "optional")
        }
        return written_inline(members)
    if isinstance(node, Call) and node.name == "tuple" and node.arguments and isinstance(node.arguments[0], TupleNode):
        return f"[{', '.join(_made(name, kind) for kind in node.arguments[0].items)}]"
    word = node.name if isinstance(node, (Call, Variable)) else str(key_of(node)) if node else ""
    return _BY_TYPE.get(word, written(_text(name)))


def _text(name: str) -> str:
    return next((text for part, text in _BY_NAME.items() if part in re.split("[_-]|e(?=mail)", name.lower())), "test")
