"""A name that is an index on one path and an array of floats on the other: as an index it may name an element twice."""
import numpy as np


def program(x):
    a = np.ones(1)
    if x < 2.0:
        np.add.at(a, [0, 0], x)
    else:
        for _ in range(1):
            a[[0, 0]] = np.array([x, x]) * np.full(2, x)
    return x + np.sum(np.sin(a))


ARGS = (0.419,)
