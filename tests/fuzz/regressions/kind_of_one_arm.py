"""A name that is a number in one arm, and of two kinds in the other's loop, is a number where that arm was taken."""
import numpy as np


def program(x, a):
    if a[0] < 2.0:
        k = int(abs(x) * 3.0) % 2
        a[::2] = np.sqrt(1.0 + (np.array([a[k]]) + a[0]) ** 2)
        a -= 0.5 * np.sin(a)
    else:
        for _ in range(0, 4, 2):
            a = np.sin(np.concatenate([np.array([x]) * x, np.mean(a, 0, keepdims=True)]))
    return np.sum(np.sin(a))


ARGS = (-0.542, np.array([1.469, -0.828]))
