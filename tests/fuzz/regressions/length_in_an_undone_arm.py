"""An arm that stores at an index counted from the end asks the array that is carried backwards for its length."""
import numpy as np


def program(x, a):
    a[:] = a + a
    for i in range(1):
        if x < x + 0.2113:
            if x > 0.2113:
                x = np.dot(a, a)
            a[len(a) - 1 - i] = x + x
    return x + np.sum(a * a)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]))
