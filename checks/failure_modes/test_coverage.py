"""The configuration has tests of each kind, and they assert something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.check import PLAN_WIDE, Context, Instance, Outcome, Plan, check, failed, passed, unknown
from planproof.source.terraform_tests import TerraformTests, suite_of, tested
from planproof.verdict import listed


@check(
    id="CKV_PLAN_9",
    name="Unit and integration tests exist and assert something",
    severity="MEDIUM",
    category="CONVENTION",
    types=PLAN_WIDE,
)
def test_coverage(plan: Plan, context: Context) -> list[Outcome]:
    """A configuration without tests, with only one kind of them, or with tests that assert nothing.

    A `run` block with `command = plan` is a unit test, one that applies (the default) an integration test. It counts if an
    `assert` in it has a condition that refers to something, or if it has `expect_failures`; what is commented out does not count.
    A run of a helper module, which is no part of the configuration and calls none of it, counts as a test of the runs whose outputs
    it looks at (`run.NAME`), and by itself as none. A run that asserts nothing fails, unless it runs another module to prepare the
    ground, or a later run reads its outputs. Files of other tools count by the policy's globs (pytest and Conftest as unit tests,
    Terratest and InSpec as integration tests), if they hold an assertion outside comments. The verdict says how many of the plan's
    resources assertions refer to, by name or by an output.

    Why: What no test asserts changes unseen; a plan test costs seconds, and an apply test finds what only AWS can refuse
    (https://developer.hashicorp.com/terraform/language/tests).

    Cannot see: Whether the tests pass, or assert what matters; whether what is applied is mocked; tests outside the source folder. Needs that folder, as neither
    plan JSON nor a saved plan holds test files.

    Fix: Add `tests/unit.tftest.hcl` with runs that have `command = plan`, and `tests/integration.tftest.hcl` with runs that
    apply, an `assert` in each.
    """
    folder = context.source.folder if context.source else None
    if folder is None:
        held = "a saved plan holds" if context.source else "plan JSON holds"
        return [unknown("no_source", f"{held} no tests; give the source folder (--source, PLANPROOF_SOURCE)")]
    settings = context.settings("test_coverage")
    suite = suite_of(folder, settings)
    broken = [*_unreadable(suite), *_missing(suite, settings), *_silent(suite, settings)]
    return broken or [passed("tested", _praise(suite, plan, context))]


def _unreadable(suite: TerraformTests) -> Iterator[Outcome]:
    for problem in suite.problems:
        yield failed("does_not_parse", problem)


def _missing(suite: TerraformTests, settings: Mapping[str, Any]) -> Iterator[Outcome]:
    wanted = [kind for kind in settings["kinds"] if not suite.asserting(kind) and not suite.others[kind]]
    if not suite.runs and not any(suite.others.values()) and wanted:
        if not suite.problems:
            yield failed(
                "no_tests", f"there are no tests: no run in a *.tftest.hcl, and no test of another tool ({_tools(settings)})"
            )
        return
    if "unit" in wanted:
        yield failed("no_unit_tests", f"no unit test asserts anything: no run with command = plan{_beside(suite, 'integration')}")
    if "integration" in wanted:
        yield failed("no_integration_tests", f"no integration test asserts anything: no run that applies{_beside(suite, 'unit')}")


def _tools(settings: Mapping[str, Any]) -> str:
    return ", ".join(name for name, tool in settings["tools"].items() if tool)


def _beside(suite: TerraformTests, kind: str) -> str:
    count = len(suite.asserting(kind)) + len(suite.others[kind])
    return f" (of {kind} tests there {'is' if count == 1 else 'are'} {count})" if count else ""


def _silent(suite: TerraformTests, settings: Mapping[str, Any]) -> Iterator[Outcome]:
    silent = [f"{run.name} ({run.file})" for run in suite.silent()] if settings["every_run_asserts"] else []
    if silent:
        yield failed("no_assertion", f"runs that assert nothing: {listed(silent, 5)}")


def _praise(suite: TerraformTests, plan: Plan, context: Context) -> str:
    counts = (f"{len(suite.asserting(kind)) + len(suite.others[kind])} {kind}" for kind in ("unit", "integration"))
    reached = f"{len(tested(suite, lambda name: _named(name, context)))} of {len(plan.managed)} resources of the plan"
    return f"{' and '.join(counts)} tests assert something; what runs assert refers to {reached}"


def _named(name: str, context: Context) -> Iterator[Instance]:
    """The instances that a name of an assertion leads to."""
    output = name.split(".")[1] if name.startswith("output.") else None
    result = context.expressions.output(output) if output in context.plan.outputs else context.expressions.named(name)
    return (instance for origin in result.all_origins for instance in origin.instances)
