"""The step of the GitHub Action: runs `planproof check`, and hands its results to the runner.

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
        _output(environment, counts, done.returncode, given["SARIF_FILE"])
    return done.returncode


PREFIX = "INPUT_"
NAMES = ("PLAN", "SOURCE", "POLICY", "BASELINE", "ONLY_CHANGES", "FAIL_ON", "FORMATS", "SARIF_FILE", "LIBRARY")
"""The inputs, and the folder `checks` to run; without it, planproof is installed."""


def _check(
    given: Mapping[str, str], report: Path, summary: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    formats = ["github", f"json={report}", f"markdown={summary}", f"sarif={given['SARIF_FILE']}", *_lines(given["FORMATS"])]
    options = [part for text in formats for part in ("--format", text)]
    # A planproof.yaml of the workspace is the pull request's own: it counts only if the workflow names it.
    given = {**given, "POLICY": given["POLICY"] or environment.get("PLANPROOF_POLICY") or BUNDLED}
    for name in ("SOURCE", "POLICY", "BASELINE", "FAIL_ON"):
        options += [f"--{name.lower().replace('_', '-')}={given[name]}"] if given[name] else []
    options += ["--only-changes"] if given["ONLY_CHANGES"].lower() == "true" else []
    program = [os.path.join(given["LIBRARY"], "planproof")] if given["LIBRARY"] else ["-m", "planproof"]
    command = [sys.executable, "-I", *program, "check", *options, "--", *_lines(given["PLAN"])]
    ours = {f"{PREFIX}{name}" for name in NAMES}
    inherited = {name: value for name, value in environment.items() if name not in ours}
    return subprocess.run(command, env=inherited, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", check=False)


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
    print(f"::error title=planproof::{line.replace('%', '%25')}")
    _append(environment, "GITHUB_STEP_SUMMARY", f"## ❌ planproof could not judge\n\n```text\n{line.replace('```', '')}\n```\n")
    _output(environment, dict.fromkeys(VERDICTS, 0), COULD_NOT_JUDGE, "")
    return COULD_NOT_JUDGE


def _output(environment: Mapping[str, str], counts: Mapping[str, int], code: int, sarif: str) -> None:
    lines = [
        *(f"{name}={number}" for name, number in counts.items()),
        f"exit-code={code}",
        f"sarif-file={sarif.splitlines()[0] if sarif else ''}",
    ]
    _append(environment, "GITHUB_OUTPUT", "\n".join(lines) + "\n")


def _append(environment: Mapping[str, str], name: str, text: str) -> None:
    """To one of the files by which a step talks to the runner."""
    if environment.get(name):
        with open(environment[name], "a", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    sys.exit(main(os.environ))
