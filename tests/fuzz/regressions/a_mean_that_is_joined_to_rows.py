"""A part of an adjoint has one row, as types do not know; it is stretched as an array, not read element by element."""
import numpy as np


def program(x, a, m):
    m[:] = np.concatenate([(np.full((1, 3), x) + np.full((1, 3), a[0])), np.mean(m, 0, keepdims=True)])
    return x + np.sum(m * m) + np.sum(a * a)


ARGS = (0.411, np.array([-0.691, 0.3, 0.7]), np.array([[-0.691, -1.377, 1.45], [0.3, 0.4, -0.5]]))
