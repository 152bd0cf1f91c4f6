"""The one place that knows Checkov: each planproof check as a Checkov check.

A plan file is evaluated once, however many resources Checkov walks through, and each Checkov check looks its verdict up by the
resource's address. Checkov drops results that it calls UNKNOWN from every report, so the four verdicts become: PASS passed, FAIL
failed, SKIP skipped, and UNKNOWN, by the policy's `unknown`, skipped with the reason (warn), failed (fail) or dropped (ignore).
What is advisory never fails: its FAIL is skipped as "advisory: ...". Whatever goes wrong here comes out as FAILED with the reason.

Checkov asks no check about a plan that it cannot read, or that has no resources. Such a plan is looked at when Checkov is done with the
others, and what is to be said of it is put into Checkov's report.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

from checkov.common.bridgecrew.check_type import CheckType
from checkov.common.bridgecrew.integration_features.integration_feature_registry import integration_feature_registry
from checkov.common.bridgecrew.severities import Severities
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.common.output.record import Record
from checkov.common.output.report import Report as CheckovReport
from checkov.runner_filter import RunnerFilter
from checkov.terraform.checks.data.base_check import BaseDataCheck
from checkov.terraform.checks.data.registry import data_registry
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck
from checkov.terraform.checks.resource.registry import resource_registry
from checkov.terraform.plan_runner import Runner as PlanRunner

# What is imported while loading, as a signed pack cannot import later.
from planproof import only_changes as only_changes
from planproof.baseline import Baseline
from planproof.check import ANY_TYPE, LISTED_TYPES, PLAN_WIDE, Check
from planproof.checkov_records import looks_like_a_plan, problem_of, record_of
from planproof.engine import evaluate, find_policy
from planproof.errors import LoadError, PlanproofError
from planproof.evaluation import functions_on_parts as functions_on_parts
from planproof.plan.model import Plan
from planproof.policy import layers as layers
from planproof.registry import LOADING_FAILED, all_checks, own_checks
from planproof.settings import SETTINGS, strangers
from planproof.source.files import is_configuration
from planproof.source.model import Source, find_source
from planproof.syntax import blocks as blocks
from planproof.text.docstring import sections
from planproof.text.escaping import one_line
from planproof.verdict import PLAN, Finding, Report, Standing, Verdict
from planproof.version import guide, refuse_two_copies

NO_PLAN_NAMED = "this version of Checkov does not report which plan it scans; planproof needs Checkov 3.2.482 or later"
_ADDRESS, _FILE = "__address__", "__file__"
_KEPT = 8


class Evaluation:
    """One plan's findings by check and address, and the address that carries those about the plan as a whole."""

    def __init__(self, path: str) -> None:
        self.findings: dict[tuple[str, str], list[Finding]] = {}
        self.problem = ""
        self.report = Report(path, ())
        self.carrier = ""
        self.is_plan = True
        try:
            plan = Plan.load(path)
            carriers = plan.managed or plan.instances
            self.carrier = carriers[0].address if carriers else ""
            source = find_source(path) or _enriching_source()
            self.report = evaluate(plan, find_policy(), source, baseline=Baseline.find())
        except PlanproofError as error:
            self.problem = str(error)
        except Exception as error:
            self.problem = f"planproof could not judge this plan: {type(error).__name__}"
        else:
            for finding in self.report.findings:
                self.findings.setdefault((finding.check_id, finding.subject), []).append(finding)

    def of(self, check: Check, address: str) -> list[Finding]:
        subject = PLAN if check.is_plan_wide else address
        if check.is_plan_wide and address != self.carrier:
            return []
        found = self.findings.get((check.id, subject), [])
        # A check that could not even find its subjects says so once, for the plan.
        return found or (self.findings.get((check.id, PLAN), []) if address == self.carrier else [])


def _located(scanned_file: str) -> str:
    """The plan that Checkov calls by its path below what it was given, as it does for some resources; empty if that is not one file.

    Checkov before 3.2.482 names no plan at all.
    """
    return _below(scanned_file, os.getcwd(), *sys.argv[1:])


