"""Compiled, the last element of the first two, and the first two from behind, are found from where they end."""
import numpy as np


def program(x, a, m):
    v = a[:2]
    v[:] -= x * v[::-1]
    w = m[:2]
    v *= w[-1, :2] + w[int(abs(x)) - 1, 1:]
    return np.sum(a * a)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]), np.arange(12.0).reshape(4, 3))
