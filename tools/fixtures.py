"""Makes every fixture's plan.json from its HCL again, with the `terraform` that is configured on this machine.

    python tools/fixtures.py [--check] [FOLDER ...]

A fixture is a folder under fixtures/ with `main.tf` and `expected.json`. Beside them may lie `before.tfstate`, the state that an
update plan starts from (nothing is refreshed), and `terraform.tfvars`. --check writes nothing and tells which plans differ once
what changes from run to run is left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
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
OFFLINE = ROOT.parent / "shared" / "terraform" / "setup"
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


def plan(folder: Path) -> dict[str, Any]:
    """The plan JSON of a folder of HCL. Raises RuntimeError with Terraform's own words."""
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary) / "work"
        shutil.copytree(folder, work, ignore=shutil.ignore_patterns("*.json", ".terraform*", "*.tftest.hcl"))
        has_provider = any('provider "aws"' in file.read_text(encoding="utf-8") for file in work.glob("*.tf"))
        (work / ("zz_offline_override.tf" if has_provider else "zz_offline.tf")).write_text(PROVIDER, encoding="utf-8")
        state = work / "before.tfstate"
        if state.exists():
            state.rename(work / "terraform.tfstate")
        _terraform(work, "init", "-backend=false")
        _terraform(work, "plan", "-lock=false", "-refresh=false", "-out=saved.tfplan")
        loaded = json.loads(_terraform(work, "show", "-json", "saved.tfplan"))
        assert isinstance(loaded, dict)
        return loaded


def _terraform(work: Path, command: str, *arguments: str) -> str:
    options = [] if command == "show" else ["-input=false", "-no-color"]
    done = subprocess.run(
        ["terraform", command, *options, *arguments], cwd=work, capture_output=True, text=True, env=_environment()
    )
    if done.returncode:
        raise RuntimeError(f"terraform {command} failed: {done.stderr or done.stdout}")
    return done.stdout


def _environment() -> dict[str, str]:
    if _configured() or not OFFLINE.exists():
        return dict(os.environ)
    line = subprocess.run([str(OFFLINE)], capture_output=True, text=True, check=True).stdout
    name, _, value = line.strip().removeprefix("export ").partition("=")
    return {**os.environ, name: value.strip("'\"")}


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


def _remake(folder: Path, check: bool) -> str | None:
    target = folder / "plan.json"
    name = folder.relative_to(ROOT)
    try:
        made = plan(folder)
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


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    folders = fixtures(*(a for a in arguments if not a.startswith("--")))
    with ThreadPoolExecutor(max_workers=2) as pool:
        problems = [p for p in pool.map(lambda folder: _remake(folder, check), folders) if p]
    print("\n".join(problems) or f"{len(folders)} fixtures {'match' if check else 'made'}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
