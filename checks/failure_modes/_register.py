"""Hands the checks of this folder to Checkov, which runs every file of a folder that has an __init__.py."""

from __future__ import annotations

import os
import sys

# Where Checkov was given this folder alone, the library beside it has to be found too.
_LIBRARY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if os.path.isdir(os.path.join(_LIBRARY, "planproof")) and _LIBRARY not in sys.path:
    sys.path.insert(1, _LIBRARY)

from planproof.checkov_adapter import register  # noqa: E402  (needs the path above)

register()
