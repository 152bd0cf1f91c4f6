"""Measures planproof, as ratios within one run, and prints a table.

    python benchmarks/run.py [--rounds N] [--write] [process|growth|start|checkov|jobs|source|syntax|peers|rego ...]

Everything is timed as pairs, one after the other, and the median of the pairs' ratios counts: a machine that is busy or slow is so
for both. What one process does is told by its processor time; what several share, and what a user waits for, by the clock. `--write` puts the table into benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import generate

ROOT = Path(__file__).resolve().parent.parent
PAGE = Path(__file__).resolve().parent / "README.md"
MARK = "<!-- results -->"
BUNDLE = ROOT / "policies" / "rego" / "plan_only"
FINDINGS = "data.planproof.plan_only.findings"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "checks")} | {
    "PLANPROOF_POLICY": "",
    "PLANPROOF_SOURCE": "",
    "PYTHONDONTWRITEBYTECODE": "",  # an installed package has its bytecode
}
REGORUS = """
import pathlib, sys, regorus
engine = regorus.Engine()
for path in pathlib.Path(sys.argv[1]).glob("*.rego"):
    engine.add_policy(path.name, path.read_text())
engine.set_input_from_json_file(sys.argv[2])
print(len(engine.eval_rule(sys.argv[3])))
"""
OPA = """
import json, pathlib, sys
from opa_bindings import OpaEngine
with OpaEngine() as engine:
    for path in pathlib.Path(sys.argv[1]).glob("*.rego"):
        engine.add_policy(path.name, path.read_text())
    engine.eval_query(f"x = {sys.argv[3]}", input=json.loads(pathlib.Path(sys.argv[2]).read_bytes()))
"""
BARE = "import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())"
READ = """
import sys
from pathlib import Path
from planproof.syntax.file import SourceFile
from planproof.syntax.hcl import parse
for text in [Path(name).read_text() for name in sys.argv[1:]] * 10:
    parse(SourceFile("main.tf", text))
"""
READ_BY_HCL2 = """
import sys
from pathlib import Path
import hcl2
for text in [Path(name).read_text() for name in sys.argv[1:]] * 10:
    hcl2.loads(text)
"""
NOTHING = """
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

class Nothing(BaseResourceCheck):
    def __init__(self) -> None:
        super().__init__("Nothing", "CKV_NOTHING_1", [CheckCategories.CONVENTION], ["*"])

    def scan_resource_conf(self, conf):
        return CheckResult.PASSED

