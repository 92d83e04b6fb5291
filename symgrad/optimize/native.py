"""What the native backend is given: array operations as loops over elements, where that wins."""
from __future__ import annotations

from symgrad.ir.nodes import Region


def lower(region: Region) -> None:
    """Rewrite a function for a backend in which loops over numbers are quick."""


__all__ = ["lower"]
