"""A name that only a loop's body binds has the shape that the body gave it, not that of the blank before the loop."""
import numpy as np


def square(w):
    w = np.tanh(w)
    return np.sum(w * w)


def program(a):
    x = 0.0
    for _ in range(1):
        x = square(a)
    if x + a[0] < 2.0:
        a = np.sin(a + x)
        x = square(a)
    return x + np.sum(a * a)


ARGS = (np.array([-0.691, -1.377]),)
