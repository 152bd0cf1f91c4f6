"""Which findings are about what a plan changes: the rest was so before, and can wait (`--only-changes`).

A finding is kept where the plan creates, updates, replaces, moves or imports its subject or a resource that its evidence names. As what a
resource was before is in no evidence, whatever a changed or destroyed resource names or depends on, or did before, counts as changed too,
and what depended on a destroyed one. A plan that destroys something is judged with more care: a finding that rests on more than its own
subject is kept. Kept always is what a plan cannot tell to be as it was: a finding about the plan as a whole, one of a check that reads how
the configuration is written, one whose exception has run out, and one of a check that could not judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from planproof.plan.addresses import without_keys
from planproof.plan.model import Plan
from planproof.plan.value import as_list, as_object
from planproof.text.wildcards import matches
from planproof.verdict import CHECK_ERROR, EXCEPTION_EXPIRED, PLAN, CheckInfo, Finding, Report

_IDENTITY = ("id", "arn", "name", "bucket", "identifier")
_NAMES = ("_name", "_identifier")
_WORDS = re.compile(r"[^\s\"'{}()\[\],;=]+")


def only_changes(report: Report, plan: Plan) -> Report:
    """The report without the findings on what the plan leaves as it is."""
    changes = _Changes(plan, report.rules)
    kept = tuple(finding for finding in report.findings if changes.concern(finding))
    left_out = len(report.findings) - len(kept)
    notices = (f"{left_out} findings on unchanged resources are hidden",) if left_out else ()
    return report._replace(findings=kept, notices=(*report.notices, *notices))


class _Changes:
    def __init__(self, plan: Plan, rules: Iterable[CheckInfo]) -> None:
        self._plan = plan
        found = [c for c in _changes(plan) if _changes_it(c)]
        gone = [c for c in found if _destroys(c)]
        self._destroys = bool(gone)
        self._touched = {i.address for i in plan.instances if not i.actions} | {str(c.get("address")) for c in found}
        self._touched |= {*self._named_by(found), *self._naming(gone)}
        self._touched |= {_without_index(address) for address in self._touched}
        types = {str(c.get("type")) for c in found}
        self._open = {
            r.id for r in rules if r.reads_configuration or any(matches(g, t) for g in r.also_decided_by for t in types)
        }
        """The checks whose verdicts may be others though neither subject nor evidence changes."""

    def concern(self, finding: Finding) -> bool:
        is_new = finding.code in (CHECK_ERROR, EXCEPTION_EXPIRED)
        if is_new or finding.subject == PLAN or finding.check_id in self._open:
            return True
        named = {self._address(text) for text in finding.evidence} - {finding.subject, ""}
        return finding.subject in self._touched or bool(named & self._touched) or bool(named and self._destroys)

    def _address(self, text: str) -> str:
        """The address that an attribute's path begins with, or nothing."""
        while text and text not in self._plan.by_address and text not in self._touched:
            cut = max(text.rfind("."), text.rfind("["))
            text = text[:cut] if cut > 0 else ""
        return text

    def _named_by(self, changes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """What these resources depended on before, and what they name, or did, by its name, id or ARN."""
        addresses = {str(c.get(key)) for c in changes for key in ("address", "previous_address")}
        needed = {name for address, names in self._dependencies if address in addresses for name in names}
        words = {word for c in changes for when in ("before", "after") for word in _words(as_object(c.get("change")).get(when))}
        for instance in self._plan.instances:
            if without_keys(instance.address) in needed or not words.isdisjoint(_names(instance.value.raw)):
                yield instance.address

    def _naming(self, gone: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """What depended on these resources, or names them still."""
        addresses = {without_keys(str(c.get("address"))) for c in gone}
        yield from (address for address, names in self._dependencies if not addresses.isdisjoint(names))
        names = {name for c in gone for name in _names(as_object(c.get("change")).get("before"))}
        if names:
            yield from (i.address for i in self._plan.instances if not names.isdisjoint(_words(i.value.raw)))

    @cached_property
    def _dependencies(self) -> list[tuple[str, list[str]]]:
        """Each resource of the state with the blocks that it depended on."""
        found, pending = [], [as_object(as_object(as_object(self._plan.raw.get("prior_state")).get("values")).get("root_module"))]
        while pending:
            module = pending.pop()
            for resource in map(as_object, as_list(module.get("resources"))):
                found.append((str(resource.get("address")), [str(name) for name in as_list(resource.get("depends_on"))]))
            pending.extend(map(as_object, as_list(module.get("child_modules"))))
        return found


def _changes_it(change: Mapping[str, Any]) -> bool:
    """A move and an import change a resource, too: an exception, or a rule for some addresses, may hold for one address alone."""
    is_another = "previous_address" in change or isinstance(as_object(change.get("change")).get("importing"), dict)
    return is_another or _actions(change) != ["no-op"]


def _destroys(change: Mapping[str, Any]) -> bool:
    return _actions(change) in (["delete"], ["forget"])


def _actions(change: Mapping[str, Any]) -> Any:
    return as_object(change.get("change")).get("actions")


def _changes(plan: Plan) -> Iterator[Mapping[str, Any]]:
    return (c for c in as_list(plan.raw.get("resource_changes")) if isinstance(c, dict))


def _names(values: Any) -> Iterator[str]:
    """What others may call a resource: its name, id or ARN, and the names that its blocks make, as a filter makes that of a metric."""
    for key, value in as_object(values).items():
        if isinstance(value, str):
            if value and (key in _IDENTITY or key.endswith(_NAMES)):
                yield value
        else:
            yield from (
                text for text in (as_object(part).get("name") for part in as_list(value)) if isinstance(text, str) and text
            )


def _words(values: Any) -> Iterator[str]:
    """The texts, each word of them (one may be a document or a pattern), and what is between the colons and slashes of an ARN or URL."""
    for text in _strings(values):
        yield text
        for word in _WORDS.findall(text):
            yield word.rstrip("/*:")
            for part in word.split(":"):
                yield part.rstrip("/*")
                yield from part.split("/")


def moved(plan: Plan) -> dict[str, str]:
    """Each moved resource's address with the one that it had."""
    return {str(c["address"]): str(c["previous_address"]) for c in _changes(plan) if c.get("previous_address")}


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
