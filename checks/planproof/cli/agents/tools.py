"""What agents can ask for: each tool with the schema of its arguments, and its answer, which is bounded. Nothing here knows the protocol."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from planproof.baseline import Baseline
from planproof.check import Check
from planproof.cli import inputs
from planproof.cli.agents.confinement import is_below
from planproof.cli.commands import fix as fixes
from planproof.cli.commands import policy as policies
from planproof.cli.commands import review as reviews
from planproof.cli.commands.explain import explained
from planproof.cli.shipped import shipped
from planproof.context import Context
from planproof.engine import evaluate, find_policy
from planproof.errors import CommandError, PolicyError
from planproof.fix.patches import Patch
from planproof.formats import to_json
from planproof.policy.model import Policy
from planproof.policy.profiles import PROFILES
from planproof.registry import all_checks, own_checks
from planproof.review.document import to_markdown
from planproof.source.files import is_saved_plan
from planproof.text.escaping import one_line
from planproof.text.paths import from_here
from planproof.verdict import Report, Verdict, listed

MAX_BYTES = 100_000
"""Of an answer. Agents read about four bytes as one token."""
_SPARE = 500  # for the words on what is left out
_LISTED_FIRST = (Verdict.FAIL.value, Verdict.UNKNOWN.value, Verdict.SKIP.value, Verdict.PASS.value)

Json = dict[str, Any]


class Answer(NamedTuple):
    """A text and, from a tool with an output schema, the same as data."""

    text: str
    data: Json | None = None
    is_error: bool = False


class Tool(NamedTuple):
    name: str
    title: str
    description: str
    arguments: Json
    required: tuple[str, ...]
    answer: Callable[..., Answer]
    output_schema: Json | None = None
    can_write: bool = False

    @property
    def input_schema(self) -> Json:
        return {"type": "object", "properties": self.arguments, "required": list(self.required), "additionalProperties": False}


class Desk:
    """Answers by the files below `roots`, the first of which is the working directory."""

    def __init__(
        self, roots: Sequence[str], policy: str | None, checks_from: Sequence[str] = (), can_write: bool = False
    ) -> None:
        self._roots, self._policy, self._checks_from, self._can_write = roots, policy, tuple(checks_from), can_write
        self._checks: tuple[Check, ...] = (*all_checks(), *own_checks(*checks_from))

    def tools(self) -> dict[str, Tool]:
        found = (
            Tool(
                "check",
                "Judge a plan",
                "Judges a Terraform plan by policy: each finding has its verdict, the resource, file and line, and the reason. "
                "FAIL must be fixed; UNKNOWN says what would decide it. By default only FAIL and UNKNOWN are listed; summary counts all.",
                {
                    "plan": _path("Plan JSON: terraform show -json tfplan > plan.json"),
                    "source": _SOURCE,
                    "policy": _POLICY,
                    "checks": _names("Judge only by these checks: ids, names or patterns"),
                    "skip_checks": _names("Do not judge by these"),
                    "baseline": _path("A file of known failures, which are SKIP"),
                    "only_changes": {"type": "boolean", "description": "Report only what the plan's changes can affect"},
                    "verdicts": {
                        "type": "array",
                        "items": {"enum": [verdict.value for verdict in Verdict]},
                        "minItems": 1,
                        "description": "The findings to list (default: FAIL and UNKNOWN)",
                    },
                },
                ("plan",),
                self.check,
                _report_schema(),
            ),
            Tool(
                "explain",
                "Explain a check",
                "The page of a check: what it finds, why, what it cannot see, how to fix and configure it. Without a check: the list of all.",
                {
                    "check": _text(
                        "Its id, number or name: CKV_PLAN_6, 6, unauthorized_access_alert; or a reason code, for its patch"
                    )
                },
                (),
                self.explain,
            ),
            Tool(
                "fix",
                "Write the patch of a plan's failures",
                "The unified diff that makes failures pass, for git apply in the root of the git repository (without one, in the source folder), "
                "and what is left with the reason. "
                "Plan and check again after it: a new name replaces a resource.",
                {
                    "plan": _path("Plan JSON"),
                    "source": _path("The folder of the .tf files (default: the files beside the plan)"),
                    "policy": _POLICY,
                    "checks": _names("Fix only these checks, their advice too: ids, names or patterns"),
                    "skip_checks": _names("Do not fix these"),
                    **(_WRITE if self._can_write else {}),
                },
                ("plan",),
                self.fix,
                _FIX_SCHEMA,
                self._can_write,
            ),
            Tool(
                "review",
                "Review a plan",
                "Writes the review of a plan in Markdown: issue, impact and fix needed for each failure mode, what is right, what is open.",
                {
                    "plan": _path("Plan JSON"),
                    "source": _SOURCE,
                    "policy": _POLICY,
                    "against": _path("Another plan to compare with, or ideal: the bundled ideal configuration"),
                },
                ("plan",),
                self.review,
            ),
            Tool(
                "policy",
                "Read a policy",
                "show: the effective policy, with the file that sets each value. check: what is wrong with a policy file. "
                "schema: the JSON Schema of policy files.",
                {
                    "action": {"enum": ["show", "check", "schema"]},
                    "file": _path("A policy file or, to show, a bundled profile: secure-logs, general"),
                },
                ("action",),
                self.policy,
            ),
        )
        return {tool.name: tool for tool in found}

    def check(
        self,
        plan: str,
        source: str | None = None,
        policy: str | None = None,
        checks: Sequence[str] = (),
        skip_checks: Sequence[str] = (),
        baseline: str | None = None,
        only_changes: bool = False,
        verdicts: Sequence[str] = (Verdict.FAIL.value, Verdict.UNKNOWN.value),
    ) -> Answer:
        known = Baseline.find(self._file(baseline) if baseline else None)
        scope = inputs.Scope(self._checks_from, known, only_changes, only=tuple(checks), skipped=tuple(skip_checks))
        found, opened = inputs.read_one(self._plan(plan), self._file(source) if source else None, "judge each")
        report = evaluate(found, self._policy_of(policy), opened, **scope.arguments())
        document = _fitting(json.loads(to_json.render([report])), set(verdicts))
        if report.errors:
            return Answer(_unjudged(report), document, is_error=True)
        return Answer(json.dumps(document), document)

    def fix(
        self,
        plan: str,
        source: str | None = None,
        policy: str | None = None,
        checks: Sequence[str] = (),
        skip_checks: Sequence[str] = (),
        write: bool = False,
    ) -> Answer:
        scope = inputs.Scope(self._checks_from, only=tuple(checks), skipped=tuple(skip_checks))
        read, opened = inputs.read_one(self._plan(plan), self._file(source) if source else None, "fix each")
        done = fixes.worked_out(Context(read, self._policy_of(policy), opened), scope)
        if done.report.errors:
            return Answer(_unjudged(done.report), is_error=True)
        patch = done.diff
        if len(patch.encode("utf-8")) > MAX_BYTES:
            raise CommandError(f"the patch holds more than {MAX_BYTES} bytes; fix one check after the other (checks)")
        if write and done.changes:
            fixes.write(done, is_forced=False)
        data = {
            "patch": patch,
            "files": [from_here(change.file) for change in done.changes],
            "written": write and bool(done.changes),
            "fixed": [_named(one) for one in done.patches if not one.why_not],
            "left": [{**_named(one), "why": one.why_not} for one in done.left],
        }
        if len(json.dumps(data)) > 2 * MAX_BYTES:
            raise CommandError("there are too many failures for an answer; fix one check after the other (checks)")
        return Answer(json.dumps(data), data)

    def explain(self, check: str | None = None) -> Answer:
        if check:
            return Answer(_cut(explained(check, self._checks)))
        return Answer(_cut("".join(f"{one.id} {one.key}: {one_line(one.name)}\n" for one in self._checks)))

    def review(self, plan: str, source: str | None = None, policy: str | None = None, against: str | None = None) -> Answer:
        other = against if against in (None, reviews.IDEAL) else self._plan(against)
        mine, opened = self._plan(plan), self._file(source) if source else None
        _, blocks = reviews.written(mine, opened, other, self._policy_of(policy), inputs.Scope(self._checks_from))
        return Answer(_cut(to_markdown(blocks)))

    def policy(self, action: str, file: str | None = None) -> Answer:
        if action == "schema":
            return Answer(_cut(policies.schema_text()))
        if action == "show":
            return Answer(_cut(policies.shown(self._policy_file(file), self._checks)))
        if not file:
            raise CommandError("check needs file: the policy file to check")
        try:
            usable, warnings = policies.checked(self._file(file), self._checks)
        except PolicyError as error:
            return Answer(_cut("\n".join(map(one_line, error.problems))), is_error=True)
        return Answer(_cut("\n".join([usable, *(f"warning: {one_line(warning)}" for warning in warnings)])))

    def _file(self, path: str) -> str:
        """The path as seen from the working directory. Raises CommandError if it leads out of the roots."""
        if not is_below(path, self._roots):
            shown = one_line(listed(map(from_here, self._roots)))
            raise CommandError(
                f"{path} lies outside the folders that this server reads ({shown}); start planproof mcp with --root DIR for its folder"
            )
        near = from_here(path)
        return os.path.join(os.curdir, near) if near == inputs.STDIN else near

    def _plan(self, path: str) -> str:
        found = self._file(path)
        if is_saved_plan(found):
            raise CommandError(
                f"{path} is a saved plan, and this server runs no Terraform; provide its JSON: terraform show -json"
            )
        return found

    def _policy_file(self, policy: str | None) -> str | None:
        named = policy or self._policy
        return named if named is None or named in PROFILES else self._file(named)

    def _policy_of(self, policy: str | None) -> Policy:
        return find_policy(self._policy_file(policy), self._checks)


def _text(description: str) -> Json:
    return {"type": "string", "minLength": 1, "maxLength": 4096, "description": description}


def _path(description: str) -> Json:
    return _text(f"{description}. A path is from the server's first root.")


def _names(description: str) -> Json:
    return {"type": "array", "items": _text("A check"), "minItems": 1, "maxItems": 100, "description": description}


_SOURCE = _path("The folder of the .tf files, or the saved plan (default: the files beside the plan)")
_POLICY = _path("A policy file, or the bundled secure-logs or general (default: the server's)")


def _unjudged(report: Report) -> str:
    return f"Not everything could be judged: {one_line(listed(report.errors))}"


def _named(patch: Patch) -> Json:
    finding = patch.finding
    return {"check_id": finding.check_id, "subject": finding.subject, "code": finding.code, "notes": list(patch.notes)}


_WRITE = {"write": {"type": "boolean", "description": "Edit the files too; git's tree must be clean (default: false)"}}
_FAILURES: Json = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["check_id", "subject", "code", "notes"],
        "properties": {
            **{name: {"type": "string"} for name in ("check_id", "subject", "code", "why")},
            "notes": {"type": "array", "items": {"type": "string"}, "description": "What a person still must decide or do"},
        },
    },
}
_FIX_SCHEMA: Json = {
    "type": "object",
    "required": ["patch", "files", "written", "fixed", "left"],
    "properties": {
        "patch": {
            "type": "string",
            "description": "A unified diff for git apply in the root of the git repository (without one, in the source folder); "
            "empty if nothing is fixed",
        },
        "files": {"type": "array", "items": {"type": "string"}, "description": "The files that it changes"},
        "written": {"type": "boolean", "description": "Whether the files are edited already"},
        "fixed": _FAILURES,
        "left": {**_FAILURES, "description": "Failures without a mechanical remedy, and why"},
    },
}


def _report_schema() -> Json | None:
    file = shipped("policies/schemas/report.schema.json")
    return json.loads(file.read_text(encoding="utf-8")) if file else None


def _fitting(document: Json, verdicts: set[str]) -> Json:
    """The report with the findings of these verdicts, as many as an answer holds, failures before all others; what is left out is told."""
    wanted = [finding for finding in document["findings"] if finding["verdict"] in verdicts]
    left = MAX_BYTES - _SPARE - len(json.dumps({**document, "findings": []}))
    if left < 0:
        raise CommandError(f"the report holds more than {MAX_BYTES} bytes without its findings; judge by fewer checks")
    fitting: set[int] = set()
    for number in sorted(range(len(wanted)), key=lambda n: _LISTED_FIRST.index(wanted[n]["verdict"])):
        left -= len(json.dumps(wanted[number])) + 2
        if left < 0:
            break
        fitting.add(number)
    others, cut = len(document["findings"]) - len(wanted), len(wanted) - len(fitting)
    notices = [f"{others} findings with other verdicts are not listed"] * bool(others)
    notices += [f"{cut} findings do not fit here; judge by fewer checks to see them"] * bool(cut)
    first, *rest = document["plans"]
    plans = [{**first, "notices": [*first["notices"], *notices]}, *rest]
    return {**document, "findings": [wanted[number] for number in sorted(fitting)], "plans": plans}


def _cut(text: str) -> str:
    """As many whole lines as an answer holds, and how many it leaves out."""
    if len(text.encode("utf-8")) <= MAX_BYTES:
        return text
    lines = text.splitlines(keepends=True)
    left, kept = MAX_BYTES - _SPARE, 0
    while kept < len(lines) and (left := left - len(lines[kept].encode("utf-8"))) >= 0:
        kept += 1
    return "".join(lines[:kept]) + f"\n({len(lines) - kept} more lines do not fit here.)\n"
