def newton_cube_root_grad(a, tol, dreturn=1.0):
    """Gradient of newton_cube_root (primals.py) with respect to a."""
    # forward
    n = 0
    x = a
    x_tape = []
    while True:
        x_tape.append(x)
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
        x = x_tape.pop()
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
