"""`ravel` of an array that is not in rows is a copy: its adjoint goes back through a reshape, not into another copy."""
import numpy as np


def program(x, a, a1, m):
    m[0, 0] = x
    m = m[::-1]
    a = np.sin(m.ravel())
    return x + np.sum(a * a) + np.sum(a1 * a1) + np.sum(m * m)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45, 0.94]), np.array([1.238, 0.32]), np.array([[1.305, 0.948], [-1.492, 1.072]]))
