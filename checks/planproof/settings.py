"""The environment variables that planproof reads; one that is called as if it were another is told of."""

from __future__ import annotations

import os

from planproof.text.escaping import one_line

PREFIX = "PLANPROOF_"
SETTINGS = ("PLANPROOF_POLICY", "PLANPROOF_SOURCE", "PLANPROOF_CHECKS", "PLANPROOF_BASELINE", "PLANPROOF_AWS_ACCOUNT")
OF_THE_ACTION = (
    *("PLANPROOF_PLAN", "PLANPROOF_SOURCE_FROM", "PLANPROOF_POLICY_FILE", "PLANPROOF_BASELINE_FILE", "PLANPROOF_ONLY_CHANGES"),
    *("PLANPROOF_FAIL_ON", "PLANPROOF_FORMATS", "PLANPROOF_SARIF_FILE", "PLANPROOF_LIBRARY", "PLANPROOF_PYTHON"),
)
"""What the steps of the Action hand to one another."""


def strangers() -> list[str]:
    """A sentence for each variable that is called like a setting and is none."""
    known = (*SETTINGS, *OF_THE_ACTION)
    names = sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name not in known)
    return [f"the environment variable {one_line(name)} is not a planproof setting{_near(name)}" for name in names]


def _near(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name.upper(), SETTINGS, n=1, cutoff=0.8)
    return f"; did you mean {near[0]}?" if near else f"; valid settings are {', '.join(SETTINGS)}"
