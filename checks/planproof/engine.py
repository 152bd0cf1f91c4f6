"""Evaluates a plan: every check over every subject of it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any

from planproof.check import Check, outcomes_of
from planproof.context import Context
from planproof.errors import PlanError, PlanproofError, PolicyError, SourceError
from planproof.excerpts import with_excerpts
from planproof.plan.model import Instance, Module, Plan
from planproof.plan.value import Json
from planproof.policy.discovery import found_policy
from planproof.policy.inline_skips import MARK
from planproof.policy.model import Policy
from planproof.registry import all_checks, own_checks
from planproof.settings import strangers
from planproof.source.model import Source, find_source
from planproof.text.natural import natural
from planproof.verdict import CHECK_ERROR, OFF, PLAN, CheckInfo, Finding, Outcome, Report, Verdict, failed, listed
from planproof.version import version

if TYPE_CHECKING:
    from planproof.baseline import Baseline

PlanInput = Plan | str | os.PathLike[str] | IO[bytes] | IO[str] | Mapping[str, Json]


def evaluate(
    plan: PlanInput,
    policy: Policy | Mapping[str, Any] | str | os.PathLike[str] | None = None,
    source: Source | str | os.PathLike[str] | None = None,
    checks: Iterable[Check] | None = None,
    *,
    baseline: Baseline | str | os.PathLike[str] | None = None,
    only_changes: bool = False,
    excerpts: bool = False,
) -> Report:
    """Judges a plan by a policy.

    `plan`: a Plan, a path to plan JSON, an open file, or the parsed document. `policy`: a Policy, a path, or what a policy file
    would say; by default that of `find_policy`. `source`: a Source, a folder of `.tf` files or a saved
    plan; by default what PLANPROOF_SOURCE names, else what lies beside the plan's file. `checks`: those to judge by, of which the
    policy may have some off; by default the bundled ones and those in the folders that PLANPROOF_CHECKS names. `baseline`: what
    failed before, which is SKIP. `only_changes`: leaves out the findings on what the plan leaves as it is. `excerpts`: a failure gets
    lines of the block at fault, without what is sensitive.

    Raises PlanproofError (a PlanError, PolicyError, BaselineError, SourceError or LoadError) where there is nothing to judge or to
    judge by. A check that fails to judge does not raise: it is a FAIL finding with the code `check_error`, and is named in `Report.errors`.

    Pure apart from reading the files that it is given; may be called from several threads and processes at once.
    """
    chosen = _chosen(checks)
    if not isinstance(policy, Policy):
        policy = find_policy(policy, chosen)
    if source is None and isinstance(plan, (str, os.PathLike)):
        source = find_source(plan)
    if source is not None and not isinstance(source, Source):
        source = Source.open(source)
    if not isinstance(plan, Plan):
        plan = Plan.load(plan)
    return evaluate_in(Context(plan, policy, source), chosen, baseline=baseline, only_changes=only_changes, excerpts=excerpts)


def evaluate_in(
    context: Context,
    checks: Iterable[Check] | None = None,
    *,
    baseline: Baseline | str | os.PathLike[str] | None = None,
    only_changes: bool = False,
    excerpts: bool = False,
) -> Report:
    """As `evaluate`, for who needs the context afterwards: what the checks have found in the plan is not found again."""
    plan, policy, chosen = context.plan, context.policy, _chosen(checks)
    warnings: list[str] = []
    errors: list[str] = []
    in_order = _by_subject(plan)
    findings = [
        finding
        for check in chosen
        if policy.is_on(check)
        for finding in sorted(_findings(check, context, errors), key=in_order)
        if finding.level != OFF
    ]
    if not plan.managed:
        warnings.append(f"{plan.name}: the plan contains no resources, so only plan-wide checks run")
    warnings += _unjudged(plan, policy, chosen, findings)
    warnings += strangers()
    warnings += policy.outdated
    warnings += policy.unused_exceptions({check.id for check in chosen}, findings)
    rules = tuple(_rule(check, policy) for check in chosen if policy.is_on(check))
    report = Report(plan.name, tuple(findings), (*plan.warnings, *warnings), tuple(errors), rules, policy.unknown)
    report = report._replace(policy=policy.name, profile=policy.profile, version=version())
    report = _narrowed(report, plan, baseline, only_changes)
    return with_excerpts(report, context) if excerpts else report


def _chosen(checks: Iterable[Check] | None) -> tuple[Check, ...]:
    return (*all_checks(), *own_checks()) if checks is None else tuple(checks)


def or_told(name: str, policy: Policy, work: Callable[[], list[Report]]) -> list[Report]:
    """What `work` returns; if the plan of that name cannot be judged, a report with the error."""
    try:
        return work()
    except PlanproofError as error:
        problem = str(error)
    except Exception as error:  # its text may hold a value of the plan
        problem = f"{name}: internal error ({type(error).__name__})"
    return [Report(name, (), errors=(problem,), policy=policy.name, profile=policy.profile, version=version())]


def find_policy(
    policy: Mapping[str, Any] | str | os.PathLike[str] | None = None, checks: Iterable[Check] | None = None
) -> Policy:
    """The policy of that file, the bundled profile of that name, or what a policy file would say; by default the policy that
    PLANPROOF_POLICY names, else `planproof.yaml` of the working directory or above it (planproof.policy.discovery), else the bundled
    default.

    `checks`: those beside the bundled ones that it may have sections and exceptions for; by default the ones in the folders that
    PLANPROOF_CHECKS names. Raises PolicyError, and LoadError if those cannot be loaded.
    """
    if not isinstance(policy, Mapping):
        policy = policy or policy_in_force()
    if policy is None:
        return Policy.default()
    known = (*all_checks(), *(own_checks() if checks is None else checks))
    return Policy.of(policy, known) if isinstance(policy, Mapping) else Policy.load(policy, known)


def policy_in_force() -> str | None:
    """The policy where none is given; None is the bundled default. Raises PolicyError."""
    return os.environ.get("PLANPROOF_POLICY") or found_policy()


def _unjudged(plan: Plan, policy: Policy, chosen: Sequence[Check], findings: Iterable[Finding]) -> list[str]:
    """A warning where nothing judges the plan. Raises PolicyError, or PlanError, where the policy says that this fails."""
    problem: PlanproofError | None = None
    if chosen and not any(policy.is_on(check) for check in chosen):
        problem = PolicyError(f"{plan.name}: the policy {policy.name} turns every check off, so nothing is judged")
    else:
        judged = {finding.subject for finding in findings}
        ours = _families(check for check in chosen if policy.is_on(check)) or _families(all_checks())
        managed = plan.managed
        if managed and not any(each.address in judged or _family(each.type) in ours for each in managed):
            families = [family for family, _ in Counter(_family(each.type) for each in managed).most_common()]
            problem = PlanError(f"{plan.name}: {_counted(len(managed))} of {listed(families, 5)}: no check covers them")
    if problem and policy.unjudged == "fail":
        raise type(problem)(f"{problem}; if that is intended, set unjudged: warn in the policy")
    return [str(problem)] if problem and policy.unjudged == "warn" else []


def _families(checks: Iterable[Check]) -> set[str]:
    return {_family(kind) for check in checks for kind in check.types if not kind.startswith("*")}


def _family(kind: str) -> str:
    """The provider that a resource's type is called by."""
    return kind.partition("_")[0]


