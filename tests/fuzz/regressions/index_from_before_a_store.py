"""The element that is read after a store is at an index that is computed from what was read before it."""
import math

import numpy as np


def program(x, a):
    h = 1.0 + x
    while h > 0.3117:
        h = h * (0.4 + 0.2 * math.sin(a[-1]))
        a[0] *= math.sin(h)
        x = math.sin(a[int(abs(h) * 3.0) % 1])
    return x + np.sum(a * a)


ARGS = (0.41, np.array([-1.377]))
