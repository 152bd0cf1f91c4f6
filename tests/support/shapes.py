"""Plans, and their sources, of which one thing grows: built, as Terraform refuses some of them and takes long for others."""

from __future__ import annotations

from typing import Any

Json = Any
_PROVIDER = "registry.terraform.io/hashicorp/aws"
_BUCKET = "aws_s3_bucket"
_LIFECYCLE = "aws_s3_bucket_lifecycle_configuration"


def ring(count: int) -> tuple[Json, str]:
    """Buckets, each named as the next is; the last as the first."""
    names = [f"b{number}" for number in range(count)]
    following = dict(zip(names, [*names[1:], names[0]], strict=True))
    plan = plan_of([resource(_BUCKET, name, {}, "bucket") for name in names])
    plan["configuration"]["root_module"]["resources"] = [
        block(_BUCKET, name, bucket=[f"{_BUCKET}.{following[name]}.bucket", f"{_BUCKET}.{following[name]}"]) for name in names
    ]
    return plan, "".join(f'resource "{_BUCKET}" "{n}" {{ bucket = {_BUCKET}.{following[n]}.bucket }}\n' for n in names)


def mesh(count: int) -> tuple[Json, str]:
    """Buckets, each named by all the others."""
    names = [f"b{number}" for number in range(count)]
    others = {name: [other for other in names if other != name] for name in names}
    plan = plan_of([resource(_BUCKET, name, {}, "bucket") for name in names])
    plan["configuration"]["root_module"]["resources"] = [
        block(_BUCKET, name, bucket=[f"{_BUCKET}.{other}.bucket" for other in others[name]]) for name in names
    ]
    texts = {name: "-".join(f"${{{_BUCKET}.{other}.bucket}}" for other in others[name]) for name in names}
    return plan, "".join(f'resource "{_BUCKET}" "{name}" {{ bucket = "{text}" }}\n' for name, text in texts.items())


def fan_in(levels: int) -> tuple[Json, dict[str, str]]:
    """Modules, each of which hands on what the next gives it twice."""
    of = {name: {} for name in ("x", "y")}
    inner = {"outputs": {"o": {"expression": {"references": ["var.x", "var.y"]}}}, "variables": of}
    plan = plan_of([resource(_BUCKET, "logs", {"bucket": "logs-a"})])
    plan["variables"] = {"v": {"value": "logs-a"}}
    root = plan["configuration"]["root_module"]
    root["resources"] = [block(_BUCKET, "logs", bucket=["module.m0.o", "module.m0"])]
    root["variables"], root["module_calls"] = {"v": {}}, {}
    text = f'variable "v" {{}}\nresource "{_BUCKET}" "logs" {{ bucket = module.m0.o }}\n'
    for level in range(levels):
        name = f"module.m{level + 1}.o" if level + 1 < levels else "var.v"
        given = {"references": [name, name.rpartition(".")[0]] if level + 1 < levels else [name]}
        root["module_calls"][f"m{level}"] = {"source": "./m", "expressions": dict.fromkeys(of, given), "module": inner}
        text += f'module "m{level}" {{\n  source = "./m"\n  x = {name}\n  y = {name}\n}}\n'
    module = 'variable "x" {}\nvariable "y" {}\noutput "o" { value = var.x == "" ? var.y : var.x }\n'
    return plan, {"main.tf": text, "m/main.tf": module}


def keyed(count: int) -> tuple[Json, str]:
    """The instances of one `for_each` over a variable's map, and for each a lifecycle of the same key."""
    given = {f"K_{number}": {"name": f"Bad_{number}"} for number in range(count)}
    buckets = [resource(_BUCKET, "b", {"bucket": value["name"]}, key=key) for key, value in given.items()]
    plan = plan_of([*buckets, *(resource(_LIFECYCLE, "l", {"rule": []}, "bucket", key=key) for key in given)])
    plan["variables"] = {"m": {"value": given}}
    root = plan["configuration"]["root_module"]
    root["variables"] = {"m": {}}
    root["resources"] = [
        {**block(_BUCKET, "b", bucket=["each.value.name", "each.value"]), "for_each_expression": {"references": ["var.m"]}},
        {**block(_LIFECYCLE, "l", bucket=[f"{_BUCKET}.b", "each.key"]), "for_each_expression": {"references": ["var.m"]}},
    ]
    text = f'variable "m" {{}}\nresource "{_BUCKET}" "b" {{\n  for_each = var.m\n  bucket = each.value.name\n}}\n'
    return plan, text + f'resource "{_LIFECYCLE}" "l" {{\n  for_each = var.m\n  bucket = {_BUCKET}.b[each.key].id\n}}\n'


def plan_of(resources: list[Json]) -> Json:
    changes = [
        {**_without_values(resource), "change": {"actions": ["create"], "before": None, "after": resource["values"]}}
        for resource in resources
    ]
    for change, resource in zip(changes, resources, strict=True):
        change["change"]["after_unknown"] = resource.pop("unknown")
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": changes,
        "configuration": {"provider_config": {"aws": {"name": "aws", "full_name": _PROVIDER}}, "root_module": {}},
    }


def _without_values(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name not in ("values", "unknown")}


def resource(kind: str, name: str, values: Json, *unknown: str, key: str | None = None) -> Json:
    address = f"{kind}.{name}" if key is None else f'{kind}.{name}["{key}"]'
    made = {"address": address, "mode": "managed", "type": kind, "name": name, "provider_name": _PROVIDER, "values": values}
    return {**made, **({} if key is None else {"index": key}), "unknown": dict.fromkeys((*unknown, "id", "arn"), True)}


def block(kind: str, name: str, **references: list[str]) -> Json:
    expressions = {argument: {"references": names} for argument, names in references.items()}
    address = f"{kind}.{name}"
    return {
        "address": address,
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider_config_key": "aws",
        "expressions": expressions,
    }
