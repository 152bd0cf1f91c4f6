"""The policy of a run that is given none: `planproof.yaml` or `.planproof.yaml` of the working directory or, in a repository, above it.

The nearest one counts. It is looked for no further than in the root of the repository, the nearest folder with `.git`; outside of a
repository only in the working directory, as a folder above may be anybody's.
"""

from __future__ import annotations

import os

from planproof.errors import PolicyError
from planproof.text.paths import repository, upwards

NAMES = ("planproof.yaml", ".planproof.yaml")
_MISTAKEN = ("planproof.yml", ".planproof.yml")


def found_policy() -> str | None:
    """The path of the policy as seen from the working directory, or None. Raises PolicyError if it is not plain which one counts."""
    for folder in _folders():
        there = [path for path in (os.path.join(folder, name) for name in NAMES) if _exists(path)]
        if len(there) > 1:
            raise PolicyError(f"{_shown(there[0])} and {_shown(there[1])} are both there, and one policy counts; remove one")
        if there:
            _refuse_others(there[0])
            return _shown(there[0])
        for name in _MISTAKEN:
            if _exists(path := os.path.join(folder, name)):
                raise PolicyError(f"{_shown(path)} is not read as a policy by that name; call it {name[:-3]}yaml")
    return None


def candidates() -> list[str]:
    """The paths at which a policy is looked for."""
    return [os.path.join(folder, name) for folder in _folders() for name in NAMES]


def _folders() -> list[str]:
    """The working directory and, in a repository, the folders above it up to the root."""
    try:
        here = os.getcwd()
    except OSError as error:
        raise PolicyError(f"the working directory cannot be read ({error.strerror}); run in another, or name a policy") from None
    root = repository(here)
    folders = list(upwards(here))
    return folders[: folders.index(root) + 1] if root else [here]


def _exists(path: str) -> bool:
    """Whether there is a file, or a link that leads to none; what cannot be looked at is not passed over."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PolicyError(f"{path} cannot be read as a policy: {error.strerror or error}; name a policy with --policy") from None
    return True


def _refuse_others(path: str) -> None:
    """Of a folder that many can write to, such as /tmp, another's file is not taken without a word."""
    if hasattr(os, "geteuid") and os.lstat(path).st_uid not in (os.geteuid(), os.stat(os.curdir).st_uid, 0):
        shown = _shown(path)
        raise PolicyError(f"{shown} belongs to another user, and is not taken for the policy; if it is, say --policy {shown}")


def _shown(path: str) -> str:
    return os.path.relpath(path)
