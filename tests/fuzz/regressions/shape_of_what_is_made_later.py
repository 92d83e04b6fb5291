"""Compiled, a loop that stands before a store asks for the shape of what there is before it."""
import numpy as np


def program(x, m):
    m[:-1] = m[:2, :] + np.full((2, 2), x)
    return x + np.sum(m * m)


ARGS = (0.411, np.array([[-0.691, -1.377], [-1.45, 0.94], [1.238, 0.32]]))
