"""What is stored in one row is a part of a length that types do not know; the loop over its adjoint has that length."""
import numpy as np


def program(x, m):
    k = 0
    while k < 2 and x > 0.2113:
        k += 1
        m[:] = m
        m[-1:] = m[1:]
    return x + np.sum(m * m)


ARGS = (0.411, np.array([[-0.691, -1.377, 1.45], [0.3, 0.4, -0.5]]))
