"""Measures fleets: what the table costs beside `planproof check`, and what an engine costs beside the judging, by processor time.

    nice -n 10 python benchmarks/fleet.py [--plans 5000] [--resources 100] [check] [fleet] [again] [estate] [report] [dask] [ray] [spark]

Processor time is that of a command and of all processes that it starts, those that it leaves behind too, so a busy machine changes little;
the time on the clock is that of the machine as it was. Memory is that of the largest process. An engine is left out if it is not installed.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import generate

ROOT = Path(__file__).resolve().parent.parent
DISTINCT = 200  # plans that are generated; the others are the same files in other folders
ENGINES = {"dask": "distributed", "ray": "ray", "spark": "pyspark"}
ALL = ("check", "fleet", "again", "estate", "report", *ENGINES)
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2): what a command leaves behind becomes a child of this process


def plans(folder: Path, number: int, resources: int) -> Path:
    """A folder with so many plans, each in a folder of its own."""
    for at in range(number):
        place = folder / f"team-{at % 20:02}" / f"{at:05}" / "plan.json"
        place.parent.mkdir(parents=True)
        if at < DISTINCT:
            generate.write(place, resources, seed=at)
        else:
            os.link(folder / f"team-{at % DISTINCT % 20:02}" / f"{at % DISTINCT:05}" / "plan.json", place)
    return folder


def cost(command: Sequence[str]) -> tuple[float, float, float]:
    """Seconds of processor time, seconds on the clock, and MB of the largest process."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "checks"), "PYSPARK_PYTHON": sys.executable}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    clock = time.perf_counter() - began
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
    while True:  # until the last of what it left behind has ended
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, clock, after.ru_maxrss / 1000


def commands(folder: Path, findings: Path) -> dict[str, list[str]]:
    planproof = [sys.executable, "-m", "planproof"]
    pattern = f"{folder}/**/plan.json"
    fleet = [*planproof, "fleet", "check", pattern, "--jobs", "2", "--format"]
    found = {
        "check": [*planproof, "check", str(folder), "--jobs", "2", "--format", f"json={findings}.json"],
        "fleet": [*fleet, f"parquet={findings}"],
        "again": [*fleet, f"parquet={findings}"],
        "estate": [*fleet, f"parquet={findings}", "--estate"],
        "report": [*planproof, "fleet", "report", str(findings)],
    }
    for engine in ENGINES:
        found[engine] = [sys.executable, str(ROOT / "examples" / "fleet" / f"on_{engine}.py"), pattern, f"{findings}-{engine}"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=5_000)
    parser.add_argument("--resources", type=int, default=100)
    parser.add_argument("what", nargs="*", choices=[*ALL, []], default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = plans(Path(temporary) / "plans", options.plans, options.resources)
        print("| what | processor time | for each plan | on the clock | largest process |\n|---|---|---|---|---|")
        for name, command in commands(folder, Path(temporary) / "findings").items():
            if (options.what and name not in options.what) or (name in ENGINES and not importlib.util.find_spec(ENGINES[name])):
                continue
            with multiprocessing.Pool(1) as pool:  # whose children are those of one command
                processor, clock, memory = pool.apply(cost, (command,))
            each = processor / options.plans * 1000
            print(f"| {name} | {processor:.1f} s | {each:.1f} ms | {clock:.0f} s | {memory:.0f} MB |", flush=True)


if __name__ == "__main__":
    main()
