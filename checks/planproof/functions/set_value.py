"""What tells a set from a list; apart from the functions, as every plan needs it and few call a function."""

from __future__ import annotations

from typing import Any


class SetValue(list[Any]):
    """A set: its elements distinct, in Terraform's order where that is defined. Made by `values.set_of`."""
