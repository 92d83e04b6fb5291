"""Functions that return their argument's memory in some calls, beside those whose rules say that they do in all."""
from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def may_return_argument(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether the result of this call may be memory of an argument, or a view of it."""
    if fn in (np.real, np.imag, np.broadcast_arrays):        # np.real of an array of real numbers is that array
        return True
    if fn is np.einsum:
        return len(args) == 2 and isinstance(args[0], str) and rearranges(args[0].replace(" ", ""))
    if fn is np.nan_to_num:
        return len(args) > 1 or not kwargs.get("copy", True)
    if fn is np.linalg.matrix_power:
        return args[1:] == (1,) or kwargs.get("n") == 1
    if fn is np.diff:
        return args[1:2] == (0,) or kwargs.get("n") == 0
    return False


def rearranges(subscripts: str) -> bool:
    """Whether an einsum of one array only moves its elements: no index is summed over."""
    inputs, arrow, output = subscripts.partition("->")
    letters = [c for c in inputs if c.isalpha()]
    return set(letters) <= set(output) if arrow else len(set(letters)) == len(letters)
