"""policies/rego/plan_only beside planproof: the findings of both, and in what they differ."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

from planproof.engine import evaluate
from planproof.errors import PlanproofError
from planproof.policy.as_opa import as_opa
from planproof.policy.layers import load
from planproof.registry import all_checks
from support.rego import compiled_opa
from support.repository import ROOT

Json = Any
BUNDLE = ROOT / "policies" / "rego" / "plan_only"
PROFILES = ("general", "secure-logs")
RULES = {name: f"data.planproof.plan_only.{name}" for name in ("findings", "deny")}
CHECKS = [check for check in all_checks() if (BUNDLE / f"{check.key}.rego").is_file()]
SAME, UNKNOWN, CONTRADICTION = "same", "unknown", "contradiction"
_WORST = ("FAIL", "UNKNOWN", "PASS")


def modules() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(BUNDLE.glob("*.rego"))}


def data(profile: str) -> Json:
    """What `planproof policy show --format opa` writes."""
    return json.loads(as_opa(load(profile, all_checks())))


@cache
def engine(profile: str) -> Callable[[Json], dict[str, Json]]:
    """OPA with the bundle and a profile's settings: what the two queries come to for a plan."""
    ask = compiled_opa(modules(), data(profile))
    return lambda plan: ask(RULES, plan)


def judged(plan: Json, profile: str) -> list[dict[str, str]] | None:
    """planproof's findings without source; None where it refuses the plan."""
    try:
        report = evaluate(plan, profile, checks=CHECKS)
    except PlanproofError:
        return None
    return [{"check_id": f.check_id, "subject": f.subject, "verdict": f.verdict.value, "code": f.code} for f in report.findings]


def compared(plan: Json, profile: str) -> tuple[Counter[tuple[str, str]], list[str]]:
    """How many subjects of each check have the same verdict and codes, UNKNOWN, or another; and what those are."""
    expected = judged(plan, profile)
    if expected is None:
        return Counter(), []
    found = engine(profile)(plan)
    return differences(expected, found["findings"], found["deny"])


def differences(
    expected: Iterable[Mapping[str, str]], found: Iterable[Mapping[str, str]], denied: Json = ()
) -> tuple[Counter[tuple[str, str]], list[str]]:
    theirs, ours = _by_subject(expected), _by_subject(found)
    refused = any(message.startswith("planproof cannot judge") for message in denied)
    counts: Counter[tuple[str, str]] = Counter()
    problems: list[str] = []
    for key in theirs.keys() | ours.keys():
        verdict, codes = _said(theirs.get(key, {}))
        said, own_codes = _said(ours.get(key, {}))
        if said == "UNKNOWN" or (said == "" and refused):
            counts[key[0], SAME if verdict == said else UNKNOWN] += 1
        elif verdict == said and own_codes <= codes:  # of several faults of one subject, some may not be told here
            counts[key[0], SAME] += 1
        else:
            counts[key[0], CONTRADICTION] += 1
            problems.append(f"{' '.join(key)}: planproof {verdict} {sorted(codes)}, here {said} {sorted(own_codes)}")
    return counts, problems


def _by_subject(findings: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], dict[str, set[str]]]:
    found: dict[tuple[str, str], dict[str, set[str]]] = {}
    for finding in findings:
        by_verdict = found.setdefault((finding["check_id"], finding["subject"]), {})
        by_verdict.setdefault(finding["verdict"], set()).add(finding["code"])
    return found


def _said(verdicts: Mapping[str, set[str]]) -> tuple[str, set[str]]:
    """The worst verdict, and its codes; nothing if there is none."""
    worst = next((verdict for verdict in _WORST if verdict in verdicts), "")
    return worst, verdicts.get(worst, set())
