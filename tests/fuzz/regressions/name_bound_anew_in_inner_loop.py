"""A name that an inner loop binds anew is no longer the array that was read."""
import math

import numpy as np


def program(x, m):
    m[:] = m[0, 0] + x
    for _ in range(1):
        for _ in range(2):
            x = math.tanh(m[0, 0])
            m = np.sin(m)
    return x + np.sum(m * m)


ARGS = (0.411, np.array([[-1.45], [0.94], [1.238]]))
