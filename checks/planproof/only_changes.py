"""Which findings are about what a plan changes: the rest was so before, and can wait (`--only-changes`).

A finding is kept where the plan creates, updates, replaces or imports its subject or a resource that its evidence names. What is
destroyed is in no evidence, so a plan that destroys something is judged with more care: a resource that the destroyed one depended on
or named counts as changed, and a finding that rests on more than its own subject is kept. A finding about the plan as a whole is kept
where the plan changes anything, and one of a check that could not judge always.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from planproof.plan.addresses import without_keys
from planproof.plan.model import Instance, Plan
from planproof.verdict import CHECK_ERROR, PLAN, Finding, Report

_NOT_CHANGED = {("no-op",)}
_IDENTITY = ("id", "arn", "name", "bucket")


def only_changes(report: Report, plan: Plan) -> Report:
    """The report without the findings on what the plan leaves as it is."""
    changes = _Changes(plan)
    kept = tuple(finding for finding in report.findings if changes.concern(finding))
    left_out = len(report.findings) - len(kept)
    notices = (f"{left_out} findings on what this plan leaves as it is are left out",) if left_out else ()
    return report._replace(findings=kept, notices=(*report.notices, *notices))


class _Changes:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._gone = [c for c in _changes(plan, "resource_changes") if _is_gone(c)]
        self._touched = {i.address for i in plan.instances if _changes_it(i)} | set(self._left_by_the_gone())
        self._touched |= {_without_index(address) for address in self._touched}
        outputs = plan.raw.get("output_changes")
        actions = [c.get("actions") for c in outputs.values() if isinstance(c, Mapping)] if isinstance(outputs, Mapping) else []
        self._any = bool(self._touched or self._gone or any(found != ["no-op"] for found in actions))

    def concern(self, finding: Finding) -> bool:
        if finding.code == CHECK_ERROR:
            return True
        if finding.subject == PLAN:
            return self._any
        named = {self._address(text) for text in finding.evidence} - {finding.subject, ""}
        return finding.subject in self._touched or bool(named & self._touched) or bool(named and self._gone)

    def _address(self, text: str) -> str:
        """The address that an attribute's path begins with, or nothing."""
        while text and text not in self._plan.by_address and text not in self._touched:
            cut = max(text.rfind("."), text.rfind("["))
            text = text[:cut] if cut > 0 else ""
        return text

    def _left_by_the_gone(self) -> Iterator[str]:
        """What a destroyed resource depended on, or named by its name or id."""
        if not self._gone:
            return
        addresses = {str(c.get("address")) for c in self._gone}
        needed = set(_dependencies(self._plan.raw.get("prior_state"), addresses))
        strings = {text for c in self._gone for text in _strings(_object(c.get("change")).get("before"))}
        for instance in self._plan.instances:
            identity = {instance.get(name).text for name in _IDENTITY} - {None, ""}
            if identity & strings or without_keys(instance.address) in needed:
                yield instance.address


def _changes_it(instance: Instance) -> bool:
    """What the plan says nothing about counts as changed."""
    return instance.actions not in _NOT_CHANGED or instance.is_imported


def _is_gone(change: Mapping[str, Any]) -> bool:
    return _object(change.get("change")).get("actions") in (["delete"], ["forget"]) and not change.get("deposed")


def _changes(plan: Plan, key: str) -> Iterator[Mapping[str, Any]]:
    found = plan.raw.get(key)
    yield from (c for c in found if isinstance(c, Mapping)) if isinstance(found, list) else ()


def moved(plan: Plan) -> dict[str, str]:
    """Each moved resource's address with the one that it had."""
    return {
        str(c["address"]): str(c["previous_address"]) for c in _changes(plan, "resource_changes") if c.get("previous_address")
    }


def _dependencies(state: Any, addresses: set[str]) -> Iterator[str]:
    pending = [_object(_object(_object(state).get("values")).get("root_module"))]
    while pending:
        module = pending.pop()
        for resource in module.get("resources") or ():
            if resource.get("address") in addresses:
                yield from resource.get("depends_on") or ()
        pending.extend(module.get("child_modules") or ())


def _strings(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        part = pending.pop()
        if isinstance(part, str):
            yield part
        elif isinstance(part, Mapping):
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)


def _without_index(address: str) -> str:
    return address[: address.rindex("[")] if address.endswith("]") else address


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
