"""What a call of a function costs: about as many expressions as are evaluated in the time that it may take at most."""

from __future__ import annotations

from collections.abc import Sequence

from planproof.evaluation.result import Result
from planproof.functions.regex_run import MAX_STEPS, compiled
from planproof.functions.values import FunctionError, NotComputable

_PARSERS = ("csvdecode", "jsondecode", "yamldecode")
_CHARACTERS, _PARSED, _STEPS = (
    10,
    2,
    10,
)  # for one expression: characters of the arguments, those that are parsed, steps of a pattern


def cost(name: str, arguments: Sequence[Result]) -> int:
    """By the texts among the arguments; what their lists and objects cost was counted where those were evaluated."""
    texts = [argument.text or "" for argument in arguments]
    characters = sum(map(len, texts))
    if name in _PARSERS:
        return characters // _PARSED
    pattern, text = _pattern(name, texts)
    steps = len(text) * _size(pattern) if pattern else 0
    return characters // _CHARACTERS + min(steps, MAX_STEPS) // _STEPS


def _pattern(name: str, texts: list[str]) -> tuple[str, str]:
    """The pattern of a call, and the text that it is run over; empty if there is none."""
    if name in ("regex", "regexall") and len(texts) == 2:
        return texts[0], texts[1]
    if name == "replace" and len(texts) == 3 and len(texts[1]) > 1 and texts[1].startswith("/") and texts[1].endswith("/"):
        return texts[1][1:-1], texts[0]
    return "", ""


def _size(pattern: str) -> int:
    try:
        return compiled(pattern).size
    except (FunctionError, NotComputable):
        return 0
