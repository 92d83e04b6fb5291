"""What broadcasting did to an operand, undone."""
from __future__ import annotations

import numpy as np


def unbroadcast(cotangent, operand):
    """The sum of a cotangent over the axes along which `operand` was broadcast.

    Generated code does not call this: the compiler, which knows from the types which axes those
    are, replaces the call by the sum over them, or by nothing. The tape and the tests run it.
    """
    shape = np.shape(operand)
    cotangent = np.sum(cotangent, axis=tuple(range(np.ndim(cotangent) - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and cotangent.shape[i] != 1)
    return np.sum(cotangent, axis=stretched, keepdims=True) if stretched else cotangent
