"""The tape of a loop in one arm of a branch has no adjoint where the other arm was taken."""
import numpy as np


def program(x, e):
    if x > 2.0:
        for _ in range(2):
            e = np.sin(e)
    return x * x + np.sum(e * e)


ARGS = (1.347, np.array([0.3, -1.2]))
