"""The tests of a plan's configuration: those in its folder and, if a kind is missing there, those around it that name it."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.context import Context
from planproof.plan.model import Instance
from planproof.source.terraform_tests import TerraformTests, suite_of, tested
from planproof.source.tests_around import tests_around


def tests_of(context: Context) -> TerraformTests | None:
    """By the policy's section on tests; None without a source folder. Raises SourceError if the folder's own tests are not all, and the
    repository has too many files to look through."""
    if context.source is None or context.source.folder is None:
        return None
    settings = context.settings("test_coverage")
    suite = suite_of(context.source.folder, settings)
    if context.source.root and suite.lacks(settings["kinds"]):
        suite = suite.and_those(tests_around(context.source.root, settings))
    return suite


def asserted(suite: TerraformTests, context: Context) -> set[str]:
    """The addresses of the plan's resources that some assertion refers to."""
    return tested(suite, lambda name: named_by_test(name, context))


def named_by_test(name: str, context: Context) -> Iterator[Instance]:
    """The instances that a name of an assertion leads to."""
    output = name.split(".")[1] if name.startswith("output.") else None
    result = context.expressions.output(output) if output in context.plan.outputs else context.expressions.named(name)
    return (instance for origin in result.all_origins for instance in origin.instances)
