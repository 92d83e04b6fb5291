import numpy as np


def _grown(stack, size):
    """`stack`, or a copy of it that has room for `size` records."""
    if size <= stack.shape[0]:
        return stack
    larger = np.empty((max(size, 2 * stack.shape[0]),) + stack.shape[1:], stack.dtype)
    larger[:stack.shape[0]] = stack
    return larger


def newton_cube_root_grad(a, tol, dreturn=1.0):
    """Gradient of newton_cube_root (primals.py) with respect to a."""
    # forward
    x_tape = np.empty(64)
    top = 0
    n = 0
    x = a
    while True:
        x_tape = _grown(x_tape, top + 1)
        x_tape[top] = x
        top += 1
        step = (x * x * x - a) / (3.0 * x * x)
        x = x - step
        n += 1
        t = abs(step) < tol
        if t or n > 50:
            break
    # reverse
    dx = dreturn
    da = 0.0
    for _ in range(n):
        top -= 1
        x = x_tape[top]
        t1 = x * x  # step = (x * x * x - a) / (3.0 * x * x)
        t2 = 3.0 * x
        t3 = t2 * x
        step = (t1 * x - a) / t3
        dstep = -dx  # x = x - step
        t4 = dstep / t3  # step = (x * x * x - a) / (3.0 * x * x)
        t3 = -dstep * step / t3
        dx += t3 * t2
        dx += 3.0 * (t3 * x)
        da -= t4
        dx += t4 * t1
        t1 = t4 * x * x
        dx += t1
        dx += t1
    da += dx
    return da
