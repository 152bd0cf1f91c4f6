"""Runs the real Checkov as its users do, and reads what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from planproof.registry import all_checks

OURS = ",".join(check.id for check in all_checks())


@dataclass(frozen=True)
class Run:
    """One run of Checkov: its exit code, its stderr, and (plan file, check id, resource) -> (result, details or comment)."""

    code: int
    stderr: str
    results: dict[tuple[str, str, str], tuple[str, str]]

    def verdicts(self) -> dict[tuple[str, str], str]:
        """Without the file, for a run over one plan."""
        return {(check, resource): result for (_, check, resource), (result, _) in self.results.items()}


def checkov(
    *arguments: str | Path, cwd: Path, python: str | Path = sys.executable, checks: str = OURS, **environment: str
) -> Run:
    """Runs Checkov in a clean environment. Every result of a check of ours has to appear once."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PLANPROOF_"))}
    done = subprocess.run(
        [str(python), "-m", "checkov.main", *map(str, arguments), "--skip-download", "-o", "json", "-c", checks],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Run(done.returncode, done.stderr, _results(done.stdout))


def _results(stdout: str) -> dict[tuple[str, str, str], tuple[str, str]]:
    start = min((i for i in (stdout.find("{"), stdout.find("[")) if i >= 0), default=-1)
    document = json.loads(stdout[start:]) if start >= 0 else []
    found: dict[tuple[str, str, str], tuple[str, str]] = {}
    for report in document if isinstance(document, list) else [document]:
        if report.get("check_type") != "terraform_plan":
            continue
        for records in report["results"].values():
            for record in records:
                if not isinstance(record, dict):
                    continue  # parsing errors are names of files
                key = (record["file_path"].lstrip("/"), record["check_id"], record["resource"])
                assert key not in found, f"reported twice: {key}"
                result = record["check_result"]
                text = result.get("suppress_comment") or "\n".join(record.get("details") or ())
                found[key] = (result["result"], text)
    return found
