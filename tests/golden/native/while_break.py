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
        t = x * x  # step = (x * x * x - a) / (3.0 * x * x)
        t1 = 3.0 * x
        t2 = t1 * x
        step = (t * x - a) / t2
        dstep = -dx  # x = x - step
        t3 = dstep / t2  # step = (x * x * x - a) / (3.0 * x * x)
        t2 = -dstep * step / t2
        dx += t2 * t1
        dx += 3.0 * (t2 * x)
        da -= t3
        dx += t3 * t
        t = t3 * x * x
        dx += t
        dx += t
    da += dx
    return da
