"""A generator in a statement that is never run: it is dropped from the function's code, but not from its visible form."""
import math


def program(x, l):
    if False:
        x = sum(math.sin(u) for u in l)
    return x + sum(l)


ARGS = (0.411, [-1.377, -1.45])
