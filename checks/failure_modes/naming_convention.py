"""Names match the pattern of the policy and share a prefix."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.names import Name, Names, names_of, pattern_for
from planproof.check import ANY_TYPE, Context, Instance, Outcome, check, failed, passed, unknown

_NO_SOURCE = "the plan does not contain the text around the reference; provide the source (the folder, or the saved plan)"


def _names(context: Context) -> Names:
    return names_of(context.settings("naming_convention"), context)


def _is_named(instance: Instance, context: Context) -> bool:
    return instance.address in context.once(_names).by_address


@check(
    id="CKV_PLAN_7",
    name="Resource names follow one convention and share a prefix",
    severity="LOW",
    category="CONVENTION",
    types=ANY_TYPE,
    applies=_is_named,
)
def naming_convention(instance: Instance, context: Context) -> list[Outcome]:
    """A name matches the required pattern (lower-case kebab by default) and begins like the other names in the plan:
    `alerts-topic` fails if nine of ten names begin with `corpsec`.

    With `style: majority` (the profile `general`), a type without a pattern must follow its own style. The check reports a
    name that differs from a clear majority of the names of its type, such as `Orders_Dlq` among four kebab-case names. The
    policy lists which attribute names a type, which prefix is ignored (`/aws/lambda/`, `alias/`) and which pattern the name
    must match.

    The leading token is the text before the first separator, in lower case (for `CorpSecLogs` it is `corpsec` if other names
    begin with that). It is required if at least three names are known and at least 60 % of them begin with the same token.
    The policy sets both numbers, and `leading_token` sets the token itself.

    The check ignores names that the provider generates, and names in modules from a registry or git, which you cannot
    rename. A name that is random as a whole passes, but its fixed beginning, such as the `prefix` of a `random_id`, must
    match. A `name_prefix` or `bucket_prefix` is checked as AWS sees it, with a timestamp and a counter at the end.

    If a name is known only after apply, the check reads the literal parts of its template from the source. If the beginning
    of the name comes from the name of another resource, the verdict is UNKNOWN. A value that a root variable gets from
    outside is shown as `${var.NAME}`, and a sensitive name is not shown.

    Why: permissions, alarms and costs are grouped by name. A policy for `arn:aws:sqs:*:*:corpsec-*` does not cover a queue
    with another prefix (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).

    Cannot see: whether a name is meaningful, names in other plans of the account, and a majority that is itself wrong. The
    check evaluates only the text around a random part, not the random part.

    Fix: build every name from one prefix, such as a local `name = "${var.prefix}-logs"`, in lower-case kebab. If a name must
    differ, add it to `ignore`, or set a pattern for its type in `patterns`, which overrides the style.
    """
    names: Names = context.once(_names)
    name = names.by_address[instance.address]
    where = f"{instance.address}.{name.attribute}"
    if not any(name.parts) and name.is_random:
        return [passed("random", f"{name.attribute} is random ({', '.join(name.needs)}), so no convention applies", where)]
    if not any(name.parts):
        no_source = "built from values that are not in the plan" if context.expressions.body(instance) else _NO_SOURCE
        decides = f"built from {', '.join(name.needs)}" if name.needs else no_source
        return [unknown("unknown_name", f"known after apply: {where}, {decides}", where)]
    if name.fits and name.token is not None and name.token == names.token:
        text = f"{name.attribute} {name.display_name} {_fits(instance, names, context)} and begins with {names.said}, like the plan's other names"
        return [passed("fits", text, where)]
    broken = list(_outlier(name, instance, names, where, context))
    if not name.fits:
        broken.insert(0, _misfit(name, instance, names, where, context))
    return broken or [passed("fits", f"{name.attribute} {name.display_name} {_fits(instance, names, context)}", where)]


def _fits(instance: Instance, names: Names, context: Context) -> str:
    """What is said of a name that passes."""
    style = names.styles.get(instance.type)
    if style:
        return f"is {style.name}, like most names of its type"
    return "matches the pattern" if pattern_for(instance.type, context.settings("naming_convention")) else "has no required style"


def _misfit(name: Name, instance: Instance, names: Names, where: str, context: Context) -> Outcome:
    style, pattern = names.styles.get(instance.type), pattern_for(instance.type, context.settings("naming_convention"))
    if style:
        most = f"{style.sharing} of {style.counted} {instance.type} names that have a style are {style.name} ({style.examples})"
        return failed("other_style", f"{name.attribute} is {name.display_name}; {most}", where)
    wanted = pattern.text if pattern else ""
    return failed("does_not_fit", f"{name.attribute} is {name.display_name}, which does not match the pattern {wanted}", where)


def _outlier(name: Name, instance: Instance, names: Names, where: str, context: Context) -> Iterator[Outcome]:
    settings = context.settings("naming_convention")
    if names.token is None or names.token in (name.token, *name.words) or instance.type in settings["within"]:
        return
    demanded = settings["leading_token"]
    majority = f"{names.sharing} of {names.counted} names in this plan begin with {names.said} ({names.examples})"
    rule = f"the policy requires the prefix {demanded!r}" if demanded else majority
    undetermined = name.token is None and names.token.startswith((name.parts[0] or "").lower())
    if undetermined or (name.of_a_name and not demanded):
        needs = f" ({', '.join(name.needs)})" if name.needs else ""
        made = f"is {name.display_name}, and {'its beginning' if undetermined else 'the rest'} is known after apply{needs}"
        yield unknown("unknown_leading_token", f"{name.attribute} {made}; {rule}", where)
    else:
        code = "wrong_leading_token" if demanded else "other_leading_token"
        yield failed(code, f"{name.attribute} is {name.display_name}; {rule}", where)
