"""Runs the real Checkov as its users do, and reads what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from planproof.plan.model import Plan
from planproof.registry import all_checks
from planproof.verdict import PLAN, Report, Standing

OURS = ",".join(check.id for check in all_checks())


RESULT = {**dict.fromkeys(Standing, "SKIPPED"), Standing.PASS: "PASSED", Standing.FAIL: "FAILED"}


def in_checkovs_words(plan: Plan, report: Report) -> dict[tuple[str, str], str]:
    """A report as Checkov shows it; what is about the whole plan stands at its first resource, if it has one."""
    carriers = plan.managed or plan.instances
    found: dict[tuple[str, str], list[Standing]] = {}
    for finding in report.findings:
        subject = carriers[0].address if carriers and finding.subject == PLAN else finding.subject
        found.setdefault((finding.check_id, subject), []).append(finding.standing)
    return {key: RESULT[next(s for s in Standing if s in standings)] for key, standings in found.items()}


@dataclass(frozen=True)
class Run:
    """One run of Checkov: its exit code, its stderr, and (plan file, check id, resource) -> (result, details or comment)."""

    code: int
    stderr: str
    results: dict[tuple[str, str, str], tuple[str, str]]

    @classmethod
    def of(cls, done: subprocess.CompletedProcess[str]) -> Run:
        """Every result of a check of ours has to appear once."""
        return cls(done.returncode, done.stderr, _results(done.stdout))

    def verdicts(self) -> dict[tuple[str, str], str]:
        """Without the file, for a run over one plan."""
        return {(check, resource): result for (_, check, resource), (result, _) in self.results.items()}


def checkov(
    *arguments: str | Path, cwd: Path, python: str | Path = sys.executable, checks: str = OURS, **environment: str
) -> Run:
    """Runs Checkov in a clean environment."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PLANPROOF_"))}
    done = subprocess.run(
        [str(python), "-m", "checkov.main", *map(str, arguments), "--skip-download", "-o", "json", "-c", checks],
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Run.of(done)


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


# --- many runs ---------------------------------------------------------------------------------------------------------

_ZYGOTE = """
import gc, json, os, sys
from checkov.main import Checkov

gc.disable()  # a third of the time, and each run ends soon

def checkov(argv):
    return Checkov(argv=argv).run()

def planproof(argv):
    from planproof.cli.main import main
    return main(argv)

for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        for stream, name in enumerate((os.devnull, *job["streams"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT if stream else os.O_RDONLY), stream)
        os.chdir(job["cwd"])
        os.environ.update(job["environment"])
        sys.path[:0] = job["path"]
        sys.argv = ["checkov", *job["argv"]]
        sys.exit({"checkov": checkov, "planproof": planproof}[job["program"]](job["argv"]))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Checkovs:
    """Runs Checkov, or `planproof` beside it, as often as asked for, and imports it once: each run is a fork of its own."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PLANPROOF_"))}
        self._process = subprocess.Popen(
            [python, "-c", _ZYGOTE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=inherited, text=True, cwd=folder
        )
        self._folder, self._runs = folder, 0

    def run(
        self, program: str, *arguments: str | Path, cwd: Path, path: tuple[Path, ...] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """`program` is `checkov` or `planproof`; `path` goes before sys.path."""
        self._runs += 1
        streams = [self._folder / f"{self._runs}.{name}" for name in ("out", "err")]
        argv = [str(argument) for argument in arguments]
        job = {"program": program, "argv": argv, "cwd": str(cwd), "environment": environment, "path": [str(p) for p in path]}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({**job, "streams": [str(stream) for stream in streams]}) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(argv, code, *(stream.read_text(encoding="utf-8") for stream in streams))

    def close(self) -> None:
        self._process.communicate()