@lru_cache(maxsize=_KEPT)
def _below(scanned_file: str, working: str, *words: str) -> str:
    given = [os.path.abspath(word) for word in words if os.path.exists(word)]
    folders = {working, *(path if os.path.isdir(path) else os.path.dirname(path) for path in given)}
    found = {os.path.realpath(os.path.join(folder, scanned_file.lstrip("/"))) for folder in folders}
    plans = [path for path in found if os.path.isfile(path)]
    return plans[0] if len(plans) == 1 else ""


_roots: list[str] = []


def take_roots(roots: Any) -> None:
    """Has plans that nothing else tells the source of be judged by what --repo-root-for-plan-enrichment names."""
    _roots[:] = [root for root in roots or () if isinstance(root, str)]


def _enriching_source() -> Source | None:
    """That folder, where it is the root module's."""
    named = [root for root in _roots if os.path.isdir(root) and any(map(is_configuration, os.listdir(root)))]
    return Source.open(named[0]) if len(named) == 1 else None


_evaluations: dict[tuple[object, ...], Evaluation] = {}
_lock = threading.Lock()


def evaluation(path: str) -> Evaluation:
    """The evaluation of a plan file, made once; anew where the file, the policy or the source is another one."""
    status = os.stat(path)
    settings = (*(os.environ.get(name) for name in SETTINGS), os.getcwd(), *_roots)
    key = (path, status.st_ino, status.st_mtime_ns, status.st_size, settings)
    with _lock:
        if key not in _evaluations:
            while len(_evaluations) >= _KEPT:
                _evaluations.pop(next(iter(_evaluations)))
            _evaluations[key] = Evaluation(path)
        return _evaluations[key]


def _asked(configuration: Any, scanned_file: str) -> Evaluation | str | None:
    """The evaluation of the plan that a resource is of; what keeps it from being one; None where there is no plan to judge."""
    path, address = _first(configuration.get(_FILE)), _first(configuration.get(_ADDRESS))
    if not path and scanned_file.endswith(".json") and not scanned_file.endswith(".tf.json"):
        path = _located(scanned_file)
        if not path:
            return NO_PLAN_NAMED
    if not path or not address or not path.endswith(".json"):
        return None  # a scan of HCL
    found = evaluation(path)
    return found.problem or found


class _Lookup:
    """What the resource check and the data check share: the verdict of a planproof check for what Checkov shows it."""

    declared: Check
    details: list[str]
    severity: Any

    def run(self, scanned_file: str, entity_configuration: Any, entity_name: str, entity_type: str, skip_info: Any) -> Any:
        self.details = []
        try:
            result, comment = self._look_up(entity_configuration, scanned_file)
        except Exception as error:
            result, comment = CheckResult.FAILED, ""
            self.details = [f"planproof could not judge this: {type(error).__name__}"]
        return {"result": result, "evaluated_keys": [], "suppress_comment": comment}

    def _look_up(self, configuration: Any, scanned_file: str) -> tuple[CheckResult, str]:
        found = _asked(configuration, scanned_file)
        if found is None:
            return CheckResult.UNKNOWN, ""
        if isinstance(found, str):
            self.details = [found]
            return CheckResult.FAILED, ""
        return self.tell(found, _first(configuration.get(_ADDRESS)))

    def tell(self, found: Evaluation, address: str) -> tuple[CheckResult, str]:
        findings = found.of(self.declared, address)
        self.severity = _severity(findings[0].severity if findings else self.declared.severity)
        self.details = [f"{finding.code}: {finding.reason}" for finding in findings if finding.verdict is not Verdict.PASS]
        return _result(findings, found.report)

    def scan_entity_conf(self, conf: Any, entity_type: str) -> CheckResult:
        raise NotImplementedError("run() answers")

    scan_resource_conf = scan_data_conf = scan_entity_conf


