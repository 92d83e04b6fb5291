"""Compiled, `m[-1]` and `m[3]` may be one row, and `m[i]` and `m[i - 4]`."""
import numpy as np


def program(m, i):
    m[-1, 1:] = m[3, :-1] * m[0, 1:]
    m[i, 1:] = m[i - 4, :-1] * 2.0
    m[-1, 1:] += m[3, :-1]
    return np.sum(m * m * m)


ARGS = (np.arange(1.0, 21.0).reshape(4, 5) / 9.0, 2)
