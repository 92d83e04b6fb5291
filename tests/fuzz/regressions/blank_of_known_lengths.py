"""What stands on a tape for an array that an arm does not have has the lengths that are known: an axis of 1 stays one."""
import numpy as np


def program(x, m):
    for _ in range(2):
        if x < 2.0:
            m[m > 0.2113] = x
        else:
            m = np.sin(np.mean(m, 1, keepdims=True))
    return np.sum(m * m) * x


ARGS = (0.411, np.array([[-0.691], [-1.377], [1.45]]))
