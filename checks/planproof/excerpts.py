"""Gives failures lines of the block at fault, for a report on a terminal."""

from __future__ import annotations

from collections.abc import Callable

from planproof.context import Context
from planproof.errors import SourceError
from planproof.plan.model import Instance, Module
from planproof.verdict import PLAN, Finding, Report, Standing


def with_excerpts(report: Report, context: Context) -> Report:
    """The report with what stands at each failure's place, but for what the plan marks sensitive."""
    instances = {instance.address: instance for instance in context.plan.instances}
    return report._replace(findings=tuple(_with_excerpt(finding, instances, context) for finding in report.findings))


def _with_excerpt(finding: Finding, instances: dict[str, Instance], context: Context) -> Finding:
    if finding.standing is not Standing.FAIL or not finding.file or context.source is None:
        return finding
    module, labels, is_sensitive = _block(finding, instances, context)
    try:
        source = context.source.of(module)
    except SourceError:
        return finding
    return finding._replace(excerpt=source.excerpt(finding.reason, is_sensitive, *labels)) if source and labels else finding


def _block(finding: Finding, instances: dict[str, Instance], context: Context) -> tuple[Module, list[str], Callable[[str], bool]]:
    """The module and the labels of the block, and which of its arguments are sensitive."""
    instance = instances.get(finding.subject)
    if instance is not None:
        local = instance.local_address.split(".")
        return instance.module, local if instance.mode == "data" else ["resource", *local], _marked(instance)
    about = finding.evidence[0].split(".") if finding.subject == PLAN and finding.evidence else []
    output = context.plan.outputs.get(about[1]) if len(about) == 2 and about[0] == "output" else None
    if output is None:
        return context.plan.root, [], bool
    return context.plan.root, about, lambda name: output.sensitive and name == "value"


def _marked(instance: Instance) -> Callable[[str], bool]:
    return lambda name: instance.get(name).is_sensitive
