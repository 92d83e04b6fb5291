"""A number that is written to a slice is not read back from there."""
import numpy as np


def program(x, a):
    for _ in range(1):
        a[:0] = x / (2.0 + x ** 2)
    for _ in range(1):
        a[:2] = x / (3.0 + x ** 2)
    return x + np.sum(a * a)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]))
