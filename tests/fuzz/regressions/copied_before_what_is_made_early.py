"""A copy that is put before a store does not move the place at which what the store's adjoint overwrites is read."""
import numpy as np


def program(x, a):
    a[[0]] = a
    x = np.sum(a + a)
    a = a[:]
    return 1.3 * x + np.sum(a * a)


ARGS = (0.411, np.array([-0.691]))
