"""An element that is read from the array as the loop leaves it: its index is computed before it is read."""
import math

import numpy as np


def program(x, n, m):
    for i in range(2):
        m[n - 1, i] = math.tanh(x)
        m[2 - 1 - i, 2] = math.sin(x + m[0, i])
    return x + np.sum(m * m)


ARGS = (0.822, 1, np.array([[-0.183, 1.076, 0.592], [-1.217, 1.427, 0.783]]))
