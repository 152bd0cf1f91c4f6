"""The configuration has tests of each kind, and they contain assertions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.check import PLAN_WIDE, Context, Outcome, Plan, check, failed, passed, unknown
from planproof.errors import SourceError
from planproof.facts.suite import asserted, named_by_test, tests_of
from planproof.source.terraform_tests import TerraformTests, is_of
from planproof.source.tests_around import TOO_MANY_FILES
from planproof.verdict import listed


@check(
    id="CKV_PLAN_9",
    name="Unit and integration tests exist and contain assertions",
    severity="MEDIUM",
    category="CONVENTION",
    types=PLAN_WIDE,
)
def test_coverage(plan: Plan, context: Context) -> Outcome:
    """The configuration has unit tests and integration tests, and they contain assertions.

    A `run` block with `command = plan` is a unit test, and one that applies (the default) is an integration test. It counts
    if it has an `assert` whose condition refers to something, or `expect_failures`. Code in comments does not count. A run
    of a helper module, which is not part of the configuration and does not call it, counts as a test of the runs whose
    outputs it reads (`run.NAME`), and does not count on its own. A run without an assertion fails, unless it runs another
    module as setup or a later run reads its outputs.

    Files of other tools count by the globs of the policy (pytest and Conftest as unit tests, Terratest and InSpec as
    integration tests) if they contain an assertion outside comments. Tests outside the source folder count if they name that
    folder, or a configuration that calls it: by a path such as `TerraformDir: "../live"`, or by the `source` of the `module`
    of a run. The check searches up to the root of the repository (the folder with `.git`). Without a repository it searches
    the folders `test` and `tests` beside the configuration and one level up.

    If no assertion refers to the plan, the runs belong to another stack and do not count. If the policy requires only unit
    tests, as the profile `general` does, integration tests also count. The check reports one finding that lists everything
    that is missing. It also counts the resources of the plan that assertions refer to, by name or through an output.

    Why: changes to untested settings go unnoticed. A plan test takes seconds, and an apply test finds what only AWS can
    reject (https://developer.hashicorp.com/terraform/language/tests).

    Cannot see: whether the tests pass or assert what matters, whether the applied resources are mocked, tests in another
    repository, and tests that build the path of the configuration from variables. The check needs the source folder, because
    neither plan JSON nor a saved plan contains test files.

    Fix: add `tests/unit.tftest.hcl` with runs that have `command = plan`, and `tests/integration.tftest.hcl` with runs that
    apply, with an `assert` in each run.
    """
    try:
        suite = tests_of(context)
    except SourceError as error:
        return unknown(
            TOO_MANY_FILES, f"its folder does not contain all required tests, and the repository cannot be searched: {error}"
        )
    if suite is None:
        held = "a saved plan contains" if context.source else "plan JSON contains"
        return unknown("no_source", f"{held} no tests; provide the source folder (--source, PLANPROOF_SOURCE)")
    settings = context.settings("test_coverage")
    broken = [*_unreadable(suite), *(_missing(suite, settings) or _elsewhere(suite, plan, context)), *_silent(suite, settings)]
    if broken:
        return failed(broken[0].code, "; ".join(outcome.reason for outcome in broken))
    return passed("tested", _praise(suite, plan, context))


def _unreadable(suite: TerraformTests) -> Iterator[Outcome]:
    for problem in suite.problems:
        yield failed("does_not_parse", problem)


def _missing(suite: TerraformTests, settings: Mapping[str, Any]) -> list[Outcome]:
    wanted = suite.lacks(settings["kinds"])
    if not suite.runs and not any(suite.others.values()) and wanted:
        text = f"no tests found: no run block in a *.tftest.hcl file and no test for another tool ({_tools(settings)})"
        return [] if suite.problems else [failed("no_tests", text)]
    found = []
    if "unit" in wanted:
        text = f"no unit test contains an assertion: add a run block with command = plan{_beside(suite, 'integration')}"
        found.append(failed("no_unit_tests", text))
    if "integration" in wanted:
        text = f"no integration test contains an assertion: add a run block that applies{_beside(suite, 'unit')}"
        found.append(failed("no_integration_tests", text))
    return found


def _elsewhere(suite: TerraformTests, plan: Plan, context: Context) -> list[Outcome]:
    """Tests of which no assertion leads to anything in this plan are another stack's."""
    if (
        not context.settings("test_coverage")["kinds"]
        or not plan.managed
        or is_of(suite, lambda name: named_by_test(name, context))
    ):
        return []
    runs = len([run for run in suite.runs if run.asserts])
    text = f"the assertions of the {runs} run blocks refer to none of the {len(plan.managed)} resources in this plan"
    return [failed("not_of_this_stack", text)]


def _tools(settings: Mapping[str, Any]) -> str:
    return ", ".join(name for name, tool in settings["tools"].items() if tool)


def _beside(suite: TerraformTests, kind: str) -> str:
    count = suite.of(kind)
    return f" ({kind} tests: {count})" if count else ""


def _silent(suite: TerraformTests, settings: Mapping[str, Any]) -> Iterator[Outcome]:
    silent = [f"{run.name} ({run.file})" for run in suite.silent()] if settings["every_run_asserts"] else []
    if silent:
        yield failed("no_assertion", f"run blocks without an assertion: {listed(silent, 5)}")


def _praise(suite: TerraformTests, plan: Plan, context: Context) -> str:
    counts = (f"{suite.of(kind)} {kind}" for kind in ("unit", "integration"))
    reached = f"{len(asserted(suite, context))} of {len(plan.managed)} resources in the plan"
    return f"{' and '.join(counts)} tests contain assertions, which refer to {reached}"
