"""Fuzzes both pattern languages with atheris, guided by coverage. Not part of the tests: it runs until it is stopped.

    pip install atheris
    PYTHONPATH=checks python tests/fuzz/patterns.py filter -max_total_time=60
    PYTHONPATH=checks python tests/fuzz/patterns.py event -max_total_time=60

Whatever text comes, it is a pattern or a PatternError, and a pattern matches an event or does not: nothing else may be raised, and
nothing may take long (libFuzzer's -timeout).
"""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports(include=["planproof"]):
    from planproof.aws.alerts import event_pattern, filter_pattern
    from planproof.aws.alerts.sample_records import samples
    from planproof.errors import PatternError

RECORDS = [sample.record for sample in samples("logs")][::7]
ENVELOPES = [event_pattern.envelope(record) for record in RECORDS]
LINES = ['10.1.2.3 - ann [02/Mar/2026:09:31:07 +0000] "GET / HTTP/1.1" 404 1534', "[ERROR] AccessDenied", ""]
PIECES = [
    "{ ", " }", "(", ")", "[", "]", "$.", "errorCode", "resources", "[*]", "[0]", ".*", " = ", " != ", " >= ", '"', "*", "AccessDenied",
    " && ", " || ", " IS NULL", " IS TRUE", " NOT EXISTS", "%", "^", "[a-z]", "{1,3}", "\\", "\\d", "?", "-", "...", ", ", "w1", "1e3", " ",
]  # fmt: skip
NAMES = ["source", "detail", "errorCode", "resources", "ARN", "$or", "prefix", "suffix", "anything-but", "numeric", "exists",
         "equals-ignore-case", "wildcard", "cidr", "a.b", ""]  # fmt: skip
LEAVES = ["aws.s3", "AccessDenied", "*", "a*b", "\\*", "10.0.0.0/8", "<", ">=", "=", 1, -1.5, True, False, None, ""]


def filter_text(data: atheris.FuzzedDataProvider) -> str:
    """Either any text, or one made of the language's own pieces."""
    if data.ConsumeBool():
        return str(data.ConsumeUnicodeNoSurrogates(300))
    return "".join(PIECES[data.ConsumeIntInRange(0, len(PIECES) - 1)] for _ in range(data.ConsumeIntInRange(0, 40)))


def fuzz_filter(raw: bytes) -> None:
    text = filter_text(atheris.FuzzedDataProvider(raw))
    try:
        pattern = filter_pattern.compile(text)
    except PatternError:
        return
    for event in (*RECORDS, *LINES):
        pattern.matches(event)


def document(data: atheris.FuzzedDataProvider, depth: int = 0) -> object:
    kind = data.ConsumeIntInRange(0, 3 if depth < 6 else 0)
    if kind == 0:
        return LEAVES[data.ConsumeIntInRange(0, len(LEAVES) - 1)]
    below = [document(data, depth + 1) for _ in range(data.ConsumeIntInRange(0, 3))]
    if kind == 1:
        return below
    return {NAMES[data.ConsumeIntInRange(0, len(NAMES) - 1)]: each for each in below}


def fuzz_event(raw: bytes) -> None:
    data = atheris.FuzzedDataProvider(raw)
    text = str(data.ConsumeUnicodeNoSurrogates(300)) if data.ConsumeBool() else json.dumps({"detail": document(data)})
    try:
        pattern = event_pattern.compile(text)
    except PatternError:
        return
    for event in ENVELOPES:
        pattern.matches(event)


if __name__ == "__main__":
    chosen = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if chosen not in ("filter", "event"):
        sys.exit("usage: patterns.py filter|event [libFuzzer options]")
    atheris.Setup(sys.argv, fuzz_filter if chosen == "filter" else fuzz_event)
    atheris.Fuzz()
