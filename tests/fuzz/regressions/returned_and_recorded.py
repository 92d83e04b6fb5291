"""A number that one path returns, and that the reverse sweep needs, is recorded where the other path returns nothing."""
import numpy as np


def program(x):
    for _ in range(2):
        if x < 0.2113:
            return np.logaddexp(x, x)
        x = x - 0.05
    return x


ARGS = (0.411,)
