"""An array of floats that one path binds anew to an array of integers: its adjoint is one of floats on all paths."""
import numpy as np


def program(x, a, n):
    for _ in range(2):
        a1 = np.sin(a) + (a + a)
        a[~(a > 0.2113)] = 0.1
        if x > 0.2113:
            a = np.array([n, n, n]) + n
    return x + np.sum(a * a) + np.sum(a1 * a1)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]), 1)
