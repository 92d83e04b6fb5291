"""The sign of what is a Python float in one arm and an element of an array in the other."""
import math

import numpy as np


def program(a):
    if a[-1] > -2.0:
        a[:] = math.hypot(1.0, 0.5 + abs(math.tanh(a[-1])))
    return np.sum(a * a)


ARGS = (np.array([-1.377]),)
