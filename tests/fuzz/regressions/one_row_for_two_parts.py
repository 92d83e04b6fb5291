"""A part of one element fills a part of two: compiled, its adjoint is of the length of what was read, and the sum of both."""
import numpy as np


def program(x, a):
    a[a > 0.2113] *= 0.5
    a[-2:] = a[2:]
    return x + np.sum(a * a)


ARGS = (0.411, np.array([-1.377, -1.45, 0.94]))