check = Nothing()
"""


@dataclass(frozen=True)
class Row:
    """A line of the table: `ours` and `other` are medians, the ratio that of the pairs."""

    what: str
    ours: str
    other: str
    ratio: float
    limit: str = ""


@dataclass(frozen=True)
class Cost:
    clock: float
    processor: float
    bytes: int


def run(command: Sequence[str | Path], cwd: Path) -> Cost:
    """The time and the peak memory of one process; fails where it could not do its work (an exit code above 1)."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [str(word) for word in command], cwd=cwd, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    message = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    clock = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, command))} failed: {message}")
    return Cost(clock, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def pairs(ours: Callable[[], Cost], other: Callable[[], Cost], rounds: int) -> list[tuple[Cost, Cost]]:
    """Both in turn, after one round that does not count."""
    return [(ours(), other()) for _ in range(rounds + 1)][1:]


def row(
    what: str, measured: list[tuple[Cost, Cost]], of: Callable[[Cost], float], show: Callable[[float], str], limit: str
) -> Row:
    mine, others = [of(a) for a, _ in measured], [of(b) for _, b in measured]
    ratio = statistics.median(a / b for a, b in zip(mine, others, strict=True))
    return Row(what, show(statistics.median(mine)), show(statistics.median(others)), ratio, limit)


def clock(cost: Cost) -> float:
    return cost.clock


def processor(cost: Cost) -> float:
    return cost.processor


def memory(cost: Cost) -> float:
    return cost.bytes


def show_seconds(value: float) -> str:
    return f"{value:.2f} s"


def show_memory(value: float) -> str:
    return f"{value / 1e6:.0f} MB"


def check(plan: Path, *options: str) -> list[str | Path]:
    report = plan.with_suffix(".report")
    return [sys.executable, "-m", "planproof", "check", plan, "--format", "json", "--output", report, *options]


# --- what is measured --------------------------------------------------------------------------------------------------


def process(folder: Path, rounds: int) -> Iterator[Row]:
    """The whole command against a process that only reads and parses the same file."""
    for size, wide, most in ((10_000, False, "1.8"), (10_000, True, "1.8"), (50_000, False, "1.3"), (50_000, True, "1.3")):
        plan = generate.write(folder / f"{size}-{wide}.json", size, wide=wide)
        bare = [sys.executable, "-c", BARE, plan]
        measured = pairs(lambda p=plan: run(check(p), folder), lambda b=bare: run(b, folder), rounds)
        name = f"{size:,} resources{' of one for_each' * wide}: planproof check / reading and parsing the file"
        yield row(f"{name}, time", measured, processor, show_seconds, most)
        yield row(f"{name}, memory", measured, memory, show_memory, "1.1")


def growth(folder: Path, rounds: int) -> Iterator[Row]:
    """Processor time per resource of a big plan against that of a small one, without the start of the process."""
    small, big = (generate.write(folder / f"growth-{size}.json", size) for size in (1_000, 50_000))
    code = (
        "import sys, time, gc; gc.disable()\n"
        "from planproof.engine import evaluate; from planproof.formats.to_json import render\n"
        "evaluate(sys.argv[1])\n"
        "began = time.process_time(); render([evaluate(sys.argv[2])]); print(time.process_time() - began)"
    )

    def judge(plan: Path, per: int) -> Cost:
        words = [sys.executable, "-c", code, str(small), str(plan)]
        done = subprocess.run(words, env=ENVIRONMENT, cwd=folder, capture_output=True, text=True, check=True)
        return Cost(0, float(done.stdout) / per, 0)

    measured = pairs(lambda: judge(big, 50_000), lambda: judge(small, 1_000), rounds)
    yield row("time per resource: 50,000 / 1,000 resources", measured, processor, lambda v: f"{v * 1e6:.0f} µs", "1.25")


def start(folder: Path, rounds: int) -> Iterator[Row]:
    """A plan of a few resources: what the start of the process costs."""
    plan = generate.write(folder / "ten.json", 10)
    bare = [sys.executable, "-c", "import orjson, yaml"]
    measured = pairs(lambda: run(check(plan), folder), lambda: run(bare, folder), max(rounds, 15))
    yield row("one small plan: planproof check / python -c 'import orjson, yaml'", measured, processor, show_seconds, "1.5")


def checkov(folder: Path, rounds: int) -> Iterator[Row]:
    """Checkov with this pack against Checkov with a check that does nothing."""
    if not _module("checkov"):
        return
    nothing = folder / "nothing"
    nothing.mkdir()
    (nothing / "__init__.py").touch()
    (nothing / "nothing.py").write_text(NOTHING, encoding="utf-8")
    for size in (1_000, 5_000):
        plan = generate.write(folder / f"checkov-{size}.json", size)
        words = [
            sys.executable,
            "-m",
            "checkov.main",
            "-f",
            plan,
            "--framework",
            "terraform_plan",
            "--skip-download",
            "-o",
            "json",
        ]
        ours = [*words, "--external-checks-dir", ROOT / "checks", "-c", "CKV_PLAN*"]
        other = [*words, "--external-checks-dir", nothing, "-c", "CKV_NOTHING_1"]
        measured = pairs(lambda w=ours: run(w, folder), lambda w=other: run(w, folder), max(2, rounds // 2))
        yield row(
            f"Checkov, {size:,} resources: with the pack / with a check that does nothing",
            measured,
            processor,
            show_seconds,
            "1.05",
        )


def jobs(folder: Path, rounds: int) -> Iterator[Row]:
    """Many plans, one process against two; and whether the memory grows with their number."""
    many, few = folder / "many", folder / "few"
    many.mkdir()
    few.mkdir()
    for number in range(200):
        plan = generate.write(many / f"{number}.json", 100, seed=number)
        if number < 50:
            shutil.copy(plan, few)
    one, two = ([*check(many), "--jobs", count] for count in ("1", "2"))
    measured = pairs(lambda: run(one, folder), lambda: run(two, folder), max(2, rounds // 2))
    yield row("200 plans of 100 resources: --jobs 1 / --jobs 2", measured, clock, show_seconds, "at least 1.7")
    measured = pairs(lambda: run(two, folder), lambda: run([*check(few), "--jobs", "2"], folder), 2)
    yield row("memory of --jobs 2: 200 / 50 plans", measured, memory, show_memory, "about 1")


def source(folder: Path, rounds: int) -> Iterator[Row]:
    """A plan with the source beside it: 200 files of 100 lines, of which the checks ask for a few modules."""
    tree = folder / "source"
    tree.mkdir()
    shutil.copytree(ROOT / "benchmarks" / "estate", tree, dirs_exist_ok=True)
    filler = "\n".join(f'resource "null_resource" "filler_{n}" {{\n  triggers = {{ a = "{n}" }}\n}}\n' for n in range(25))
    for number in range(200):
        where = tree / "unused" / f"module_{number // 10}"
        where.mkdir(parents=True, exist_ok=True)
        (where / f"file_{number}.tf").write_text(filler, encoding="utf-8")
    plan = tree / "plan.json"
    measured = pairs(
        lambda: run(check(plan), folder),
        lambda: run(check(plan, "--source", str(ROOT / "benchmarks" / "estate")), folder),
        rounds,
    )
    yield row("with 200 more files (20,000 lines) that no check asks for / without", measured, processor, show_seconds, "about 1")


def syntax(folder: Path, rounds: int) -> Iterator[Row]:
    """The configurations of the fixtures, read ten times over."""
    if not _module("hcl2"):
        return
    files = sorted((ROOT / "fixtures" / "good").rglob("*.tf"))
    ours, theirs = ([sys.executable, "-c", program, *files] for program in (READ, READ_BY_HCL2))
    measured = pairs(lambda: run(ours, folder), lambda: run(theirs, folder), max(2, rounds // 2))
    yield row("reading native syntax: planproof / bc-python-hcl2", measured, processor, show_seconds, "0.33")


def peers(folder: Path, rounds: int) -> Iterator[Row]:
    """Other tools on the same plan, where they are installed: Trivy on PATH, and what this Python can import. Checkov and Trivy judge by
    all their own rules; OPA and regorus have none, and are given the bundle for engines that see a plan alone."""
    plan = generate.write(folder / "peers.json", 1_000)
    found: dict[str, list[str | Path]] = {}
    if _module("checkov"):
        found["Checkov, all its checks"] = [
            sys.executable,
            "-m",
            "checkov.main",
            "-f",
            plan,
            "--framework",
            "terraform_plan",
            "--skip-download",
            "-o",
            "json",
        ]
    trivy = shutil.which("trivy")
    if trivy:
        found["Trivy, all its checks"] = [trivy, "config", "--skip-check-update", "--quiet", plan]
    for name, module, program in (("OPA", "opa_bindings", OPA), ("regorus", "regorus", REGORUS)):
        if _module(module):
            found[f"{name}, the plan-only bundle"] = [sys.executable, "-c", program, BUNDLE, plan, FINDINGS]
    for name, words in found.items():
        measured = pairs(lambda: run(check(plan), folder), lambda w=words: run(w, folder), max(2, rounds // 2))
        yield row(f"1,000 resources: planproof check / {name}", measured, clock, show_seconds, "")


def rego(folder: Path, rounds: int) -> Iterator[Row]:
    """The bundle for engines that see a plan alone, in OPA as a library: its findings, beside a query that only reads the plan."""
    if not _module("opa_bindings"):
        return
    for resources in (1_000, 10_000):
        plan = generate.write(folder / f"{resources}.json", resources)
        words = [[sys.executable, "-c", OPA, BUNDLE, plan, query] for query in (FINDINGS, "1")]
        measured = pairs(lambda w=words: run(w[0], folder), lambda w=words: run(w[1], folder), rounds)  # type: ignore[misc]
        yield row(
            f"{resources:,} resources: the plan-only bundle in OPA / OPA reading the plan", measured, processor, show_seconds, ""
        )


def _module(name: str) -> bool:
    return subprocess.run([sys.executable, "-c", f"import {name}"], capture_output=True, check=False).returncode == 0


SECTIONS = {f.__name__: f for f in (process, growth, start, checkov, jobs, source, syntax, peers, rego)}


def table(rows: list[Row]) -> str:
    lines = ["| what | ours | the other | ratio | limit |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {r.what} | {r.ours} | {r.other} | {r.ratio:.2f} | {r.limit} |" for r in rows)])


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures planproof, as ratios within one run.")
    parser.add_argument("sections", nargs="*", choices=[*SECTIONS, []], metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--rounds", type=int, default=5, help="pairs that count (default: 5)")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    options = parser.parse_args()
    rows: list[Row] = []
    for name in options.sections or SECTIONS:
        with tempfile.TemporaryDirectory() as folder:
            for found in SECTIONS[name](Path(folder), options.rounds):
                print(
                    f"{found.what}: {found.ours} / {found.other} = {found.ratio:.2f} (limit {found.limit or 'none'})", flush=True
                )
                rows.append(found)
    if options.write:
        head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
        PAGE.write_text(f"{head}{MARK}\n\nTaken on {machine()}.\n\n{table(rows)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
