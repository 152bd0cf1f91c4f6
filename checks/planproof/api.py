"""What a program imports: `from planproof.api import evaluate`. Everything else may move from one version to the next."""

from __future__ import annotations

from planproof.baseline import Baseline
from planproof.engine import evaluate, find_policy
from planproof.errors import (
    BaselineError,
    CommandError,
    LoadError,
    PatternError,
    PlanError,
    PlanproofError,
    PolicyError,
    SourceError,
)
from planproof.plan.model import Plan
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks, select_checks
from planproof.source.model import Source
from planproof.verdict import Finding, Report, Verdict
from planproof.version import refuse_two_copies, version

__all__ = [
    "Baseline",
    "BaselineError",
    "CommandError",
    "Finding",
    "LoadError",
    "PatternError",
    "Plan",
    "PlanError",
    "PlanproofError",
    "Policy",
    "PolicyError",
    "Report",
    "Source",
    "SourceError",
    "Verdict",
    "__version__",
    "all_checks",
    "evaluate",
    "find_policy",
    "own_checks",
    "select_checks",
]

__version__ = version()

refuse_two_copies()
