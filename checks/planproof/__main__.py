"""The command, as `python -m planproof`."""

from __future__ import annotations

import sys

from planproof.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
