"""np.convolve and np.correlate.

All modes are cuts from the full convolution, whose adjoints are valid convolutions with the other
operand reversed: the cotangent is put back in its place among zeros.
"""
from __future__ import annotations

import numpy as np

from symgrad.rules.core import vjp


@vjp(np.convolve, wrt="a v", linear=True)
def convolve(dy, r, a, v, mode="full"):
    if mode == "full":
        full = dy
    else:
        full = np.zeros(len(a) + len(v) - 1, dtype=dy.dtype)
        short = min(len(a), len(v))
        start = short - 1 if mode == "valid" else (short - 1) // 2
        full[start:start + len(dy)] = dy
    return np.convolve(full, v[::-1], "valid"), np.convolve(full, a[::-1], "valid")


@vjp(np.correlate, wrt="a v", linear=True)
def correlate(dy, r, a, v, mode="valid"):
    if mode == "full":
        full = dy
    else:
        full = np.zeros(len(a) + len(v) - 1, dtype=dy.dtype)
        # NumPy swaps a shorter `a` with `v` and reverses the result, which moves the centre
        short = min(len(a), len(v))
        start = short - 1 if mode == "valid" else (short - (len(a) >= len(v))) // 2
        full[start:start + len(dy)] = dy
    if np.iscomplexobj(v):
        return np.convolve(full, np.conj(v), "valid"), np.conj(np.convolve(full, a[::-1], "valid")[::-1])
    return np.convolve(full, v, "valid"), np.convolve(full, a[::-1], "valid")[::-1]
