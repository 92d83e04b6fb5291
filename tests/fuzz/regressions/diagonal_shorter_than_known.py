"""The diagonal of a matrix with fewer columns than rows, of which only the rows are known."""
import numpy as np


def program(x, m):
    m = m[[0, 0, 0]] + x
    return x + np.sum(np.diag(m))


ARGS = (0.411, np.array([[-0.691, -1.377], [-1.45, 0.94], [1.238, 0.32]]))
