"""Work grows as the plan does: twice the plan is about twice the work, whatever its shape, and none is too deep to judge."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from planproof.engine import evaluate
from planproof.errors import PlanError
from planproof.plan.model import Plan

Json = Any


def resource(module: str, kind: str, name: str, values: Json, index: str | None = None) -> Json:
    key = "" if index is None else f"[{json.dumps(index)}]"
    made = {"address": f"{module}{kind}.{name}{key}", "mode": "managed", "type": kind, "name": name, "values": values}
    return made if index is None else {**made, "index": index}


def block(kind: str, name: str, expressions: Json, **more: Json) -> Json:
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name, "expressions": expressions, **more}


def plan(resources: list[Json], configuration: Json, children: tuple[Json, ...] = (), changes: tuple[Json, ...] = ()) -> Json:
    planned = {"root_module": {"resources": resources, "child_modules": list(children)}}
    whole = {"format_version": "1.2", "planned_values": planned, "configuration": {"root_module": configuration}}
    return {**whole, "resource_changes": list(changes)}


def buckets(size: int) -> list[Json]:
    return [resource("", "aws_s3_bucket", f"b{n}", {"bucket": f"logs-{n}"}) for n in range(size)]


def modules_in_modules(size: int) -> Json:
    """One bucket, so many modules deep; its name comes from the root."""
    address = ".".join(["module.m"] * size)
    below = {"address": address, "resources": [resource(f"{address}.", "aws_s3_bucket", "a", {"bucket": "logs"})]}
    name = {"references": ["var.n"]}
    config = {"resources": [block("aws_s3_bucket", "a", {"bucket": name})], "variables": {"n": {}}}
    for depth in range(size - 1, -1, -1):
        below = {"address": ".".join(["module.m"] * depth), "child_modules": [below]} if depth else below
        config = {"module_calls": {"m": {"expressions": {"n": name}, "module": config}}, "variables": {"n": {}}}
    return plan([], config, (below,))


def a_long_list(size: int) -> Json:
    rules = [{"enabled": True, "expiration": [{"days": 1}], "prefix": "a"}] * size
    config = {"resources": [block("aws_s3_bucket", "logs", {"lifecycle_rule": [{}] * size})]}
    return plan([resource("", "aws_s3_bucket", "logs", {"bucket": "logs", "lifecycle_rule": rules})], config)


def every_instance_names_all(size: int) -> Json:
    """`for_each` on both sides, and a reference that lost its key."""
    pairs = [
        resource("", kind, "logs", values, f"k{n}")
        for n in range(size)
        for kind, values in (("aws_s3_bucket", {"bucket": f"logs-{n}"}), ("aws_s3_bucket_versioning", {}))
    ]
    unknown = {"actions": ["create"], "after_unknown": {"bucket": True}}
    changes = tuple({"address": r["address"], "change": unknown} for r in pairs if r["type"] != "aws_s3_bucket")
    each = {"for_each_expression": {"references": ["var.x"]}}
    config = [
        block("aws_s3_bucket", "logs", {"bucket": {"references": ["each.key"]}}, **each),
        block("aws_s3_bucket_versioning", "logs", {"bucket": {"references": ["aws_s3_bucket.logs"]}}, **each),
    ]
    return plan(pairs, {"resources": config, "variables": {"x": {}}}, changes=changes)


def modules_in_a_row(size: int, after: Callable[[int], int]) -> Json:
    """Each module's input is another's output; `after` says which."""
    calls = {}
    for n in range(size):
        references = [f"module.m{after(n)}.o", f"module.m{after(n)}"]
        output = {"expression": {"references": ["var.n"]}}
        config = {"outputs": {"o": output}, "variables": {"n": {}}}
        calls[f"m{n}"] = {"expressions": {"n": {"references": references}}, "module": config}
    blocks = [
        block("aws_s3_bucket", f"b{n}", {"bucket": {"references": [f"module.m{n}.o", f"module.m{n}"]}}) for n in range(size)
    ]
    return plan(buckets(size), {"module_calls": calls, "resources": blocks})


def long_names(size: int) -> Json:
    references = ["a.b" + "[" * size, 'x.y["' + '\\"' * size, ".".join("a" * size)]
    config = {"resources": [block("aws_s3_bucket", "a" * size, {"bucket": {"references": references}})]}
    return plan([resource("", "aws_s3_bucket", "a" * size, {"bucket": "log-" * size})], config)


def all_refer_to_one_and_back(size: int) -> Json:
    config = [block("aws_s3_bucket", f"b{n}", {"bucket": {"references": ["aws_s3_bucket.a.id"]}}) for n in range(size)]
    config.append(block("aws_s3_bucket", "a", {"bucket": {"references": [f"aws_s3_bucket.b{n}.id" for n in range(size)]}}))
    return plan([*buckets(size), resource("", "aws_s3_bucket", "a", {"bucket": "logs"})], {"resources": config})


SHAPES: dict[str, tuple[Callable[[int], Json], int]] = {
    "modules in modules": (modules_in_modules, 40),
    "a list of a hundred thousand": (a_long_list, 2_500),
    "a for_each in which every instance names all": (every_instance_names_all, 300),
    "a long chain of modules": (lambda size: modules_in_a_row(size, lambda n: n + 1), 150),
    "modules in a circle": (lambda size: modules_in_a_row(size, lambda n: (n + 1) % size), 150),
    "very long names": (long_names, 5_000),
    "references to one and back": (all_refer_to_one_and_back, 300),
}


def seconds(document: Json) -> float:
    loaded = Plan.load(document)
    start = time.process_time()
    report = evaluate(loaded)
    took = time.process_time() - start
    assert report.errors == ()
    return took


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "size"), SHAPES.values(), ids=SHAPES)
def test_work_is_linear(shape: Callable[[int], Json], size: int) -> None:
    """Four times the plan takes less than nine times as long: a square would take sixteen times. Short times are too uneven to compare."""
    seconds(shape(size // 2))
    small, large = (min(seconds(shape(size * times)) for _ in range(2)) for times in (1, 4))
    assert large < 0.2 or large < 9 * small


@pytest.mark.slow
def test_a_list_of_a_hundred_thousand_is_judged() -> None:
    assert seconds(a_long_list(100_000)) < 60


def test_too_deep_is_one_sentence() -> None:
    with pytest.raises(PlanError, match="too deeply nested for a plan"):
        Plan.load(io.BytesIO(b'{"a":' * 100_000))
