"""The gradient of a Python float is a Python float, whatever it met on its way."""
import numpy as np


def program(x, l, f):
    f[2:] = np.array([x for _ in range(1)])
    f[int(abs(x) * 3.0) % len(f)] -= np.logaddexp(f.sum(), float(l[int(abs(x) * 3.0) % len(l)]))
    return np.sum(f * f) + l[0]


ARGS = (0.411, [1.375, 1.077], np.array([0.32, 0.688, 0.131], dtype=np.float32))
