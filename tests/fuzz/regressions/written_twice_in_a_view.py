"""Which write to an element is the last one is asked of the view that the index is for."""
import numpy as np


def program(x, r, a):
    v = r[0, :]
    for _ in range(1):
        v[[1]] = x
    w = a[1:, ::-1]
    w[1, [1, 0, 1]] = x * x
    w[[0, 0], :] = 0.5 * x
    return x + np.sum(r * r) + np.sum(v * v) + np.sum(np.sin(a))


ARGS = (0.411, np.array([[-0.691, -1.377]]), np.array([[0.1, -1.2], [0.4, 0.3], [-1.45, 0.94]]))
