"""Addresses and names as Terraform writes them: `module.a["x"].aws_s3_bucket.b[0].id`."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from planproof.plan.value import Key


def index_text(key: Key) -> str:
    return "" if key is None else f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"


_STEP = re.compile(r'(?:^|\.)module\.([^.\[\]"]+)(?:\[(?:(\d+)|("(?:[^"\\]|\\.)*"))\])?$')


def last_step(address: str) -> tuple[str, Key]:
    """The last call of a module address: `module.a.module.b["x.y"]` gives `("b", "x.y")`."""
    # The last step begins at the last "module." outside quotes; a key may hold anything.
    start = 0
    for match in re.finditer(r'"(?:[^"\\]|\\.)*"|(?:^|(?<=\.))module\.', address):
        if not match[0].startswith('"'):
            start = match.start()
    found = _STEP.match(address[start:])
    if not found:
        raise ValueError(f"module address {address!r}")
    name, number, quoted = found.groups()
    return name, int(number) if number else unquote(quoted) if quoted else None


_CALLS = re.compile(r'(?:module\.[^.\[\]"]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)*')


def without_module(address: str) -> str:
    """`module.a["x"].aws_s3_bucket.b[0]` as `aws_s3_bucket.b[0]`: what it is called within its module."""
    found = _CALLS.match(address)
    return address[found.end() :] if found else address


def unquote(quoted: str) -> str:
    """A key as HCL writes it in an address, `"a\\"b"`, without quotes and escapes."""
    try:
        text = str(json.loads(quoted))
    except ValueError:
        text = quoted[1:-1]
    return text.replace("$${", "${").replace("%%{", "%{")


_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def without_keys(address: str) -> str:
    """`module.a["x"].aws_s3_bucket.b[0]` as `module.a.aws_s3_bucket.b`: the block that the instances of an address share."""
    return _KEY.sub("", address)


class Splat(NamedTuple):
    """`*`, or an index that is an expression."""


Step = str | int | Splat
_TOKEN = re.compile(r'\.(\*)|\.?([^.\[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|\[((?:[^\[\]"]|"(?:[^"\\]|\\.)*")*)\]')


@lru_cache(maxsize=20_000)
def steps_of(name: str) -> tuple[Step, ...]:
    """`module.m["a.b"].out` as `("module", "m", "a.b", "out")`; integers are indices."""
    found: list[Step] = []
    for splat, attribute, number, quoted, dynamic in _TOKEN.findall(name):
        if splat or dynamic:
            found.append(Splat())
        elif attribute:
            found.append(attribute)
        else:
            found.append(int(number) if number else unquote(quoted))
    return tuple(found)
