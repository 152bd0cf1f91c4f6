"""Records of Checkov's report that none of its checks makes: about a plan as a whole, and about a file that Checkov cannot read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from checkov.common.bridgecrew.severities import Severities
from checkov.common.models.enums import CheckResult
from checkov.common.output.record import Record

from planproof.errors import PlanproofError
from planproof.plan.json_file import MAKE_JSON, MAX_BYTES
from planproof.plan.model import Plan
from planproof.verdict import PLAN


def looks_like_a_plan(path: str) -> bool:
    """By its content, or because it is not there: whoever names such a file means a plan."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES)
    except OSError:
        return True
    return b'"planned_values"' in content and b'"format_version"' in content


def problem_of(path: str) -> str:
    """Why Checkov could not read this."""
    try:
        Plan.load(path)
    except PlanproofError as error:
        return str(error)
    return (
        f"{path} is a plan, but not in the form that Checkov reads: only JSON, with a terraform_version,"
        f" in a file named *.json; create it again: {MAKE_JSON}"
    )


def record_of(
    check_id: str,
    name: str,
    result: CheckResult,
    path: str,
    root: str,
    comment: str = "",
    details: Iterable[str] = (),
    severity: Any = None,
    guideline: str | None = None,
) -> Record:
    """What Checkov shows of the plan as a whole."""
    record = Record(
        check_id=check_id,
        check_name=name,
        check_result={"result": result, "evaluated_keys": [], "suppress_comment": comment},
        code_block=[],
        file_path=f"/{os.path.relpath(path, os.path.realpath(root))}",
        file_line_range=[0, 0],
        resource=PLAN,
        evaluations=None,
        check_class=__name__,
        file_abs_path=path,
        severity=severity or Severities.get("HIGH"),
        details=list(details),
    )
    record.set_guideline(guideline)
    return record
