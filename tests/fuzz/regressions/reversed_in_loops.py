"""Compiled, the loops that make an array's adjoint add to it from the far end: of its own length, and of memory they write to."""
import numpy as np


def program(x, a, f):
    b = np.sin(f[::-1])
    f[::-1] -= a
    return x + np.sum(b * b) + np.sum(f * f)


ARGS = (0.411, np.array([-0.691, -1.377]), np.array([-1.4500000476837158, 0.9399999976158142], dtype=np.float32))