def _counted(number: int) -> str:
    return f"{number} resource{'s' * (number != 1)}"


def _narrowed(report: Report, plan: Plan, baseline: Baseline | str | os.PathLike[str] | None, only: bool) -> Report:
    """The report without what is old. The baseline comes first: what only the plan leaves alone is not fixed."""
    if baseline is not None:
        from planproof.baseline import Baseline
        from planproof.only_changes import moved

        known = baseline if isinstance(baseline, Baseline) else Baseline.load(baseline)
        report = known.apply(report, moved(plan))
    if only:
        from planproof.only_changes import only_changes

        report = only_changes(report, plan)
    return report


def _by_subject(plan: Plan) -> Callable[[Finding], int]:
    """Terraform sorts addresses letter by letter, `[10]` before `[2]`."""
    order = {address: place for place, address in enumerate(sorted((PLAN, *plan.by_address), key=natural))}
    return lambda finding: order[finding.subject]


def _rule(check: Check, policy: Policy) -> CheckInfo:
    return CheckInfo(
        check.id,
        check.name,
        policy.severity(check),
        check.category,
        check.judge.__doc__ or "",
        policy.level(check),
        check.reads_configuration,
        check.also_decided_by,
    )


def _findings(check: Check, context: Context, errors: list[str]) -> Iterator[Finding]:
    try:
        subjects: list[Instance | None] = [None] if check.is_plan_wide else list(check.subjects(context))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        yield _finding(check, None, _crash(check, PLAN, error, errors), context)
        return
    for subject in subjects:
        for outcome in _outcomes(check, subject, context, errors):
            yield _finding(check, subject, outcome, context)


