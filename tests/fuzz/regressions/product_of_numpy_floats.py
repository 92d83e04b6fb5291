"""math.prod of NumPy's floats is a NumPy float."""
import math

import numpy as np


def program(x, m):
    b = m.T[0] + x
    x = math.prod([1.0 + 0.1 * u for u in b])
    x = math.hypot(x, 0.5 + abs(x))
    return x + np.sum(m * m) + np.sum(b * b)


ARGS = (0.411, np.array([[-0.691, -1.377, -1.45], [0.94, 1.238, 0.32]]))
