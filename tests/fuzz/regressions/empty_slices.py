"""A slice without elements has another known length than what is written to it."""
import numpy as np


def program(x, a, m):
    for i in range(1):
        m[i:i + 0] = np.sin(np.full((0, 1), x))
    a[:0] = np.where((np.zeros(0) + a[0]) > 0.1007, (np.zeros(0) + a[0]), 0.5 * (np.zeros(0) + a[0]))
    m[:0] -= np.ones((0, 1)) * 0.5
    return x + np.sum(m * m) + np.sum(a * a)


ARGS = (0.411, np.array([-0.691, -1.377]), np.array([[-0.691], [-1.377], [-1.45]]))
