"""Names as the policy wants them: the convention's words, the prefix of the plan, and for buckets a part that is unique."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.aws.names import Name, Names, pattern_for
from planproof.aws.s3 import BUCKET
from planproof.evaluation.origin import Origins
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.mentions import inner_text, mentions
from planproof.fix.places import NotMechanical, replaced
from planproof.fix.tag_values import names_in
from planproof.fix.values import behind
from planproof.plan.model import Instance, Module
from planproof.syntax.nodes import Attribute, Literal, Node, Template
from planproof.text.pattern import Pattern

MOST_PREFIX = 37  # letters that AWS takes in front of what the provider appends to a bucket's name
_WORD = re.compile(r"[A-Z][A-Z0-9]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]")
_SEPARATORS = re.compile(r"([/.]+)")


def renamed(job: Job) -> list[Edit]:
    """The name as all checks want it, so that two failures on one name have one fix. Raises NotMechanical."""
    instance, place = job.instance, job.place
    names: Names = job.context.once(names_in)
    name = names.by_address.get(instance.address)
    attribute = name.attribute if name else "bucket"
    found = place.argument(attribute)
    if found is None:
        raise NotMechanical(f"{attribute} is not written in the block as an argument; change the name where it is made")
    _refuse_replacement(job, attribute)
    text = _new_text(job, found, name, names)
    literal = behind(job, instance.module, found.expression)
    is_own = literal is None or isinstance(found.expression, (Literal, Template))
    changed = literal.text != f'"{text}"' if literal is not None and not is_own else False
    edits = [replaced(literal, f'"{text}"')] if literal is not None and changed else []
    if instance.type == BUCKET and job.fails("bucket_name_collision", instance):
        edits += _with_prefix(job, found, text if is_own else inner_text(found.expression))
    elif is_own and found.expression.text != f'"{text}"':
        edits.append(replaced(found.expression, f'"{text}"'))
    return [*edits, *mentions(job, place, found)]


def _refuse_replacement(job: Job, attribute: str) -> None:
    existing = next((i for i in job.siblings if i.actions and "create" not in i.actions), None)
    if existing is not None and not attribute.startswith("tags"):
        raise NotMechanical(f"{existing.address} exists already, and a new name would replace it; plan the move first")


def _with_prefix(job: Job, found: Attribute, text: str) -> list[Edit]:
    """`bucket_prefix` in the place of `bucket`: AWS gets a name that no other deployment has."""
    if "${" not in text:
        text = _shortened(text)
    _refuse_derived(job)
    known = [i.get("bucket").text or "" for i in job.siblings]
    if "${" in text and (not all(known) or max(map(len, known)) >= MOST_PREFIX):
        raise NotMechanical(f"a bucket_prefix has at most {MOST_PREFIX} letters; shorten the name and add a random_id to it")
    at, file = found.start, found.file.path
    return [Edit(file, at, at + len("bucket"), "bucket_prefix"), replaced(found.expression, f'"{text.rstrip("-_")}-"')]


def _refuse_derived(job: Job) -> None:
    """What is built on a name that only AWS completes has no beginning that anybody could read, and no keys of for_each."""
    built: dict[str, str] = job.remembered("built on names of buckets", lambda: _built_on_buckets(job))
    reason = next((built[i.address] for i in job.siblings if i.address in built), "")
    if reason:
        raise NotMechanical(reason)


def _built_on_buckets(job: Job) -> dict[str, str]:
    """By the address of a bucket: why its name has to be known before the apply."""
    expressions, attributes = job.context.expressions, job.settings("naming_convention")["attributes"]
    found: dict[str, str] = {}
    for instance in job.context.plan.instances:
        if attributes.get(instance.type) and (name := job.context.evaluated(instance, attributes[instance.type])):
            reason = f"the name of {instance.address} is built on this one; add a random_id to both"
            found.update(dict.fromkeys(_buckets_of(name.all_origins), reason))
    for module in _modules(job.context.plan.root):
        where = f"{module.address}." if module.address else ""
        repeated = {local: expressions.repetition(module, local) for local in module.config.resources}
        repeated |= {f"module.{name}": expressions.call_repetition(module, name) for name in module.config.calls}
        for local, over in repeated.items():
            reason = f"for_each or count of {where}{local} needs the name, which would be known only after apply; use another key"
            origins = over.origins if isinstance(over.raw, dict) else over.all_origins  # of a map, the keys count
            found.update(dict.fromkeys(_buckets_of(origins), reason))
    return found


def _modules(root: Module) -> Iterator[Module]:
    pending = [root]
    while pending:
        module = pending.pop()
        yield module
        pending += [child for instances in module.children.values() for child in instances.values()]


def _buckets_of(origins: Origins) -> Iterator[str]:
    """The addresses of the buckets whose names are in it."""
    for origin in origins:
        if origin.type == BUCKET and not origin.is_data and origin.attribute in (("bucket",), ("id",)):
            yield from (instance.address for instance in origin.instances)


def _shortened(text: str) -> str:
    if len(text) < MOST_PREFIX:
        return text
    return text[: MOST_PREFIX - 1].rpartition("-")[0] or text[: MOST_PREFIX - 1]


# --- the text --------------------------------------------------------------------------------------------------------


def _new_text(job: Job, found: Attribute, name: Name | None, names: Names) -> str:
    """The inner text of the new name. Raises NotMechanical if a part that is at fault is not written here."""
    node = behind(job, job.instance.module, found.expression) or found.expression
    if node.text.startswith("<<"):
        raise NotMechanical("the name is a heredoc; write it as a quoted text first")
    text = inner_text(node)
    if name is None or not job.fails("naming_convention", job.instance):
        return text
    if not isinstance(node, (Literal, Template)):
        raise NotMechanical(f"the name is built from {found.expression.text.strip()}; change it where that comes from")
    pattern = pattern_for(job.instance.type, job.settings("naming_convention"))
    style = names.styles.get(job.instance.type)
    path = name.path if text.startswith(name.path) else ""
    pieces = re.split(r"(\$\{[^}]*\})", text[len(path) :])
    for separator in ("-", "_"):
        new = _led(job, _worded(pieces, separator, names.token or ""), names, separator).lstrip("-_")
        new = new if name.of_prefix else new.rstrip("-_")
        if _fits(job, node, path + new, name, style.pattern if style else pattern):
            _refuse_taken(job, path + new, names)
            return path + new
    raise NotMechanical("no change of letters and separators makes the name fit the policy's pattern; choose another name")


def _refuse_taken(job: Job, text: str, names: Names) -> None:
    """Two names may differ only in what the convention forbids."""
    taken: dict[tuple[str, str], str] = job.remembered(
        "names taken", lambda: {(job.bench.by_address[a].type, name.public): a for a, name in names.by_address.items()}
    )
    address = taken.get((job.instance.type, text))
    if address and job.bench.by_address[address].local_address != job.instance.local_address:
        raise NotMechanical(f"{address} already has the name that the convention makes of this one; choose another")


def _worded(pieces: list[str], separator: str, token: str) -> str:
    """The literal pieces in lower case with one separator; references stay."""
    found = []
    for number, piece in enumerate(pieces):
        if number % 2:
            found.append(piece)
            continue
        new = "".join(
            part if _SEPARATORS.fullmatch(part) else _words(part, separator, token) for part in _SEPARATORS.split(piece)
        )
        found.append(new)
    return "".join(found)


def _words(text: str, separator: str, token: str) -> str:
    """`CorpSecLogIndex` as `corpsec-log-index`, where names begin with `corpsec`; separators at its ends stay."""
    words = [word.lower() for word in _WORD.findall(text)]
    for start in range(len(words)):
        for end in range(start + 2, len(words) + 1):
            if "".join(words[start:end]) == token:
                words[start:end] = [token]
    if not words:
        return separator if text.strip() else ""
    head = separator if re.match(r"[\s_-]", text) else ""
    tail = separator if re.search(r"[\s_-]$", text) else ""
    return head + separator.join(words) + tail


def _led(job: Job, text: str, names: Names, separator: str) -> str:
    """With the plan's leading token in front, if the name must have it; it is taken away where the name has it further on."""
    token = names.token
    if token is None or job.instance.type in job.settings("naming_convention")["within"]:
        return text
    if re.match(rf"{re.escape(token)}(?![a-z0-9])", text) or not _lacks_token(job):
        return text
    further_on = re.compile(rf"(?<![a-z0-9}}]){re.escape(token)}(?:[-_]|\Z)|(\$\{{[^}}]*\}})")
    rest = further_on.sub(lambda found: found[1] or "", text)
    return f"{token}{separator}{rest.lstrip('-_')}"


