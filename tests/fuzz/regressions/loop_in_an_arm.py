"""An element is not read later than a loop, in an arm of a branch, that writes to it."""
import numpy as np


def program(x, a):
    a[1] = a[1] * 0.5
    s = a[0] * a[1]
    if x < 1.0:
        k = 0
        while k < 2:
            k += 1
            a[0] = x
    return s + np.sum(a * a)


ARGS = (0.411, np.array([-1.45, 0.94, 1.238]))
