"""In an arm of a branch, a later branch on the same condition takes the same arm: what only the other one has is not read."""
import numpy as np


def program(a):
    b = np.sin(a)
    if a[0] > 2.0:
        b[int(abs(a[1]) * 3.0) % 2] *= b[0]
    else:
        for _ in range(a.shape[0]):
            b[b > 0.9] *= 0.5
    return np.sum(b * b)


ARGS = (np.array([1.347, -0.492]),)
