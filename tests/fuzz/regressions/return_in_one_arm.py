"""A flag that ends the loop in one arm only is a variable in both."""
import numpy as np


def program(x, a):
    for _ in range(1):
        a[0] = x
        if np.sum(a) < 0.2113:
            a[0] = x
            if x > 0.2113:
                return x
        else:
            k = 0
            while k < 1 and x > 0.2113:
                k += 1
                a *= 0.7
    return x + np.sum(a * a)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45]))
