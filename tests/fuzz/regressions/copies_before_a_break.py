"""What a nested arm leaves to the arm around it is copied before what the loop carries: one after the other, then `break`."""
import math

import numpy as np


def program(x, a, y, m):
    for i in range(1):
        m[0, 0] = x
        if (np.array([x, m[0, i], i]) @ m @ np.full(3, x)) < 0.2113:
            x, y = y, x
            a += x
            x = math.tanh(x + np.sum(a))
        else:
            if x > 0.2113:
                break
    return x + y + np.sum(a * a) + np.sum(m * m)


ARGS = (0.411, np.array([-0.691, -1.377, -1.45, 0.94]), 1.238, np.array([[0.32, 0.688, 0.131], [1.305, 0.948, -1.492],
                                                                         [1.072, -1.399, 0.689]]))
