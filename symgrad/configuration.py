"""What holds for all gradients unless they are told otherwise."""
from __future__ import annotations

import importlib.util

from symgrad.errors import ArgumentError

BACKENDS = ("python", "numba", "auto")


def backend_of(asked: str | None) -> str:
    """The backend that a gradient gets which was asked for with this name."""
    if asked is None:
        return "python"
    if asked not in BACKENDS:
        raise ArgumentError(f"backend={asked!r}: there are {', '.join(map(repr, BACKENDS))}")
    if asked == "numba" and importlib.util.find_spec("numba") is None:
        raise ArgumentError('backend="numba" needs Numba, which is not installed', hint="pip install symgrad[numba]")
    return asked
