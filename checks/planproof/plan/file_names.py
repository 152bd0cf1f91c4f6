"""What files that hold plans are called."""

from __future__ import annotations

import os
import re

_NAMES = ("plan.json", "tfplan.json", "tfplan", "plan.out", "tfplan.out")
_ENDINGS = (".plan.json", ".tfplan.json", "-plan.json", "_plan.json", ".tfplan")
_WORDS = re.compile(r"(?:^|[._-])(?:tfplan|plan|json|out)(?=[._-]|$)")


def is_plan_name(name: str) -> bool:
    """Whether a file of this name, in lower case, is taken for a plan whatever it holds."""
    return name in _NAMES or name.endswith(_ENDINGS)


def stem(path: str) -> str:
    """What is left of a name without the words that say that it is a plan: `prod` of `prod.tfplan` and of `prod-plan.json`."""
    return _WORDS.sub("", os.path.basename(path).lower()).strip("._-")
