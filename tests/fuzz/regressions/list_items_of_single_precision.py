"""The gradient of a list of Python floats is one, also where what they are added to is of single precision."""
import numpy as np


def program(x, l, f):
    x = (f[0] + x) + (x if f[1] > 0.2113 else l[0])
    f[0] = x if x < 0.2113 else f[0]
    return x + np.sum(f * f)


ARGS = (-1.002, [-0.075, -0.607], np.array([0.21400000154972076, -0.7459999918937683, 0.49900001287460327], dtype=np.float32))
