"""Mutation-tests planproof's own code: alters one operator, number or condition of a module at a time, and asks whether a test fails.

    pip install cosmic-ray
    python tools/mutation.py [--jobs N] [--survivors] [--write] [MODULE ...]

Prints, per module, how many of its mutants the tests killed, and the score of all; --survivors shows each mutant that no test noticed,
--write keeps the rows in build/mutation-score.md. MODULE is a path below checks/, such as planproof/evaluation/relations.py; without one, all of
TESTS. Each module is mutated by cosmic-ray in a copy of the commit that is checked out, never in the working tree, and judged by the
fast tests that TESTS names for it. A mutant whose tests do not end in time counts as killed, as with every tool of this kind.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "build" / "mutation-score.md"
TIMEOUT = 120  # seconds for the tests of one mutant

# What is altered: a condition negated, `and` for `or`, a comparison turned round or moved by one, a number changed, True for False, a
# loop that never runs, `break` for `continue`, a decorator dropped, another exception caught. Left out is what only inflates the score:
# comparisons of another kind (`is None` as `== None` is the same, as `< None` it never runs) and `|` in annotations.
OPERATORS = (
    "AddNot|NumberReplacer|ReplaceAndWithOr|ReplaceOrWithAnd|ReplaceUnaryOperator_Delete_Not|ZeroIterationForLoop|RemoveDecorator"
    "|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceContinueWithBreak|ReplaceBreakWithContinue|ExceptionReplacer"
    "|ReplaceBinaryOperator_(Add_Sub|Sub_Add)"
    "|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|In_NotIn|NotIn_In|Lt_LtE|Lt_GtE|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt)"
)


def _of_check(key: str, *others: str) -> tuple[str, ...]:
    """The fixtures of a check with the words of its findings, and the tests of these files."""
    return (
        *_files(*others, "test_ideal", "test_reasons"),
        "-k",
        " or ".join((key, "test_ideal", *others)),
    )


def _of_all(*others: str) -> tuple[str, ...]:
    """The tests of these files, and every fixture with the words of its findings."""
    return _files(*others, "test_reasons")


def _files(*names: str) -> tuple[str, ...]:
    """The paths of these files of tests, in whichever folder each lies."""
    return tuple(str(next((ROOT / "tests").rglob(f"{name}.py")).relative_to(ROOT)) for name in names)


TESTS = {
    "failure_modes/bucket_name_collision.py": _of_check("bucket_name_collision"),
    "failure_modes/log_bucket_retention.py": _of_check("log_bucket_retention", "test_log_bucket_retention"),
    "failure_modes/log_group_retention.py": _of_check("log_group_retention"),
    "failure_modes/mfa_on_human_principals.py": _of_check("mfa_on_human_principals", "test_trust_policies"),
    "failure_modes/mfa_on_machine_principals.py": _of_check("mfa_on_machine_principals", "test_trust_policies"),
    "failure_modes/naming_convention.py": _of_check("naming_convention", "test_names_and_tags"),
    "failure_modes/output_contract.py": _of_check("output_contract"),
    "failure_modes/prevent_destroy.py": _of_check("prevent_destroy"),
    "failure_modes/tagging.py": _of_check("tagging", "test_names_and_tags"),
    "failure_modes/test_coverage.py": _of_check("test_coverage", "test_suite", "test_names_and_tags"),
    "failure_modes/unauthorized_access_alert.py": _of_check("unauthorized_access_alert", "test_alert_chain"),
    "failure_modes/versioning_coverage.py": _of_check("versioning_coverage"),
    "planproof/evaluation/evaluator.py": _of_all("test_language", "test_places", "test_bounds"),
    "planproof/evaluation/operators.py": _of_all("test_language", "test_places"),
    "planproof/evaluation/plan_names.py": _of_all("test_references", "test_places", "test_lost_shapes"),
    "planproof/evaluation/relations.py": _of_all("test_relations", "test_references"),
    "planproof/evaluation/identifiers.py": _of_all("test_identifiers", "test_relations"),
    "planproof/aws/predicates.py": _of_all("test_predicates"),
    "planproof/aws/names.py": _of_check("naming_convention", "test_names_and_tags"),
    "planproof/aws/tags.py": _of_check("tagging", "test_names_and_tags"),
    "planproof/aws/s3.py": _of_all("test_log_bucket_retention"),
    "planproof/aws/log_buckets.py": _of_all("test_log_bucket_retention"),
    "planproof/aws/iam/trust.py": _of_check("mfa", "test_trust_policies"),
    "planproof/aws/alerts/chain.py": _of_check("unauthorized_access_alert", "test_alert_chain"),
    "planproof/aws/alerts/topics.py": _of_check("unauthorized_access_alert", "test_alert_chain"),
    "planproof/aws/alerts/trails.py": _of_check("unauthorized_access_alert", "test_alert_chain"),
    "planproof/aws/alerts/alarms.py": _of_check("unauthorized_access_alert", "test_alert_chain"),
}


class Score(NamedTuple):
    """What became of the mutants of one module. `survivors` are unified diffs."""

    module: str
    total: int
    killed: int
    survivors: tuple[str, ...] = ()


def score(module: str) -> Score:
    """Mutates one module in a copy of the commit. Raises RuntimeError where the tests fail without a mutant, or the tool itself fails."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "copy"
        _run(ROOT, "git", "clone", "-q", str(ROOT), str(copy))
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-m",
            "not slow and not exhaustive",
            *TESTS[module],
        ]
        _run(copy, *command)
        settings, session = copy / "cosmic-ray.toml", str(copy / "session.sqlite")
        settings.write_text(_settings(module, command), encoding="utf-8")
        _run(copy, "cosmic-ray", "init", settings.name, session)
        _run(copy, "cr-filter-operators", session, settings.name)
        _run(copy, "cosmic-ray", "exec", settings.name, session)
        return _score(module, _run(copy, "cosmic-ray", "dump", session))


