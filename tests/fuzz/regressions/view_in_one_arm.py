"""A view of an array is bound in one arm, and not read there: where the paths meet, it is read in the arm."""
import numpy as np


def program(x, a):
    b = a * x
    if x > 0.0:
        b = b[::-1]
    for _ in range(2):
        c = b
        b = np.sin(b)
        b = b[:]
    if x > 0.2:
        c = np.broadcast_to(c, (3, 2))
    else:
        c = c[None]
    return np.sum(b * np.array([1.0, 2.0])) + np.sum(c * c)


ARGS = (0.691, np.array([1.377, 0.45]))
