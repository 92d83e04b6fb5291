"""The adjoint of x is read by the inner reverse loop and added to after it: the outer loops cannot become one."""
import math


def program(x, a):
    for _ in range(2):
        h = 1.0 + abs(math.tanh(x * a))
        while h > 0.3117:
            h = h * 0.5
            x = h + x
    return x


ARGS = (0.411, -0.691)