def _settings(module: str, command: list[str]) -> str:
    words = json.dumps(" ".join(f'"{word}"' if " " in word else word for word in command))
    return (
        f'[cosmic-ray]\nmodule-path = "checks/{module}"\ntimeout = {TIMEOUT}\ntest-command = {words}\n'
        '[cosmic-ray.distributor]\nname = "local"\n'
        f"[cosmic-ray.filters.operators-filter]\nexclude-operators = ['core/(?!({OPERATORS})$)']\n"
    )


def _run(folder: Path, *command: str) -> str:
    name = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(name) if name.exists() else command[0], *command[1:]], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def _score(module: str, dump: str) -> Score:
    killed, survivors = 0, []
    for result in _results(dump):
        if result["worker_outcome"] == "skipped":
            continue
        if result["worker_outcome"] != "normal":
            raise RuntimeError(f"{module}: a mutant ended as {result['worker_outcome']}: {result['output']}")
        if result["test_outcome"] == "survived":
            survivors.append(result["diff"])
        else:
            killed += 1
    return Score(module, killed + len(survivors), killed, tuple(survivors))


def _results(dump: str) -> Iterator[dict[str, Any]]:
    for line in dump.splitlines():
        _, result = json.loads(line)
        if result is None:
            raise RuntimeError("a mutant was not tried")
        yield result


def table(scores: Iterable[Score]) -> str:
    """Markdown: a row for each module, and one for all."""
    ordered = sorted(scores, key=lambda score: list(TESTS).index(score.module))
    rows = [(f"`{s.module}`", s.total, s.killed) for s in ordered]
    rows.append(("**all**", sum(s.total for s in ordered), sum(s.killed for s in ordered)))
    lines = [f"| {name} | {total} | {killed} | {killed / max(total, 1):.0%} |" for name, total, killed in rows]
    return "\n".join(("| module | mutants | killed | score |", "| --- | ---: | ---: | ---: |", *lines)) + "\n"


def write(scores: Iterable[Score]) -> None:
    """Puts the rows of these modules into the page; those of others stay."""
    known = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    rows = re.findall(r"^\| `(.+?)` \| (\d+) \| (\d+) \|", known, re.MULTILINE)
    merged = {module: Score(module, int(total), int(killed)) for module, total, killed in rows if module in TESTS}
    merged.update({score.module: score for score in scores})
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(table(merged.values()), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation-tests planproof's own code.")
    parser.add_argument("modules", nargs="*", metavar="MODULE")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--survivors", action="store_true", help="show each mutant that no test noticed")
    parser.add_argument("--write", action="store_true", help=f"keep the rows in {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    strangers = [module for module in options.modules if module not in TESTS]
    if strangers:
        parser.error(f"{strangers[0]} is none of the modules: {', '.join(TESTS)}")
    scores = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(score, options.modules or TESTS):
            scores.append(found)
            print(f"{found.module}: {found.killed} of {found.total} killed", file=sys.stderr)
            if options.survivors:
                print("\n".join(found.survivors))
    print(table(scores), end="")
    if options.write:
        write(scores)
    return 0


if __name__ == "__main__":
    sys.exit(main())
