"""A list comprehension in an expression is not moved past a write to what it reads, however deep in it it stands."""
import numpy as np


def write(w, k, value):
    part = w[k:]
    part[:] = part * 0.9
    return np.sum(part) * value


def program(x, a, a1, m):
    for i, u in enumerate(a):
        for i1 in range(1):
            x = m[0, 0]
        a1[[0]] *= 0.5
        x = write(a1, i, sum(u * k for k, u in enumerate(a1)))
    return x + np.sum(a1 * a1) + np.sum(m * m)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]), np.array([0.94, 1.238, 0.32]), np.array([[0.688, 0.131], [1.305, 0.948]]))
