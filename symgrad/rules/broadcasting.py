"""What broadcasting did to an operand, undone."""
from __future__ import annotations

import numpy as np


def unbroadcast(cotangent, operand):
    """The sum of a cotangent over the axes along which `operand` was broadcast.

    Generated code does not call this: the compiler replaces the call by the sum over these axes, or
    by nothing, as the types say; where they do not, by `unbroadcast_at_run_time`. The tests run it.
    """
    shape = np.shape(operand)
    cotangent = np.sum(cotangent, axis=tuple(range(np.ndim(cotangent) - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and cotangent.shape[i] != 1)
    return np.sum(cotangent, axis=stretched, keepdims=True) if stretched else cotangent


def unbroadcast_at_run_time(d, x, axes):
    """Sum `d` over those of its axes along which `x` was stretched."""
    for axis in axes:
        if d.shape[axis] != x.shape[axis]:
            d = d.sum(axis=axis, keepdims=True)
    return d
