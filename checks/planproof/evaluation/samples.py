"""Functions on identifiers that are not known: a sample of the same form goes in, and what stands for its name is looked for in what
comes out. So `split(":::", aws_s3_bucket.logs.arn)[1]` is known to be the bucket's name.

A sample has every character that AWS allows in such a name, and more characters than any name, so that what takes a name apart
(`split("-", ...)`, `substr`, `upper`) does not leave it whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from planproof.evaluation.identifiers import FORMS, Form
from planproof.evaluation.origin import Kind, Origin, Origins, Through, by
from planproof.evaluation.result import EvaluationError, Result, Undetermined, filled, joined, undetermined
from planproof.functions.values import FunctionError, NotComputable

# What names may hold besides letters and digits, by service. Names of S3 and KMS are in lower case.
_SPECIAL = {"s3": "-.", "kms": "-/", "logs": "-_./#", "iam": "-_.+=,@", "events": "-_.", "cloudtrail": "-_."}
_LENGTH = 600


def on_samples(function: Callable[..., Any], arguments: Sequence[Result], through: Origins) -> Result:
    """What a function makes of arguments of which some are identifiers that are not known; undetermined if that does not tell."""
    samples: dict[str, Result] = {}

    def sample(part: Result) -> str | None:
        origin = part.origins[0] if len(part.origins) == 1 and isinstance(part.raw, Undetermined) else None
        form = FORMS.get(origin.type) if origin is not None and origin.kind is Kind.RESOURCE else None
        if origin is None or form is None or origin.through is not Through.AS_IS or not origin.attribute or not origin.instance:
            return None
        if origin.attribute[0] in form.arns:
            return _arn(form, origin, samples)
        return _mark(form, origin, samples) if origin.attribute[0] in form.names else None

    try:
        made = function(*(filled(argument, sample) for argument in arguments))
    except (ValueError, FunctionError, NotComputable, EvaluationError):
        return undetermined(through)
    return _marked(made, samples, through) if samples else undetermined(through)


def _mark(form: Form, origin: Origin, samples: dict[str, Result]) -> str:
    """A text that stands for a name, and nothing else."""
    letters = "planproof7f3a" if form.service in ("s3", "kms") else "planProof7f3A"
    mark = f"{letters}{_SPECIAL.get(form.service, '-_')}{len(samples)}x".ljust(_LENGTH, "x")
    samples[mark] = undetermined((origin,))
    return mark


def _arn(form: Form, origin: Origin, samples: dict[str, Result]) -> str:
    """The ARN of a resource; its partition, region and account are not known either."""
    others = []
    for field in ("partition", "region", "account"):
        mark = f"planproof7f3a-{field}-{len(samples)}x".ljust(_LENGTH, "x")
        if field == "partition" or (form.service != "s3" and not (form.is_global and field == "region")):
            samples[mark] = undetermined(by((origin,), Through.FUNCTION))
            others.append(mark)
        else:
            others.append("")
    partition, region, account = others
    return f"arn:{partition}:{form.service}:{region}:{account}:{form.prefix}{_mark(form, _name_of(origin), samples)}"


def _marked(made: Any, samples: dict[str, Result], through: Origins) -> Result:
    """The value with what stood for names as attributes again."""
    if isinstance(made, list):
        return Result([_marked(item, samples, through) for item in made])
    pieces = re.split(f"({'|'.join(map(re.escape, samples))})", made) if isinstance(made, str) else []
    if len(pieces) < 2 or any("7f3a" in piece.lower() for piece in pieces[::2]):
        return undetermined(through)
    told = [samples.get(piece, piece) for piece in pieces if piece != ""]
    return told[0] if len(told) == 1 and isinstance(told[0], Result) else joined(told)


def _name_of(origin: Origin) -> Origin:
    """The name of the resource whose ARN the origin is."""
    return origin.sibling(FORMS[origin.type].names[0])
