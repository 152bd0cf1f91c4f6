"""The command, as `python -m planproof`, or by the path of this folder, as `python -I checks/planproof`: that imports nothing of the
current folder."""

from __future__ import annotations

import os
import sys

if not __package__:  # started by its path: the library is found from the folder around this one, and nothing in this one
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [os.path.dirname(here), *(folder for folder in sys.path if os.path.abspath(folder) != here)]

from planproof.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
