"""A copy of a matrix has its order in memory: the order of a sum, and so its bits, depends on it."""
import numpy as np


def program(x, m):
    m = (m.T + np.diag(m)) + x
    m[0, 0] = np.sum(m) if x < m[0, 0] else m[0, 1] * x
    return x + np.sum(m * m)


ARGS = (0.411, np.array([[-0.691, -1.377, 0.131], [-1.45, 0.94, 0.337], [1.238, 0.32, 1.021]]))