def _outcomes(check: Check, subject: Instance | None, context: Context, errors: list[str]) -> list[Outcome]:
    try:
        return outcomes_of(check.judge(context.plan if subject is None else subject, context))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: no check ends a run
        return [_crash(check, subject.address if subject else PLAN, error, errors)]


def _crash(check: Check, subject: str, error: BaseException, errors: list[str]) -> Outcome:
    """A check that cannot judge is a finding. The error's own text may hold a value of the plan, so its kind alone is told."""
    if isinstance(error, PlanproofError):
        reason = str(error)
    else:
        import traceback

        frame = traceback.extract_tb(error.__traceback__)[-1:]
        where = "".join(f" at {os.path.basename(f.filename)}:{f.lineno}" for f in frame)
        reason = f"{type(error).__name__}{where}"
    errors.append(f"{check.id} could not judge {subject}: {reason}")
    return failed(CHECK_ERROR, f"{check.id} could not judge this: {reason}")


def _finding(check: Check, subject: Instance | None, outcome: Outcome, context: Context) -> Finding:
    name = subject.address if subject else PLAN
    verdict, code, reason, evidence, _ = outcome
    if verdict is not Verdict.PASS:
        verdict, code, reason = context.policy.after_exceptions(check.id, name, outcome)
        verdict, code, reason = context.policy.after_inline_skips(
            check.id, _comments(subject, outcome, context), verdict, code, reason
        )
    file, line = _place(subject, outcome, context)
    severity = context.policy.severity(check)
    level = context.policy.level(check, outcome.code)
    return Finding(check.id, verdict, name, code, reason, severity, evidence, file, line, level)


def _comments(subject: Instance | None, outcome: Outcome, context: Context) -> list[str]:
    """The comments that may skip a finding: in the block at fault, and in the blocks that call its module."""
    if context.source is None:
        return []
    module, labels = _block(subject, outcome, context)
    found: list[str] = []
    try:
        for place in (module, *_callers(module)):
            source = context.source.of(place)
            found += source.comments(MARK, *labels) if source else ()
            labels = ["module", place.name]
    except SourceError:
        return []
    return found


def _callers(module: Module) -> Iterator[Module]:
    while module.parent is not None:
        module = module.parent
        yield module


def _place(subject: Instance | None, outcome: Outcome, context: Context) -> tuple[str | None, int | None]:
    """Where the block at fault begins, where there is source."""
    if context.source is None:
        return None, None
    try:
        module, labels = _block(subject, outcome, context)
        source = context.source.of(module)
        found = source.where(*labels) if source else None
    except SourceError:
        return None, None
    return (context.source.display_path(found.file), found.line) if found else (None, None)


def _block(subject: Instance | None, outcome: Outcome, context: Context) -> tuple[Module, list[str]]:
    """The module and the labels of the block at fault."""
    if outcome.block or subject is None:
        return context.plan.root, list(outcome.block)
    local = subject.local_address.split(".")
    return subject.module, local if local[:1] == ["data"] else ["resource", *local]
