"""The step of the GitHub Action: runs `planproof check` and, if asked to, `review` and `fix`, and hands their results to the runner.

Reads the Action's inputs from the environment (action.yml sets them); writes the outputs, the job summary, and, by the command's own
format `github`, the annotations. It runs isolated (-I), and so does what it starts: no file of the workspace is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COULD_NOT_JUDGE = 2
BUNDLED = "secure-logs"
"""The policy if the workflow names none."""


def main(environment: Mapping[str, str]) -> int:
    given = {name: environment.get(f"{PREFIX}{name}", "").strip() for name in NAMES}
    with tempfile.TemporaryDirectory() as folder:
        report, summary = Path(folder, "report.json"), Path(folder, "summary.md")
        done = _check(given, report, summary, environment)
        problems = done.stderr.strip()
        if problems:
            print(problems, file=sys.stderr)
        if not report.is_file():
            return _refuse(problems or "planproof wrote no report", environment)
        document = json.loads(report.read_text(encoding="utf-8"))
        counts = _counts(document)
        _append(environment, "GITHUB_STEP_SUMMARY", summary.read_text(encoding="utf-8"))
        code = done.returncode if done.returncode in (0, 1) else COULD_NOT_JUDGE  # ended by a signal too
        reviewed = ""
        if _is_true(given["REVIEW"]):
            text = _review(given, document, environment)
            _append(environment, "GITHUB_STEP_SUMMARY", f"\n{text}")
            reviewed, code = (given["REVIEW_FILE"], code) if _write(given["REVIEW_FILE"], text) else ("", COULD_NOT_JUDGE)
        suggested = ""
        if given["SUGGEST_IN"]:
            text = _suggestions(given, document, environment)
            if text and not _write(given["SUGGESTIONS_FILE"], text):
                text, code = "", COULD_NOT_JUDGE
            suggested = given["SUGGESTIONS_FILE"] if text else ""
        _output(environment, counts, code, {"sarif": given["SARIF_FILE"], "review": reviewed, "suggestions": suggested})
    return code


PREFIX = "INPUT_"
NAMES = ("PLAN", "SOURCE", "POLICY", "BASELINE", "ONLY_CHANGES", "FAIL_ON", "FORMATS", "SARIF_FILE")
NAMES += ("REVIEW", "REVIEW_FILE", "SUGGEST_IN", "SUGGESTIONS_FILE", "LIBRARY")
"""The inputs, and the folder `checks` to run; without it, planproof is installed."""


def _check(
    given: Mapping[str, str], report: Path, summary: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    short = "pr-comment" if _is_true(given["REVIEW"]) else "markdown"  # a summary that is too long is not shown
    formats = ["github", f"json={report}", f"{short}={summary}", f"sarif={given['SARIF_FILE']}", *_lines(given["FORMATS"])]
    options = [part for text in formats for part in ("--format", text)]
    options += [f"--fail-on={given['FAIL_ON']}"] if given["FAIL_ON"] else []
    return _planproof("check", [*options, *_judged_by(given, environment), "--", *_lines(given["PLAN"])], given, environment)


def _judged_by(given: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """The options by which the commands judge alike."""
    # A planproof.yaml of the workspace is the pull request's own: it counts only if the workflow names it.
    given = {**given, "POLICY": given["POLICY"] or environment.get("PLANPROOF_POLICY") or BUNDLED}
    options = [f"--{name.lower()}={given[name]}" for name in ("SOURCE", "POLICY", "BASELINE") if given[name]]
    return [*options, "--only-changes"] if _is_true(given["ONLY_CHANGES"]) else options


def _planproof(
    name: str, arguments: list[str], given: Mapping[str, str], environment: Mapping[str, str], stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs a command. Its standard output is the step's own, unless `stdout` says otherwise."""
    program = [os.path.join(given["LIBRARY"], "planproof")] if given["LIBRARY"] else ["-m", "planproof"]
    ours = {f"{PREFIX}{name}" for name in NAMES}
    inherited = {name: value for name, value in environment.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-I", *program, name, *arguments],
        env=inherited,
        stdout=stdout,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _review(given: Mapping[str, str], document: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The review of each plan that could be judged, as many as a comment holds."""
    parts: list[str] = []
    left, left_out = MAX_COMMENT, 0
    for plan in [plan["plan"] for plan in document["plans"] if not plan["errors"]]:
        options = ["--format=pr-comment", *_judged_by(given, environment)]
        done = _planproof("review", [*options, "--", plan], given, environment, subprocess.PIPE)
        text = done.stdout
        if done.returncode not in (0, 1):
            problem = " ".join(done.stderr.split())
            print(f"::warning title=planproof::{_data(problem)}")
            text = f"There is no review of one plan:\n\n```text\n{problem.replace('```', '')}\n```\n"
        left -= len(text.encode("utf-8")) + 1
        if left >= 0:
            parts.append(text)
        else:
            left_out += 1
    return "\n".join([*parts, *[f"_The reviews of {left_out} more plans do not fit here._\n"] * bool(left_out)])


def _write(path: str, text: str) -> bool:
    """Writes a file of the workspace, but not through a link: that may be of whoever wrote what is judged."""
    given, here = os.path.abspath(path), os.path.join(os.getcwd(), "")
    inside = given.removeprefix(here) if given.startswith(here) else None
    try:
        if inside is not None and os.path.realpath(given) != os.path.join(os.path.realpath(here), inside):
            raise OSError("it is a link")
        Path(given).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"::error title=planproof::{_data(f'{path} cannot be written: {error.strerror or error}')}")
        return False
    return True


def _suggestions(given: Mapping[str, str], document: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    """The review with suggestions for all plans, as JSON; empty if there is nothing to suggest."""
    review: dict[str, Any] = {}
    for plan in [plan["plan"] for plan in document["plans"] if not plan["errors"]]:
        options = [f"--suggest-in={given['SUGGEST_IN']}", *_judged_by(given, environment)]
        done = _planproof("fix", [*options, "--", plan], given, environment, subprocess.PIPE)
        if done.returncode not in (0, 1):
            print(f"::warning title=planproof::{_data(' '.join(done.stderr.split()))}")
            continue
        found = json.loads(done.stdout)
        there = {(each["path"], each["line"]) for each in review.get("comments", ())}  # several plans may have one source
        comments = [each for each in found["comments"] if (each["path"], each["line"]) not in there]
        if comments:
            comments = [*review.get("comments", ()), *comments][:MAX_SUGGESTIONS]
            review = {**found, "body": review.get("body", found["body"]), "comments": comments}
    return json.dumps(review) + "\n" if review else ""


MAX_SUGGESTIONS = 50
MAX_COMMENT = 65_536 - 100
"""What GitHub takes for a comment, less the line on what is left out."""


def _is_true(text: str) -> bool:
    return text.lower() == "true"


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _counts(document: Mapping[str, object]) -> dict[str, int]:
    found = document["summary"]
    assert isinstance(found, dict)
    return {name: int(found[verdict]) for name, verdict in VERDICTS.items()}


VERDICTS = {"failed": "FAIL", "advisory": "ADVISORY", "unknown": "UNKNOWN", "skipped": "SKIP", "passed": "PASS"}


def _refuse(problem: str, environment: Mapping[str, str]) -> int:
    """Nothing could be judged: said in an annotation and in the summary."""
    line = " ".join(problem.split())
    print(f"::error title=planproof::{_data(line)}")
    _append(environment, "GITHUB_STEP_SUMMARY", f"## ❌ planproof could not judge\n\n```text\n{line.replace('```', '')}\n```\n")
    _output(environment, dict.fromkeys(VERDICTS, 0), COULD_NOT_JUDGE, {})
    return COULD_NOT_JUDGE


def _data(line: str) -> str:
    return line.replace("%", "%25")


def _output(environment: Mapping[str, str], counts: Mapping[str, int], code: int, files: Mapping[str, str]) -> None:
    """`files` are those that were written; the others are empty."""
    paths = {name: "".join(files.get(name, "").splitlines()[:1]) for name in ("sarif", "review", "suggestions")}
    lines = [
        *(f"{name}={number}" for name, number in counts.items()),
        f"exit-code={code}",
        *(f"{name}-file={path}" for name, path in paths.items()),
    ]
    _append(environment, "GITHUB_OUTPUT", "\n".join(lines) + "\n")


def _append(environment: Mapping[str, str], name: str, text: str) -> None:
    """To one of the files by which a step talks to the runner."""
    if environment.get(name):
        with open(environment[name], "a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
