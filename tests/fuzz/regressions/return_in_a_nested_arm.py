"""The adjoint of a number that one path leaves without a value is 0.0 on every path."""
import numpy as np


def program(x, y, a):
    x = a[0]
    if np.sum(a) > 0.2113:
        x = a @ a
    elif a[0] < (x + x) + 0.2113 and x < a[0] + 0.2113:
        if -0.8013 < x < 0.9071:
            return x + a[0]
    else:
        x += np.sum(a) + x
    return x + y + 0.3 * np.sum(a)


ARGS = (0.142, 0.404, np.array([1.117, 0.663, 0.33]))
