"""``a[...] = a @ a`` of a vector is not ``a @= a``, which is for matrices."""
import numpy as np


def program(a, m):
    a *= 0.7
    a[...] = a @ a
    m[...] = m @ m
    return np.sum(a * a) + np.sum(m * m)


ARGS = (np.array([-1.45, 0.94, 1.238]), np.array([[0.3, -0.2], [0.5, 0.1]]))