def _result(findings: list[Finding], report: Report) -> tuple[CheckResult, str]:
    """The worst of the findings, and the comment that Checkov shows with a skipped one."""
    if any(report.fails_by(finding) for finding in findings):
        return CheckResult.FAILED, ""
    reasons: dict[Standing, str] = {}
    for finding in findings:
        reasons.setdefault(finding.standing, finding.reason)
    if report.unknown == "ignore":
        reasons.pop(Standing.UNKNOWN, None)
    worst = min(reasons, key=list(Standing).index, default=None)
    if worst in _COMMENTS:
        return CheckResult.SKIPPED, _COMMENTS[worst] + reasons[worst]
    return (CheckResult.PASSED if worst else CheckResult.UNKNOWN), ""


_COMMENTS = {Standing.ADVISORY: "advisory: ", Standing.UNKNOWN: "cannot tell: ", Standing.SKIP: ""}


class PlanResourceCheck(_Lookup, BaseResourceCheck):
    def __init__(self, declared: Check) -> None:
        self.declared = declared
        super().__init__(declared.name, declared.id, _categories(declared), _entities(declared), _guideline(declared))
        self.severity = _severity(declared.severity)


class PlanDataCheck(_Lookup, BaseDataCheck):
    """Carries a finding about the plan as a whole where the plan has data sources alone."""

    def __init__(self, declared: Check) -> None:
        self.declared = declared
        super().__init__(declared.name, declared.id, _categories(declared), ("*",), _guideline(declared))
        self.severity = _severity(declared.severity)


_registered: list[PlanResourceCheck | PlanDataCheck] = []


def register() -> None:
    """Registers every check with Checkov, once in a process. One that cannot be loaded is registered too, and fails."""
    if _registered:
        return
    for registry in (resource_registry, data_registry):
        _ask_only_who_answers(registry)
    _leave_skips_to_the_policy()
    _look_at_what_is_passed_over()
    try:
        refuse_two_copies()
        checks = all_checks()
    except LoadError as error:
        raise SystemExit(f"planproof: {error}") from None
    for problem in strangers():
        print(f"planproof: {problem}", file=sys.stderr)
    with suppress(LoadError):  # then every check fails with the reason
        checks += own_checks()
    for declared in checks:
        _registered.append(PlanResourceCheck(declared))
        if declared.is_plan_wide:
            _registered.append(PlanDataCheck(declared))


def _ask_only_who_answers(registry: Any) -> None:
    """Has Checkov ask a check of ours only about what it has a finding for.

    Checkov asks every check about every resource of its types, and what it does around a question (it logs, filters, makes a record)
    takes longer than the answer. A check without a finding would answer UNKNOWN, which Checkov drops. Whatever is not as expected
    leaves all checks to be asked.
    """
    scan, choose = registry.scan, registry.get_checks

    def scan_one(scanned_file: str, entity: Any, *more: Any, **named: Any) -> Any:
        try:
            take_roots(next((m.repo_root_for_plan_enrichment for m in more if isinstance(m, RunnerFilter)), None))
            configuration = registry.extract_entity_details(entity)[2]
            found, address = _asked(configuration, scanned_file), _first(configuration.get(_ADDRESS))
        except Exception:
            found = None
        if isinstance(found, Evaluation):
            registry.get_checks = lambda kind: [
                check for check in choose(kind) if not isinstance(check, _Lookup) or found.of(check.declared, address)
            ]
        try:
            return scan(scanned_file, entity, *more, **named)
        finally:
            registry.get_checks = choose

    registry.scan = scan_one


def _leave_skips_to_the_policy() -> None:
    """Keeps Checkov from skipping, by --repo-root-for-plan-enrichment, what a check of ours found: the policy says what a comment may skip.

    Checkov takes a resource for that of any module with its name, and CKV_PLAN_1 for skipped where CKV_PLAN_12 is.
    """
    skip = CheckovReport.handle_skipped_checks

    def skip_others(report: Any, enriched: Any) -> Any:
        ids, failed = {check.declared.id for check in _registered}, report.failed_checks
        report.failed_checks = [record for record in failed if record.check_id not in ids]
        try:
            return skip(report, enriched)
        finally:
            report.failed_checks += [record for record in failed if record.check_id in ids]

    CheckovReport.handle_skipped_checks = staticmethod(skip_others)


