"""Names fit the policy's pattern, and those of one plan begin with the same token."""

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
    """Names that break the pattern (lower-case kebab by default), and names that begin otherwise than the rest of the plan:
    `alerts-topic` where nine of ten names begin with `corpsec`. With `style: majority`, as in the profile `general`, a type without a
    pattern is held to its own style: what is reported is the name that is otherwise than a clear majority of its type's names, such as
    `Orders_Dlq` among four in kebab-case. Which attribute names a type, what is taken off its beginning
    (`/aws/lambda/`, `alias/`) and which pattern it has to fit are tables of the policy.

    The leading token is what stands before the first separator, in lower case (of `CorpSecLogs`, `corpsec` where others begin
    so). It is asked of every name if at least three names are known and at least 60 % of them begin with the same one; both
    numbers are policy, and `leading_token` sets it outright.
    Names that the provider makes up are not judged, nor those inside a module from a registry or git, which are not ours to rename. A
    name that is random as a whole passes; what begins it, such as the `prefix` of a `random_id`, is judged. A `name_prefix` or `bucket_prefix` is judged as what AWS will see: with a time
    and a counter behind it. Where a name is known only after apply, the literal parts of its template are judged, so far as
    the source holds them; what a name begins with that holds another resource's name is then UNKNOWN. What a root variable was given from outside is shown as `${var.NAME}`, and a sensitive
    name not at all.

    Why: Permissions, alarms and bills are cut by name: a policy for `arn:aws:sqs:*:*:corpsec-*` misses the queue that is called
    otherwise (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).

    Cannot see: Whether a name means anything; names in other plans of the same account; a majority that is itself misnamed.
    What a random part comes to is not judged: only the text around it.

    Fix: Build every name from one prefix, such as a local `name = "${var.prefix}-logs"`, in lower-case kebab. A name that has to
    differ goes into `ignore`, or its type gets a pattern of its own (`patterns`), which goes before its style.
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
