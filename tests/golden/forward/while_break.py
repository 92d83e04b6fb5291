def newton_cube_root_jvp(a, tol, da, dtol):
    """Value and derivative of newton_cube_root (primals.py) along (da, dtol)."""
    n = 0
    x = a
    dx = da
    while True:
        t = x * x
        t1 = 3.0 * x
        t2 = t1 * x
        step = (t * x - a) / t2
        dstep = (2.0 * dx * x * x + dx * t - da) / t2 - (3.0 * dx * x + dx * t1) * step / t2
        dx = dx - dstep
        x = x - step
        n += 1
        t = abs(step) < tol
        if t or n > 50:
            break
    return x, dx
