"""Which block of the configuration an element of the plan is, when the plan sorts them otherwise, or there are too many to tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from planproof.evaluation.blocks import MOST_COMPARED
from planproof.evaluation.expressions import Expressions
from planproof.evaluation.result import is_known
from planproof.plan.model import Plan
from planproof.source.model import Source

KIND, NAME = "aws_s3_bucket", "logs"
ADDRESS = f"{KIND}.{NAME}"


def prefixes(count: int, reverse: bool) -> list[str]:
    return [str(number) for number in (reversed(range(count)) if reverse else range(count))]


def plan(count: int, reverse: bool) -> Plan:
    about = {"address": ADDRESS, "mode": "managed", "type": KIND, "name": NAME}
    rules = [{"prefix": str(number)} for number in range(count)]
    blocks = [{"prefix": {"constant_value": prefix}} for prefix in prefixes(count, reverse)]
    document: dict[str, Any] = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [{**about, "values": {"rule": rules}}]}},
        "configuration": {"root_module": {"resources": [{**about, "expressions": {"rule": blocks}}]}},
    }
    return Plan(document)


CASES = [
    (3, False, "1"),
    (3, True, "1"),
    (MOST_COMPARED, True, "1"),
    (MOST_COMPARED + 1, False, "1"),
    (MOST_COMPARED + 1, True, None),
]


@pytest.mark.parametrize("with_source", [False, True], ids=["names", "source"])
@pytest.mark.parametrize(("count", "reverse", "expected"), CASES)
def test_the_block_of_an_element(count: int, reverse: bool, expected: str | None, with_source: bool, tmp_path: Path) -> None:
    """Too many to tell is not determined, with the reason; it is never another block's value."""
    blocks = "".join(f'  rule {{\n    prefix = "{prefix}"\n  }}\n' for prefix in prefixes(count, reverse))
    (tmp_path / "main.tf").write_text(f'resource "{KIND}" "{NAME}" {{\n{blocks}}}\n', encoding="utf-8")
    made = plan(count, reverse)
    found = Expressions(made, Source.open(tmp_path) if with_source else None).argument(made.instances[0], "rule", 1, "prefix")
    assert found is not None
    if expected is None:
        assert not is_known(found)
        assert f"which of {count} blocks" in found.origins[0].reason
    else:
        assert found.raw == expected
