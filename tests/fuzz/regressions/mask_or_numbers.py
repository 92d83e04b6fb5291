"""A name that is a mask on one path and an array of numbers on the other is not one kind of thing: it is an index."""
import numpy as np


def program(m):
    if m[0, 0] < 0.9071:
        v = m[0, :]
        m[m > -0.2] += v[0]
    else:
        for _ in range(1):
            b = np.ones((3, 3)) * m[0, 0] + np.full((3, 3), m[0, 0])
            m = m * b[0, 1]
    return np.sum(m * m)


ARGS = (np.array([[0.691], [-1.377], [0.45]]),)