def _lacks_token(job: Job) -> bool:
    return job.fails("naming_convention", job.instance, "other_leading_token", "wrong_leading_token")


def _fits(job: Job, node: Node, text: str, name: Name, pattern: Pattern | None) -> bool:
    """Whether the new name fits for every instance, as far as its references are known."""
    if pattern is None:
        return True
    path = name.path if text.startswith(name.path) else ""
    for instance in job.siblings:
        parts: list[str | None] = []
        for number, piece in enumerate(re.split(r"(\$\{[^}]*\})", text[len(path) :])):
            if number % 2:
                parts.append(_value(job, node, piece, instance))
            elif piece:
                parts.append(piece)
        if name.of_prefix:
            parts.append("20060102150405000000000001")
        if not pattern.fits(*_merged(parts)):
            return False
    return True


def _value(job: Job, node: Node, piece: str, instance: Instance) -> str | None:
    """What a reference of the name comes to for an instance."""
    inside = piece[2:-1].strip()
    part = next((p for p in getattr(node, "parts", ()) if p.text.strip() == inside), None)
    return job.context.expressions.of(part, instance.module, instance).text if part is not None else None


def _merged(parts: list[str | None]) -> list[str | None]:
    found: list[str | None] = []
    for part in parts:
        if part is not None and found and found[-1] is not None:
            found[-1] += part
        else:
            found.append(part)
    return found
