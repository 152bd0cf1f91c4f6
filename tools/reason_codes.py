"""The reason codes that a check can give: those that its fixtures show, and those that no fixture can."""

from __future__ import annotations

import ast
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NO_FIXTURE = {"test_coverage": {"too_many_files"}}  # a repository that is too large


def codes_of(file: Path, *functions: str) -> set[str]:
    """The reason codes that a file can give, read from its calls of passed, failed and unknown, or of other functions."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    firsts = (call.args[0] for call in calls if call.func.id in (functions or ("passed", "failed", "unknown")) and call.args)
    return {first.value for first in firsts if isinstance(first, ast.Constant)}


def shown_codes(key: str) -> set[str]:
    """Those that the fixtures of a check expect."""
    files = ROOT.glob(f"fixtures/*/{key}/*/expected.json")
    return {finding["code"] for file in files for finding in json.loads(file.read_text(encoding="utf-8"))["findings"]}


def all_codes(key: str) -> set[str]:
    """Those of a check, by its section of the policy; a chain of alerts is told by its links."""
    links = (ROOT / "checks/planproof/aws/alerts").glob("*.py") if key == "unauthorized_access_alert" else ()
    chain = {code for file in links for code in codes_of(file, "broken", "cannot_tell")}
    return shown_codes(key) | chain | NO_FIXTURE.get(key, set())


def failing_codes(key: str) -> set[str]:
    """Those of them that are failures."""
    files = ROOT.glob(f"fixtures/*/{key}/*/expected.json")
    findings = (finding for file in files for finding in json.loads(file.read_text(encoding="utf-8"))["findings"])
    links = (ROOT / "checks/planproof/aws/alerts").glob("*.py") if key == "unauthorized_access_alert" else ()
    chain = {code for file in links for code in codes_of(file, "broken")}
    return {finding["code"] for finding in findings if finding["verdict"] == "FAIL"} | chain
