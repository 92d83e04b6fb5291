"""Items of a list's adjoint may be NumPy's doubles where the list holds Python's floats."""
import math

import numpy as np


def program(x, f):
    f[f > 0.2113] = x
    b = f.copy()
    x *= math.cos(np.sum(f))
    k = 0
    while True:
        k += 1
        if k > 1:
            break
        b = np.sin(np.array([(x + x) for _ in range(2)]) + (f + f))
        f *= 0.7
    return x + np.sum(f * f) + np.sum(b * b)


ARGS = (0.411, np.array([-0.691, -1.377], dtype=np.float32))