# --- plans about which Checkov asks no check ---------------------------------------------------------------------------


def _look_at_what_is_passed_over() -> None:
    """Puts into the report of each run over plans what is to be said of those about which Checkov asked nothing."""
    judge, end = PlanRunner.check_tf_definition, CheckovReport.add_parsing_errors
    judged: dict[int, tuple[Mapping[str, Any], str, Any]] = {}

    def check_tf_definition(runner: Any, report: Any, root_folder: Any, runner_filter: Any, *more: Any, **named: Any) -> None:
        judge(runner, report, root_folder, runner_filter, *more, **named)
        judged[id(report)] = runner.definitions or {}, str(root_folder), runner_filter

    def add_parsing_errors(report: Any, errors: Iterable[str]) -> None:
        errors = list(errors)
        end(report, errors)
        if id(report) in judged:
            for record in _passed_over(errors, *judged.pop(id(report))):
                report.add_record(record)

    PlanRunner.check_tf_definition = check_tf_definition
    CheckovReport.add_parsing_errors = add_parsing_errors


def _passed_over(errors: list[str], definitions: Mapping[str, Any], root: str, runner_filter: Any) -> Iterator[Record]:
    """The records of plans that Checkov could not read (`errors`, and what it was given by name), and of those without a resource."""
    config = integration_feature_registry.config
    given = [os.path.realpath(name) for name in (config and config.file) or ()]
    meant = given if config and config.framework == [CheckType.TERRAFORM_PLAN] else ()
    paths = dict.fromkeys((*given, *map(os.path.realpath, errors)))
    problems = {path: problem_of(path) for path in paths if path not in definitions}
    broken = {path: problem for path, problem in problems.items() if path in meant or looks_like_a_plan(path)}
    for path, problem in broken.items():
        yield record_of(LOADING_FAILED, "The plan can be judged", CheckResult.FAILED, path, root, details=[problem])
    for path, definition in definitions.items():
        if not any(definition.get(kind) for kind in ("resource", "data")):
            yield from _without_resources(path, root, runner_filter)
    if not definitions and not broken:
        reasons = "; ".join(problems.values()) or f"there is none in {root}"
        print(f"planproof: no plan was judged: {one_line(reasons)}", file=sys.stderr)


def _without_resources(path: str, root: str, runner_filter: Any) -> Iterator[Record]:
    found = evaluation(path)
    if found.problem:
        yield record_of(LOADING_FAILED, "The plan can be judged", CheckResult.FAILED, path, root, details=[found.problem])
        return
    for check in _registered:
        wanted = runner_filter.should_run_check(check, report_type=CheckType.TERRAFORM_PLAN, file_origin_paths=[path])
        if wanted and isinstance(check, PlanResourceCheck):
            result, comment = check.tell(found, found.carrier)
            yield record_of(check.id, check.name, result, path, root, comment, check.details, check.severity, check.guideline)


def _categories(declared: Check) -> list[CheckCategories]:
    return [CheckCategories[declared.category]]


def _entities(declared: Check) -> tuple[str, ...]:
    """Checkov's word for the resource types; those that are in the policy are known only once there is a plan."""
    return ("*",) if declared.types in (PLAN_WIDE, ANY_TYPE, LISTED_TYPES) else declared.types


def _severity(name: str) -> Any:
    return Severities.get(name)


def _guideline(declared: Check) -> str | None:
    """What Checkov shows as the guide; of a team's own check, the page that its docstring names."""
    return guide(declared.id) or sections(declared.judge.__doc__).url or None


def _first(value: Any) -> str:
    found = value[0] if isinstance(value, list) and value else value
    return found if isinstance(found, str) else ""
