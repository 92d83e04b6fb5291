"""What stands on a tape for an index that an arm does not have is an index too: written to again, it adds up."""
import numpy as np


def program(x, a, m):
    for i in range(2):
        if len(m) > i:
            a = np.sin(a[[0, 0, 1, 0]] + x)
            m = m * np.cos(m)
    return x + np.sum(a * a) + np.sum(m * m)


ARGS = (0.411, np.array([1.238, 0.32, 0.688, 0.131]), np.array([[1.305], [-1.492]]))
