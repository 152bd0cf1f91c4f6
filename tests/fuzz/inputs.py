"""Runs the tests of tests/promises/test_hostile.py under atheris, guided by coverage. Not part of the tests: it runs until it is stopped.

    pip install atheris
    PYTHONPATH=checks:tests:tests/promises python tests/fuzz/inputs.py any_plan -max_total_time=600 -timeout=20 -rss_limit_mb=2048

The name is a test's without `test_`. A failure is shown as hypothesis shows it: what was drawn, and what it broke.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["planproof"]):
    import test_hostile

TARGETS = {name.removeprefix("test_"): test for name, test in vars(test_hostile).items() if hasattr(test, "hypothesis")}

if __name__ == "__main__":
    chosen = sys.argv.pop(1) if len(sys.argv) > 1 else ""
    if chosen not in TARGETS:
        sys.exit(f"usage: inputs.py {'|'.join(TARGETS)} [libFuzzer options]")
    atheris.Setup(sys.argv, TARGETS[chosen].hypothesis.fuzz_one_input)
    atheris.Fuzz()
