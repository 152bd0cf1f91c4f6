"""Functions on identifiers that are not known: a sample of the same form goes in, and what stands for its name is looked for in what
comes out. So `split(":::", aws_s3_bucket.logs.arn)[1]` is known to be the bucket's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from planproof.evaluation.identifiers import FORMS, Form
from planproof.evaluation.origin import Kind, Origin, Origins, Through, by
from planproof.evaluation.result import Result, Undetermined, filled, joined, undetermined

# Of a form that names have, and that no configuration holds; the other fields of an ARN are not known either.
_NAME, _OTHER = "planproof7f3a{}name", "planproof7f3a{}{}"
_TOKEN = re.compile(r"planproof7f3a(\d+)([a-z]+)")


def on_samples(function: Callable[..., Any], arguments: Sequence[Result], through: Origins) -> Result:
    """What a function makes of arguments of which some are identifiers that are not known; undetermined if that does not tell."""
    subjects: list[Origin] = []

    def sample(part: Result) -> str | None:
        origin = part.origins[0] if len(part.origins) == 1 and isinstance(part.raw, Undetermined) else None
        text = _sample(origin, len(subjects)) if origin is not None else None
        if origin is not None and text is not None:
            subjects.append(origin)
        return text

    try:
        made = function(*(filled(argument, sample) for argument in arguments))
    except ValueError:
        return undetermined(through)
    return _marked(made, subjects, through)


def _sample(origin: Origin, number: int) -> str | None:
    form = FORMS.get(origin.type) if origin.kind is Kind.RESOURCE and origin.through is Through.AS_IS else None
    if form is None or not origin.attribute or origin.instance is None:
        return None
    attribute = origin.attribute[0]
    if attribute in form.names and attribute not in form.arns:
        return _NAME.format(number)
    return _arn(form, number) if attribute in form.arns else None


def _arn(form: Form, number: int) -> str:
    region, account = ("", "") if form.service == "s3" else (_OTHER.format(number, "region"), _OTHER.format(number, "account"))
    region = "" if form.is_global else region
    return f"arn:{_OTHER.format(number, 'partition')}:{form.service}:{region}:{account}:{form.prefix}{_NAME.format(number)}"


def _marked(made: Any, subjects: list[Origin], through: Origins) -> Result:
    """The value with what stood for names as attributes again."""
    if isinstance(made, list):
        return Result([_marked(item, subjects, through) for item in made])
    if not isinstance(made, str) or not _TOKEN.search(made):
        return undetermined(through)
    pieces = _TOKEN.split(made)  # a text, a number and a word, in turn
    parts: list[str | Result] = [pieces[0]]
    for number, word, text in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        origin = subjects[int(number)]
        name = origin if origin.attribute and origin.attribute[0] not in FORMS[origin.type].arns else _name_of(origin)
        parts += [undetermined((name,)) if word == "name" else undetermined(by((origin,), Through.FUNCTION)), text]
    told = [part for part in parts if part != ""]
    return told[0] if len(told) == 1 and isinstance(told[0], Result) else joined(told)


def _name_of(origin: Origin) -> Origin:
    """The name of the resource whose ARN the origin is."""
    return origin.sibling(FORMS[origin.type].names[0])
