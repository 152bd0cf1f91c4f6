"""Names as the policy wants them: the convention's words, the prefix of the plan, and for buckets a part that is unique."""

from __future__ import annotations

import re
from collections.abc import Iterator

from planproof.aws.names import Name, Names, pattern_for
from planproof.aws.s3 import BUCKET
from planproof.fix.edits import Edit
from planproof.fix.job import Job
from planproof.fix.mentions import inner_text, mentions
from planproof.fix.places import ModuleFiles, NotMechanical, replaced
from planproof.fix.tag_values import names_in
from planproof.fix.values import behind
from planproof.plan.model import Instance
from planproof.syntax.blocks import TopBlock
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
    return [Edit(file, at, at + len("bucket"), "bucket_prefix"), replaced(found.expression, f'"{text}-"')]


def _refuse_derived(job: Job) -> None:
    """What is built on a name that only AWS completes has no beginning that anybody could read."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(job.place.address)}(?:\[[^]]*\])?\.(?:id|bucket)(?!\w)")
    files = job.place.module
    for top, text in job.remembered(("names", id(files)), lambda: list(_written_names(job, files))):
        if top is not job.place.top and pattern.search(text):
            raise NotMechanical(f"the name of {'.'.join(top.labels)} is built on this one; add a random_id to both")


def _written_names(job: Job, files: ModuleFiles) -> Iterator[tuple[TopBlock, str]]:
    """The names of the module's resources that refer to something, as they are written."""
    attributes = job.settings("naming_convention")["attributes"]
    for top in files.tops:
        named = attributes.get(top.labels[0]) if top.type == "resource" else None
        found = top.block.body.attributes.get(named) if named else None
        if found is not None and not isinstance(found.expression, Literal):
            yield top, found.expression.text


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
        new = _worded(pieces, separator, names.token or "")
        new = _led(job, new, names, separator)
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
    for count in range(2, len(words) + 1):
        if "".join(words[:count]) == token:
            words[:count] = [token]
            break
    if not words:
        return separator if text.strip() else ""
    head = separator if re.match(r"[\s_-]", text) else ""
    tail = separator if re.search(r"[\s_-]$", text) else ""
    return head + separator.join(words) + tail


def _led(job: Job, text: str, names: Names, separator: str) -> str:
    """With the plan's leading token in front, if the name must have it."""
    token = names.token
    if token is None or job.instance.type in job.settings("naming_convention")["within"]:
        return text
    if re.match(rf"{re.escape(token)}(?![a-z0-9])", text) or not _lacks_token(job):
        return text
    return f"{token}{separator}{text}"


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
