"""Makes every fixture's plan.json from its HCL again, with the `terraform` that is configured on this machine.

    python tools/fixtures.py [--check] [FOLDER ...]

A fixture is a folder under fixtures/ with `main.tf` and `expected.json`. Beside them may lie `before.tfstate`, the state that an
update plan starts from (nothing is refreshed), `terraform.tfvars`, `targets`, an address on each line for -target, and `arguments`, more of
them for `terraform plan`, such as -refresh-only. --check writes nothing and tells which plans differ once
what changes from run to run is left out.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = (ROOT / "fixtures", ROOT / "tests" / "plans", ROOT / "benchmarks")
# Settings with which the AWS provider plans without an account.
PROVIDER = """provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
  s3_use_path_style           = true
}
"""
# Prints the setting that lets terraform work without a registry, where the machine has one.
OFFLINE = (ROOT.parent / "shared" / "terraform" / "setup").resolve()
# Go's collector would take half of the time of so short a run.
HASTE = {"GOGC": "off"}
VOLATILE = ("timestamp", "terraform_version")


def fixtures(*folders: str) -> list[Path]:
    """The folders of all fixtures, or of those below the given ones."""
    roots = [Path(folder).resolve() for folder in folders] or list(FIXTURES)
    return sorted(
        {
            file.parent
            for root in roots
            for file in root.rglob("main.tf")
            if (file.parent / "plan.json").exists() or (file.parent / "expected.json").exists()
        }
    )


def plan(folder: Path, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """The plan JSON of a folder of HCL; `environment` is that of `running_provider`. Raises RuntimeError with Terraform's own words.

    A provider that runs on has one configuration: a folder with an alias gets a provider of its own for each.
    """
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"
        shutil.copytree(folder, work, ignore=_no_configuration)
        written = "\n".join(file.read_text(encoding="utf-8") for file in work.glob("*.tf"))
        (work / ("zz_offline_override.tf" if 'provider "aws"' in written else "zz_offline.tf")).write_text(
            PROVIDER, encoding="utf-8"
        )
        state = work / "before.tfstate"
        if state.exists():
            state.rename(work / "terraform.tfstate")
        alone = re.search(r"^\s*alias\s*=", written, re.MULTILINE)
        return _planned(work, terraform_environment() if alone or not environment else environment)


def _no_configuration(folder: str, names: list[str]) -> set[str]:
    """What stays behind: plans and expectations, tests, and what an init has left."""
    others = {name for name in names if name.endswith(".json") and not name.endswith(".tf.json")}
    return others | set(shutil.ignore_patterns(".terraform*", "*.tftest.hcl")(folder, names))


def _planned(work: Path, environment: dict[str, str]) -> dict[str, Any]:
    options = [*(f"-target={target}" for target in _lines(work / "targets")), *_lines(work / "arguments")]
    options += [] if "-refresh-only" in options else ["-refresh=false"]
    has_backend = any('backend "local"' in file.read_text(encoding="utf-8") for file in work.glob("*.tf"))
    _terraform(work, environment, "init", *([] if has_backend else ["-backend=false"]))
    _terraform(work, environment, "plan", "-lock=false", "-out=saved.tfplan", *options)
    loaded = json.loads(_terraform(work, environment, "show", "-json", "saved.tfplan"))
    assert isinstance(loaded, dict)
    return loaded


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def _terraform(work: Path, environment: dict[str, str], command: str, *arguments: str) -> str:
    options = [] if command == "show" else ["-input=false", "-no-color"]
    done = subprocess.run(
        ["terraform", command, *options, *arguments], cwd=work, capture_output=True, text=True, env=environment | HASTE
    )
    if done.returncode:
        raise RuntimeError(f"terraform {command} failed: {done.stderr or done.stdout}")
    return done.stdout


@contextmanager
def running_provider() -> Iterator[dict[str, str]]:
    """The environment in which Terraform plans with one AWS provider that runs on; its start takes longer than a plan.

    One plan at a time. Raises RuntimeError if it cannot be had.
    """
    environment = terraform_environment()
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        (work / "main.tf").write_text(PROVIDER, encoding="utf-8")
        _terraform(work, environment, "init", "-backend=false")
        program = next(work.glob(".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws_*"), None)
        if program is None:
            raise RuntimeError("terraform init has left no AWS provider")
        # Of a certificate authority of the environment's own (AWS_CA_BUNDLE) it can be told only once.
        own = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        process = subprocess.Popen([program, "-debug"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=own)
        try:
            yield environment | {"TF_REATTACH_PROVIDERS": _attachment(process)}
        finally:
            process.kill()
            process.communicate()


def _attachment(process: subprocess.Popen[str]) -> str:
    """What a provider that was started with -debug prints for Terraform to find it."""
    assert process.stdout
    for line in process.stdout:
        name, _, value = line.strip().partition("=")
        if name == "TF_REATTACH_PROVIDERS":
            return value.strip("'")
    raise RuntimeError("the AWS provider ended before it could be used")


def terraform_environment() -> dict[str, str]:
    """In which Terraform finds its providers."""
    environment = {"AWS_REGION": "us-east-1", **os.environ}  # for a provider that is configured without one
    if _configured() or not OFFLINE.exists():
        return environment
    line = subprocess.run([str(OFFLINE)], capture_output=True, text=True, check=True).stdout
    name, _, value = line.strip().removeprefix("export ").partition("=")
    return {**environment, name: value.strip("'\"")}


def available() -> str | None:
    """Why Terraform with providers cannot be used here, or None."""
    if not shutil.which("terraform"):
        return "there is no terraform on PATH"
    if not _configured() and not OFFLINE.exists():
        return "no providers are configured (TF_CLI_CONFIG_FILE)"
    return None


def _configured() -> bool:
    return os.path.exists(os.environ.get("TF_CLI_CONFIG_FILE", ""))


def normalised(document: dict[str, Any]) -> dict[str, Any]:
    """Without what differs from run to run."""
    kept = {key: value for key, value in document.items() if key not in VOLATILE}
    if "relevant_attributes" in kept:  # Terraform lists them in any order
        kept["relevant_attributes"] = sorted(kept["relevant_attributes"], key=json.dumps)
    if "planned_values" in kept:
        kept["planned_values"] = {**kept["planned_values"], "root_module": _ordered(kept["planned_values"]["root_module"])}
    return kept


def _ordered(module: dict[str, Any]) -> dict[str, Any]:
    """A module of the planned values with its child modules by address: Terraform lists them as its walk met them."""
    if "child_modules" not in module:
        return module
    children = sorted(module["child_modules"], key=lambda child: str(child["address"]))
    return {**module, "child_modules": [_ordered(child) for child in children]}


def _remake(folder: Path, check: bool, environment: dict[str, str]) -> str | None:
    target = folder / "plan.json"
    name = folder.relative_to(ROOT)
    try:
        made = plan(folder, environment)
    except RuntimeError as error:
        return f"{name}: {error}"
    if check:
        same = target.exists() and normalised(json.loads(target.read_text(encoding="utf-8"))) == normalised(made)
        return None if same else f"{name}: plan.json is not what Terraform makes of the HCL"
    target.write_text(
        json.dumps(normalised(made) | {"terraform_version": made["terraform_version"]}, separators=(",", ":")) + "\n",
        encoding="utf-8",
    )
    return None


def _remake_all(folders: list[Path], check: bool) -> list[str]:
    """What went wrong, with one provider for all of them."""
    if not folders:
        return []
    with running_provider() as environment:
        return [problem for folder in folders if (problem := _remake(folder, check, environment))]


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    folders = fixtures(*(a for a in arguments if not a.startswith("--")))
    with ThreadPoolExecutor(max_workers=2) as pool:
        halves = pool.map(lambda half: _remake_all(half, check), (folders[::2], folders[1::2]))
    problems = [problem for half in halves for problem in half]
    print("\n".join(problems) or f"{len(folders)} fixtures {'match' if check else 'made'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
