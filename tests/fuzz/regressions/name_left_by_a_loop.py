"""A view that a loop's body leaves in a name is not read by a later loop that binds the name first."""
import numpy as np


def program(a):
    for i in range(2):
        row = a[i:i + 1]
        a[i:i + 1] = row * np.cos(row)
    a[-1] *= 0.5
    total = 0.0
    for _ in range(2):
        row = np.sin(a)
        total = total + np.sum(np.where(row > 0.1, a, 0.0))
    return total


ARGS = (np.array([1.076, 1.427]),)
