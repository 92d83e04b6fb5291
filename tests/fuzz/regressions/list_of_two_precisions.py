"""The gradient with respect to a list of floats is a list of floats, also where single precision is added to it."""
import math

import numpy as np


def program(x, f, l):
    l.append(np.sum(f))
    for i in range(3):
        f[0] = math.sin(l[i % 2] + x)
        x = np.sum(f)
    return x + np.sum(f * f) + sum(l)


ARGS = (0.411, np.array([-1.45, 0.94, 1.238], dtype=np.float32), [0.32, 0.688])
