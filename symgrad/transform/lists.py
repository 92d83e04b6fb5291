"""Functions on adjoints of lists, which code generation prints as expressions."""
from __future__ import annotations

from typing import Any

import numpy as np


def zeros_of(x: Any) -> Any:
    """Zeros in the structure of `x`."""
    if isinstance(x, list):
        return [zeros_of(i) for i in x]
    if isinstance(x, tuple):
        return [zeros_of(i) for i in x]
    if isinstance(x, dict):
        return {k: zeros_of(v) for k, v in x.items()}
    return np.zeros_like(x) if isinstance(x, np.ndarray) else 0.0


def add_lists(a: list[Any], b: list[Any]) -> list[Any]:
    """``[x + y for x, y in zip(a, b)]``."""
    return [x + y for x, y in zip(a, b)]


def fold_list(d: list[Any], items: list[Any]) -> list[Any]:
    """The sums of every len(items)-th entry of `d`."""
    return [sum(d[i::len(items)]) for i in range(len(items))]


def finish_list(d: Any) -> Any:
    """A list's adjoint as it is handed to the caller: where the list holds tuples, so does this."""
    return d


def float_items(d: list[Any]) -> list[float]:
    """``[float(v) for v in d]``: what is added to a list's adjoint may be of single precision."""
    return [float(v) for v in d]
