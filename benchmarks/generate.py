"""Makes plan JSON of any size: the estate in benchmarks/estate, as Terraform planned it, many times over.

    python benchmarks/generate.py RESOURCES OUT.json [--wide] [--seed N]

The estate is a team (a module) with services (a module below it, by for_each): thirty resources of twenty types a service, with
for_each and count, that refer to each other through module inputs and outputs, and policy documents that are deferred to the apply.
With `--wide`, all services are in one team: instances of one for_each, which every reference to them has to choose from.
A plan of 50,000 resources takes Terraform minutes; so the plan of one service is multiplied, with addresses, names and
configuration that agree. The same size and seed give the same bytes.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

Json = Any
TEMPLATE = Path(__file__).resolve().parent / "estate" / "plan.json"
SERVICE = 'module.team.module.service["service"]'
SERVICES_A_TEAM = 7
WORDS = ("orders", "billing", "search", "mail", "ledger", "stock", "users", "media")


def plan(resources: int, seed: int = 1, wide: bool = False) -> Json:
    """A plan with about so many managed resources (whole services, at least one)."""
    document = json.loads(TEMPLATE.read_text(encoding="utf-8"))
    root, configuration = document["planned_values"]["root_module"], document["configuration"]["root_module"]
    (team,), call = root["child_modules"], configuration["module_calls"].pop("team")
    changes: dict[bool, list[Json]] = {True: [], False: []}
    for change in document["resource_changes"]:
        changes[change["address"].startswith(SERVICE)].append(change)
    a_service = sum(change["mode"] == "managed" for change in changes[True])
    chosen = random.Random(seed)
    services = [f"{chosen.choice(WORDS)}-{number}" for number in range(max(1, round(resources / a_service)))]
    root["child_modules"], document["resource_changes"] = [], []
    a_team = len(services) if wide else SERVICES_A_TEAM
    for start in range(0, len(services), a_team):
        name = f"team_{start // a_team}"
        configuration["module_calls"][name] = call
        copy = _renamed({**team, "child_modules": []}, name, "")
        document["resource_changes"] += _renamed(changes[False], name, "")
        for service in services[start : start + a_team]:
            copy["child_modules"] += _renamed(team["child_modules"], name, service)
            document["resource_changes"] += _renamed(changes[True], name, service)
        root["child_modules"].append(copy)
    configuration["outputs"]["buckets"]["expression"] = {"references": ["module.team_0.buckets", "module.team_0"]}
    return document


def _renamed(part: Json, team: str, service: str) -> Json:
    """A copy for another team and service: in addresses, keys and names."""
    text = json.dumps(part).replace('"module.team', f'"module.{team}')
    text = text.replace(f'module.{team}.module.service[\\"service\\"]', f'module.{team}.module.service[\\"{service}\\"]')
    text = text.replace("estate-prod-service", f"estate-prod-{service}")
    return json.loads(text)


def write(path: Path, resources: int, seed: int = 1, wide: bool = False) -> Path:
    path.write_text(json.dumps(plan(resources, seed, wide), separators=(",", ":")), encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes plan JSON of any size.")
    parser.add_argument("resources", type=int)
    parser.add_argument("out", type=Path)
    parser.add_argument("--wide", action="store_true", help="all services in one for_each")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    write(options.out, options.resources, options.seed, options.wide)


if __name__ == "__main__":
    main()
