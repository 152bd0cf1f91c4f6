"""The functions of Terraform's language by name: what is computed, and why the others are not.

    FUNCTIONS["cidrsubnet"]("10.0.0.0/16", 8, 2) == "10.0.2.0/24"

A call raises FunctionError where Terraform refuses it, and NotComputable where its answer cannot be told here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable

from planproof.functions import encoding, formats, json_text, lists, maps, networks, numeric, regexes, strings, times, yaml_text
from planproof.functions.values import FunctionError, Json, NotComputable, as_number, normal

Function = Callable[..., Json]

EVALUATED = {
    "can": "checks whether an expression has a value, so its argument is not evaluated first",
    "try": "returns the first expression that has a value, so its arguments are not evaluated first",
    **dict.fromkeys(("file", "fileexists", "fileset", "filebase64"), "reads a file of the configuration"),
    **{f"file{name}": "reads a file of the configuration" for name in ("md5", "sha1", "sha256", "sha512")},
    **{f"filebase64{name}": "reads a file of the configuration" for name in ("sha256", "sha512")},
    "templatefile": "reads a file of the configuration",
    "templatestring": "evaluates a template",
}
"""Those that are the evaluator's own: they take expressions, files or templates rather than values."""

UNDETERMINED = {
    "abspath": "depends on the folder in which Terraform runs",
    "base64gzip": "depends on the compressor of the Terraform that runs",
    "bcrypt": "is salted at random",
    "ephemeralasnull": "depends on whether the value is ephemeral, which a plain value does not show",
    "issensitive": "depends on whether the value is sensitive, which a plain value does not show",
    "plantimestamp": "is the time of the plan",
    "rsadecrypt": "needs a private key, which planproof does not read",
    "timestamp": "is the time of the apply",
    "uuid": "is random",
}


def _same(value: Json) -> Json:
    return value


_OF_VALUES: dict[str, Function] = {
    "abs": numeric.abs_,
    "alltrue": lists.alltrue,
    "anytrue": lists.anytrue,
    "base64decode": encoding.base64decode,
    "base64encode": encoding.base64encode,
    "base64sha256": encoding.base64sha256,
    "base64sha512": encoding.base64sha512,
    "basename": encoding.basename,
    "ceil": numeric.ceil,
    "chomp": strings.chomp,
    "chunklist": lists.chunklist,
    "cidrhost": networks.cidrhost,
    "cidrnetmask": networks.cidrnetmask,
    "cidrsubnet": networks.cidrsubnet,
    "cidrsubnets": networks.cidrsubnets,
    "coalesce": lists.coalesce,
    "coalescelist": lists.coalescelist,
    "compact": lists.compact,
    "concat": lists.concat,
    "contains": lists.contains,
    "csvdecode": encoding.csvdecode,
    "dirname": encoding.dirname,
    "distinct": lists.distinct,
    "element": lists.element,
    "endswith": strings.endswith,
    "flatten": lists.flatten,
    "floor": numeric.floor,
    "format": formats.format_,
    "formatdate": times.formatdate,
    "formatlist": formats.formatlist,
    "indent": strings.indent,
    "index": lists.index,
    "join": strings.join,
    "jsondecode": json_text.jsondecode,
    "jsonencode": json_text.jsonencode,
    "keys": maps.keys,
    "length": lists.length,
    "log": numeric.log,
    "lookup": maps.lookup,
    "lower": strings.lower,
    "matchkeys": lists.matchkeys,
    "max": numeric.max_,
    "md5": encoding.md5,
    "merge": maps.merge,
    "min": numeric.min_,
    "nonsensitive": _same,
    "one": lists.one,
    "parseint": numeric.parseint,
    "pathexpand": encoding.pathexpand,
    "pow": numeric.pow_,
    "range": lists.range_,
    "regex": regexes.regex,
    "regexall": regexes.regexall,
    "replace": regexes.replace,
    "reverse": lists.reverse,
    "sensitive": _same,
    "setintersection": lists.setintersection,
    "setproduct": lists.setproduct,
    "setsubtract": lists.setsubtract,
    "setunion": lists.setunion,
    "sha1": encoding.sha1,
    "sha256": encoding.sha256,
    "sha512": encoding.sha512,
    "signum": numeric.signum,
    "slice": lists.slice_,
    "sort": lists.sort,
    "split": strings.split,
    "startswith": strings.startswith,
    "strcontains": strings.strcontains,
    "strrev": strings.strrev,
    "substr": strings.substr,
    "sum": numeric.sum_,
    "textdecodebase64": encoding.textdecodebase64,
    "textencodebase64": encoding.textencodebase64,
    "timeadd": times.timeadd,
    "timecmp": times.timecmp,
    "title": strings.title,
    "tobool": lists.tobool,
    "tolist": lists.tolist,
    "tomap": lists.tomap,
    "tonumber": as_number,
    "toset": lists.toset,
    "tostring": lists.tostring,
    "transpose": strings.transpose,
    "trim": strings.trim,
    "trimprefix": strings.trimprefix,
    "trimspace": strings.trimspace,
    "trimsuffix": strings.trimsuffix,
    "upper": strings.upper,
    "urlencode": encoding.urlencode,
    "uuidv5": encoding.uuidv5,
    "values": maps.values_,
    "yamldecode": yaml_text.yamldecode,
    "yamlencode": yaml_text.yamlencode,
    "zipmap": maps.zipmap,
}


def _checked(function: Function) -> Function:
    """The function, which counts its arguments, and whose strings are as Terraform keeps them."""
    signature = inspect.signature(function)

    def checked(*arguments: Json) -> Json:
        try:
            signature.bind(*arguments)
        except TypeError:
            raise FunctionError("there are too many or too few arguments") from None
        found = function(*arguments)
        return normal(found) if isinstance(found, str) else found

    return checked


def _undetermined(reason: str) -> Function:
    def undetermined(*_: Json) -> Json:
        raise NotComputable(f"the function {reason}")

    return undetermined


FUNCTIONS: dict[str, Function] = {
    **{name: _checked(function) for name, function in _OF_VALUES.items()},
    **{name: _undetermined(reason) for name, reason in UNDETERMINED.items()},
}
