"""Scaffolds tests: unit tests that assert what the plan shows, integration tests that assert what AWS answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from planproof.errors import SourceError
from planproof.facts.suite import tests_of
from planproof.fix.edits import Edit
from planproof.fix.job import Job, Remedy
from planproof.fix.objects import written
from planproof.fix.places import NotMechanical
from planproof.fix.remedies import unauthorized_access_alert as alert
from planproof.fix.stand_ins import differ, mocks, values
from planproof.fix.style import block
from planproof.plan.model import Instance
from planproof.syntax.nodes import Literal

_MOST = 8  # assertions of one run
_LONGEST = 60  # letters of a constant
_MOCKS_SINCE = (1, 7)
_ALERT = ("aws_cloudtrail", "aws_cloudwatch_log_metric_filter", "aws_cloudwatch_metric_alarm", "aws_sns_topic")
_NAMES = ("description", "target_id", "name", "bucket", "bucket_prefix", "name_prefix", "alarm_name", "function_name")


_SILENT = "only the author of a run without an assertion knows what it is meant to show; add an assert to it, or remove it"


def scaffolded(job: Job) -> list[Edit]:
    """A file for each kind of test that is missing."""
    settings = job.settings("test_coverage")
    try:
        suite = tests_of(job.context)
    except SourceError as error:
        raise NotMechanical(str(error)) from None
    silent = suite.silent() if suite and settings["every_run_asserts"] else []
    if silent:
        raise NotMechanical(f"{_SILENT} ({silent[0].name} of {silent[0].file})")
    lacking = suite.lacks(settings["kinds"]) if suite else settings["kinds"]
    if job.finding.code == "not_of_this_stack":
        lacking = settings["kinds"]
    return [_file(job, kind, _unit(job) if kind == "unit" else _integration(job)) for kind in lacking]


def _file(job: Job, kind: str, text: str) -> Edit:
    folders = job.settings("test_coverage")["folders"]
    folder = "tests" if "tests" in folders else folders[0]
    for name in (kind, f"{kind}_of_the_plan", f"{kind}_of_the_plan_2"):
        path = os.path.normpath(os.path.join(job.bench.root, folder, f"{name}.tftest.hcl"))
        if not os.path.lexists(path):
            return Edit(path, 0, 0, text)
    raise NotMechanical(f"{folder} has tests of this kind already, which planproof does not change; add an assertion to them")


def _unit(job: Job) -> str:
    found = (list(_shown(job)) or list(_there(job)) or list(_made(job)))[:_MOST]
    if not found:
        raise NotMechanical("the root module has no resource in native syntax of which a test could assert something")
    run = block('run "what_the_plan_shows"', "command = plan", *(_assert(condition, text) for condition, text in found))
    head = "# Plans, and asserts what planproof saw in the plan. Add what must never change."
    return "\n\n".join(filter(None, (head, *(mocks(job) if _has_mocks(job) else ()), _variables(job), run))) + "\n"


def _integration(job: Job) -> str:
    found = list(_answered(job))[:_MOST]
    if not found:
        raise NotMechanical("the configuration has no resource or output of which an integration test could assert something")
    run = block('run "apply"', "command = apply", *(_assert(condition, text) for condition, text in found))
    head = (
        "# Applies, asserts what AWS answers, and destroys it again. AWS keeps what is protected against deletion, and buckets with objects:\n"
        "# remove these by hand. Run it in an account that is for tests."
    )
    return "\n\n".join(filter(None, (head, _variables(job), run))) + "\n"


def _assert(condition: str, text: str) -> str:
    return block("assert", f"condition     = {condition}\nerror_message = {json.dumps(text)}")


def _has_mocks(job: Job) -> bool:
    numbers = job.context.plan.terraform_version.split(".")
    return (
        len(numbers) > 1 and numbers[0].isdigit() and numbers[1].isdigit() and (int(numbers[0]), int(numbers[1])) >= _MOCKS_SINCE
    )


def _variables(job: Job) -> str:
    found = values(job)
    return block("variables", "\n".join(f"{name} = {value}" for name, value in found.items())) if found else ""


def _root(job: Job) -> Iterator[list[Instance]]:
    """The resources of the root module that one block in native syntax makes, each with its instances."""
    files = job.bench.files_of(job.context.plan.root)
    single = [top for top in files.tops if top.type == "resource" and len(files.source.blocks("resource", *top.labels)) == 1]
    tops = {".".join(top.labels) for top in single}
    for local, instances in job.context.plan.root.resources.items():
        found = [each for each in instances.values() if each.mode == "managed"]
        if found and local in tops:
            yield found


def _shown(job: Job) -> Iterator[tuple[str, str]]:
    """Conditions that the plan meets, on arguments that no fix changes: the constants of resources, and how many there are."""
    faults = {text for finding in job.bench.failures for text in finding.evidence}
    repeated: list[tuple[str, str]] = []
    for instances in _root(job):
        first = instances[0]
        if first.index is not None:
            count = len(instances)
            if _is_counted_alike(job, first):
                repeated.append((f"length({first.local_address}) == {count}", f"There are {count} of {first.local_address}."))
            continue
        if first.type in _ALERT:
            continue
        constants = [
            (name, each.expression.value)
            for name, each in job.place_of(first).body.attributes.items()
            if isinstance(each.expression, Literal) and name not in _NAMES and f"{first.address}.{name}" not in faults
        ]
        known = [(name, value) for name, value in constants if value is not None and _is_public(first, name, value)]
        best = min(known, key=lambda each: not isinstance(each[1], bool), default=None)
        if best:
            name, value = best
            yield (
                f"{first.local_address}.{name} == {written(value)}",
                f"{name} of {first.local_address} must be {written(value)}.",
            )
    yield from repeated


def _is_counted_alike(job: Job, instance: Instance) -> bool:
    """Whether the test has as many of the resource as the plan: their number is a constant, or made of values that the test has too."""
    place = job.place_of(instance)
    text = place.text_of("count") or place.text_of("for_each")
    return not (re.search(r"\b(var|local|module)\.", text) and differ(job))


def _is_public(instance: Instance, name: str, value: Any) -> bool:
    found = instance.get(name)
    is_long = isinstance(value, str) and (len(value) > _LONGEST or "\n" in value)
    return not found.is_sensitive and bool(found.raw == value) and not is_long


def _there(job: Job) -> Iterator[tuple[str, str]]:
    """Conditions on resources of which nothing else is known: that they are there."""
    for instances in _root(job):
        if instances[0].index is None:
            yield f"length({instances[0].local_address}[*]) == 1", f"There must be one {instances[0].local_address}."


def _made(job: Job) -> Iterator[tuple[str, str]]:
    """Conditions on what other fixes add to a root module that has only calls."""
    for address in filter(None, (alert.created(job, kind) for kind in _ALERT)):
        yield f"length({address}[*]) == 1", f"There must be one {address}."


def _answered(job: Job) -> Iterator[tuple[str, str]]:
    """Conditions that hold once the resources exist."""
    for instances in _root(job):
        first = instances[0]
        if first.index is None and "arn" in first.value.names():
            yield f'startswith({first.local_address}.arn, "arn:")', f"{first.local_address} has no ARN."
    for instances in _root(job):
        if instances[0].index is not None:
            if _is_counted_alike(job, instances[0]):
                yield f"length({instances[0].local_address}) > 0", f"There is no {instances[0].local_address}."
        elif "arn" not in instances[0].value.names():
            yield f'{instances[0].local_address}.id != ""', f"{instances[0].local_address} has no ID."
    for name in job.context.plan.outputs:
        if job.context.expressions.output(name).all_origins:
            yield f"output.{name} != null", f"The output {name} is empty."
    if trail := alert.created(job, "aws_cloudtrail"):
        yield f'startswith({trail}.arn, "arn:")', f"{trail} has no ARN."


REMEDIES: dict[str, Remedy | str] = {
    "no_tests": scaffolded,
    "no_unit_tests": scaffolded,
    "no_integration_tests": scaffolded,
    "not_of_this_stack": scaffolded,
    "no_assertion": _SILENT,
    "does_not_parse": "the test file has a syntax error; correct it where the reason says",
}
