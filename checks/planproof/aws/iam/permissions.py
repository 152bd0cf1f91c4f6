"""What the permission policies of a role ask of whoever uses it."""

from __future__ import annotations

from collections.abc import Iterator

from planproof.aws.iam.documents import read
from planproof.aws.iam.trust import is_on_mfa
from planproof.context import Context
from planproof.plan.model import Instance

INLINE, ATTACHMENT, MANAGED = "aws_iam_role_policy", "aws_iam_role_policy_attachment", "aws_iam_policy"


def policy_that_asks_for_mfa(role: Instance, context: Context) -> str | None:
    """The address of the first of the role's own policies with a condition on MFA: such a role does less without it, and can be
    assumed all the same."""
    return next((instance.address for instance, path in _policies(role, context) if _asks(instance, path, context)), None)


def _policies(role: Instance, context: Context) -> Iterator[tuple[Instance, tuple[str | int, ...]]]:
    """Each of the role's policies: where its text stands."""
    for number in range(len(context.argument(role, "inline_policy").items())):
        yield role, ("inline_policy", number, "policy")
    yield from ((inline, ("policy",)) for inline in context.relations.companions(role, INLINE, "role").sure)
    for attachment in context.relations.companions(role, ATTACHMENT, "role").sure:
        found = context.relations.resolve(attachment, ("policy_arn",), MANAGED)
        yield from ((policy, ("policy",)) for policy in found.targets)


def _asks(instance: Instance, path: tuple[str | int, ...], context: Context) -> bool:
    statements = read(instance, context, *path).statements
    return any(is_on_mfa(condition) for statement in statements for condition in statement.conditions)
